/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which signature schemes the terminals verify, by what they told: for keys/ceremony_fleet.h, so
 * that no key is listed that some of them cannot use.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "keys/ceremony_fleet.h"
#include "manifests/fields.h"
#include "manifests/json_out.h"
#include "service/cli/client.h"

enum { PATH_ROOM = 512, PAGE = 1000, JSON_MOST = 4 << 20 };

/* Into the classes counted so far; schemes come in the agent's own order, which is always the
 * same. */
static enum pst_code count_one(struct pst_ceremony_fleet *fleet, const struct pst_json *terminal,
                               struct pst_report *why)
{
    struct pst_ceremony_class one = {.terminals = 1};
    const struct pst_json *schemes = pst_json_member(terminal, "schemes");
    struct pst_text product = pst_json_text(pst_json_member(terminal, "product"));

    if (pst_text_is(pst_json_text(pst_json_member(terminal, "state")), "blocked"))
        return PST_OK;
    if (schemes == NULL || pst_json_type(schemes) != PST_JSON_ARRAY) {
        fleet->untold++;
        return PST_OK;
    }
    snprintf(one.product, sizeof one.product, "%.64s", product.at);
    for (const struct pst_json *scheme = pst_json_first(schemes);
         scheme != NULL && one.scheme_count < PST_COUNT(one.scheme); scheme = pst_json_next(scheme))
        snprintf(one.scheme[one.scheme_count++], PST_NAME_ROOM, "%.64s", pst_json_text(scheme).at);
    for (size_t i = 0; i < fleet->class_count; i++) {
        struct pst_ceremony_class *class = &fleet->class[i];
        if (strcmp(class->product, one.product) != 0 || class->scheme_count != one.scheme_count ||
            memcmp(class->scheme, one.scheme, sizeof one.scheme) != 0)
            continue;
        class->terminals++;
        return PST_OK;
    }
    if (fleet->class_count == PST_COUNT(fleet->class))
        return pst_refuse(
            why, PST_TOO_LARGE,
            pst_say("at most %d products and sets of schemes", PST_CEREMONY_CLASSES_MOST),
            pst_say("more; ask for one --product at a time"));
    fleet->class[fleet->class_count++] = one;
    return PST_OK;
}

/* One page; `cursor` becomes that of the next, or empty at the end. */
static enum pst_code count_page(const struct pst_cli *cli, struct pst_client *client,
                                char cursor[PST_NAME_ROOM], struct pst_ceremony_fleet *fleet,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *answer = NULL;
    char path[PATH_ROOM];

    snprintf(path, sizeof path, "/api/v1/terminals?limit=%d%s%s%s%s", PAGE,
             cursor[0] != '\0' ? "&cursor=" : "", cursor, cli->product != NULL ? "&product=" : "",
             cli->product != NULL ? cli->product : "");
    enum pst_code rc =
        pst_client_call(client, "GET", path, (struct pst_bytes){NULL, 0}, &answer, why);
    if (rc != PST_OK)
        return rc;
    for (const struct pst_json *one = pst_json_first(pst_json_member(answer, "terminals"));
         rc == PST_OK && one != NULL; one = pst_json_next(one))
        rc = count_one(fleet, one, why);
    const struct pst_json *next = pst_json_member(answer, "next");
    struct pst_text text = next != NULL ? pst_json_text(next) : pst_text("");
    snprintf(cursor, PST_NAME_ROOM, "%.*s", pst_name_is_safe(text) ? (int)text.len : 0, text.at);
    return rc;
}

static int print_json(const struct pst_ceremony_fleet *fleet)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(JSON_MOST);
    struct pst_json_out out = pst_json_out(&text);

    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "format", PST_CEREMONY_FLEET_FORMAT);
    pst_out_instant(&out, "at", fleet->at_s);
    pst_out_integer(&out, "untold", fleet->untold);
    pst_out_open(&out, "classes", '[');
    for (size_t i = 0; i < fleet->class_count; i++) {
        pst_out_open(&out, NULL, '{');
        pst_out_string(&out, "product", fleet->class[i].product);
        pst_out_open(&out, "schemes", '[');
        for (size_t k = 0; k < fleet->class[i].scheme_count; k++)
            pst_out_string(&out, NULL, fleet->class[i].scheme[k]);
        pst_out_close(&out, ']');
        pst_out_integer(&out, "terminals", fleet->class[i].terminals);
        pst_out_close(&out, '}');
    }
    pst_out_close(&out, ']');
    pst_out_close(&out, '}');
    if (!pst_json_out_is_whole(&out))
        return 1;
    printf("%.*s\n", PST_ARGS(pst_buf_text(&text)));
    return 0;
}

static int print_table(const struct pst_cli *cli, const struct pst_ceremony_fleet *fleet)
{
    for (size_t i = 0; i < fleet->class_count; i++) {
        pst_cli_column(pst_text(fleet->class[i].product), 16);
        printf("%10" PRId64 " ", fleet->class[i].terminals);
        for (size_t k = 0; k < fleet->class[i].scheme_count; k++)
            printf(" %s", fleet->class[i].scheme[k]);
        printf("\n");
    }
    if (fleet->untold > 0)
        printf(cli->language == PST_LANGUAGE_ZH_CN ? "尚未上报: %" PRId64 "\n"
                                                   : "have told nothing yet: %" PRId64 "\n",
               fleet->untold);
    return 0;
}

int pst_cli_terminal_schemes(struct pst_cli *cli)
{
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);
    PST_CLEANUP(pst_heap) struct pst_ceremony_fleet *fleet = calloc(1, sizeof *fleet);
    PST_CLEANUP(pst_client) struct pst_client client = {.curl = NULL};
    char cursor[PST_NAME_ROOM] = "";

    if (why == NULL || fleet == NULL)
        return 1;
    if (cli->product != NULL && !pst_name_is_safe(pst_text(cli->product)))
        (void)pst_refuse(why, PST_USAGE,
                         pst_say("--product with letters, digits, '.', '_' and '-'"),
                         pst_say("'%s'", cli->product));
    if (pst_report_verdict(why) != PST_OK || pst_client_open(cli, &client, why) != PST_OK)
        return pst_cli_tell(cli, why);
    fleet->at_s = (int64_t)time(NULL);
    do {
        if (count_page(cli, &client, cursor, fleet, why) != PST_OK)
            return pst_cli_tell(cli, why);
    } while (cursor[0] != '\0');
    return cli->json ? print_json(fleet) : print_table(cli, fleet);
}
