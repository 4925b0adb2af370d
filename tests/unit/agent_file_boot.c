/* SPDX-License-Identifier: Apache-2.0 */
/* The boot marker in a file: two records, and whichever is whole and newer counts. */
#include <stdio.h>

#include "agent/slot/file_boot.h"
#include "manifests/file.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

enum { FILE_BYTES = 2 * PST_BOOT_RECORD_BYTES };

struct marker {
    struct pst_scratch scratch;
    char path[400];
    struct pst_file_boot boot;
    struct pst_boot_port port;
};

static void marker_cleanup(struct marker *marker)
{
    pst_scratch_cleanup(&marker->scratch);
}

static void begin(struct marker *marker)
{
    marker->scratch = pst_scratch();
    pst_scratch_path(&marker->scratch, "boot", marker->path, sizeof marker->path);
    assert_int_equal(pst_file_boot_open(marker->path, &marker->boot, NULL), PST_OK);
    marker->port = pst_file_boot_port(&marker->boot);
}

static struct pst_boot_state read_state(struct marker *marker)
{
    struct pst_boot_state state = {.active = 9};
    assert_int_equal(marker->port.read(marker->port.context, &state, NULL), PST_OK);
    return state;
}

static void assert_state(struct marker *marker, int active, int next, bool trial, int tries_left)
{
    struct pst_boot_state state = read_state(marker);
    assert_int_equal(state.active, active);
    assert_int_equal(state.next, next);
    assert_int_equal(state.trial, trial);
    assert_int_equal(state.tries_left, tries_left);
}

static void restart(struct marker *marker)
{
    assert_int_equal(marker->port.simulate_restart(marker->port.context, NULL), PST_OK);
}

static void stage(struct marker *marker, int slot, int tries)
{
    assert_int_equal(marker->port.set_next(marker->port.context, slot, tries, NULL), PST_OK);
}

static void read_file(const struct marker *marker, uint8_t out[FILE_BYTES])
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(FILE_BYTES);
    assert_int_equal(pst_file_read(marker->path, &bytes, NULL), PST_OK);
    assert_int_equal(bytes.len, FILE_BYTES);
    memcpy(out, bytes.at, FILE_BYTES);
}

static void write_file(const struct marker *marker, const uint8_t *bytes, size_t len)
{
    assert_int_equal(pst_file_replace(marker->path, pst_bytes(bytes, len), 0600, NULL), PST_OK);
}

/* ---- restarts -------------------------------------------------------------------------------- */

static void a_new_marker_runs_slot_0_and_stages_nothing(void **state)
{
    __attribute__((cleanup(marker_cleanup))) struct marker marker;
    (void)state;
    begin(&marker);
    assert_state(&marker, 0, 0, false, 0);
    restart(&marker);
    assert_state(&marker, 0, 0, false, 0);
}

static void tries_count_down_and_then_the_old_slot_runs(void **state)
{
    __attribute__((cleanup(marker_cleanup))) struct marker marker;
    (void)state;
    for (int tries = 1; tries <= 3; tries++) {
        begin(&marker);
        stage(&marker, 1, tries);
        assert_state(&marker, 0, 1, false, tries);
        for (int boot = 1; boot <= tries; boot++) {
            restart(&marker);
            assert_state(&marker, 1, 1, true, tries - boot);
        }
        restart(&marker);
        assert_state(&marker, 0, 0, false, 0);
        restart(&marker);
        assert_state(&marker, 0, 0, false, 0);
        if (tries < 3)
            marker_cleanup(&marker);
    }
}

static void a_confirmed_slot_stays(void **state)
{
    __attribute__((cleanup(marker_cleanup))) struct marker marker;
    (void)state;
    begin(&marker);
    stage(&marker, 1, 2);
    restart(&marker);
    assert_int_equal(marker.port.confirm(marker.port.context, NULL), PST_OK);
    assert_state(&marker, 1, 1, false, 0);
    for (int i = 0; i < 3; i++)
        restart(&marker);
    assert_state(&marker, 1, 1, false, 0);
    stage(&marker, 0, 1);
    restart(&marker);
    restart(&marker);
    assert_state(&marker, 1, 1, false, 0);
}

