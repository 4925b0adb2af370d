/* SPDX-License-Identifier: Apache-2.0 */
/* Terminals: registering them, finding them, and asking why. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "manifests/fields.h"
#include "manifests/json_out.h"
#include "service/cli/client.h"

enum { PATH_ROOM = 512 };

typedef void print_fn(const struct pst_json *answer);

/* One call; what it answers is printed by `print` or as JSON. */
static int ask(struct pst_cli *cli, struct pst_client *client, const char *method, const char *path,
               struct pst_bytes body, print_fn *print, struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *answer = NULL;
    if (pst_client_call(client, method, path, body, &answer, why) != PST_OK)
        return pst_cli_tell(cli, why);
    if (cli->json)
        return pst_cli_print_json(answer);
    print(answer);
    return 0;
}

/* ---- printing ------------------------------------------------------------------------------------------ */

static void print_terminal(const struct pst_json *terminal)
{
    pst_cli_column(pst_cli_text(terminal, "id"), 28);
    pst_cli_column(pst_cli_text(terminal, "serial"), 18);
    pst_cli_column(pst_cli_text(terminal, "product"), 14);
    pst_cli_column(pst_cli_text(terminal, "state"), 12);
    pst_cli_column(pst_cli_text(terminal, "os"), 16);
    pst_cli_column(pst_cli_text(terminal, "progress"), 11);
    printf("%.*s\n", PST_ARGS(pst_cli_text(terminal, "last_seen")));
}

static void print_terminals(const struct pst_json *answer)
{
    for (const struct pst_json *one = pst_json_first(pst_json_member(answer, "terminals"));
         one != NULL; one = pst_json_next(one))
        print_terminal(one);
}

static void print_finding(const struct pst_json *finding)
{
    bool noted = pst_json_bool(pst_json_member(finding, "noted"));
    bool unverified = pst_json_bool(pst_json_member(finding, "unverified"));

    printf("\n  %s%.*s [%.*s] at %.*s%s\n", noted ? "(noted) " : "",
           PST_ARGS(pst_cli_text(finding, "title")), PST_ARGS(pst_cli_text(finding, "code")),
           PST_ARGS(pst_cli_text(finding, "where")), unverified ? " (not verified)" : "");
    printf("    %.*s\n", PST_ARGS(pst_cli_text(finding, "text")));
    printf("    expected: %.*s\n", PST_ARGS(pst_cli_text(finding, "expected")));
    printf("    found:    %.*s\n", PST_ARGS(pst_cli_text(finding, "found")));
    for (const struct pst_json *one = pst_json_first(pst_json_member(finding, "remedies"));
         one != NULL; one = pst_json_next(one))
        printf("    %.*s: %.*s\n", PST_ARGS(pst_json_name(one)), PST_ARGS(pst_json_text(one)));
}

static void print_why(const struct pst_json *terminal)
{
    const struct pst_json *why = pst_json_member(terminal, "why");
    print_terminal(terminal);
    if (pst_json_count(why) == 0)
        printf("  no findings\n");
    for (const struct pst_json *one = pst_json_first(why); one != NULL; one = pst_json_next(one))
        print_finding(one);
}

static void print_code(const struct pst_json *answer)
{
    printf("%.*s\n", PST_ARGS(pst_cli_text(answer, "code")));
}

/* ---- finding one ------------------------------------------------------------------------------------------ */

/* An id, or a serial number that is looked up. */
static enum pst_code find_id(struct pst_client *client, const char *given, char out[PATH_ROOM],
                             struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *answer = NULL;
    char path[PATH_ROOM];

    if (!pst_name_is_safe(pst_text(given)))
        return pst_refuse(why, PST_USAGE, pst_say("a terminal's id or serial number"),
                          pst_say("'%s'", given));
    snprintf(out, PATH_ROOM, "%.64s", given);
    if (strncmp(given, "t-", 2) == 0)
        return PST_OK;
    snprintf(path, sizeof path, "/api/v1/terminals?serial=%s", given);
    enum pst_code rc =
        pst_client_call(client, "GET", path, (struct pst_bytes){NULL, 0}, &answer, why);
    if (rc != PST_OK)
        return rc;
    const struct pst_json *list = pst_json_member(answer, "terminals");
    if (pst_json_count(list) != 1)
        return pst_refuse(why, PST_SERVICE_NOT_FOUND,
                          pst_say("one terminal with serial number '%s'", given),
                          pst_say("%zu", pst_json_count(list)));
    snprintf(out, PATH_ROOM, "%.64s",
             pst_json_text(pst_json_member(pst_json_first(list), "id")).at);
    return PST_OK;
}

