/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/json_out.h"
#include "service/store/sqlite/sqlite_ops.h"

#define TERMINAL_SELECT                                                                            \
    "SELECT " PST_SQLITE_TERMINAL_COLUMNS                                                          \
    "FROM terminal AS t JOIN terminal_now AS n ON n.terminal = t.key " PST_SQLITE_TERMINAL_JOINS

static void read_key(struct pst_query *query, struct pst_terminal_row *out)
{
    pst_column_text(query, 6, out->keytype, sizeof out->keytype);
    pst_column_text(query, 7, out->scheme, sizeof out->scheme);
    pst_column_text(query, 8, out->public_part, sizeof out->public_part);
    out->has_key = !pst_column_is_null(query, 9);
    if (out->has_key)
        pst_column_bytes(query, 9, out->key_fingerprint, sizeof out->key_fingerprint);
}

void pst_sqlite_read_terminal(struct pst_query *query, struct pst_terminal_row *out)
{
    *out = (struct pst_terminal_row){0};
    pst_column_text(query, 0, out->id, sizeof out->id);
    pst_column_text(query, 1, out->serial, sizeof out->serial);
    pst_column_text(query, 2, out->product, sizeof out->product);
    pst_column_text(query, 3, out->group, sizeof out->group);
    out->state = (enum pst_terminal_state)pst_column_choice(query, 4, PST_TERMINAL_BLOCKED);
    pst_column_bytes(query, 5, out->code_sha256, sizeof out->code_sha256);
    read_key(query, out);
    out->registered_s = pst_column_integer(query, 10);
    out->last_seen_s = pst_column_integer(query, 11);
    out->assignment_sequence = pst_column_integer(query, 12);
    out->report_sequence = pst_column_integer(query, 13);
    out->progress = (enum pst_progress)pst_column_choice(query, 14, PST_PROGRESS_FAILED);
    if (!pst_column_is_null(query, 15))
        pst_column_text(query, 15, out->rollout, sizeof out->rollout);
    out->has_facts = !pst_column_is_null(query, 16);
    if (out->has_facts)
        pst_column_facts(query, 16, &out->facts);
}

static enum pst_code read_one(struct pst_query *query, struct pst_terminal_row *out)
{
    struct pst_terminal_row row;
    enum pst_code code = pst_query_one(query);
    if (code != PST_OK)
        return code;
    pst_sqlite_read_terminal(query, &row);
    code = pst_query_end(query);
    if (code == PST_OK)
        *out = row;
    return code;
}

enum pst_code pst_sqlite_terminal(struct pst_store *handle, const char *id,
                                  struct pst_terminal_row *out, struct pst_report *why)
{
    static const char sql[] = TERMINAL_SELECT "WHERE t.id = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(pst_sqlite_of(handle), sql, why);
    pst_bind_string(&query, id);
    return read_one(&query, out);
}

enum pst_code pst_sqlite_terminal_by_serial(struct pst_store *handle, const char *product,
                                            const char *serial, struct pst_terminal_row *out,
                                            struct pst_report *why)
{
    static const char sql[] = TERMINAL_SELECT "WHERE t.serial = ? AND p.name = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(pst_sqlite_of(handle), sql, why);
    pst_bind_string(&query, serial);
    pst_bind_string(&query, product);
    return read_one(&query, out);
}

enum pst_code pst_sqlite_terminal_by_key(struct pst_store *handle, const uint8_t fingerprint[32],
                                         struct pst_terminal_row *out, struct pst_report *why)
{
    static const char sql[] = TERMINAL_SELECT "WHERE t.key_fingerprint = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(pst_sqlite_of(handle), sql, why);
    pst_bind_bytes(&query, pst_bytes(fingerprint, 32));
    return read_one(&query, out);
}

static enum pst_code find(struct pst_sqlite *store, const char *id, int64_t *key, int64_t *product,
                          struct pst_report *why)
{
    static const char sql[] = "SELECT key, product FROM terminal WHERE id = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);

    pst_bind_string(&query, id);
    enum pst_code code = pst_query_one(&query);
    if (code != PST_OK)
        return code;
    *key = pst_column_integer(&query, 0);
    *product = pst_column_integer(&query, 1);
    return pst_query_end(&query);
}

static enum pst_code write_row(struct pst_sqlite *store, const struct pst_terminal_row *row,
                               int64_t product, struct pst_report *why)
{
    static const char sql[] =
        "INSERT INTO terminal (id, product, serial, tag, state, code_sha256, keytype, scheme, "
        "public_part, key_fingerprint, registered_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET product = excluded.product, serial = excluded.serial, "
        "tag = excluded.tag, state = excluded.state, code_sha256 = excluded.code_sha256, "
        "keytype = excluded.keytype, scheme = excluded.scheme, "
        "public_part = excluded.public_part, key_fingerprint = excluded.key_fingerprint, "
        "registered_s = excluded.registered_s";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);

    pst_bind_string(&query, row->id);
    pst_bind_integer(&query, product);
    pst_bind_string(&query, row->serial);
    pst_bind_string(&query, row->group);
    pst_bind_integer(&query, row->state);
    pst_bind_bytes(&query, pst_bytes(row->code_sha256, sizeof row->code_sha256));
    pst_bind_string(&query, row->keytype);
    pst_bind_string(&query, row->scheme);
    pst_bind_string(&query, row->public_part);
    if (row->has_key)
        pst_bind_bytes(&query, pst_bytes(row->key_fingerprint, sizeof row->key_fingerprint));
    else
        pst_bind_null(&query);
    pst_bind_integer(&query, row->registered_s);
    return pst_query_run(&query, NULL);
}

