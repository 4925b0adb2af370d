/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/sqlite/sqlite_ops.h"

enum pst_code pst_sqlite_cursor(struct pst_sqlite *store, const char *terminal, int64_t *out,
                                struct pst_report *why)
{
    static const char sql[] = "SELECT key FROM terminal WHERE id = ?";
    if (terminal[0] == '\0') {
        *out = 0;
        return PST_OK;
    }
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);
    pst_bind_string(&query, terminal);
    enum pst_code code = pst_query_one(&query);
    if (code == PST_OK)
        *out = pst_column_integer(&query, 0);
    if (code == PST_SERVICE_NOT_FOUND)
        return pst_refuse(why, PST_SERVICE_BAD_REQUEST, pst_say("a cursor from an earlier page"),
                          pst_say("%s", terminal));
    return code;
}

enum pst_code pst_sqlite_check_limit(int64_t limit, struct pst_report *why)
{
    if (limit >= 1 && limit <= PST_PAGE_MOST)
        return PST_OK;
    return pst_refuse(why, PST_SERVICE_BAD_REQUEST, pst_say("a limit of 1 to %d", PST_PAGE_MOST),
                      pst_say("%lld", (long long)limit));
}

/* Each filter in every listing; -1 and '' let all pass. What drives the listing comes first and is
 * fixed by CROSS JOIN, so that a page costs the rows that it looks at and never the whole fleet. */
#define FILTERS                                                                                    \
    "AND (?3 = '' OR p.name = ?3) AND (?4 < 0 OR n.progress = ?4) "                                \
    "AND (?5 = '' OR t.serial = ?5) AND (?6 < 0 OR EXISTS (SELECT 1 FROM terminal_finding "        \
    "AS held WHERE held.code = ?6 AND held.terminal = t.key)) "
#define LISTING(driver, joins, where, order)                                                       \
    "SELECT " PST_SQLITE_TERMINAL_COLUMNS "FROM " driver joins PST_SQLITE_TERMINAL_JOINS           \
    "WHERE " where FILTERS "ORDER BY " order " LIMIT ?2"
#define JOIN_TERMINAL(on) "CROSS JOIN terminal AS t ON t.key = " on " "
#define JOIN_NOW          "CROSS JOIN terminal_now AS n ON n.terminal = t.key "

static const char by_finding[] =
    LISTING("terminal_finding AS f0 ", JOIN_TERMINAL("f0.terminal") JOIN_NOW,
            "f0.code = ?6 AND f0.terminal > ?1 ", "f0.terminal");
static const char by_serial[] =
    LISTING("terminal AS t ", JOIN_NOW, "t.serial = ?5 AND t.key > ?1 ", "t.key");
/* The schema's index is of these; any other progress is most of the fleet, or is found by walking
 * the narrow table. */
_Static_assert(PST_PROGRESS_REVERTED == 5, "terminal_now_in_trouble begins with it");
static const char by_trouble[] =
    LISTING("terminal_now AS n ", JOIN_TERMINAL("n.terminal"),
            "n.progress = ?4 AND n.progress >= 5 AND n.terminal > ?1 ", "n.terminal");
static const char by_progress[] = LISTING("terminal_now AS n ", JOIN_TERMINAL("n.terminal"),
                                          "+n.progress = ?4 AND n.terminal > ?1 ", "n.terminal");
static const char by_product[] =
    LISTING("terminal AS t ", JOIN_NOW,
            "t.product = (SELECT key FROM product WHERE name = ?3) AND t.key > ?1 ", "t.key");
static const char all[] = LISTING("terminal AS t ", JOIN_NOW, "t.key > ?1 ", "t.key");

struct filter {
    int64_t after, limit, progress, finding; /* the last two -1: any */
};

/* The words of a filter that nobody could match are the asker's mistake, and all are told. */
static enum pst_code read_filter(struct pst_sqlite *store, const struct pst_terminal_query *asked,
                                 struct filter *out, struct pst_report *why)
{
    struct filter filter = {.limit = asked->limit, .progress = -1, .finding = -1};
    enum pst_progress progress;
    enum pst_code finding;
    enum pst_code first = pst_sqlite_check_limit(asked->limit, why);
    enum pst_code code = pst_sqlite_cursor(store, asked->after, &filter.after, why);

    if (first == PST_OK)
        first = code;
    if (pst_progress_parse(pst_text(asked->progress), &progress))
        filter.progress = progress;
    else if (asked->progress[0] != '\0')
        first = pst_refuse(why, PST_SERVICE_BAD_REQUEST, pst_say("the name of a progress"),
                           pst_say("%s", asked->progress));
    if (pst_code_parse(pst_text(asked->finding), &finding))
        filter.finding = finding;
    else if (asked->finding[0] != '\0')
        first = pst_refuse(why, PST_SERVICE_BAD_REQUEST, pst_say("the code of a finding"),
                           pst_say("%s", asked->finding));
    *out = filter;
    return first;
}

static const char *choose(const struct pst_terminal_query *asked, const struct filter *filter)
{
    if (asked->serial[0] != '\0')
        return by_serial;
    if (asked->finding[0] != '\0')
        return by_finding;
    if (filter->progress >= 0)
        return filter->progress >= PST_PROGRESS_REVERTED ? by_trouble : by_progress;
    return asked->product[0] != '\0' ? by_product : all;
}

enum pst_code pst_sqlite_terminals(struct pst_store *handle, const struct pst_terminal_query *asked,
                                   pst_row_fn *each, void *context, struct pst_report *why)
{
    struct pst_sqlite *store = pst_sqlite_of(handle);
    struct filter filter;
    enum pst_code code = read_filter(store, asked, &filter, why);
    if (code != PST_OK)
        return code;

    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, choose(asked, &filter), why);
    pst_bind_integer(&query, filter.after);
    pst_bind_integer(&query, filter.limit);
    pst_bind_string(&query, asked->product);
    pst_bind_integer(&query, filter.progress);
    pst_bind_string(&query, asked->serial);
    pst_bind_integer(&query, filter.finding);
    while (pst_query_row(&query)) {
        struct pst_terminal_row row;
        pst_sqlite_read_terminal(&query, &row);
        if (query.code != PST_OK || !each(context, &row))
            break;
    }
    return pst_query_end(&query);
}
