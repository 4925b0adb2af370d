/* SPDX-License-Identifier: Apache-2.0 */
/* Slots as files: the active one is never written, whatever is asked or configured. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/slot/file_slot.h"
#include "manifests/file.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

enum { SLOT_BYTES = 200000, IMAGE_BYTES = 150000 };

struct pair {
    struct pst_scratch scratch;
    char path[2][400];
    struct pst_file_slots_options options;
    struct pst_file_slots slots;
    struct pst_slot_port port;
    bool open;
};

static void pair_cleanup(struct pair *pair)
{
    if (pair->open)
        pst_file_slots_close(&pair->slots);
    pst_scratch_cleanup(&pair->scratch);
}
#define PAIR(name) __attribute__((cleanup(pair_cleanup))) struct pair name = {.open = false}

static void fill(const char *path, size_t len, uint8_t with)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(len);
    for (size_t i = 0; i < len; i++)
        assert_true(pst_buf_add(&bytes, &with, 1));
    assert_int_equal(pst_file_replace(path, pst_buf_bytes(&bytes), 0600, NULL), PST_OK);
}

static void begin(struct pair *pair)
{
    pair->scratch = pst_scratch();
    pst_scratch_path(&pair->scratch, "a", pair->path[0], sizeof pair->path[0]);
    pst_scratch_path(&pair->scratch, "b", pair->path[1], sizeof pair->path[1]);
    fill(pair->path[0], IMAGE_BYTES, 'A');
    pair->options = (struct pst_file_slots_options){.component = "os",
                                                    .slot_class = "rootfs",
                                                    .path = {pair->path[0], pair->path[1]},
                                                    .slot_bytes = SLOT_BYTES,
                                                    .active = 0};
}

static enum pst_code open_pair(struct pair *pair, struct pst_report *why)
{
    enum pst_code rc = pst_file_slots_open(&pair->options, &pair->slots, why);
    pair->open = rc == PST_OK;
    if (pair->open)
        pair->port = pst_file_slots_port(&pair->slots);
    return rc;
}

static int64_t size_of(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 ? (int64_t)facts.st_size : -1;
}

static void the_inactive_slot_is_made_as_large_as_configured_and_written(void **state)
{
    PAIR(pair);
    uint8_t found[8];
    (void)state;
    begin(&pair);
    assert_int_equal(open_pair(&pair, NULL), PST_OK);
    assert_int_equal(size_of(pair.path[0]), IMAGE_BYTES); /* not even its size */
    assert_int_equal(size_of(pair.path[1]), SLOT_BYTES);
    void *context = pair.port.context;
    assert_int_equal(pair.port.slot_bytes(context, 1), SLOT_BYTES);
    assert_int_equal(pair.port.write(context, 1, SLOT_BYTES - 8, pst_bytes("12345678", 8), NULL),
                     PST_OK);
    assert_int_equal(pair.port.sync(context, 1, NULL), PST_OK);
    pair.port.drop_cache(context, 1);
    assert_int_equal(pair.port.read(context, 1, SLOT_BYTES - 8, found, 8, NULL), PST_OK);
    assert_memory_equal(found, "12345678", 8);
}

static void the_active_slot_is_never_written(void **state)
{
    PAIR(pair);
    struct pst_report why = {0};
    uint8_t found[4];
    (void)state;
    begin(&pair);
    fill(pair.path[1], IMAGE_BYTES, 'B');
    for (int active = 0; active < 2; active++) {
        pair.options.active = active;
        assert_int_equal(open_pair(&pair, NULL), PST_OK);
        assert_int_equal(pair.port.write(pair.port.context, active, 0, pst_bytes("evil", 4), &why),
                         PST_SLOT_ACTIVE);
        /* Also not past the check: the file is open for reading only. */
        assert_true(pwrite(pair.slots.fd[active], "evil", 4, 0) < 0);
        assert_int_equal(pair.port.read(pair.port.context, active, 0, found, 4, NULL), PST_OK);
        assert_memory_equal(found, active == 0 ? "AAAA" : "BBBB", 4);
        pst_file_slots_close(&pair.slots);
        pair.open = false;
    }
}

