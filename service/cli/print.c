/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "manifests/report_print.h"
#include "manifests/utf8.h"
#include "service/cli/cli.h"

int pst_cli_tell(const struct pst_cli *cli, const struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PST_REPORT_PRINT_MOST);
    if (pst_report_print(why, cli->language, /* with_remedies= */ true, &text) && text.len > 0)
        fwrite(text.at, 1, text.len, stderr);
    enum pst_code verdict = pst_report_verdict(why);
    return verdict == PST_OK ? 0 : verdict == PST_USAGE ? 2 : 1;
}

struct pst_text pst_cli_text(const struct pst_json *object, const char *name)
{
    struct pst_text text = pst_json_text(pst_json_member(object, name));
    return text.len > 0 ? text : pst_text("-");
}

/* East Asian wide and full-width characters, as far as our catalogues and names use them. */
static int columns_of(uint32_t rune)
{
    bool wide = (rune >= 0x1100 && rune <= 0x115f) || (rune >= 0x2e80 && rune <= 0xa4cf) ||
                (rune >= 0xac00 && rune <= 0xd7a3) || (rune >= 0xf900 && rune <= 0xfaff) ||
                (rune >= 0xfe30 && rune <= 0xfe6f) || (rune >= 0xff00 && rune <= 0xff60) ||
                (rune >= 0x20000 && rune <= 0x3fffd);
    return wide ? 2 : 1;
}

void pst_cli_column(struct pst_text text, int columns)
{
    struct pst_text rest = text;
    uint32_t rune = 0;
    int used = 0;

    while (rest.len > 0 && pst_utf8_take(&rest, &rune) > 0)
        used += columns_of(rune);
    printf("%.*s", PST_ARGS(text));
    printf("%*s", used < columns ? columns - used : 1, "");
}

int pst_cli_print_json(const struct pst_json *json)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(16 << 20);
    if (pst_json_canonical(json, &bytes, NULL) != PST_OK)
        return 1;
    printf("%.*s\n", PST_ARGS(pst_buf_text(&bytes)));
    return 0;
}