static void reverting_takes_back_what_is_staged_or_on_trial(void **state)
{
    __attribute__((cleanup(marker_cleanup))) struct marker marker;
    (void)state;
    begin(&marker);
    stage(&marker, 1, 3);
    assert_int_equal(marker.port.revert(marker.port.context, NULL), PST_OK);
    assert_state(&marker, 0, 0, false, 0);
    restart(&marker);
    assert_state(&marker, 0, 0, false, 0);

    stage(&marker, 1, 3);
    restart(&marker);
    assert_int_equal(marker.port.revert(marker.port.context, NULL), PST_OK);
    assert_state(&marker, 1, 1, true, 0);
    restart(&marker);
    assert_state(&marker, 0, 0, false, 0);
}

static void during_a_trial_nothing_else_can_be_staged(void **state)
{
    __attribute__((cleanup(marker_cleanup))) struct marker marker;
    (void)state;
    begin(&marker);
    stage(&marker, 1, 3);
    restart(&marker);
    for (int slot = 0; slot < 2; slot++)
        assert_int_equal(marker.port.set_next(marker.port.context, slot, 3, NULL), PST_BOOT_MARKER);
    assert_state(&marker, 1, 1, true, 2);
}

static void impossible_wishes_are_refused(void **state)
{
    static const int wishes[][2] = {{-1, 1}, {2, 1}, {1, 0}, {1, -1}, {1, 256}};
    __attribute__((cleanup(marker_cleanup))) struct marker marker;
    (void)state;
    begin(&marker);
    for (size_t i = 0; i < PST_COUNT(wishes); i++)
        assert_int_equal(
            marker.port.set_next(marker.port.context, wishes[i][0], wishes[i][1], NULL),
            PST_BOOT_MARKER);
    assert_state(&marker, 0, 0, false, 0);
}

/* ---- torn and damaged ------------------------------------------------------------------------ */

/* S13: of the write of a record, the first k bytes are there. */
static void a_record_torn_at_any_byte_leaves_the_one_before(void **state)
{
    __attribute__((cleanup(marker_cleanup))) struct marker marker;
    uint8_t before[FILE_BYTES], after[FILE_BYTES], torn[FILE_BYTES];
    (void)state;
    begin(&marker);
    stage(&marker, 1, 2);
    restart(&marker); /* two records by now */
    read_file(&marker, before);
    assert_int_equal(marker.port.confirm(marker.port.context, NULL), PST_OK);
    read_file(&marker, after);
    size_t place = memcmp(before, after, PST_BOOT_RECORD_BYTES) != 0 ? 0 : PST_BOOT_RECORD_BYTES;

    for (size_t k = 0; k <= PST_BOOT_RECORD_BYTES; k++) {
        memcpy(torn, before, sizeof torn);
        memcpy(torn + place, after + place, k);
        write_file(&marker, torn, sizeof torn);
        struct pst_boot_state found = read_state(&marker);
        bool is_old = found.trial && found.tries_left == 1;
        bool is_new = !found.trial && found.tries_left == 0;
        assert_int_equal(found.active, 1);
        assert_true(is_old || is_new);
        if (memcmp(torn, after, sizeof torn) != 0)
            assert_true(is_old);
        else
            assert_true(is_new);
        /* And it can be written again from there. */
        assert_int_equal(marker.port.confirm(marker.port.context, NULL), PST_OK);
        assert_state(&marker, 1, 1, false, 0);
    }
}

static void every_damaged_byte_of_a_record_makes_the_other_count(void **state)
{
    __attribute__((cleanup(marker_cleanup))) struct marker marker;
    uint8_t good[FILE_BYTES], bad[FILE_BYTES];
    (void)state;
    begin(&marker);
    stage(&marker, 1,
          2); /* sequence 2, in the second place; the first still says that slot 0 is next */
    read_file(&marker, good);
    for (size_t at = PST_BOOT_RECORD_BYTES; at < FILE_BYTES; at++) {
        memcpy(bad, good, sizeof bad);
        bad[at] ^= (uint8_t)(1 << at % 8);
        write_file(&marker, bad, sizeof bad);
        assert_state(&marker, 0, 0, false, 0);
    }
    for (size_t at = 0; at < PST_BOOT_RECORD_BYTES; at++) {
        memcpy(bad, good, sizeof bad);
        bad[at] ^= (uint8_t)(1 << at % 8);
        write_file(&marker, bad, sizeof bad);
        assert_state(&marker, 0, 1, false, 2);
    }
}

