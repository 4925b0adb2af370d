/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "keys/ceremony.h"
#include "manifests/fields.h"
#include "manifests/file.h"
#include "manifests/json_out.h"

enum { KEY_FILE_MOST = 65536, OBJECT_MOST = 32768, PUBLIC_MOST = 16384 };

void pst_ceremony_key_clear(struct pst_ceremony_key *key)
{
    pst_buf_clear(&key->object);
    pst_public_key_free(key->public);
    *key = (struct pst_ceremony_key){0};
}

static enum pst_code keep_object(const struct pst_json *object, struct pst_buf *out,
                                 struct pst_report *why)
{
    *out = pst_buf(OBJECT_MOST);
    struct pst_json_out json = pst_json_out(out);
    pst_out_json(&json, NULL, object);
    if (pst_json_out_is_whole(&json))
        return PST_OK;
    return pst_refuse(why, PST_TOO_LARGE, pst_say("a key object of at most %d bytes", OBJECT_MOST),
                      pst_say("more, or no memory"));
}

static struct pst_text read_public(struct pst_fields *fields, struct pst_report *why)
{
    const struct pst_json *keyval = pst_fields_object(fields, "keyval");
    if (keyval == NULL)
        return (struct pst_text){0};
    PST_WITHIN(why, "keyval");
    struct pst_fields inner = pst_fields_open(keyval, why);
    struct pst_text part = pst_fields_raw_text(&inner, "public", PUBLIC_MOST);
    pst_fields_merge(fields, pst_fields_close_open(&inner));
    return part;
}

static void read_window(struct pst_fields *fields, struct pst_ceremony_key *key)
{
    key->not_before_s = INT64_MIN;
    key->not_after_s = INT64_MAX;
    if (pst_fields_has(fields, "x-postern-not-before"))
        key->not_before_s = pst_fields_instant(fields, "x-postern-not-before");
    if (pst_fields_has(fields, "x-postern-not-after"))
        key->not_after_s = pst_fields_instant(fields, "x-postern-not-after");
    if (fields->first == PST_OK && key->not_before_s >= key->not_after_s)
        pst_fields_fault(fields, "x-postern-not-after", PST_EMPTY_RANGE,
                         pst_say("after x-postern-not-before"), pst_say("not after it"));
}

static enum pst_code read_object(const struct pst_json *object, struct pst_ceremony_key *key,
                                 struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(object, why);
    struct pst_text keytype = pst_fields_text(&fields, "keytype", sizeof key->scheme - 1);
    struct pst_text scheme = pst_fields_text(&fields, "scheme", sizeof key->scheme - 1);
    struct pst_text part = read_public(&fields, why);
    read_window(&fields, key);
    enum pst_code rc = pst_fields_close_open(&fields);
    if (rc == PST_OK)
        rc = pst_public_key_load(keytype, scheme, part, &key->public, why);
    if (rc == PST_OK)
        rc = pst_keyid_of(object, key->id, why);
    if (rc == PST_OK)
        snprintf(key->scheme, sizeof key->scheme, "%.*s", PST_ARGS(scheme));
    return rc == PST_OK ? keep_object(object, &key->object, why) : rc;
}

static enum pst_code check_id(const struct pst_json *file, const char *id, struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(file, why);
    struct pst_text given = pst_fields_text(&fields, "keyid", PST_KEYID_MOST);
    (void)pst_fields_object(&fields, "key");
    enum pst_code rc = pst_fields_close(&fields);
    if (rc == PST_OK && !pst_text_is(given, id))
        return pst_refuse(why, PST_KEY_ID_MISMATCH, pst_say("%s", id),
                          pst_say("%.*s", PST_ARGS(given)));
    return rc;
}

enum pst_code pst_ceremony_key_parse(struct pst_bytes file, struct pst_ceremony_key *out,
                                     struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0};

    enum pst_code rc = pst_json_parse(file, &pst_json_small, &json, why);
    if (rc != PST_OK)
        return rc;
    bool is_object = pst_json_type(json) == PST_JSON_OBJECT;
    const struct pst_json *wrapped = is_object ? pst_json_member(json, "key") : NULL;
    rc = read_object(wrapped != NULL ? wrapped : json, &key, why);
    if (rc == PST_OK && wrapped != NULL)
        rc = check_id(json, key.id, why);
    if (rc != PST_OK)
        return rc;
    *out = key;
    key = (struct pst_ceremony_key){0};
    return PST_OK;
}

enum pst_code pst_ceremony_key_read(const char *path, struct pst_ceremony_key *out,
                                    struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf file = pst_buf(KEY_FILE_MOST);

    PST_WITHIN(why, "%s", path);
    enum pst_code rc = pst_file_read(path, &file, why);
    return rc == PST_OK ? pst_ceremony_key_parse(pst_buf_bytes(&file), out, why) : rc;
}

enum pst_code pst_ceremony_key_of(const struct pst_private_key *key, int64_t not_before_s,
                                  int64_t not_after_s, struct pst_ceremony_key *out,
                                  struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf object = pst_buf(OBJECT_MOST);
    char id[65];

    enum pst_code rc = pst_private_key_describe(key, not_before_s, not_after_s, &object, id, why);
    return rc == PST_OK ? pst_ceremony_key_parse(pst_buf_bytes(&object), out, why) : rc;
}

enum pst_code pst_ceremony_key_listed(const struct pst_role_key *listed,
                                      struct pst_ceremony_key *out, struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0};

    PST_WITHIN(why, "key %.8s", listed->id.at);
    enum pst_code rc = read_object(listed->object, &key, why);
    if (rc != PST_OK)
        return rc;
    snprintf(key.id, sizeof key.id, "%.*s", PST_ARGS(listed->id));
    *out = key;
    key = (struct pst_ceremony_key){0};
    return PST_OK;
}

enum pst_code pst_ceremony_key_print(const struct pst_ceremony_key *key, struct pst_buf *out,
                                     struct pst_report *why)
{
    struct pst_json_out json = pst_json_out(out);

    pst_out_open(&json, NULL, '{');
    pst_out_string(&json, "keyid", key->id);
    pst_out_verbatim(&json, "key", pst_buf_bytes(&key->object));
    pst_out_close(&json, '}');
    if (!pst_json_out_is_whole(&json) || !pst_buf_add_text(out, "\n"))
        return pst_no_memory(why, "a public key file");
    return PST_OK;
}

bool pst_ceremony_key_same(const struct pst_ceremony_key *a, const struct pst_ceremony_key *b)
{
    return pst_equal_in_constant_time(pst_public_key_fingerprint(a->public),
                                      pst_public_key_fingerprint(b->public), PST_SHA256_BYTES);
}

enum pst_code pst_ceremony_load_private(const char *path,
                                        const struct pst_passphrase_source *source,
                                        struct pst_private_key **out, struct pst_report *why)
{
    PST_CLEANUP(pst_secret) struct pst_secret passphrase = {0};
    struct pst_report first = {0};

    enum pst_code rc = pst_private_key_read(path, NULL, out, &first);
    if (rc != PST_KEY_LOCKED) {
        if (why != NULL)
            pst_report_append(why, &first, false);
        return rc;
    }
    rc = pst_passphrase_read(source, path, false, &passphrase, why);
    return rc == PST_OK ? pst_private_key_read(path, &passphrase, out, why) : rc;
}
