/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/cycle/explain.h"
#include "agent/cycle/reports.h"
#include "agent/wiring.h"
#include "manifests/file.h"
#include "manifests/instant.h"
#include "manifests/report_print.h"

enum { POLL_PRESET_S = 300, EXIT_USAGE = 2 };

/* Set by signals; the daemon looks at it between cycles. */
static volatile sig_atomic_t stop_asked;

/* ---- printing */

int pst_agent_tell(const struct pst_agent_options *options, const struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PST_REPORT_PRINT_MOST);
    if (pst_report_print(why, options->language, /* with_remedies= */ true, &text) && text.len > 0)
        fwrite(text.at, 1, text.len, stderr);
    return pst_report_verdict(why) == PST_OK ? 0 : 1;
}

static int print_json(const struct pst_json_out *out)
{
    if (!pst_json_out_is_whole(out))
        return 1;
    printf("%.*s\n", PST_ARGS(pst_buf_text(out->buf)));
    return 0;
}

static void out_version(struct pst_json_out *out, const char *name,
                        const struct pst_version *version)
{
    pst_out_string(out, name, pst_version_is_set(version) ? version->text : NULL);
}

/* ---- a wired terminal for the length of one command */

struct session_of_command {
    struct pst_report why;
    struct pst_wired wired;
};

static struct session_of_command *begin(const struct pst_agent_options *options,
                                        enum pst_wire_use use)
{
    struct session_of_command *self = calloc(1, sizeof *self);
    if (self == NULL || options->config == NULL) {
        fputs(self == NULL
                  ? "postern-agent: no memory\n"
                  : "postern-agent: name the configuration: postern-agent --config FILE ...\n",
              stderr);
        free(self);
        return NULL;
    }
    if (pst_curl_begin(&self->why) == PST_OK &&
        pst_wire(options->config, use, &self->wired, &self->why) == PST_OK)
        return self;
    pst_agent_tell(options, &self->why);
    free(self);
    return NULL;
}

/* What a command answers when begin() gave it nothing. */
static int not_begun(const struct pst_agent_options *options)
{
    return options->config == NULL ? EXIT_USAGE : 1;
}

static int end(struct session_of_command *self, int status)
{
    pst_wired_clear(&self->wired);
    free(self);
    pst_curl_end();
    return status;
}

/* ---- once and run */

static void print_cycle(const struct pst_agent_options *options, const struct pst_cycle *cycle)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_REPORT_PRINT_MOST);
    struct pst_json_out out = pst_json_out(&bytes);

    if (!options->json) {
        printf("%s%s%s (state %s, %" PRId64 " bytes fetched)\n", pst_progress_name(cycle->progress),
               pst_version_is_set(&cycle->version) ? " " : "", cycle->version.text,
               pst_update_state_name(cycle->state), cycle->fetched_bytes);
        return;
    }
    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "progress", pst_progress_name(cycle->progress));
    pst_out_string(&out, "state", pst_update_state_name(cycle->state));
    out_version(&out, "version", &cycle->version);
    pst_out_integer(&out, "fetched_bytes", cycle->fetched_bytes);
    pst_out_bool(&out, "restart_wanted", cycle->restart_wanted);
    pst_out_findings(&out, "findings", &cycle->why);
    pst_out_close(&out, '}');
    (void)print_json(&out);
}

/* Nothing to do is no failure. */
static int is_stopped(enum pst_progress progress)
{
    return progress == PST_PROGRESS_REFUSED || progress == PST_PROGRESS_DEFERRED ||
           progress == PST_PROGRESS_FAILED || progress == PST_PROGRESS_REVERTED;
}

/* A staged image waits for a restart; with file boot control the next `once` is that restart. */
static int one_cycle(struct session_of_command *self, const struct pst_agent_options *options,
                     int64_t *poll_s)
{
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    struct pst_boot_port *boot = &self->wired.ports.boot;
    enum pst_code rc = cycle != NULL ? boot->simulate_restart(boot->context, &self->why)
                                     : pst_no_memory(&self->why, "a cycle");

    if (rc == PST_OK)
        rc = pst_wire_slots(&self->wired, &self->why);
    if (rc == PST_OK)
        rc = pst_agent_once(&self->wired.agent, /* simulate_restart= */ false, cycle, &self->why);
    if (rc != PST_OK)
        return pst_agent_tell(options, &self->why);
    print_cycle(options, cycle);
    *poll_s = cycle->poll_s > 0 ? cycle->poll_s : POLL_PRESET_S;
    if (!options->json)
        (void)pst_agent_tell(options, &cycle->why);
    return is_stopped(cycle->progress);
}