/* S12: under two names, and a mistaken configuration must not even change its size. */
static void one_file_for_both_slots_is_refused_and_left_alone(void **state)
{
    PAIR(pair);
    char third[400];
    struct pst_report why = {0};
    (void)state;
    begin(&pair);
    pair.options.path[1] = pair.path[0];
    assert_int_equal(open_pair(&pair, &why), PST_SLOT_ACTIVE);
    assert_int_equal(symlink(pair.path[0], pair.path[1]), 0);
    pair.options.path[1] = pair.path[1];
    assert_int_equal(open_pair(&pair, &why), PST_SLOT_ACTIVE);
    pst_scratch_path(&pair.scratch, "c", third, sizeof third);
    assert_int_equal(link(pair.path[0], third), 0);
    pair.options.path[1] = third;
    assert_int_equal(open_pair(&pair, &why), PST_SLOT_ACTIVE);
    assert_int_equal(size_of(pair.path[0]), IMAGE_BYTES);
}

static void nothing_is_written_beyond_the_slot(void **state)
{
    static const struct {
        uint64_t at;
        size_t len;
        enum pst_code expect;
    } cases[] = {
        {0, 16, PST_OK},
        {SLOT_BYTES - 16, 16, PST_OK},
        {SLOT_BYTES - 15, 16, PST_SLOT_TOO_SMALL},
        {SLOT_BYTES, 0, PST_OK},
        {SLOT_BYTES, 1, PST_SLOT_TOO_SMALL},
        {SLOT_BYTES + 1, 0, PST_SLOT_TOO_SMALL},
        {UINT64_MAX, 16, PST_SLOT_TOO_SMALL},
        {UINT64_MAX - 8, 16, PST_SLOT_TOO_SMALL},
    };
    PAIR(pair);
    (void)state;
    begin(&pair);
    assert_int_equal(open_pair(&pair, NULL), PST_OK);
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_report why = {0};
        enum pst_code rc = pair.port.write(pair.port.context, 1, cases[i].at,
                                           pst_bytes("0123456789abcdef", cases[i].len), &why);
        if (rc != cases[i].expect)
            fail_msg("%zu bytes at %llu: %s", cases[i].len, (unsigned long long)cases[i].at,
                     pst_code_name(rc));
    }
    assert_int_equal(size_of(pair.path[1]), SLOT_BYTES);
}

static void reading_past_the_end_names_the_slot_and_the_place(void **state)
{
    PAIR(pair);
    struct pst_report why = {0};
    uint8_t found[16];
    (void)state;
    begin(&pair);
    assert_int_equal(open_pair(&pair, NULL), PST_OK);
    assert_int_equal(pair.port.read(pair.port.context, 0, IMAGE_BYTES - 8, found, 16, &why),
                     PST_SLOT_IO);
    assert_non_null(strstr(why.finding[0].expected, pair.path[0]));
    assert_non_null(strstr(why.finding[0].expected, "149992"));
}

static void a_slot_that_is_missing_empty_or_no_file_is_told(void **state)
{
    PAIR(pair);
    struct pst_report why = {0};
    (void)state;
    begin(&pair);
    assert_int_equal(unlink(pair.path[0]), 0);
    assert_int_equal(open_pair(&pair, &why), PST_HOST_NOT_FOUND);
    assert_int_equal(size_of(pair.path[0]), -1); /* the running image is not made up */
    fill(pair.path[0], 0, 0);
    assert_int_equal(open_pair(&pair, &why), PST_SLOT_IO);
    fill(pair.path[0], 10, 0);
    (void)unlink(pair.path[1]);
    assert_int_equal(mkdir(pair.path[1], 0700), 0);
    assert_true(open_pair(&pair, &why) != PST_OK);
}

static void a_larger_file_is_never_cut(void **state)
{
    PAIR(pair);
    (void)state;
    begin(&pair);
    fill(pair.path[1], SLOT_BYTES + 500, 'B');
    assert_int_equal(open_pair(&pair, NULL), PST_OK);
    assert_int_equal(size_of(pair.path[1]), SLOT_BYTES + 500);
    assert_int_equal(pair.port.slot_bytes(pair.port.context, 1), SLOT_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_inactive_slot_is_made_as_large_as_configured_and_written),
        cmocka_unit_test(the_active_slot_is_never_written),
        cmocka_unit_test(one_file_for_both_slots_is_refused_and_left_alone),
        cmocka_unit_test(nothing_is_written_beyond_the_slot),
        cmocka_unit_test(reading_past_the_end_names_the_slot_and_the_place),
        cmocka_unit_test(a_slot_that_is_missing_empty_or_no_file_is_told),
        cmocka_unit_test(a_larger_file_is_never_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
