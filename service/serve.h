/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.h - the service from its parts: opened in order, run until a signal, closed in reverse.
 */
#ifndef PST_SERVICE_SERVE_H
#define PST_SERVICE_SERVE_H

#include "service/config.h"

/* `port_file` may be NULL: the port is written to it once connections are taken. */
enum pst_code pst_serve(const struct pst_service_config *config, const char *port_file,
                        struct pst_report *why) PST_MUST_CHECK;

#endif
