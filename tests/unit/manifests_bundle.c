/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "manifests/bundle.h"
#include "manifests/file.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

#define MARKER_TEXT "{\"format\":\"" PST_BUNDLE_FORMAT "\"}"

/* ---- a bundle in memory, to be spoilt */

struct made {
    struct pst_buf bytes;
    struct pst_scratch scratch;
    int fd;
    struct pst_bundle bundle;
    struct pst_report why;
};

static void add(struct made *made, const char *name, const char *content)
{
    static const uint8_t zeroes[PST_BUNDLE_BLOCK];
    uint8_t header[PST_BUNDLE_BLOCK];
    size_t len = strlen(content);

    assert_true(pst_bundle_header(name, (int64_t)len, header));
    assert_true(pst_buf_add(&made->bytes, header, sizeof header));
    assert_true(pst_buf_add(&made->bytes, content, len));
    assert_true(pst_buf_add(&made->bytes, zeroes,
                            (PST_BUNDLE_BLOCK - len % PST_BUNDLE_BLOCK) % PST_BUNDLE_BLOCK));
}

static void add_end(struct made *made)
{
    static const uint8_t zeroes[2 * PST_BUNDLE_BLOCK];
    assert_true(pst_buf_add(&made->bytes, zeroes, sizeof zeroes));
}

static int make(void **state)
{
    struct made *made = calloc(1, sizeof *made);
    made->bytes = pst_buf(1 << 20);
    made->scratch = pst_scratch();
    char path[512];
    pst_scratch_path(&made->scratch, "bundle", path, sizeof path);
    made->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(made->fd >= 0);
    add(made, PST_BUNDLE_MARKER, MARKER_TEXT);
    add(made, "metadata/1.root.json", "the root");
    add(made, "targets/pos-a/5.2.0/manifest.json", "the manifest");
    *state = made;
    return 0;
}

static int unmake(void **state)
{
    struct made *made = *state;
    pst_buf_clear(&made->bytes);
    pst_bundle_clear(&made->bundle);
    (void)close(made->fd);
    pst_scratch_cleanup(&made->scratch);
    free(made);
    return 0;
}

static enum pst_code read_again(struct made *made)
{
    assert_int_equal(pwrite(made->fd, made->bytes.at, made->bytes.len, 0), made->bytes.len);
    assert_int_equal(ftruncate(made->fd, (off_t)made->bytes.len), 0);
    pst_bundle_clear(&made->bundle);
    made->why = (struct pst_report){.count = 0};
    return pst_bundle_read(made->fd, &made->bundle, &made->why);
}

static bool holds(const struct made *made, const char *name, const char *content)
{
    const struct pst_bundle_entry *entry = pst_bundle_find(&made->bundle, name);
    return entry != NULL && (size_t)entry->bytes == strlen(content) &&
           memcmp(made->bytes.at + entry->at, content, strlen(content)) == 0;
}

/* ---- reading */

static void every_file_is_found_where_it_lies(void **state)
{
    struct made *made = *state;
    add_end(made);
    assert_int_equal(read_again(made), PST_OK);
    assert_int_equal(made->why.count, 0);
    assert_int_equal(made->bundle.count, 3);
    assert_true(holds(made, "metadata/1.root.json", "the root"));
    assert_true(holds(made, "targets/pos-a/5.2.0/manifest.json", "the manifest"));
    assert_null(pst_bundle_find(&made->bundle, "metadata/2.root.json"));
}

static void a_name_longer_than_a_field_is_split_and_joined(void **state)
{
    struct made *made = *state;
    char name[PST_BUNDLE_NAME_ROOM] = "targets/";
    for (size_t i = strlen(name); i < 180; i++)
        name[i] = i % 60 == 0 ? '/' : 'a';
    add(made, name, "deep down");
    add_end(made);
    assert_int_equal(read_again(made), PST_OK);
    assert_true(holds(made, name, "deep down"));
}

