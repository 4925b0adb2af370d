/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every member and every element of a good file, one after the other, taken away or replaced by
 * a value of each type. Nothing crashes, and each file that is not a good one any more is
 * refused with a reason.
 */
#include "manifests/json_out.h"
#include "manifests/role.h"
#include "tests/support/check.h"
#include "tests/support/role_files.h"

static const char *const replacements[] = {"null", "true", "-1", "\"text\"", "[]", "{}", "[[]]"};
static const enum pst_json_type replacement_types[] = {
    PST_JSON_NULL,  PST_JSON_BOOL,   PST_JSON_INTEGER, PST_JSON_TEXT,
    PST_JSON_ARRAY, PST_JSON_OBJECT, PST_JSON_ARRAY};

/* What may be missing: optional members, and those whose name is data. All others must be there. */
static const char *const optional[] = {"consistent_snapshot",
                                       "x-postern-not-before",
                                       "x-postern-not-after",
                                       "x-postern-retired-schemes",
                                       "x-postern-revoked-keys",
                                       "rsassa-pss-sha256",
                                       "cc",
                                       "aa",
                                       "bb",
                                       "dd",
                                       "custom",
                                       "delegations",
                                       "md5",
                                       "sha256",
                                       "sha512",
                                       "pos-a/2.0.0/os.img",
                                       "pos-a/1.0.0/os.img",
                                       "pos-a.json"};
/* Of what timestamp and snapshot say of a file; a target must have them. */
static const char *const optional_in_meta[] = {"length", "hashes"};

struct spoiler {
    size_t target;           /* the value to spoil, counted in document order from 1 */
    const char *replacement; /* NULL: left out */
    size_t seen;
    struct pst_text name; /* of the value spoilt; empty for an element */
    enum pst_json_type type;
};

static void copy(struct pst_json_out *out, const char *name, const struct pst_json *value,
                 struct spoiler *spoiler);

static void copy_children(struct pst_json_out *out, const char *name, const struct pst_json *value,
                          const char *brackets, struct spoiler *spoiler)
{
    pst_out_open(out, name, brackets[0]);
    for (const struct pst_json *at = pst_json_first(value); at != NULL; at = pst_json_next(at))
        copy(out, brackets[0] == '{' ? pst_json_name(at).at : NULL, at, spoiler);
    pst_out_close(out, brackets[1]);
}

static void copy(struct pst_json_out *out, const char *name, const struct pst_json *value,
                 struct spoiler *spoiler)
{
    if (++spoiler->seen == spoiler->target) {
        spoiler->name = pst_text(name);
        spoiler->type = pst_json_type(value);
        if (spoiler->replacement != NULL)
            pst_out_verbatim(out, name,
                             pst_bytes(spoiler->replacement, strlen(spoiler->replacement)));
    } else if (pst_json_type(value) == PST_JSON_OBJECT) {
        copy_children(out, name, value, "{}", spoiler);
    } else if (pst_json_type(value) == PST_JSON_ARRAY) {
        copy_children(out, name, value, "[]", spoiler);
    } else {
        pst_out_json(out, name, value);
    }
}

/* The value's own children are not copied when it is spoilt, so `seen` counts them only
 * otherwise. */
static enum pst_code parse_spoilt(enum pst_role_kind kind, const struct pst_json *good,
                                  struct spoiler *spoiler, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf buf = pst_buf(1 << 16);
    PST_CLEANUP(pst_role) struct pst_role *role = NULL;
    struct pst_json_out out = pst_json_out(&buf);
    copy(&out, NULL, good, spoiler);
    assert_true(pst_json_out_is_whole(&out) || spoiler->target == 1);
    enum pst_code code = pst_role_parse(kind, pst_buf_bytes(&buf), &role, why);
    assert_true((code == PST_OK) == (role != NULL));
    return code;
}

static struct pst_json *good_json(const char *file)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(1 << 16);
    struct pst_json *json = NULL;
    struct pst_report why = {0};
    assert_true(role_file_text(file, NULL, NULL, &text));
    assert_int_equal(pst_json_parse(pst_buf_bytes(&text), &pst_json_small, &json, &why), PST_OK);
    return json;
}

static size_t count_values(const struct pst_json *json)
{
    size_t count = 1;
    for (const struct pst_json *at = pst_json_first(json); at != NULL; at = pst_json_next(at))
        count += count_values(at);
    return count;
}

static bool is_among(struct pst_text name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (pst_text_is(name, names[i]))
            return true;
    return false;
}

