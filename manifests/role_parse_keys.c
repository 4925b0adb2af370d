/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/role_read.h"

enum { TYPE_MOST = 128, PUBLIC_MOST = 16384 };

/* Key types whose keyval.public is the key. What others hold in keyval is theirs: they never
 * count. */
static const char *const known_types[] = {"ed25519", "ecdsa", "ecdsa-sha2-nistp256", "rsa", "sm2"};

static bool is_known_type(struct pst_text keytype)
{
    for (size_t i = 0; i < PST_COUNT(known_types); i++)
        if (pst_text_is(keytype, known_types[i]))
            return true;
    return false;
}

static enum pst_code read_value(const struct pst_json *json, struct pst_role_key *key,
                                struct pst_report *why)
{
    PST_WITHIN(why, "keyval");
    struct pst_fields fields = pst_fields_open(json, why);
    if (is_known_type(key->keytype) || pst_document_has(&fields, "public"))
        key->public_part = pst_fields_raw_text(&fields, "public", PUBLIC_MOST);
    return pst_fields_close_open(&fields);
}

static enum pst_code read_window(const struct pst_json *json, struct pst_role_key *key,
                                 struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(json, why);
    key->not_before_s = INT64_MIN;
    key->not_after_s = INT64_MAX;
    if (pst_document_has(&fields, "x-postern-not-before"))
        key->not_before_s = pst_fields_instant(&fields, "x-postern-not-before");
    if (pst_document_has(&fields, "x-postern-not-after"))
        key->not_after_s = pst_fields_instant(&fields, "x-postern-not-after");
    if (fields.first == PST_OK && key->not_before_s >= key->not_after_s)
        pst_fields_fault(&fields, "x-postern-not-after", PST_EMPTY_RANGE,
                         pst_say("after x-postern-not-before"), pst_say("not after it"));
    return pst_fields_close_open(&fields);
}

static enum pst_code read_key(const struct pst_json *json, void *element, struct pst_report *why)
{
    struct pst_role_key *key = element;
    struct pst_fields fields = pst_fields_open(json, why);

    pst_fields_merge(&fields, pst_role_read_name(json, PST_KEYID_MOST, &key->id, why));
    key->object = json;
    key->keytype = pst_fields_text(&fields, "keytype", TYPE_MOST);
    key->scheme = pst_fields_text(&fields, "scheme", TYPE_MOST);
    const struct pst_json *value = pst_fields_object(&fields, "keyval");
    if (value != NULL)
        pst_fields_merge(&fields, read_value(value, key, why));
    if (fields.object != NULL)
        pst_fields_merge(&fields, read_window(json, key, why));
    return pst_fields_close_open(&fields);
}

void pst_role_read_keys(struct pst_fields *fields, struct pst_role *role)
{
    static const struct pst_role_list keys = {"keys", PST_ROLE_KEYS_MOST,
                                              sizeof(struct pst_role_key), read_key};
    const struct pst_json *json = pst_fields_object(fields, keys.name);
    role->key = pst_role_read_list(fields, &keys, json, &role->key_count);
}

static enum pst_code read_keyid(const struct pst_json *json, void *element, struct pst_report *why)
{
    return pst_role_read_text(json, PST_KEYID_MOST, element, why);
}

/*
 * A threshold above the number of keys is a rule that nobody can meet, and harms no other: TUF
 * clients accept it. None below 1: no signature at all would then be enough.
 */
void pst_role_read_signers(struct pst_fields *fields, struct pst_role_rule *rule)
{
    static const struct pst_role_list keyids = {"keyids", PST_ROLE_KEYIDS_MOST,
                                                sizeof(struct pst_text), read_keyid};
    const struct pst_json *json = pst_fields_array(fields, keyids.name, 0, SIZE_MAX);
    rule->keyid = pst_role_read_list(fields, &keyids, json, &rule->keyid_count);
    pst_role_refuse_repeated(fields, keyids.name, rule->keyid, rule->keyid_count,
                             sizeof *rule->keyid);
    rule->threshold = pst_fields_integer(fields, "threshold", 1, INT32_MAX);
}
