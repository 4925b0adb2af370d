/* SPDX-License-Identifier: Apache-2.0 */
#include "service/config.h"

#define AT(field) offsetof(struct pst_service_config, field)
/* clang-format off */
static const struct pst_setting settings[] = {
    {"listen", PST_SETTING_TEXT, AT(listen), 1, 64, "127.0.0.1:8470", "",
     "address and port for plain HTTP; port 0 takes a free one; TLS is the proxy's in front"},
    {"state.folder", PST_SETTING_TEXT, AT(state), 1, 400, NULL, "",
     "folder for the database, the repository, the secret and the online keys"},
    {"repository.root", PST_SETTING_TEXT, AT(root), 1, 500, "", "",
     "file with the first root of trust; read while the repository has none"},
    {"repository.snapshot_days", PST_SETTING_INTEGER, AT(snapshot_days), 1, 365, "14", "days",
     "validity of the snapshots that the service signs"},
    {"repository.timestamp_days", PST_SETTING_INTEGER, AT(timestamp_days), 1, 90, "3", "days",
     "validity of the timestamps that the service signs; renewed in the last third"},
    {"repository.upload_most", PST_SETTING_INTEGER, AT(upload_most_bytes), 1024, INT64_C(1) << 40,
     "8589934592", "bytes", "largest blob that is taken"},
    {"repository.queue", PST_SETTING_INTEGER, AT(publish_queue), 1, 8, "4", "",
     "uploads and publishes that may wait; beyond, 503"},
    {"enrolment.policy", PST_SETTING_TEXT, AT(enrolment_policy), 1, 16, "code", "",
     "who may enroll: code (announced, with a one-time code), accept (an operator decides), open (lab)"},
    {"terminals.poll_seconds", PST_SETTING_INTEGER, AT(poll_s), 1, 604800, "300", "s",
     "how long terminals wait between check-ins"},
    {"terminals.challenge_seconds", PST_SETTING_INTEGER, AT(challenge_s), 10, 3600, "120", "s",
     "how long a challenge may be signed"},
    {"terminals.token_seconds", PST_SETTING_INTEGER, AT(token_s), 60, 86400, "3600", "s",
     "how long a terminal's token is good"},
    {"terminals.assignment_seconds", PST_SETTING_INTEGER, AT(assignment_s), 60, 2592000, "86400", "s",
     "how long an assignment may be acted upon"},
    {"http.workers", PST_SETTING_INTEGER, AT(workers), 1, 64, "4", "",
     "threads that serve requests"},
    {"http.connections", PST_SETTING_INTEGER, AT(connections), 16, 100000, "4096", "",
     "connections at the same time, over all workers"},
    {"http.head_bytes", PST_SETTING_INTEGER, AT(memory_bytes), 8192, 262144, "32768", "bytes",
     "memory of a connection; a longer head of a request is refused"},
    {"http.idle_seconds", PST_SETTING_INTEGER, AT(idle_timeout_s), 1, 600, "30", "s",
     "a connection without a byte for so long is closed"},
    {"http.deadline_seconds", PST_SETTING_INTEGER, AT(deadline_s), 5, 3600, "60", "s",
     "a request must have come within this time, however slowly; large bodies have more"},
    {"http.drain_seconds", PST_SETTING_INTEGER, AT(drain_s), 0, 600, "10", "s",
     "how long answers on their way may take when the service stops"},
    {"store.queue", PST_SETTING_INTEGER, AT(queue), 16, 1000000, "8192", "",
     "changes that may wait to be written; beyond, 503"},
    {"store.batch", PST_SETTING_INTEGER, AT(batch), 1, 10000, "256", "",
     "changes in one commit at most"},
    {"log.access", PST_SETTING_BOOL, AT(log_access), 0, 0, "true", "",
     "one line for each request on the standard error"},
};
/* clang-format on */
#undef AT

static enum pst_code read_policy(struct pst_service_config *config, struct pst_report *why)
{
    static const char *const names[] = {"code", "accept", "open"};

    for (size_t i = 0; i < PST_COUNT(names); i++) {
        if (strcmp(config->enrolment_policy, names[i]) == 0) {
            config->enrolment = (enum pst_enrolment)i;
            return PST_OK;
        }
    }
    PST_WITHIN(why, "enrolment.policy");
    return pst_refuse(why, PST_CONFIG_VALUE, pst_say("code, accept or open"),
                      pst_say("'%s'", config->enrolment_policy));
}

enum pst_code pst_service_config_read(const char *path, struct pst_service_config *out,
                                      struct pst_report *why)
{
    struct pst_service_config config = {0};

    enum pst_code code =
        pst_config_read(path, settings, PST_COUNT(settings), &config, sizeof config, why);
    if (code == PST_OK)
        code = read_policy(&config, why);
    if (code == PST_OK)
        *out = config;
    return code;
}

bool pst_service_config_help(struct pst_buf *out)
{
    return pst_config_help(settings, PST_COUNT(settings), out);
}
