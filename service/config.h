/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - posternd's settings, read through a table: `posternd --help-config` prints it.
 *
 * Memory   values only. Errors: config.*, host.*.
 */
#ifndef PST_SERVICE_CONFIG_H
#define PST_SERVICE_CONFIG_H

#include "manifests/config.h"
#include "service/api/api.h"

struct pst_service_config {
    char listen[PST_CONFIG_TEXT_ROOM];
    char state[PST_CONFIG_TEXT_ROOM];
    char root[PST_CONFIG_TEXT_ROOM];
    char enrolment_policy[PST_CONFIG_TEXT_ROOM];
    enum pst_enrolment enrolment; /* from the policy */
    int64_t poll_s, challenge_s, token_s, assignment_s;
    int64_t snapshot_days, timestamp_days;
    int64_t upload_most_bytes;
    int64_t workers, connections, memory_bytes, idle_timeout_s, deadline_s, drain_s;
    int64_t queue, batch, publish_queue;
    bool log_access;
};

enum pst_code pst_service_config_read(const char *path, struct pst_service_config *out,
                                      struct pst_report *why) PST_MUST_CHECK;
bool pst_service_config_help(struct pst_buf *out) PST_MUST_CHECK;

#endif
