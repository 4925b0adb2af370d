/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "keys/ceremony_internal.h"
#include "keys/ceremony_pack.h"
#include "manifests/envelope.h"
#include "manifests/fields.h"
#include "manifests/file.h"
#include "manifests/json_out.h"

void pst_ceremony_shares_free(struct pst_ceremony_shares *shares)
{
    for (size_t i = 0; shares != NULL && i < shares->count; i++)
        free(shares->at[i].signatures);
    free(shares);
}

enum pst_code pst_ceremony_shares_add(struct pst_ceremony_shares *shares, const char *name,
                                      const struct pst_ceremony_file *file,
                                      struct pst_ceremony_signatures **signatures,
                                      struct pst_report *why)
{
    struct pst_ceremony_share *share = &shares->at[shares->count];

    if (shares->count == PST_COUNT(shares->at))
        return pst_refuse(why, PST_TOO_LARGE, pst_say("%d files", PST_CEREMONY_PACK_MOST),
                          pst_say("more"));
    enum pst_code rc =
        pst_sha256(pst_buf_bytes(&file->role->envelope->canonical), share->sha256, why);
    if (rc != PST_OK)
        return rc;
    snprintf(share->file, sizeof share->file, "%s", name);
    share->version = file->role->version;
    share->signatures = *signatures;
    *signatures = NULL;
    shares->count++;
    return PST_OK;
}

enum pst_code pst_ceremony_shares_print(const struct pst_ceremony_shares *shares,
                                        struct pst_buf *out, struct pst_report *why)
{
    struct pst_json_out json = pst_json_out(out);

    pst_out_open(&json, NULL, '{');
    pst_out_string(&json, "format", PST_CEREMONY_SIGNATURES_FORMAT);
    pst_out_open(&json, "files", '[');
    for (size_t i = 0; i < shares->count; i++) {
        const struct pst_ceremony_share *share = &shares->at[i];
        pst_out_open(&json, NULL, '{');
        pst_out_string(&json, "file", share->file);
        pst_out_integer(&json, "version", share->version);
        pst_out_hex(&json, "sha256", pst_bytes(share->sha256, sizeof share->sha256));
        pst_out_open(&json, "signatures", '[');
        for (size_t k = 0; k < share->signatures->count; k++) {
            pst_out_open(&json, NULL, '{');
            pst_out_string(&json, "keyid", share->signatures->at[k].keyid);
            pst_out_string(&json, "sig", share->signatures->at[k].hex);
            pst_out_close(&json, '}');
        }
        pst_out_close(&json, ']');
        pst_out_close(&json, '}');
    }
    pst_out_close(&json, ']');
    pst_out_close(&json, '}');
    if (!pst_json_out_is_whole(&json) || !pst_buf_add_text(out, "\n"))
        return pst_no_memory(why, "a file of signatures");
    return PST_OK;
}

static bool has_signed(const struct pst_ceremony_signatures *signatures, struct pst_text keyid)
{
    for (size_t i = 0; i < signatures->count; i++)
        if (pst_text_is(keyid, signatures->at[i].keyid))
            return true;
    return false;
}

static enum pst_code add_signature(struct pst_ceremony_signatures *signatures,
                                   struct pst_text keyid, struct pst_text hex,
                                   struct pst_report *why)
{
    if (has_signed(signatures, keyid))
        return pst_refuse(why, PST_SIGNATURE_DUPLICATE, pst_say("each key once"),
                          pst_say("%.16s again", keyid.at));
    if (signatures->count == PST_COUNT(signatures->at))
        return pst_refuse(why, PST_TOO_LARGE,
                          pst_say("%d signatures", PST_CEREMONY_SIGNATURES_MOST), pst_say("more"));
    struct pst_ceremony_signature *one = &signatures->at[signatures->count++];
    snprintf(one->keyid, sizeof one->keyid, "%.*s", PST_ARGS(keyid));
    snprintf(one->hex, sizeof one->hex, "%.*s", PST_ARGS(hex));
    return PST_OK;
}

static enum pst_code read_signatures(const struct pst_json *array,
                                     struct pst_ceremony_signatures *out, struct pst_report *why)
{
    enum pst_code first = PST_OK;
    const struct pst_json *one = pst_json_first(array);

    for (; one != NULL; one = pst_json_next(one)) {
        struct pst_fields fields = pst_fields_open(one, why);
        struct pst_text keyid = pst_fields_text(&fields, "keyid", PST_KEYID_MOST);
        struct pst_text hex = pst_fields_text(&fields, "sig", PST_CEREMONY_HEX_ROOM - 1);
        enum pst_code rc = pst_fields_close(&fields);
        if (rc == PST_OK)
            rc = add_signature(out, keyid, hex, why);
        first = first == PST_OK ? rc : first;
    }
    return first;
}

