/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>

#include "manifests/json_out.h"
#include "service/store/sqlite/sqlite_statement.h"

static void damaged(struct pst_query *query, int at, const char *expected)
{
    if (query->code != PST_OK)
        return;
    PST_WITHIN(query->why, "%s", sqlite3_column_name(query->stmt, at));
    query->code = pst_sqlite_damaged(query->why, expected, "another value in the database");
}

static bool is_type(struct pst_query *query, int at, int type, const char *expected)
{
    if (query->code != PST_OK || query->stmt == NULL)
        return false;
    if (sqlite3_column_type(query->stmt, at) == type)
        return true;
    damaged(query, at, expected);
    return false;
}

bool pst_column_is_null(const struct pst_query *query, int at)
{
    return query->stmt == NULL || sqlite3_column_type(query->stmt, at) == SQLITE_NULL;
}

int64_t pst_column_integer(struct pst_query *query, int at)
{
    return is_type(query, at, SQLITE_INTEGER, "an integer") ? sqlite3_column_int64(query->stmt, at)
                                                            : 0;
}

int pst_column_choice(struct pst_query *query, int at, int most)
{
    int64_t value = pst_column_integer(query, at);
    if (value >= 0 && value <= most)
        return (int)value;
    damaged(query, at, "a number that this program knows");
    return 0;
}

struct pst_text pst_column_view(struct pst_query *query, int at)
{
    if (!is_type(query, at, SQLITE_TEXT, "a text"))
        return pst_text("");
    const unsigned char *text = sqlite3_column_text(query->stmt, at);
    if (text == NULL) { /* SQLite found no memory for it */
        query->code = pst_no_memory(query->why, "a text of the store");
        return pst_text("");
    }
    return (struct pst_text){(const char *)text, (size_t)sqlite3_column_bytes(query->stmt, at)};
}

void pst_column_text(struct pst_query *query, int at, char *out, size_t room)
{
    struct pst_text text = pst_column_view(query, at);
    if (text.len >= room || memchr(text.at, '\0', text.len) != NULL) {
        damaged(query, at, "a text that fits");
        text = pst_text("");
    }
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
}

void pst_column_bytes(struct pst_query *query, int at, uint8_t *out, size_t len)
{
    if (!is_type(query, at, SQLITE_BLOB, "bytes"))
        return;
    if (sqlite3_column_bytes(query->stmt, at) != (int)len)
        damaged(query, at, "as many bytes as belong here");
    else
        memcpy(out, sqlite3_column_blob(query->stmt, at), len);
}

void pst_column_version(struct pst_query *query, int at, struct pst_version *out)
{
    struct pst_text text = pst_column_view(query, at);
    *out = (struct pst_version){0};
    if (text.len > 0 && pst_version_parse(text, out, NULL) != PST_OK)
        damaged(query, at, "a version");
}

void pst_column_facts(struct pst_query *query, int at, struct pst_facts *out)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct pst_text text = pst_column_view(query, at);

    if (query->code == PST_OK &&
        (pst_json_parse(pst_bytes_of(text), &pst_json_small, &json, NULL) != PST_OK ||
         pst_facts_parse(json, out, NULL) != PST_OK))
        damaged(query, at, "a terminal's facts");
}

void pst_column_findings(struct pst_query *query, int at, struct pst_report *out)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct pst_text text = pst_column_view(query, at);

    *out = (struct pst_report){0};
    if (query->code == PST_OK && text.len > 0 &&
        (pst_json_parse(pst_bytes_of(text), &pst_json_small, &json, NULL) != PST_OK ||
         pst_findings_parse(json, out, NULL) != PST_OK))
        damaged(query, at, "a list of findings");
}