static int once(const struct pst_agent_options *options, int count, char **arguments)
{
    struct session_of_command *self = begin(options, PST_WIRE_ACT);
    int64_t poll_s = 0;
    (void)count, (void)arguments;
    return self == NULL ? not_begun(options) : end(self, one_cycle(self, options, &poll_s));
}

static void ask_to_stop(int signal)
{
    (void)signal;
    stop_asked = 1;
}

/* Spread over a tenth of the interval, so that a street of shops does not ask in the same
 * second. */
static int64_t spread_ms(int64_t poll_s)
{
    uint16_t noise = 0;
    (void)!pst_random((uint8_t *)&noise, sizeof noise, NULL);
    return poll_s * 1000 + poll_s * 100 * noise / UINT16_MAX;
}

static int run(const struct pst_agent_options *options, int count, char **arguments)
{
    struct session_of_command *self = begin(options, PST_WIRE_ACT);
    struct sigaction action = {.sa_handler = ask_to_stop};
    (void)count, (void)arguments;
    if (self == NULL)
        return not_begun(options);

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    while (!stop_asked) {
        int64_t poll_s = POLL_PRESET_S;
        self->why = (struct pst_report){.count = 0};
        (void)one_cycle(self, options, &poll_s);
        fflush(stdout);
        if (!stop_asked)
            self->wired.ports.clock.sleep_ms(self->wired.ports.clock.context, spread_ms(poll_s));
    }
    return end(self, 0);
}

/* ---- check, status, confirm, revert */

static int print_decision(const struct pst_agent_options *options,
                          const struct pst_decision *decision, const struct pst_release *release)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_REPORT_PRINT_MOST);
    struct pst_json_out out = pst_json_out(&bytes);
    int stops = decision->verdict == PST_VERDICT_REFUSE || decision->verdict == PST_VERDICT_DEFER;

    if (!options->json) {
        printf("%s%s%s\n", pst_verdict_name(decision->verdict), release != NULL ? " " : "",
               release != NULL ? release->version.text : "");
        (void)pst_agent_tell(options, &decision->why);
        return stops;
    }
    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "verdict", pst_verdict_name(decision->verdict));
    pst_out_string(&out, "version", release != NULL ? release->version.text : NULL);
    pst_out_integer(&out, "fetch_bytes", decision->fetch_bytes);
    pst_out_findings(&out, "findings", &decision->why);
    pst_out_close(&out, '}');
    int failed = print_json(&out);
    return failed != 0 ? failed : stops;
}

static int check(const struct pst_agent_options *options, int count, char **arguments)
{
    struct session_of_command *self = begin(options, PST_WIRE_ACT);
    PST_CLEANUP(pst_heap) struct pst_check *found = calloc(1, sizeof *found);
    (void)count, (void)arguments;
    if (self == NULL || found == NULL)
        return self == NULL ? not_begun(options) : end(self, 1);
    if (pst_agent_check(&self->wired.agent, found, &self->why) != PST_OK)
        return end(self, pst_agent_tell(options, &self->why));
    int status = print_decision(options, &found->decision, found->release);
    pst_check_clear(found);
    return end(self, status);
}

