/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/report_print.h"

static const struct labels {
    const char *severity[4]; /* by enum pst_severity */
    const char *audience[3]; /* by enum pst_audience */
    const char *note, *at, *expected, *found, *unverified;
} labels[] = {
    [PST_LANGUAGE_EN] = {{"info", "warning", "error", "critical"},
                         {"merchant", "operator", "vendor"},
                         "note",
                         " at ",
                         "expected",
                         "found",
                         " (not verified)"},
    [PST_LANGUAGE_ZH_CN] = {{"信息", "警告", "错误", "严重"},
                            {"商户", "运维", "厂商"},
                            "提示",
                            " 位置：",
                            "应为",
                            "实为",
                            "（未经验证）"},
};

static bool print_line(const char *label, const char *value, struct pst_buf *out)
{
    return value[0] == '\0' || pst_buf_print(out, "    %s: %s\n", label, value);
}

static bool print_head(const struct pst_finding *finding, const struct pst_words *words,
                       const struct labels *label, struct pst_buf *out)
{
    const char *first =
        finding->noted ? label->note : label->severity[pst_code_severity(finding->code)];
    bool placed = finding->where[0] != '\0';
    return pst_buf_print(out, "%s: %s [%s]%s%s%s\n", first, words->title,
                         pst_code_name(finding->code), placed ? label->at : "", finding->where,
                         finding->unverified ? label->unverified : "");
}

static bool print_remedies(const struct pst_words *words, const struct labels *label,
                           struct pst_buf *out)
{
    for (size_t i = 0; i < PST_COUNT(words->remedy); i++)
        if (!print_line(label->audience[i], words->remedy[i], out))
            return false;
    return true;
}

static bool print_finding(const struct pst_finding *finding, const struct pst_words_book *book,
                          bool with_remedies, struct pst_buf *out)
{
    struct pst_words words = pst_words_of(book, finding->code);
    const struct labels *label = &labels[book->language];

    return print_head(finding, &words, label, out) && pst_buf_add_text(out, "    ") &&
           pst_words_fill(book, finding, out) && pst_buf_add_text(out, "\n") &&
           print_line(label->expected, finding->expected, out) &&
           print_line(label->found, finding->found, out) &&
           (!with_remedies || print_remedies(&words, label, out));
}

static bool print_those(const struct pst_report *why, bool noted, const struct pst_words_book *book,
                        bool with_remedies, struct pst_buf *out)
{
    for (size_t i = 0; i < why->count; i++)
        if (why->finding[i].noted == noted &&
            !print_finding(&why->finding[i], book, with_remedies, out))
            return false;
    return true;
}

static bool print_omitted(size_t omitted, enum pst_language language, struct pst_buf *out)
{
    if (omitted == 0)
        return true;
    if (language == PST_LANGUAGE_ZH_CN)
        return pst_buf_print(out, "另有 %zu 条结论未列出\n", omitted);
    return pst_buf_print(out, "and %zu more findings\n", omitted);
}

bool pst_report_print(const struct pst_report *why, enum pst_language language, bool with_remedies,
                      struct pst_buf *out)
{
    PST_CLEANUP(pst_words_book) struct pst_words_book book = {.language = language};
    size_t before = out->len;

    if (why->count > 0)
        pst_words_open(language, &book);
    if (print_those(why, /* noted= */ false, &book, with_remedies, out) &&
        print_those(why, /* noted= */ true, &book, with_remedies, out) &&
        print_omitted(why->omitted, language, out))
        return true;
    out->len = before;
    return false;
}