static enum pst_code read_share(const struct pst_json *json, struct pst_ceremony_share *out,
                                struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(json, why);
    struct pst_text file = pst_fields_text(&fields, "file", PST_CEREMONY_NAME_MOST);

    if (file.len > 0 && (!pst_target_path_is_safe(file) || memchr(file.at, '/', file.len) != NULL))
        pst_fields_fault(&fields, "file", PST_WRONG_TYPE, pst_say("the name of a role file"),
                         pst_say("'%.*s'", PST_ARGS(file)));
    snprintf(out->file, sizeof out->file, "%.*s", PST_ARGS(file));
    out->version = pst_fields_integer(&fields, "version", 1, PST_JSON_INTEGER_MAX);
    (void)pst_fields_hex(&fields, "sha256", out->sha256, sizeof out->sha256);
    const struct pst_json *array =
        pst_fields_array(&fields, "signatures", 1, PST_CEREMONY_SIGNATURES_MOST);
    PST_WITHIN(why, "%s", out->file);
    pst_fields_merge(&fields, read_signatures(array, out->signatures, why));
    return pst_fields_close(&fields);
}

static enum pst_code read_shares(const struct pst_json *array, struct pst_ceremony_shares *out,
                                 struct pst_report *why)
{
    enum pst_code first = PST_OK;
    const struct pst_json *one = pst_json_first(array);

    for (; one != NULL; one = pst_json_next(one)) {
        struct pst_ceremony_share *share = &out->at[out->count];
        share->signatures = calloc(1, sizeof *share->signatures);
        if (share->signatures == NULL)
            return pst_no_memory(why, "signatures");
        out->count++;
        enum pst_code rc = read_share(one, share, why);
        first = first == PST_OK ? rc : first;
    }
    return first;
}

enum pst_code pst_ceremony_shares_read(const char *path, struct pst_ceremony_shares **out,
                                       struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(pst_json_large.bytes);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    PST_CLEANUP(pst_ceremony_shares) struct pst_ceremony_shares *shares = calloc(1, sizeof *shares);

    if (shares == NULL)
        return pst_no_memory(why, "signatures");
    PST_WITHIN(why, "%s", path);
    enum pst_code rc = pst_file_read(path, &bytes, why);
    if (rc == PST_OK)
        rc = pst_json_parse(pst_buf_bytes(&bytes), &pst_json_large, &json, why);
    if (rc != PST_OK)
        return rc;
    struct pst_fields fields = pst_fields_open(json, why);
    struct pst_text format = pst_fields_text(&fields, "format", 64);
    if (format.len > 0 && !pst_text_is(format, PST_CEREMONY_SIGNATURES_FORMAT))
        return pst_refuse(why, PST_METADATA_FORMAT_UNKNOWN,
                          pst_say("%s", PST_CEREMONY_SIGNATURES_FORMAT),
                          pst_say("%.*s", PST_ARGS(format)));
    const struct pst_json *array = pst_fields_array(&fields, "files", 1, PST_CEREMONY_PACK_MOST);
    pst_fields_merge(&fields, read_shares(array, shares, why));
    rc = pst_fields_close(&fields);
    if (rc != PST_OK)
        return rc;
    *out = shares;
    shares = NULL;
    return PST_OK;
}

void pst_ceremony_import_clear(struct pst_ceremony_import *import)
{
    for (size_t i = 0; i < import->count; i++) {
        pst_ceremony_close(&import->at[i].file);
        free(import->at[i].fresh);
    }
    free(import);
}

/* The draft in the ceremony folder, opened once for all files that sign it. */
static enum pst_code find_draft(struct pst_ceremony_import *import, const char *name, size_t *at,
                                struct pst_report *why)
{
    char path[PATH_MAX];