static int status(const struct pst_agent_options *options, int count, char **arguments)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_REPORT_PRINT_MOST);
    struct session_of_command *self = begin(options, PST_WIRE_LOOK);
    struct pst_json_out out = pst_json_out(&bytes);
    struct pst_update_memory memory;
    struct pst_boot_state boot;
    struct pst_facts facts;
    int64_t waiting = 0;
    (void)count, (void)arguments;
    if (self == NULL)
        return not_begun(options);

    const struct pst_ports *ports = &self->wired.ports;
    if (pst_memory_load_update(&ports->state, &memory, &self->why) != PST_OK ||
        ports->boot.read(ports->boot.context, &boot, &self->why) != PST_OK ||
        pst_reports_waiting(&ports->state, &waiting, &self->why) != PST_OK)
        return end(self, pst_agent_tell(options, &self->why));
    pst_agent_facts(&self->wired.agent, &facts, &self->why);
    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "state", pst_update_state_name(memory.state));
    out_version(&out, "running", &facts.os);
    out_version(&out, "release", &memory.version);
    pst_out_string(&out, "active_slot", boot.active == 0 ? "a" : "b");
    pst_out_string(&out, "next_slot", boot.next == 0 ? "a" : "b");
    pst_out_bool(&out, "trial", boot.trial);
    pst_out_integer(&out, "reports_waiting", waiting);
    pst_facts_print(&facts, &out, "facts");
    pst_out_close(&out, '}');
    int failed = print_json(&out);
    int told = pst_agent_tell(options, &self->why);
    return end(self, failed != 0 ? failed : told);
}

static int by_hand(const struct pst_agent_options *options,
                   enum pst_code (*act)(const struct pst_agent *, struct pst_report *))
{
    struct session_of_command *self = begin(options, PST_WIRE_ACT);
    if (self == NULL)
        return not_begun(options);
    (void)!act(&self->wired.agent, &self->why);
    return end(self, pst_agent_tell(options, &self->why));
}

static int confirm(const struct pst_agent_options *options, int count, char **arguments)
{
    (void)count, (void)arguments;
    return by_hand(options, pst_agent_confirm);
}

static int revert(const struct pst_agent_options *options, int count, char **arguments)
{
    (void)count, (void)arguments;
    return by_hand(options, pst_agent_revert);
}

/* ---- explain */

/* What is left of a damaged bundle is judged as well. */
static enum pst_code explain_path(const struct pst_agent *agent, const char *path,
                                  struct pst_explained *out, struct pst_report *why)
{
    PST_CLEANUP(pst_pack) struct pst_pack *pack = NULL;
    PST_CLEANUP(pst_heap) struct pst_report *beforehand = calloc(1, sizeof *beforehand);

    if (beforehand == NULL)
        return pst_no_memory(why, "a report");
    if (pst_file_begins_with(path, '{'))
        return pst_agent_explain_manifest(agent, path, out, why);
    enum pst_code rc = pst_pack_open(path, &pack, beforehand);
    if (pack != NULL)
        return pst_agent_explain(agent, pack, beforehand, out, why);
    pst_report_append(why, beforehand, false);
    return rc;
}

static int explain(const struct pst_agent_options *options, int count, char **arguments)
{
    PST_CLEANUP(pst_heap) struct pst_explained *explained = calloc(1, sizeof *explained);
    struct session_of_command *self = begin(options, PST_WIRE_LOOK);
    (void)count;
    if (self == NULL || explained == NULL)
        return self == NULL ? not_begun(options) : end(self, 1);

    if (explain_path(&self->wired.agent, arguments[0], explained, &self->why) != PST_OK)
        return end(self, pst_agent_tell(options, &self->why));
    int status = print_decision(options, &explained->decision, explained->found.release);
    pst_explained_clear(explained);
    return end(self, status);
}

/* ---- the table */

const struct pst_agent_command pst_agent_commands[] = {
    {"run", "", "stay and update this terminal as the service asks", 0, 0, run},
    {"once", "", "one cycle: restart if one is due, check, stage, report", 0, 0, once},
    {"check", "", "ask and decide; change no slot", 0, 0, check},
    {"explain", "BUNDLE|DIR|MANIFEST", "what this terminal would say to it; change nothing", 1, 1,
     explain},
    {"status", "", "how things stand, as JSON", 0, 0, status},
    {"confirm", "", "the release on trial is good", 0, 0, confirm},
    {"revert", "", "the release on trial goes back at the next restart", 0, 0, revert},
    {"init", "ROOT", "trust this root (once)", 1, 1, pst_agent_init},
    {"refresh", "", "bring the trusted metadata up to date (with --metadata-dir)", 0, 0,
     pst_agent_refresh},
    {"download", "", "fetch targets (with --metadata-dir, --target-name, ...)", 0, 0,
     pst_agent_download},
};
const size_t pst_agent_command_count = PST_COUNT(pst_agent_commands);
