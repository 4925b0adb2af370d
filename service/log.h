/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - posternd's log: lines of key=value on the standard error, each with its level in front as
 * sd-daemon has it ("<6>"), each in one write.
 */
#ifndef PST_SERVICE_LOG_H
#define PST_SERVICE_LOG_H

#include "service/http/http.h"

enum pst_log_level { PST_LOG_ERROR = 3, PST_LOG_WARNING = 4, PST_LOG_NOTICE = 5, PST_LOG_INFO = 6 };

/* "event=NAME" and what the format adds, which must be key=value words. */
void pst_log(enum pst_log_level level, const char *event, const char *format, ...) PST_PRINTF(3, 4);
/* One line a finding. */
void pst_log_report(enum pst_log_level level, const char *event, const struct pst_report *why);
void pst_log_access(void *context, const struct pst_http_access *access);

#endif