    if (!pst_path_join(import->metadata, name, path, sizeof path))
        return pst_refuse_errno(why, ENAMETOOLONG, import->metadata);
    for (*at = 0; *at < import->count; ++*at)
        if (strcmp(import->at[*at].path, path) == 0)
            return PST_OK;
    if (import->count == PST_COUNT(import->at))
        return pst_refuse(why, PST_TOO_LARGE, pst_say("%d drafts", PST_CEREMONY_PACK_MOST),
                          pst_say("more"));
    const struct pst_ceremony_place place = {
        .path = path, .metadata = import->metadata, .fleet = import->fleet, .now_s = import->now_s};
    struct pst_ceremony_signatures *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return pst_no_memory(why, "signatures");
    enum pst_code rc = pst_ceremony_open(&place, &import->at[*at].file, why);
    if (rc != PST_OK) {
        free(fresh);
        return rc;
    }
    import->at[*at].fresh = fresh;
    snprintf(import->at[*at].path, sizeof import->at[*at].path, "%s", path);
    import->count++;
    pst_report_append(why, &import->at[*at].file.causes, false);
    rc = pst_report_verdict(&import->at[*at].file.causes);
    enum pst_code of_lint = pst_ceremony_lint_file(&place, &import->at[*at].file, why);
    return rc != PST_OK ? rc : of_lint;
}

static enum pst_code is_of_draft(const struct pst_ceremony_share *share,
                                 const struct pst_ceremony_file *file, struct pst_report *why)
{
    uint8_t sha256[PST_SHA256_BYTES];
    char mine[2 * PST_SHA256_BYTES + 1], theirs[2 * PST_SHA256_BYTES + 1];

    if (share->version != file->role->version)
        return pst_refuse(why, PST_METADATA_WRONG_VERSION,
                          pst_say("version %lld, the draft", (long long)file->role->version),
                          pst_say("signatures of version %lld", (long long)share->version));
    enum pst_code rc = pst_sha256(pst_buf_bytes(&file->role->envelope->canonical), sha256, why);
    if (rc != PST_OK || pst_equal_in_constant_time(sha256, share->sha256, sizeof sha256))
        return rc;
    pst_hex_print(pst_bytes(sha256, sizeof sha256), mine);
    pst_hex_print(pst_bytes(share->sha256, sizeof share->sha256), theirs);
    return pst_refuse(why, PST_INCONSISTENT, pst_say("what is signed has SHA-256 %s", mine),
                      pst_say("signatures of %s", theirs));
}

static enum pst_code take_signature(const struct pst_ceremony_import *import, size_t at,
                                    const struct pst_ceremony_signature *one,
                                    struct pst_report *why)
{
    const struct pst_ceremony_file *file = &import->at[at].file;
    const struct pst_envelope *envelope = file->role->envelope;
    const struct pst_envelope_signature signature = {pst_text(one->keyid), pst_text(one->hex)};
    struct pst_report causes = {0};

    for (size_t i = 0; i < envelope->signature_count; i++)
        if (pst_text_equal(envelope->signature[i].keyid, signature.keyid))
            return pst_refuse(why, PST_SIGNATURE_DUPLICATE, pst_say("keys that have not signed"),
                              pst_say("%.16s, whose signature is there", one->keyid));
    for (size_t r = 0; r < file->rule_count; r++)
        if (pst_ceremony_judge(file, &file->rule[r], &signature, import->now_s, &causes) == PST_OK)
            return add_signature(import->at[at].fresh, signature.keyid, signature.hex, why);
    pst_report_append(why, &causes, false);
    return pst_report_verdict(&causes);
}

static enum pst_code take_share(struct pst_ceremony_import *import,
                                const struct pst_ceremony_share *share, struct pst_report *why)
{
    size_t at = 0;
    PST_WITHIN(why, "%s", share->file);
    enum pst_code rc = find_draft(import, share->file, &at, why);
    if (rc == PST_OK)
        rc = is_of_draft(share, &import->at[at].file, why);
    if (rc != PST_OK)
        return rc;
    for (size_t i = 0; i < share->signatures->count; i++) {
        enum pst_code of_one = take_signature(import, at, &share->signatures->at[i], why);
        rc = rc == PST_OK ? of_one : rc;
    }
    return rc;
}

enum pst_code pst_ceremony_import_take(struct pst_ceremony_import *import, const char *path,
                                       struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_shares) struct pst_ceremony_shares *shares = NULL;

    enum pst_code rc = pst_ceremony_shares_read(path, &shares, why);
    if (rc != PST_OK)
        return rc;
    PST_WITHIN(why, "%s", path);
    for (size_t i = 0; i < shares->count; i++) {
        enum pst_code of_one = take_share(import, &shares->at[i], why);
        rc = rc == PST_OK ? of_one : rc;
    }
    return rc;
}

enum pst_code pst_ceremony_import_write(const struct pst_ceremony_import *import,
                                        struct pst_report *why)
{
    enum pst_code rc = PST_OK;
    for (size_t i = 0; rc == PST_OK && i < import->count; i++)
        rc = pst_ceremony_write_signed(&import->at[i].file, import->at[i].fresh, import->at[i].path,
                                       why);
    return rc;
}
