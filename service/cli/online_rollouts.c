/* SPDX-License-Identifier: Apache-2.0 */
/* Rollouts and how they stand. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "manifests/fields.h"
#include "manifests/json_out.h"
#include "service/cli/client.h"

enum { BODY_BYTES = 65536, PATH_ROOM = 256, ID_COLUMNS = 21 };

/* ---- asking */

/* One call, its answer printed by `print` or as JSON; the exit status. */
static int ask(struct pst_cli *cli, const char *method, const char *path, struct pst_bytes body,
               void (*print)(const struct pst_json *))
{
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);
    PST_CLEANUP(pst_client) struct pst_client client = {.curl = NULL};
    PST_CLEANUP(pst_json) struct pst_json *answer = NULL;

    if (why == NULL)
        return 1;
    if (pst_client_open(cli, &client, why) != PST_OK ||
        pst_client_call(&client, method, path, body, &answer, why) != PST_OK)
        return pst_cli_tell(cli, why);
    if (cli->json)
        return pst_cli_print_json(answer);
    print(answer);
    return 0;
}

/* IDs become part of a path; nothing else may. */
static bool path_of(const char *id, const char *tail, char out[PATH_ROOM])
{
    return pst_name_is_safe(pst_text(id)) &&
           snprintf(out, PATH_ROOM, "/api/v1/rollouts/%s%s", id, tail) < PATH_ROOM;
}

static int refuse_id(struct pst_cli *cli, const char *what)
{
    struct pst_report why = {.count = 0};
    pst_refuse(&why, PST_USAGE, pst_say("an id of letters, digits, '.', '_' and '-'"),
               pst_say("'%s'", what));
    return pst_cli_tell(cli, &why);
}

/* ---- printing */

static void print_rollout(const struct pst_json *rollout)
{
    pst_cli_column(pst_cli_text(rollout, "id"), ID_COLUMNS);
    pst_cli_column(pst_cli_text(rollout, "state"), 11);
    printf("%3" PRId64 "%%  ", pst_json_integer(pst_json_member(rollout, "percent")));
    pst_cli_column(pst_cli_text(rollout, "product"), 16);
    pst_cli_column(pst_cli_text(rollout, "version"), 18);
    printf("%.*s\n", PST_ARGS(pst_cli_text(rollout, "name")));
}

static void print_rollouts(const struct pst_json *answer)
{
    for (const struct pst_json *one = pst_json_first(pst_json_member(answer, "rollouts"));
         one != NULL; one = pst_json_next(one))
        print_rollout(one);
}

static void print_counts(const struct pst_json *counts)
{
    for (const struct pst_json *one = pst_json_first(pst_json_member(counts, "by_state"));
         one != NULL; one = pst_json_next(one)) {
        printf("    ");
        pst_cli_column(pst_json_name(one), 30);
        printf("%8" PRId64 "\n", pst_json_integer(one));
    }
}

static void print_causes(const struct pst_json *counts)
{
    for (const struct pst_json *one = pst_json_first(pst_json_member(counts, "by_finding"));
         one != NULL; one = pst_json_next(one)) {
        printf("    ");
        pst_cli_column(pst_cli_text(one, "code"), 30);
        printf("%8" PRId64 "   %.*s\n", pst_json_integer(pst_json_member(one, "count")),
               PST_ARGS(pst_cli_text(one, "title")));
        printf("      -> %.*s\n", PST_ARGS(pst_cli_text(one, "remedy")));
    }
}

static void print_status(const struct pst_json *rollout)
{
    print_rollout(rollout);
    print_counts(pst_json_member(rollout, "counts"));
    print_causes(pst_json_member(rollout, "counts"));
}

static void print_outcome(const struct pst_json *outcome)
{
    printf("  ");
    pst_cli_column(pst_cli_text(outcome, "serial"), 18);
    pst_cli_column(pst_cli_text(outcome, "progress"), 11);
    pst_cli_column(pst_cli_text(outcome, "source"), 7);
    printf("%12" PRId64 " bytes\n", pst_json_integer(pst_json_member(outcome, "fetched_bytes")));
    for (const struct pst_json *one = pst_json_first(pst_json_member(outcome, "findings"));
         one != NULL; one = pst_json_next(one)) {
        /* '!' stopped it, '-' was only noted: the same in every language. */
        printf("      %c %.*s [%.*s]  ", pst_json_bool(pst_json_member(one, "noted")) ? '-' : '!',
               PST_ARGS(pst_cli_text(one, "title")), PST_ARGS(pst_cli_text(one, "code")));
        printf("%.*s\n", PST_ARGS(pst_cli_text(one, "text")));
    }
}

