/* SPDX-License-Identifier: Apache-2.0 */
/* The state port on a folder: whole documents under names that stay inside. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/state/folder_state.h"
#include "manifests/file.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

struct folder {
    struct pst_scratch scratch;
    char path[400];
    struct pst_folder_state state;
    struct pst_state_port port;
};

static void folder_cleanup(struct folder *folder)
{
    pst_scratch_cleanup(&folder->scratch);
}

static void begin(struct folder *folder)
{
    folder->scratch = pst_scratch();
    pst_scratch_path(&folder->scratch, "deep/state", folder->path, sizeof folder->path);
    assert_int_equal(pst_folder_state_open(folder->path, &folder->state, NULL), PST_OK);
    folder->port = pst_folder_state_port(&folder->state);
}
#define FOLDER(name) __attribute__((cleanup(folder_cleanup))) struct folder name

static enum pst_code replace(struct folder *folder, const char *name, const char *text)
{
    return folder->port.replace(folder->port.context, name, pst_bytes_of(pst_text(text)), NULL);
}

static void assert_holds(struct folder *folder, const char *name, const char *text)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(4096);
    assert_int_equal(folder->port.read(folder->port.context, name, &bytes, NULL), PST_OK);
    assert_true(pst_text_is(pst_buf_text(&bytes), text));
}

static void a_document_is_replaced_whole_and_removed(void **state)
{
    FOLDER(folder);
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(100);
    struct pst_report why = {0};
    struct stat facts;
    char path[500];
    (void)state;
    begin(&folder);
    assert_int_equal(folder.port.read(folder.port.context, "update", &bytes, &why),
                     PST_HOST_NOT_FOUND);
    assert_int_equal(why.count, 0); /* an answer, not a finding */
    assert_int_equal(replace(&folder, "update", "one"), PST_OK);
    assert_int_equal(replace(&folder, "update", "two, and longer"), PST_OK);
    assert_holds(&folder, "update", "two, and longer");
    assert_int_equal(replace(&folder, "update", ""), PST_OK);
    assert_holds(&folder, "update", "");
    assert_true(pst_path_join(folder.path, "update", path, sizeof path));
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);

    assert_int_equal(folder.port.remove(folder.port.context, "update", NULL), PST_OK);
    assert_int_equal(folder.port.remove(folder.port.context, "update", NULL), PST_OK);
    assert_int_equal(access(path, F_OK), -1);
}

static void a_name_that_could_leave_the_folder_is_none(void **state)
{
    static const char *const names[] = {"", ".", "..", "../x", "a/b", "/etc/passwd", ".hidden"};
    FOLDER(folder);
    char longest[400];
    (void)state;
    begin(&folder);
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i <= PST_COUNT(names); i++) {
        const char *name = i < PST_COUNT(names) ? names[i] : longest;
        PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(4096);
        struct pst_report why = {0};
        void *context = folder.port.context;
        assert_int_equal(replace(&folder, name, "x"), PST_HOST_NOT_FOUND);
        assert_int_equal(folder.port.read(context, name, &bytes, &why), PST_HOST_NOT_FOUND);
        assert_int_equal(why.count, 1);
        assert_int_equal(folder.port.remove(context, name, NULL), PST_HOST_NOT_FOUND);
    }
    assert_int_equal(replace(&folder, "%2E.%2Fx.json", "fine"), PST_OK);
    assert_holds(&folder, "%2E.%2Fx.json", "fine");
}

static void a_document_larger_than_the_reader_wants_is_refused(void **state)
{
    FOLDER(folder);
    PST_CLEANUP(pst_buf) struct pst_buf small = pst_buf(3);
    (void)state;
    begin(&folder);
    assert_int_equal(replace(&folder, "update", "four"), PST_OK);
    assert_int_equal(folder.port.read(folder.port.context, "update", &small, NULL), PST_TOO_LARGE);
    assert_int_equal(small.len, 0);
}

static void what_a_cut_left_behind_is_no_document(void **state)
{
    FOLDER(folder);
    char path[500];
    (void)state;
    begin(&folder);
    assert_int_equal(replace(&folder, "update", "old"), PST_OK);
    assert_true(pst_path_join(folder.path, ".update.tmp", path, sizeof path));
    assert_int_equal(pst_file_replace(path, pst_bytes("ne", 2), 0600, NULL), PST_OK);
    assert_holds(&folder, "update", "old");
    assert_int_equal(replace(&folder, "update", "new"), PST_OK);
    assert_holds(&folder, "update", "new");
}

static void the_folder_is_closed_to_others_and_may_be_there_already(void **state)
{
    FOLDER(folder);
    struct pst_folder_state again;
    struct stat facts;
    (void)state;
    begin(&folder);
    assert_int_equal(stat(folder.path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
    assert_int_equal(pst_folder_state_open(folder.path, &again, NULL), PST_OK);
    char longest[600];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_true(pst_folder_state_open(longest, &again, NULL) != PST_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_replaced_whole_and_removed),
        cmocka_unit_test(a_name_that_could_leave_the_folder_is_none),
        cmocka_unit_test(a_document_larger_than_the_reader_wants_is_refused),
        cmocka_unit_test(what_a_cut_left_behind_is_no_document),
        cmocka_unit_test(the_folder_is_closed_to_others_and_may_be_there_already),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