static void what_ustar_cannot_carry_gets_no_header(void **state)
{
    uint8_t block[PST_BUNDLE_BLOCK];
    char long_name[PST_BUNDLE_NAME_ROOM];
    (void)state;
    memset(long_name, 'a', sizeof long_name);
    long_name[120] = '\0'; /* one part of 120 */
    assert_false(pst_bundle_header(long_name, 1, block));
    assert_false(pst_bundle_header("a", -1, block));
    assert_false(pst_bundle_header("a", INT64_C(1) << 33, block));
    assert_true(pst_bundle_header("a", (INT64_C(1) << 33) - 1, block));
    assert_false(pst_bundle_header("../a", 1, block));
}

static void names_stay_inside_the_repository(void **state)
{
    static const struct {
        const char *name;
        bool safe;
    } rows[] = {
        {"metadata/1.root.json", true},
        {"a", true},
        {"a%2Fb", true},
        {"", false},
        {"/a", false},
        {"a/", false},
        {"a//b", false},
        {"..", false},
        {"a/../b", false},
        {".a", false},
        {"a/.b", false},
        {"-a", false},
        {"a b", false},
        {"a\\b", false},
        {"a:b", false},
        {"a\nb", false},
        {"\xc3\xa4", false},
        {"a/b/c", true},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(rows); i++)
        if (pst_bundle_name_is_safe(pst_text(rows[i].name)) != rows[i].safe)
            fail_msg("'%s'", rows[i].name);
}

/* ---- damage */