static bool may_be_missing(enum pst_role_kind kind, const struct spoiler *spoiler)
{
    bool meta = kind == PST_ROLE_TIMESTAMP || kind == PST_ROLE_SNAPSHOT;
    return spoiler->name.len == 0 || is_among(spoiler->name, optional, PST_COUNT(optional)) ||
           (meta && is_among(spoiler->name, optional_in_meta, PST_COUNT(optional_in_meta)));
}

static void check_reason(enum pst_code code, const struct spoiler *spoiler,
                         const struct pst_report *why)
{
    if (code == PST_OK || why->count == 0)
        fail_msg("value %zu (%.*s) as %s was accepted", spoiler->target, PST_ARGS(spoiler->name),
                 spoiler->replacement != NULL ? spoiler->replacement : "nothing");
    assert_int_equal(code, why->finding[0].code);
    assert_true(why->finding[0].where[0] != '\0' && why->finding[0].expected[0] != '\0');
    assert_string_equal(why->place, "");
}

static void check_replaced(enum pst_role_kind kind, const struct pst_json *good, size_t target)
{
    for (size_t i = 0; i < PST_COUNT(replacements); i++) {
        struct spoiler spoiler = {.target = target, .replacement = replacements[i]};
        struct pst_report why = {0};
        enum pst_code code = parse_spoilt(kind, good, &spoiler, &why);
        /* A value of its own type may do, but no integer here may be negative. */
        if (spoiler.type != replacement_types[i] || spoiler.type == PST_JSON_INTEGER)
            check_reason(code, &spoiler, &why);
    }
}

static void check_removed(enum pst_role_kind kind, const struct pst_json *good, size_t target)
{
    struct spoiler spoiler = {.target = target};
    struct pst_report why = {0};
    enum pst_code code = parse_spoilt(kind, good, &spoiler, &why);
    if (target == 1 || !may_be_missing(kind, &spoiler))
        check_reason(code, &spoiler, &why);
    else if (code != PST_OK)
        fail_msg("without value %zu (%.*s): %s", target, PST_ARGS(spoiler.name),
                 why.finding[0].where);
}

static void check_file(enum pst_role_kind kind, const char *file, size_t least)
{
    PST_CLEANUP(pst_json) struct pst_json *good = good_json(file);
    size_t count = count_values(good);
    assert_true(count >= least);
    for (size_t target = 1; target <= count; target++) {
        check_replaced(kind, good, target);
        check_removed(kind, good, target);
    }
}

static void every_member_of_a_root_is_checked_for_its_type(void **state)
{
    (void)state;
    check_file(PST_ROLE_ROOT, role_file(PST_ROLE_ROOT), 50);
}

static void every_member_of_timestamp_and_snapshot_is_checked_for_its_type(void **state)
{
    (void)state;
    check_file(PST_ROLE_TIMESTAMP, role_file(PST_ROLE_TIMESTAMP), 14);
    check_file(PST_ROLE_SNAPSHOT, role_file(PST_ROLE_SNAPSHOT), 14);
}

static void every_member_of_targets_is_checked_for_its_type(void **state)
{
    (void)state;
    check_file(PST_ROLE_TARGETS, role_file(PST_ROLE_TARGETS), 40);
    check_file(PST_ROLE_TARGETS, role_file_bins, 30);
}

/* The signature is what finds a flipped bit; here it must only never do harm, nor go
 * unexplained. */
static void every_flipped_bit_and_every_truncation_is_survived(void **state)
{
    (void)state;
    for (int kind = PST_ROLE_ROOT; kind <= PST_ROLE_TARGETS; kind++) {
        PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(1 << 16);
        assert_true(role_file_text(role_file((enum pst_role_kind)kind), NULL, NULL, &text));
        for (size_t i = 0; i < text.len * 8 + text.len; i++) {
            struct pst_role *role = NULL;
            struct pst_report why = {0};
            bool flip = i < text.len * 8;
            size_t len = flip ? text.len : i - text.len * 8;
            if (flip)
                text.at[i / 8] ^= (uint8_t)(1u << i % 8);
            enum pst_code code =
                pst_role_parse((enum pst_role_kind)kind, pst_bytes(text.at, len), &role, &why);
            if (flip)
                text.at[i / 8] ^= (uint8_t)(1u << i % 8);
            assert_true((code == PST_OK) == (role != NULL) && (code == PST_OK) == (why.count == 0));
            assert_true(flip || code != PST_OK ||
                        len == text.len - 1); /* the last is a line feed */
            pst_role_free(role);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_of_a_root_is_checked_for_its_type),
        cmocka_unit_test(every_member_of_timestamp_and_snapshot_is_checked_for_its_type),
        cmocka_unit_test(every_member_of_targets_is_checked_for_its_type),
        cmocka_unit_test(every_flipped_bit_and_every_truncation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
