/* SPDX-License-Identifier: Apache-2.0 */
/* Terminals: registering them, finding them, and asking why. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "manifests/fields.h"
#include "manifests/json_out.h"
#include "manifests/report_print.h"
#include "service/cli/client.h"

enum { PATH_ROOM = 512 };

typedef void print_fn(const struct pst_cli *cli, const struct pst_json *answer);

/* One call; what it answers is printed by `print` or as JSON. */
static int ask(struct pst_cli *cli, struct pst_client *client, const char *method, const char *path,
               struct pst_bytes body, print_fn *print, struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *answer = NULL;
    if (pst_client_call(client, method, path, body, &answer, why) != PST_OK)
        return pst_cli_tell(cli, why);
    if (cli->json)
        return pst_cli_print_json(answer);
    print(cli, answer);
    return 0;
}

/* ---- printing */

static void print_terminal(const struct pst_cli *cli, const struct pst_json *terminal)
{
    (void)cli;
    pst_cli_column(pst_cli_text(terminal, "id"), 28);
    pst_cli_column(pst_cli_text(terminal, "serial"), 18);
    pst_cli_column(pst_cli_text(terminal, "product"), 14);
    pst_cli_column(pst_cli_text(terminal, "state"), 12);
    pst_cli_column(pst_cli_text(terminal, "os"), 16);
    pst_cli_column(pst_cli_text(terminal, "progress"), 11);
    printf("%.*s\n", PST_ARGS(pst_cli_text(terminal, "last_seen")));
}

static void print_terminals(const struct pst_cli *cli, const struct pst_json *answer)
{
    for (const struct pst_json *one = pst_json_first(pst_json_member(answer, "terminals"));
         one != NULL; one = pst_json_next(one))
        print_terminal(cli, one);
}

/* The findings go through the catalogue here, so that labels and words are of one language. */
static void print_why(const struct pst_cli *cli, const struct pst_json *terminal)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PST_REPORT_PRINT_MOST);
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);

    print_terminal(cli, terminal);
    if (why == NULL || pst_findings_parse(pst_json_member(terminal, "why"), why, NULL) != PST_OK ||
        !pst_report_print(why, cli->language, /* with_remedies= */ true, &text))
        return;
    if (why->count == 0)
        puts(cli->language == PST_LANGUAGE_ZH_CN ? "  没有发现任何问题" : "  no findings");
    printf("%.*s", PST_ARGS(pst_buf_text(&text)));
}

static void print_code(const struct pst_cli *cli, const struct pst_json *answer)
{
    (void)cli;
    printf("%.*s\n", PST_ARGS(pst_cli_text(answer, "code")));
}

/* ---- finding one */

/* An id, or a serial number that is looked up. */
static enum pst_code find_id(struct pst_client *client, const char *given, char out[PATH_ROOM],
                             struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *answer = NULL;
    char path[PATH_ROOM];

    if (!pst_name_is_safe(pst_text(given)))
        return pst_refuse(why, PST_USAGE, pst_say("a terminal's id or serial number"),
                          pst_say("'%s'", given));
    snprintf(out, PATH_ROOM, "%.*s", PST_ARGS(pst_text(given))); /* safe names are short */
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

/* ---- commands */

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