/* A new terminal's row of terminal_now, all zero; put_checkin and put_report are all that change
 * it. */
static enum pst_code begin_now(struct pst_sqlite *store, const char *id, struct pst_report *why)
{
    static const char sql[] =
        "INSERT INTO terminal_now (terminal) SELECT key FROM terminal WHERE id = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);
    pst_bind_string(&query, id);
    return pst_query_run(&query, NULL);
}

enum pst_code pst_sqlite_put_terminal(struct pst_store *handle, const struct pst_terminal_row *row,
                                      struct pst_report *why)
{
    struct pst_sqlite *store = pst_sqlite_of(handle);
    int64_t key = 0, before = 0, product = 0;
    enum pst_code code = pst_sqlite_in_transaction(store, why);
    if (code == PST_OK)
        code = pst_sqlite_product_key(store, row->product, &product, why);
    if (code != PST_OK)
        return code;

    enum pst_code known = find(store, row->id, &key, &before, why);
    if (known != PST_OK && known != PST_SERVICE_NOT_FOUND)
        return known;
    code = write_row(store, row, product, why);
    if (code == PST_OK && known == PST_SERVICE_NOT_FOUND)
        code = begin_now(store, row->id, why);
    if (code == PST_OK && before == product)
        return PST_OK;
    if (code == PST_OK && known == PST_OK)
        code = pst_sqlite_count_terminals(store, before, -1, why);
    return code == PST_OK ? pst_sqlite_count_terminals(store, product, 1, why) : code;
}

static enum pst_code write_seen(struct pst_sqlite *store, int64_t key, int64_t seen_s,
                                int64_t assignment_sequence, struct pst_report *why)
{
    static const char sql[] =
        "UPDATE terminal_now SET last_seen_s = max(last_seen_s, ?), "
        "assignment_sequence = max(assignment_sequence, ?) WHERE terminal = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);

    pst_bind_integer(&query, seen_s);
    pst_bind_integer(&query, assignment_sequence);
    pst_bind_integer(&query, key);
    return pst_query_run(&query, NULL);
}

/* Most check-ins tell what the last one told: then nothing is written. */
static enum pst_code write_facts(struct pst_sqlite *store, int64_t key,
                                 const struct pst_facts *facts, struct pst_report *why)
{
    static const char sql[] =
        "INSERT INTO facts (terminal, product, os, model, region, tag, json) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (terminal) DO UPDATE SET "
        "product = excluded.product, os = excluded.os, model = excluded.model, "
        "region = excluded.region, tag = excluded.tag, json = excluded.json "
        "WHERE excluded.json <> facts.json";
    PST_CLEANUP(pst_buf) struct pst_buf json = pst_buf(PST_STORE_JSON_MOST);
    struct pst_json_out out = pst_json_out(&json);
    pst_facts_print(facts, &out, NULL);
    if (!pst_json_out_is_whole(&out))
        return pst_refuse(why, PST_TOO_LARGE,
                          pst_say("facts of at most %d bytes", PST_STORE_JSON_MOST),
                          pst_say("more"));

    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);
    pst_bind_integer(&query, key);
    pst_bind_string(&query, facts->product);
    pst_bind_string(&query, facts->os.text);
    pst_bind_string(&query, facts->model);
    pst_bind_string(&query, facts->region);
    pst_bind_string(&query, facts->group);
    pst_bind_text(&query, pst_buf_text(&json));
    return pst_query_run(&query, NULL);
}

enum pst_code pst_sqlite_put_checkin(struct pst_store *handle, const char *terminal,
                                     const struct pst_facts *facts, int64_t seen_s,
                                     int64_t assignment_sequence, struct pst_report *why)
{
    struct pst_sqlite *store = pst_sqlite_of(handle);
    int64_t key = 0, product = 0;
    enum pst_code code = pst_sqlite_in_transaction(store, why);
    if (code == PST_OK)
        code = find(store, terminal, &key, &product, why);
    if (code == PST_SERVICE_NOT_FOUND)
        return pst_refuse(why, code, pst_say("a known terminal"), pst_say("%s", terminal));
    if (code == PST_OK)
        code = write_seen(store, key, seen_s, assignment_sequence, why);
    return code == PST_OK ? write_facts(store, key, facts, why) : code;
}