static void print_outcomes(const struct pst_json *answer)
{
    for (const struct pst_json *one = pst_json_first(pst_json_member(answer, "terminals"));
         one != NULL; one = pst_json_next(one))
        print_outcome(one);
    if (pst_json_type(pst_json_member(answer, "next")) == PST_JSON_TEXT)
        printf("  ... more: postern --json status shows the cursor\n");
}

/* ---- commands */

static void out_given(struct pst_json_out *out, const char *name, const char *value)
{
    if (value != NULL)
        pst_out_string(out, name, value);
}

static void out_filter(struct pst_json_out *out, const struct pst_cli *cli)
{
    pst_out_open(out, "filter", '{');
    out_given(out, "os", cli->os);
    out_given(out, "model", cli->model);
    out_given(out, "region", cli->region);
    out_given(out, "group", cli->group);
    if (cli->serial_count > 0) {
        pst_out_open(out, "serials", '[');
        for (size_t i = 0; i < cli->serial_count; i++)
            pst_out_string(out, NULL, cli->serial[i]);
        pst_out_close(out, ']');
    }
    pst_out_close(out, '}');
}

static bool read_percent(const struct pst_cli *cli, uint64_t *out)
{
    struct pst_text rest = pst_text(cli->percent);
    *out = 100;
    return cli->percent == NULL || (pst_take_number(&rest, 100, out) && rest.len == 0 && *out > 0);
}

int pst_cli_rollout_create(struct pst_cli *cli)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(BODY_BYTES);
    struct pst_json_out out = pst_json_out(&body);
    struct pst_report why = {.count = 0};
    uint64_t percent;

    if (cli->product == NULL || cli->version == NULL)
        pst_refuse(&why, PST_USAGE, pst_say("--product P and --version V"), pst_say("not both"));
    if (!read_percent(cli, &percent))
        pst_refuse(&why, PST_USAGE, pst_say("--percent 1 to 100"), pst_say("'%s'", cli->percent));
    if (pst_report_verdict(&why) != PST_OK)
        return pst_cli_tell(cli, &why);
    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "product", cli->product);
    pst_out_string(&out, "version", cli->version);
    out_given(&out, "name", cli->name);
    pst_out_integer(&out, "percent", (int64_t)percent);
    out_filter(&out, cli);
    if (cli->downgrade)
        pst_out_bool(&out, "downgrade", true);
    pst_out_close(&out, '}');
    if (!pst_json_out_is_whole(&out))
        return 1;
    return ask(cli, "POST", "/api/v1/rollouts", pst_buf_bytes(&body), print_rollout);
}

int pst_cli_rollout_list(struct pst_cli *cli)
{
    return ask(cli, "GET", "/api/v1/rollouts", (struct pst_bytes){NULL, 0}, print_rollouts);
}

static int step(struct pst_cli *cli, const char *tail)
{
    char path[PATH_ROOM];
    if (!path_of(cli->argument[0], tail, path))
        return refuse_id(cli, cli->argument[0]);
    return ask(cli, "POST", path, (struct pst_bytes){NULL, 0}, print_rollout);
}

int pst_cli_rollout_start(struct pst_cli *cli)
{
    return step(cli, "/start");
}

int pst_cli_rollout_pause(struct pst_cli *cli)
{
    return step(cli, "/pause");
}

int pst_cli_rollout_resume(struct pst_cli *cli)
{
    return step(cli, "/resume");
}

int pst_cli_rollout_cancel(struct pst_cli *cli)
{
    return step(cli, "/cancel");
}

/* One rollout: its counts, its causes and each terminal's outcome. */
static int status_of(struct pst_cli *cli, const char *id)
{
    char path[PATH_ROOM];
    if (!path_of(id, "", path))
        return refuse_id(cli, id);
    int told = ask(cli, "GET", path, (struct pst_bytes){NULL, 0}, print_status);
    if (told != 0 || !path_of(id, "/terminals?limit=100", path))
        return told;
    return ask(cli, "GET", path, (struct pst_bytes){NULL, 0}, print_outcomes);
}

int pst_cli_status(struct pst_cli *cli)
{
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);
    PST_CLEANUP(pst_client) struct pst_client client = {.curl = NULL};
    PST_CLEANUP(pst_json) struct pst_json *answer = NULL;
    int told = 0;

    if (cli->count > 0)
        return status_of(cli, cli->argument[0]);
    if (why == NULL)
        return 1;
    if (pst_client_open(cli, &client, why) != PST_OK ||
        pst_client_call(&client, "GET", "/api/v1/rollouts", (struct pst_bytes){NULL, 0}, &answer,
                        why) != PST_OK)
        return pst_cli_tell(cli, why);
    for (const struct pst_json *one = pst_json_first(pst_json_member(answer, "rollouts"));
         one != NULL && told == 0; one = pst_json_next(one))
        told = status_of(cli, pst_json_text(pst_json_member(one, "id")).at);
    return told;
}
