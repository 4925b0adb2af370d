/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of all schemes, rules of all sizes, and what is signed by them. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/attack/valid_maker.h"

void valid_must(enum pst_code code, const char *what)
{
    if (code == PST_OK)
        return;
    fprintf(stderr, "tests/attack: cannot %s: %s\n", what, pst_code_name(code));
    exit(1);
}

/* ---- keys and rules -------------------------------------------------------------------------- */

/* The slow ones last, so that they are easily left out: one costs as much as fifty others. */
void valid_keys(struct valid_keys *out)
{
    static const struct {
        size_t at;
        const char *scheme;
    } others[] = {{3, "ecdsa-sha2-nistp256"},
                  {7, "ecdsa-sha2-nistp256"},
                  {VALID_KEYS - 2, "rsassa-pss-sha256"}};

    *out = (struct valid_keys){.for_all = VALID_KEYS - 1};
    while (out->count < out->for_all) {
        const char *scheme = "ed25519";
        for (size_t i = 0; i < PST_COUNT(others); i++)
            if (others[i].at == out->count)
                scheme = others[i].scheme;
        valid_must(pst_private_key_generate(scheme, &out->key[out->count], NULL), "make a key");
        out->count++;
    }
    if (pst_private_key_generate("sm2-sm3", &out->key[out->count], NULL) == PST_OK)
        out->count++;
}

void valid_keys_free(struct valid_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        pst_private_key_free(keys->key[i]);
}

void valid_free_rule(struct valid_rule *rule)
{
    for (size_t i = 0; i < rule->count; i++)
        pst_buf_clear(&rule->holder[i].object);
    rule->count = 0;
}

/* Around now, as close as it can be; for roots that only lead on, anywhere. */
static void describe(struct valid_maker *maker, struct valid_holder *holder, bool today)
{
    int64_t now_s = maker->repo->now_s;
    static const int64_t apart_s[] = {0, 1, 86400, INT64_C(3153600000)};
    int64_t begin_s = INT64_MIN, end_s = INT64_MAX;
    char keyid[65];

    if (any_once_in(maker->any, 3) && now_s > 86400)
        begin_s = now_s - apart_s[any_below(maker->any, 3)];
    if (any_once_in(maker->any, 3))
        end_s = now_s + 1 + apart_s[any_below(maker->any, PST_COUNT(apart_s))];
    if (end_s != INT64_MAX && end_s > PST_INSTANT_MAX)
        end_s = PST_INSTANT_MAX;
    if (!today && any_once_in(maker->any, 2)) {
        begin_s = INT64_MIN;
        end_s = now_s;
    }
    holder->object = pst_buf(65536);
    valid_must(pst_private_key_describe(holder->key, begin_s, end_s, &holder->object, keyid, NULL),
               "describe a key");
    snprintf(holder->id, sizeof holder->id, "%s", keyid);
}

/* A key that never signs, and need not be one that anybody can read. */
static void invent(struct valid_maker *maker, struct valid_holder *holder, size_t number)
{
    static const char *const objects[] = {
        "{\"keytype\":\"quantum\",\"scheme\":\"quantum-1\",\"keyval\":{}}",
        "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{\"public\":\"00\"}}",
        "{\"keytype\":\"rsa\",\"scheme\":\"rsa-pkcs1v15-md5\",\"keyval\":{\"public\":\"\\n\"}}",
        "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"x\":[1,{}],\"keyval\":{\"public\":"
        "\"0000000000000000000000000000000000000000000000000000000000000000\"},"
        "\"x-postern-not-before\":\"1970-01-01T00:00:00Z\","
        "\"x-postern-not-after\":\"1970-01-01T00:00:01Z\"}"};
    PST_CLEANUP(pst_buf) struct pst_buf id = pst_buf(PST_KEYID_MOST);

    valid_print(&id, "%zu-", number);
    valid_word(maker->any, &id, PST_KEYID_MOST - 24, "\"\\");
    snprintf(holder->id, sizeof holder->id, "%.*s", PST_ARGS(pst_buf_text(&id)));
    holder->object = pst_buf(65536);
    if (!any_once_in(maker->any, 4)) /* else it is only named */
        valid_print(&holder->object, "%s", objects[any_below(maker->any, PST_COUNT(objects))]);
}

void valid_rule(struct valid_maker *maker, bool of_product, bool today, struct valid_rule *out)
{
    struct any *any = maker->any;
    size_t pool = VALID_KEYS - 2;
    if (any_once_in(any, 12))
        pool = of_product ? maker->keys->count : maker->keys->for_all;
    size_t real = any_once_in(any, 50) ? pool : 1 + any_below(any, 4);
    size_t made_up = any_once_in(any, 40) ? VALID_HOLDERS_MOST - real : any_below(any, 3);
    size_t first = any_below(any, pool);
    *out = (struct valid_rule){.threshold = (int64_t)(1 + any_below(any, real))};
    for (size_t i = 0; i < real; i++) {
        struct valid_holder *holder = &out->holder[out->count++];
        holder->key = maker->keys->key[(first + i) % pool];
        holder->signs = (int64_t)i < out->threshold;
        describe(maker, holder, today && holder->signs);
        if (any_once_in(any, 10)) /* a keyid is but a name */
            snprintf(holder->id, sizeof holder->id, "named %llu",
                     (unsigned long long)any_number(any));
    }
    for (size_t i = 0; i < made_up; i++)
        invent(maker, &out->holder[out->count++], i);
}