static int with_terminal(struct pst_cli *cli, const char *method, const char *tail, print_fn *print)
{
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);
    PST_CLEANUP(pst_client) struct pst_client client = {.curl = NULL};
    char id[PATH_ROOM], path[PATH_ROOM];

    if (why == NULL)
        return 1;
    if (pst_client_open(cli, &client, why) != PST_OK ||
        find_id(&client, cli->argument[0], id, why) != PST_OK)
        return pst_cli_tell(cli, why);
    snprintf(path, sizeof path, "/api/v1/terminals/%.64s%s", id, tail);
    return ask(cli, &client, method, path, (struct pst_bytes){NULL, 0}, print, why);
}

/* ---- commands --------------------------------------------------------------------------------------------------- */

int pst_cli_terminal_show(struct pst_cli *cli)
{
    return with_terminal(cli, "GET", "", print_terminal);
}

int pst_cli_terminal_why(struct pst_cli *cli)
{
    return with_terminal(cli, "GET", "", print_why);
}

int pst_cli_terminal_accept(struct pst_cli *cli)
{
    return with_terminal(cli, "POST", "/accept", print_terminal);
}

int pst_cli_terminal_block(struct pst_cli *cli)
{
    return with_terminal(cli, "POST", "/block", print_terminal);
}

int pst_cli_terminal_add(struct pst_cli *cli)
{
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);
    PST_CLEANUP(pst_client) struct pst_client client = {.curl = NULL};
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(4096);
    struct pst_json_out out = pst_json_out(&body);

    if (why == NULL)
        return 1;
    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "product", cli->argument[0]);
    pst_out_string(&out, "serial", cli->argument[1]);
    if (cli->group != NULL)
        pst_out_string(&out, "group", cli->group);
    pst_out_close(&out, '}');
    if (!pst_json_out_is_whole(&out))
        pst_refuse(why, PST_USAGE, pst_say("a shorter serial number"), pst_say("too long"));
    if (pst_report_verdict(why) != PST_OK || pst_client_open(cli, &client, why) != PST_OK)
        return pst_cli_tell(cli, why);
    return ask(cli, &client, "POST", "/api/v1/terminals", pst_buf_bytes(&body), print_code, why);
}

/* Adds "&name=value" to the query; values are safe names, so nothing needs encoding. */
static bool add_filter(char *path, const char *name, const char *value, struct pst_report *why)
{
    size_t len = strlen(path);
    if (value == NULL)
        return true;
    if (!pst_name_is_safe(pst_text(value))) {
        pst_refuse(why, PST_USAGE, pst_say("--%s with letters, digits, '.', '_' and '-'", name),
                   pst_say("'%s'", value));
        return false;
    }
    return snprintf(path + len, PATH_ROOM - len, "&%s=%s", name, value) < (int)(PATH_ROOM - len);
}

int pst_cli_terminal_list(struct pst_cli *cli)
{
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);
    PST_CLEANUP(pst_client) struct pst_client client = {.curl = NULL};
    char path[PATH_ROOM] = "/api/v1/terminals?limit=200";

    if (why == NULL)
        return 1;
    if (!add_filter(path, "product", cli->product, why) ||
        !add_filter(path, "state", cli->state, why) ||
        !add_filter(path, "finding", cli->finding, why) ||
        pst_client_open(cli, &client, why) != PST_OK)
        return pst_cli_tell(cli, why);
    return ask(cli, &client, "GET", path, (struct pst_bytes){NULL, 0}, print_terminals, why);
}