static void each_flipped_bit_of_a_header_costs_that_entry_alone(void **state)
{
    struct made *made = *state;
    size_t header = 2 * PST_BUNDLE_BLOCK;
    add_end(made);
    for (size_t bit = 0; bit < 8 * (size_t)PST_BUNDLE_BLOCK; bit += 5) {
        made->bytes.at[header + bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum pst_code rc = read_again(made);
        if (rc != PST_BUNDLE_DAMAGED || made->why.count != 1 ||
            pst_bundle_find(&made->bundle, "metadata/1.root.json") != NULL ||
            !holds(made, "targets/pos-a/5.2.0/manifest.json", "the manifest"))
            fail_msg("bit %zu: %s, %zu entries", bit, pst_code_name(rc), made->bundle.count);
        made->bytes.at[header + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void a_cut_at_any_place_is_told(void **state)
{
    struct made *made = *state;
    size_t whole = made->bytes.len; /* without the end */
    for (size_t len = 0; len <= whole; len++) {
        made->bytes.len = len;
        enum pst_code rc = read_again(made);
        if (rc == PST_OK || made->why.count == 0)
            fail_msg("%zu of %zu bytes", len, whole);
    }
}

static void a_file_that_is_cut_has_the_bytes_that_are_there(void **state)
{
    struct made *made = *state;
    made->bytes.len -= PST_BUNDLE_BLOCK - 3;
    assert_int_equal(read_again(made), PST_BUNDLE_DAMAGED);
    assert_int_equal(pst_bundle_find(&made->bundle, "targets/pos-a/5.2.0/manifest.json")->bytes, 3);
}

/* ---- hostile entries: header `at` of one that is good, and how it is spoilt */

static void seal(uint8_t *header)
{
    unsigned sum = 8 * ' ';
    for (size_t i = 0; i < PST_BUNDLE_BLOCK; i++)
        sum += i >= 148 && i < 156 ? 0 : header[i];
    (void)snprintf((char *)header + 148, 7, "%06o", sum);
    header[154] = '\0';
    header[155] = ' ';
}

static void what_is_no_plain_file_is_left_out_and_told(void **state)
{
    static const struct {
        size_t at;
        const char *put;
    } rows[] = {
        {156, "1"},                    /* a hard link */
        {156, "2"},                    /* a symbolic link */
        {156, "3"},                    /* a device */
        {156, "x"},                    /* a record of long names */
        {156, "L"},                    /* GNU's */
        {0, "../../etc/passwd"},       /* out of the folder */
        {0, "/etc/passwd"},            /* from the root */
        {0, "metadata/1.root.json\n"}, /* not a name */
    };
    struct made *made = *state;
    add(made, "metadata/9.root.json", "x");
    add_end(made);
    uint8_t *header = made->bytes.at + 6 * PST_BUNDLE_BLOCK;
    uint8_t good[PST_BUNDLE_BLOCK];
    memcpy(good, header, sizeof good);
    for (size_t i = 0; i < PST_COUNT(rows); i++) {
        memcpy(header + rows[i].at, rows[i].put, strlen(rows[i].put));
        seal(header);
        if (read_again(made) != PST_BUNDLE_DAMAGED || made->bundle.count != 3)
            fail_msg("row %zu: %zu entries", i, made->bundle.count);
        memcpy(header, good, sizeof good);
    }
}

static void a_size_that_is_none_is_no_header(void **state)
{
    static const char *const sizes[] = {"-0000000001", "\xff\xff\xff\xff", "00000000zz1",
                                        "           ", "77777777777"};
    struct made *made = *state;
    add_end(made);
    uint8_t *header = made->bytes.at + 2 * PST_BUNDLE_BLOCK;
    for (size_t i = 0; i < PST_COUNT(sizes); i++) {
        memcpy(header + 124, sizes[i], strlen(sizes[i]));
        seal(header);
        assert_int_equal(read_again(made), PST_BUNDLE_DAMAGED);
    }
}

static void a_name_counts_once(void **state)
{
    struct made *made = *state;
    add(made, "metadata/1.root.json", "another root");
    add_end(made);
    assert_int_equal(read_again(made), PST_BUNDLE_DAMAGED);
    assert_true(holds(made, "metadata/1.root.json", "the root"));
}

/* ---- what is no bundle */

static void other_files_are_told_from_damaged_bundles(void **state)
{
    struct made *made = *state;
    made->bytes.len = 0;
    assert_int_equal(read_again(made), PST_BUNDLE_FORMAT_UNKNOWN);
    for (int i = 0; i < 3000; i++)
        assert_true(pst_buf_add(&made->bytes, "x", 1));
    assert_int_equal(read_again(made), PST_BUNDLE_FORMAT_UNKNOWN);
    made->bytes.len = 0;
    add(made, "readme.txt", "somebody's tar");
    add_end(made);
    assert_int_equal(read_again(made), PST_BUNDLE_FORMAT_UNKNOWN);
    made->bytes.len = 0;
    add(made, PST_BUNDLE_MARKER, "{\"format\":\"postern.bundle/9\"}");
    add_end(made);
    assert_int_equal(read_again(made), PST_BUNDLE_FORMAT_UNKNOWN);
}

static void a_bundle_whose_beginning_is_damaged_is_still_one(void **state)
{
    struct made *made = *state;
    add_end(made);
    memset(made->bytes.at, 0x5a, 64);
    assert_int_equal(read_again(made), PST_BUNDLE_DAMAGED);
    assert_true(holds(made, "metadata/1.root.json", "the root"));
}

static void more_entries_than_a_repository_has_are_refused(void **state)
{
    struct made *made = *state;
    char name[32];
    made->bytes.max = (size_t)16 << 20;
    for (int i = 0; i < PST_BUNDLE_ENTRIES_MOST; i++) {
        (void)snprintf(name, sizeof name, "targets/%d", i);
        add(made, name, "");
    }
    add_end(made);
    assert_int_equal(read_again(made), PST_BUNDLE_DAMAGED);
    assert_int_equal(made->bundle.count, PST_BUNDLE_ENTRIES_MOST);
}

#define WITH_BUNDLE(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BUNDLE(every_file_is_found_where_it_lies),
        WITH_BUNDLE(a_name_longer_than_a_field_is_split_and_joined),
        cmocka_unit_test(what_ustar_cannot_carry_gets_no_header),
        cmocka_unit_test(names_stay_inside_the_repository),
        WITH_BUNDLE(each_flipped_bit_of_a_header_costs_that_entry_alone),
        WITH_BUNDLE(a_cut_at_any_place_is_told),
        WITH_BUNDLE(a_file_that_is_cut_has_the_bytes_that_are_there),
        WITH_BUNDLE(what_is_no_plain_file_is_left_out_and_told),
        WITH_BUNDLE(a_size_that_is_none_is_no_header),
        WITH_BUNDLE(a_name_counts_once),
        WITH_BUNDLE(other_files_are_told_from_damaged_bundles),
        WITH_BUNDLE(a_bundle_whose_beginning_is_damaged_is_still_one),
        WITH_BUNDLE(more_entries_than_a_repository_has_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