void valid_put_keys(struct valid_maker *maker, struct pst_buf *out, const struct valid_rule *rule,
                    size_t count)
{
    bool first = true;
    valid_print(out, "{");
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < rule[i].count; k++) {
            const struct valid_holder *holder = &rule[i].holder[k];
            bool again = false;
            for (size_t j = 0; j < i && !again; j++)
                for (size_t l = 0; l < rule[j].count && !again; l++)
                    again = strcmp(rule[j].holder[l].id, holder->id) == 0;
            if (again || holder->object.len == 0)
                continue;
            valid_print(out, first ? "" : ",");
            first = false;
            valid_text(maker->any, out, pst_text(holder->id));
            valid_print(out, ":");
            valid_must(pst_buf_add(out, holder->object.at, holder->object.len) ? PST_OK
                                                                               : PST_NO_MEMORY,
                       "write a key");
        }
    valid_print(out, "}");
}

void valid_put_signers(struct valid_maker *maker, struct valid_object *object,
                       const struct valid_rule *rule)
{
    struct pst_buf *keyids = valid_member(maker->any, object, "keyids");
    valid_print(keyids, "[");
    for (size_t i = 0; i < rule->count; i++) {
        valid_print(keyids, i > 0 ? "," : "");
        valid_text(maker->any, keyids, pst_text(rule->holder[i].id));
    }
    valid_print(keyids, "]");
    valid_print(valid_member(maker->any, object, "threshold"), "%lld", (long long)rule->threshold);
}

/* ---- envelopes ------------------------------------------------------------------------------- */

static void put_signature(struct valid_maker *maker, struct pst_buf *out, bool first,
                          const char *keyid, struct pst_text hex)
{
    valid_print(out, "%s{\"keyid\":", first ? "" : ",");
    valid_text(maker->any, out, pst_text(keyid));
    valid_print(out, ",%s\"sig\":\"", any_once_in(maker->any, 8) ? "\"x-cert\":null," : "");
    valid_must(pst_buf_add(out, hex.at, hex.len) ? PST_OK : PST_NO_MEMORY, "write a signature");
    valid_print(out, "\"}");
}

/* Signatures that do not count do no harm: nobody's, empty ones, no hex at all. */
static size_t put_useless(struct valid_maker *maker, struct pst_buf *out, size_t most)
{
    static const char *const sigs[] = {"", "00", "zz", "0", "\\u0041"};
    size_t count = any_once_in(maker->any, 30) ? most : any_below(maker->any, 3);
    char keyid[32];
    for (size_t i = 0; i < count && i < most; i++) {
        snprintf(keyid, sizeof keyid, "nobody-%zu", i);
        put_signature(maker, out, i == 0, keyid,
                      pst_text(sigs[any_below(maker->any, PST_COUNT(sigs))]));
    }
    return count < most ? count : most;
}

static bool was_used(const struct valid_rule *rules, size_t count, size_t which, size_t at)
{
    for (size_t i = 0; i < which && i < count; i++)
        for (size_t k = 0; k < rules[i].count; k++)
            if (rules[i].holder[k].signs &&
                strcmp(rules[i].holder[k].id, rules[which].holder[at].id) == 0)
                return true;
    return false;
}

static void put_signatures(struct valid_maker *maker, struct pst_buf *out,
                           struct pst_bytes canonical, const struct valid_rule *rules, size_t count)
{
    size_t wanted = 0;
    for (size_t i = 0; i < count; i++)
        wanted += rules[i].count;
    bool first = put_useless(maker, out,
                             wanted < PST_SIGNATURES_MOST ? PST_SIGNATURES_MOST - wanted : 0) == 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < rules[i].count; k++) {
            const struct valid_holder *holder = &rules[i].holder[k];
            PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(PST_SIGNATURE_HEX_MOST);
            if (!holder->signs || was_used(rules, count, i, k))
                continue;
            valid_must(pst_private_key_sign(holder->key, canonical, &hex, NULL), "sign");
            put_signature(maker, out, first, holder->id, pst_buf_text(&hex));
            first = false;
        }
}

void valid_seal(struct valid_maker *maker, struct pst_buf *body, const struct valid_rule *rules,
                size_t count, size_t most, struct pst_buf *out)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf canonical = pst_buf(VALID_FILE_MOST);
    PST_CLEANUP(pst_buf) struct pst_buf plain = pst_buf(VALID_FILE_MOST);
    struct valid_object envelope = {.count = 0};

    valid_must(pst_json_parse(pst_buf_bytes(body), &pst_json_large, &json, NULL), "read a body");
    valid_must(pst_json_canonical(json, &canonical, NULL), "make a body canonical");
    struct pst_buf *signatures = valid_member(maker->any, &envelope, "signatures");
    valid_print(signatures, "[");
    put_signatures(maker, signatures, pst_buf_bytes(&canonical), rules, count);
    valid_print(signatures, "]");
    struct pst_buf *own = valid_member(maker->any, &envelope, "signed");
    valid_must(pst_buf_add(own, body->at, body->len) ? PST_OK : PST_NO_MEMORY, "write a body");
    valid_close_open(maker->any, &envelope, &plain);
    *out = pst_buf(VALID_FILE_MOST);
    valid_blanks(maker->any, pst_buf_bytes(&plain), out);
    if (out->len > most) { /* the blanks were too many */
        out->len = 0;
        valid_must(pst_buf_add(out, plain.at, plain.len) ? PST_OK : PST_NO_MEMORY, "write a file");
    }
    if (any_once_in(maker->any, most < 600000 ? 100 : 1000))
        while (out->len < most)
            valid_print(out, "%*s", (int)(most - out->len < 2000 ? most - out->len : 2000), "");
}
