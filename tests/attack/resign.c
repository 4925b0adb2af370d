/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/attack/resign.h"

#include "manifests/file.h"
#include "tests/support/check.h"

#define FULL_RELEASE "manifests/examples/release/valid/full.json"

static size_t number_of(const struct pst_json *json, const char *path)
{
    size_t count = json_value_count(json);
    for (size_t i = 0; i < count; i++) {
        PST_CLEANUP(json_changed) struct json_changed changed = {.value = NULL};
        assert_true(json_changed(json, i, JSON_PUT, "0", &changed));
        if (strcmp(changed.path, path) == 0)
            return i;
    }
    fail_msg("no member '%s'", path);
    return 0;
}

static void overwrite(struct pst_buf *text, struct pst_text before, const struct pst_buf *after)
{
    assert_int_equal(before.len, after->len);
    for (size_t at = 0; at + before.len <= text->len; at++)
        if (memcmp(text->at + at, before.at, before.len) == 0)
            memcpy(text->at + at, after->at, after->len);
}

/* The signature is of the same length, and takes the old one's place. */
static void sign_again(const struct pst_private_key *signer, const struct pst_json *before,
                       struct pst_buf *text)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf canonical = pst_buf(8 << 20);
    PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(PST_SIGNATURE_HEX_MOST);
    const struct pst_json *signature = pst_json_first(pst_json_member(before, "signatures"));

    if (pst_json_parse(pst_buf_bytes(text), &pst_json_large, &json, NULL) != PST_OK)
        return; /* nothing that could be signed */
    assert_int_equal(pst_json_canonical(pst_json_member(json, "signed"), &canonical, NULL), PST_OK);
    assert_int_equal(pst_private_key_sign(signer, pst_buf_bytes(&canonical), &hex, NULL), PST_OK);
    overwrite(text, pst_json_text(pst_json_member(signature, "sig")), &hex);
}

void attack_change_and_sign(struct pst_buf *bytes, const void *how)
{
    const struct attack_change *change = how;
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    PST_CLEANUP(json_changed) struct json_changed changed = {.value = NULL};

    assert_int_equal(pst_json_parse(pst_buf_bytes(bytes), &pst_json_large, &json, NULL), PST_OK);
    size_t which = change->path != NULL ? number_of(json, change->path) : change->which;
    assert_true(json_changed(json, which, change->change, change->put, &changed));
    if (strncmp(changed.path, "signed/", 7) == 0)
        sign_again(change->signer, json, &changed.text);
    bytes->len = 0;
    assert_true(pst_buf_add(bytes, changed.text.at, changed.text.len));
}

const struct pst_private_key *attack_signer(const struct attack_case *it, size_t which)
{
    if (which == ATTACK_ASSIGNMENT)
        return it->scene->assignments_key.private;
    if (which == ATTACK_PRODUCT)
        return it->scene->product_key.private;
    return it->scene->repo->key[which].private;
}

void attack_full_release(struct pst_buf *bytes, struct pst_json **out)
{
    assert_int_equal(pst_file_read(FULL_RELEASE, bytes, NULL), PST_OK);
    assert_int_equal(pst_json_parse(pst_buf_bytes(bytes), &pst_json_large, out, NULL), PST_OK);
}

enum pst_code attack_read_changed_release(const struct pst_json *full, const char *path,
                                          const char *put, struct pst_report *why)
{
    PST_CLEANUP(json_changed) struct json_changed changed = {.value = NULL};
    PST_CLEANUP(pst_release) struct pst_release *release = NULL;

    assert_true(json_changed(full, number_of(full, path), JSON_PUT, put, &changed));
    return pst_release_parse(pst_buf_bytes(&changed.text), &release, why);
}
