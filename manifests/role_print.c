/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "manifests/instant.h"
#include "manifests/json_out.h"
#include "manifests/role_read.h"
#include "manifests/utf8.h"

#define SPEC_VERSION "1.0.34"

struct draft_out {
    struct pst_json_out json;
    const struct pst_role_draft *draft;
    struct pst_report *why;
    enum pst_code first; /* of the keys, which are JSON from elsewhere */
};

/* Read before it is written: so no key can close its object early and say more than a key may. */
static void write_key(struct draft_out *out, const struct pst_role_draft_key *key)
{
    PST_CLEANUP(pst_json) struct pst_json *object = NULL;
    PST_WITHIN(out->why, "keys/%s", key->id);
    enum pst_code code = pst_json_parse(key->object, &pst_json_small, &object, out->why);
    if (code == PST_OK)
        pst_out_json(&out->json, key->id, object);
    else if (out->first == PST_OK)
        out->first = code;
}

static void write_keys(struct draft_out *out)
{
    pst_out_open(&out->json, "keys", '{');
    for (size_t i = 0; i < out->draft->key_count; i++)
        write_key(out, &out->draft->key[i]);
    pst_out_close(&out->json, '}');
}

static void write_texts(struct draft_out *out, const char *name, const char *const *text,
                        size_t count)
{
    pst_out_open(&out->json, name, '[');
    for (size_t i = 0; i < count; i++)
        pst_out_string(&out->json, NULL, text[i]);
    pst_out_close(&out->json, ']');
}

static void write_signers(struct draft_out *out, const struct pst_role_draft_rule *rule)
{
    write_texts(out, "keyids", rule->keyid, rule->keyid_count);
    pst_out_integer(&out->json, "threshold", rule->threshold);
}

static void write_retired(struct draft_out *out)
{
    if (out->draft->retired_count == 0)
        return;
    pst_out_open(&out->json, "x-postern-retired-schemes", '{');
    for (size_t i = 0; i < out->draft->retired_count; i++)
        pst_out_instant(&out->json, out->draft->retired[i].name, out->draft->retired[i].from_s);
    pst_out_close(&out->json, '}');
}

static void write_revoked(struct draft_out *out)
{
    if (out->draft->revoked_count == 0)
        return;
    pst_out_open(&out->json, "x-postern-revoked-keys", '{');
    for (size_t i = 0; i < out->draft->revoked_count; i++) {
        const struct pst_role_draft_mark *mark = &out->draft->revoked[i];
        pst_out_open(&out->json, mark->name, '{');
        pst_out_instant(&out->json, "from", mark->from_s);
        if (mark->public_part != NULL)
            pst_out_string(&out->json, "public", mark->public_part);
        pst_out_string(&out->json, "reason", mark->reason);
        pst_out_close(&out->json, '}');
    }
    pst_out_close(&out->json, '}');
}

static void write_root(struct draft_out *out)
{
    pst_out_bool(&out->json, "consistent_snapshot", true);
    write_keys(out);
    pst_out_open(&out->json, "roles", '{');
    for (size_t i = 0; i < out->draft->rule_count; i++) {
        pst_out_open(&out->json, out->draft->rule[i].name, '{');
        write_signers(out, &out->draft->rule[i]);
        pst_out_close(&out->json, '}');
    }
    pst_out_close(&out->json, '}');
    write_retired(out);
    write_revoked(out);
}

static void write_files(struct draft_out *out, const char *name, bool versioned)
{
    pst_out_open(&out->json, name, '{');
    for (size_t i = 0; i < out->draft->file_count; i++) {
        const struct pst_role_draft_file *file = &out->draft->file[i];
        pst_out_open(&out->json, file->name, '{');
        if (versioned)
            pst_out_integer(&out->json, "version", file->version);
        pst_out_integer(&out->json, "length", file->length_bytes);
        pst_out_open(&out->json, "hashes", '{');
        pst_out_hex(&out->json, "sha256", pst_bytes(file->sha256, sizeof file->sha256));
        pst_out_close(&out->json, '}');
        pst_out_close(&out->json, '}');
    }
    pst_out_close(&out->json, '}');
}

static void write_meta(struct draft_out *out)
{
    write_files(out, "meta", true);
}

static void write_targets(struct draft_out *out)
{
    write_files(out, "targets", false);
    if (out->draft->rule_count == 0 && out->draft->key_count == 0)
        return;
    pst_out_open(&out->json, "delegations", '{');
    write_keys(out);
    pst_out_open(&out->json, "roles", '[');
    for (size_t i = 0; i < out->draft->rule_count; i++) {
        const struct pst_role_draft_rule *rule = &out->draft->rule[i];
        pst_out_open(&out->json, NULL, '{');
        pst_out_string(&out->json, "name", rule->name);
        write_signers(out, rule);
        pst_out_bool(&out->json, "terminating", rule->terminating);
        write_texts(out, "paths", rule->pattern, rule->pattern_count);
        pst_out_close(&out->json, '}');
    }
    pst_out_close(&out->json, ']');
    pst_out_close(&out->json, '}');
}

static enum pst_code write_body(const struct pst_role_draft *draft, struct pst_buf *buf,
                                struct pst_report *why)
{
    static void (*const writers[])(struct draft_out *) = {
        [PST_ROLE_ROOT] = write_root,
        [PST_ROLE_TIMESTAMP] = write_meta,
        [PST_ROLE_SNAPSHOT] = write_meta,
        [PST_ROLE_TARGETS] = write_targets,
    };
    struct draft_out out = {.json = pst_json_out(buf), .draft = draft, .why = why};