static void with_both_damaged_every_call_says_so_and_nothing_is_written(void **state)
{
    __attribute__((cleanup(marker_cleanup))) struct marker marker;
    uint8_t bytes[FILE_BYTES], still[FILE_BYTES];
    struct pst_boot_state found;
    struct pst_report why = {0};
    (void)state;
    begin(&marker);
    stage(&marker, 1, 2);
    read_file(&marker, bytes);
    bytes[20] ^= 1;
    bytes[PST_BOOT_RECORD_BYTES + 20] ^= 1;
    write_file(&marker, bytes, sizeof bytes);
    void *context = marker.port.context;
    assert_int_equal(marker.port.read(context, &found, &why), PST_BOOT_MARKER);
    assert_int_equal(marker.port.set_next(context, 1, 1, &why), PST_BOOT_MARKER);
    assert_int_equal(marker.port.confirm(context, &why), PST_BOOT_MARKER);
    assert_int_equal(marker.port.revert(context, &why), PST_BOOT_MARKER);
    assert_int_equal(marker.port.simulate_restart(context, &why), PST_BOOT_MARKER);
    read_file(&marker, still);
    assert_memory_equal(bytes, still, sizeof bytes);
    /* Opening does not mend what it does not know. */
    assert_int_equal(pst_file_boot_open(marker.path, &marker.boot, NULL), PST_OK);
    assert_int_equal(marker.port.read(context, &found, &why), PST_BOOT_MARKER);
}

static void a_file_that_is_cut_keeps_its_first_record(void **state)
{
    __attribute__((cleanup(marker_cleanup))) struct marker marker;
    uint8_t bytes[FILE_BYTES];
    struct pst_boot_state found;
    (void)state;
    begin(&marker);
    read_file(&marker, bytes);
    write_file(&marker, bytes, PST_BOOT_RECORD_BYTES + 100);
    assert_state(&marker, 0, 0, false, 0);
    write_file(&marker, bytes, PST_BOOT_RECORD_BYTES - 1);
    assert_int_equal(marker.port.read(marker.port.context, &found, NULL), PST_BOOT_MARKER);
    write_file(&marker, bytes, 0);
    assert_int_equal(marker.port.read(marker.port.context, &found, NULL), PST_BOOT_MARKER);
}

static void the_newer_record_counts_in_either_place(void **state)
{
    __attribute__((cleanup(marker_cleanup))) struct marker marker;
    uint8_t bytes[FILE_BYTES], swapped[FILE_BYTES];
    (void)state;
    begin(&marker);
    for (int i = 0; i < 5; i++) {
        stage(&marker, 1, i + 1);
        read_file(&marker, bytes);
        memcpy(swapped, bytes + PST_BOOT_RECORD_BYTES, PST_BOOT_RECORD_BYTES);
        memcpy(swapped + PST_BOOT_RECORD_BYTES, bytes, PST_BOOT_RECORD_BYTES);
        write_file(&marker, swapped, sizeof swapped);
        assert_state(&marker, 0, 1, false, i + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_marker_runs_slot_0_and_stages_nothing),
        cmocka_unit_test(tries_count_down_and_then_the_old_slot_runs),
        cmocka_unit_test(a_confirmed_slot_stays),
        cmocka_unit_test(reverting_takes_back_what_is_staged_or_on_trial),
        cmocka_unit_test(during_a_trial_nothing_else_can_be_staged),
        cmocka_unit_test(impossible_wishes_are_refused),
        cmocka_unit_test(a_record_torn_at_any_byte_leaves_the_one_before),
        cmocka_unit_test(every_damaged_byte_of_a_record_makes_the_other_count),
        cmocka_unit_test(with_both_damaged_every_call_says_so_and_nothing_is_written),
        cmocka_unit_test(a_file_that_is_cut_keeps_its_first_record),
        cmocka_unit_test(the_newer_record_counts_in_either_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