    pst_out_open(&out.json, NULL, '{');
    pst_out_string(&out.json, "_type", pst_role_kind_name(draft->kind));
    pst_out_string(&out.json, "spec_version", SPEC_VERSION);
    pst_out_integer(&out.json, "version", draft->version);
    pst_out_instant(&out.json, "expires", draft->expires_s);
    writers[draft->kind](&out);
    pst_out_close(&out.json, '}');
    if (out.first != PST_OK)
        return out.first;
    if (!pst_json_out_is_whole(&out.json))
        return pst_refuse_growth(why, buf);
    return PST_OK;
}

static enum pst_code check_text(const char *what, const char *value, struct pst_report *why)
{
    if (value == NULL || pst_utf8_is_plain(pst_text(value)))
        return PST_OK; /* an absent one becomes null, which the reader refuses in its place */
    return pst_refuse(why, PST_BAD_ENCODING, pst_say("printable UTF-8 in %s", what),
                      pst_say("%s", value));
}

static enum pst_code check_instant(const char *what, int64_t at_s, struct pst_report *why)
{
    if (at_s >= 0 && at_s <= PST_INSTANT_MAX)
        return PST_OK;
    return pst_refuse(why, PST_OUT_OF_BOUNDS, pst_say("%s in the years 1970 to 9999", what),
                      pst_say("%lld s", (long long)at_s));
}

/* Below, the reader's bounds hold; beyond this, no number can be written at all. */
static enum pst_code check_number(const char *what, int64_t value, struct pst_report *why)
{
    if (value <= PST_JSON_INTEGER_MAX && value >= -PST_JSON_INTEGER_MAX)
        return PST_OK;
    return pst_refuse(why, PST_OUT_OF_BOUNDS,
                      pst_say("%s up to %lld", what, (long long)PST_JSON_INTEGER_MAX),
                      pst_say("%lld", (long long)value));
}

static enum pst_code check_file(const struct pst_role_draft_file *file, struct pst_report *why)
{
    enum pst_code code = check_text("a file's name", file->name, why);
    if (code == PST_OK)
        code = check_number("a file's version", file->version, why);
    return code == PST_OK ? check_number("a length", file->length_bytes, why) : code;
}

static enum pst_code check_rule(const struct pst_role_draft_rule *rule, struct pst_report *why)
{
    enum pst_code code = check_text("a role's name", rule->name, why);
    if (code == PST_OK)
        code = check_number("a threshold", rule->threshold, why);
    for (size_t i = 0; code == PST_OK && i < rule->keyid_count; i++)
        code = check_text("a keyid", rule->keyid[i], why);
    for (size_t i = 0; code == PST_OK && i < rule->pattern_count; i++)
        code = check_text("a pattern", rule->pattern[i], why);
    return code;
}

static enum pst_code check_mark(const struct pst_role_draft_mark *mark, struct pst_report *why)
{
    enum pst_code code = check_text("a name", mark->name, why);
    if (code == PST_OK)
        code = check_text("a reason", mark->reason, why);
    return code == PST_OK ? check_instant(mark->name, mark->from_s, why) : code;
}

/* What the writer would bend or fail at: numbers and instants out of range, text that is no
 * text. */
static enum pst_code check_draft(const struct pst_role_draft *draft, struct pst_report *why)
{
    enum pst_code code = check_instant("expires", draft->expires_s, why);
    if (code == PST_OK)
        code = check_number("version", draft->version, why);
    for (size_t i = 0; code == PST_OK && i < draft->key_count; i++)
        code = check_text("a keyid", draft->key[i].id, why);
    for (size_t i = 0; code == PST_OK && i < draft->rule_count; i++)
        code = check_rule(&draft->rule[i], why);
    for (size_t i = 0; code == PST_OK && i < draft->file_count; i++)
        code = check_file(&draft->file[i], why);
    for (size_t i = 0; code == PST_OK && i < draft->retired_count; i++)
        code = check_mark(&draft->retired[i], why);
    for (size_t i = 0; code == PST_OK && i < draft->revoked_count; i++)
        code = check_mark(&draft->revoked[i], why);
    return code;
}

/* By the reader itself: what would be refused on every terminal is not written in the first
 * place. */
static enum pst_code check_body(enum pst_role_kind kind, const struct pst_json *body,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_role) struct pst_role *role = calloc(1, sizeof *role);
    if (role == NULL)
        return pst_no_memory(why, "a role");
    role->kind = kind;
    return pst_role_read_body(body, role, why);
}

enum pst_code pst_role_print(const struct pst_role_draft *draft, struct pst_buf *out,
                             struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(pst_json_large.bytes);
    PST_CLEANUP(pst_buf) struct pst_buf canonical = pst_buf(pst_json_large.bytes);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;

    PST_WITHIN(why, "%s", pst_role_kind_name(draft->kind));
    enum pst_code code = check_draft(draft, why);
    if (code == PST_OK)
        code = write_body(draft, &body, why);
    if (code == PST_OK)
        code = pst_json_parse(pst_buf_bytes(&body), &pst_json_large, &json, why);
    if (code == PST_OK)
        code = check_body(draft->kind, json, why);
    if (code == PST_OK)
        code = pst_json_canonical(json, &canonical, why);
    if (code == PST_OK && !pst_buf_add(out, canonical.at, canonical.len))
        return pst_refuse(why, PST_TOO_LARGE, pst_say("at most %zu bytes", out->max),
                          pst_say("%zu more", canonical.len));
    return code;
}
