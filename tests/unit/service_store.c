/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/store/sqlite/sqlite_store.h"
#include "service/store/store.h"
#include "tests/support/check.h"
#include "tests/support/store_conformance.h"

static enum pst_code make_sqlite(const char *folder, struct pst_store_backend *out,
                                 struct pst_report *why)
{
    char path[512];
    int len = snprintf(path, sizeof path, "%s/store.db", folder);
    assert_true(len > 0 && (size_t)len < sizeof path);
    return pst_sqlite_backend(path, out, why);
}

/* Opens a handle on the store in `folder` and closes it again; what opening said. */
static enum pst_code try_open(const char *folder, bool writer, struct pst_report *why)
{
    struct pst_store_backend backend;
    struct pst_store *store = NULL;

    assert_int_equal(make_sqlite(folder, &backend, why), PST_OK);
    enum pst_code code = writer ? backend.open_writer(backend.context, &store, why)
                                : backend.open_reader(backend.context, &store, why);
    if (code == PST_OK)
        store->ops->close(store);
    else
        assert_null(store);
    backend.free(backend.context);
    return code;
}

static void expect_open(const struct pst_scratch *scratch, bool writer, enum pst_code expected)
{
    struct pst_report why = {0};
    enum pst_code code = try_open(scratch->path, writer, &why);
    if (code != expected)
        fail_msg("opening the %s gave %s (%s), not %s", writer ? "writer" : "reader",
                 pst_code_name(code), why.finding[0].found, pst_code_name(expected));
    assert_int_equal(why.count, code == PST_OK ? 0 : 1);
}

static void write_file(const struct pst_scratch *scratch, const char *name, int flags, off_t at,
                       struct pst_bytes content)
{
    char path[512];
    pst_scratch_path(scratch, name, path, sizeof path);
    PST_CLEANUP(pst_fd) int fd = open(path, flags | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, content.at, content.len, at), (ssize_t)content.len);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    static const char text[] = "This was once a shopping list and is now in the wrong place; it is "
                               "long enough to look like the head of something.";
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    (void)state;
    write_file(&scratch, "store.db", O_CREAT, 0, pst_bytes(text, sizeof text));
    expect_open(&scratch, true, PST_HOST_STATE);
    expect_open(&scratch, false, PST_HOST_STATE);
}

/* SQLite's file header holds user_version at byte 60 and application_id at byte 68, big-endian. */
static void a_database_of_a_newer_service_is_left_alone(void **state)
{
    static const uint8_t version[] = {0, 0, 0x10, 0};
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    (void)state;
    expect_open(&scratch, true, PST_OK);
    write_file(&scratch, "store.db", 0, 60, pst_bytes(version, sizeof version));
    expect_open(&scratch, true, PST_HOST_STATE_NEWER);
    expect_open(&scratch, false, PST_HOST_STATE_NEWER);
}

static void another_programs_database_is_left_alone(void **state)
{
    static const uint8_t application[] = {'c', 'a', 'l', 'c'};
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    (void)state;
    expect_open(&scratch, true, PST_OK);
    write_file(&scratch, "store.db", 0, 68, pst_bytes(application, sizeof application));
    expect_open(&scratch, true, PST_HOST_STATE);
    expect_open(&scratch, false, PST_HOST_STATE);
}

static void a_reader_makes_no_database(void **state)
{
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    struct stat ignored;
    char path[512];
    (void)state;
    expect_open(&scratch, false, PST_HOST_NOT_FOUND);
    pst_scratch_path(&scratch, "store.db", path, sizeof path);
    assert_int_not_equal(stat(path, &ignored), 0);
    write_file(&scratch, "store.db", O_CREAT, 0, pst_bytes("", 0)); /* begun and never migrated */
    expect_open(&scratch, false, PST_HOST_STATE);
    expect_open(&scratch, true, PST_OK);
    expect_open(&scratch, false, PST_OK);
}

static void a_folder_that_is_not_there_is_named_as_such(void **state)
{
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    struct pst_report why = {0};
    char folder[512];
    (void)state;
    pst_scratch_path(&scratch, "none", folder, sizeof folder);
    assert_int_equal(try_open(folder, true, &why), PST_HOST_NOT_FOUND);
    assert_int_equal(try_open(folder, false, &why), PST_HOST_NOT_FOUND);
}

static void a_second_writer_is_refused_and_readers_are_not(void **state)
{
    struct pst_store_fixture *fx = *state;
    expect_open(&fx->scratch, true, PST_HOST_LOCKED);
    expect_open(&fx->scratch, false, PST_OK);
}

static void the_database_is_for_its_owner_only(void **state)
{
    struct pst_store_fixture *fx = *state;
    static const char *const names[] = {"store.db", "store.db-wal", "store.db.writer"};
    for (size_t i = 0; i < PST_COUNT(names); i++) {
        struct stat info;
        char path[512];
        pst_scratch_path(&fx->scratch, names[i], path, sizeof path);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
}

/* The superuser may write anywhere, so the attempt is made by a child that is nobody. */
static int open_as_nobody(const char *folder)
{
    enum { NOBODY = 65534 };
    struct pst_report why = {0};
    if (getuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        return 2;
    return try_open(folder, true, &why) == PST_HOST_PERMISSION ? 0 : 1;
}

static void a_folder_without_the_right_to_write_is_named_as_such(void **state)
{
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    int status = 0;
    (void)state;
    assert_int_equal(chmod(scratch.path, 0555), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(open_as_nobody(scratch.path));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_path_is_never_a_name_of_sqlites_own(void **state)
{
    static const char *const paths[] = {":memory:", "file:store.db?mode=memory"};
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    struct pst_report why = {0};
    struct pst_store_backend backend;
    char here[4096];
    (void)state;
    assert_int_equal(pst_sqlite_backend("", &backend, &why), PST_OUT_OF_BOUNDS);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(scratch.path), 0);
    for (size_t i = 0; i < PST_COUNT(paths); i++) {
        struct pst_store *store = NULL;
        assert_int_equal(pst_sqlite_backend(paths[i], &backend, &why), PST_OK);
        assert_int_equal(backend.open_writer(backend.context, &store, &why), PST_OK);
        store->ops->close(store);
        backend.free(backend.context);
        assert_int_equal(access(paths[i], F_OK), 0); /* a file of that name, and no more */
    }
    assert_int_equal(chdir(here), 0);
}

/* ---- cut short */

static void set_file_limit(rlim_t soft)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int lift_file_limit(void **state)
{
    (void)state;
    set_file_limit(RLIM_INFINITY);
    return 0;
}

/* The disk is full after so many bytes, for each number of bytes up to the whole new database. */
static void a_migration_that_was_cut_short_is_done_again(void **state)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    unsigned cut = 0;
    bool whole = false;
    (void)state;
    assert_int_equal(sigaction(SIGXFSZ, &ignore, &before), 0);
    for (rlim_t bytes = 0; !whole; bytes += 1024) {
        PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
        struct pst_report why = {0};
        set_file_limit(bytes);
        enum pst_code code = try_open(scratch.path, true, &why);
        set_file_limit(RLIM_INFINITY);
        whole = code == PST_OK;
        if (!whole && code != PST_HOST_DISK_FULL)
            fail_msg("after %lu bytes: %s (%s)", (unsigned long)bytes, pst_code_name(code),
                     why.finding[0].found);
        cut += !whole;
        expect_open(&scratch, true, PST_OK);
        expect_open(&scratch, false, PST_OK);
    }
    assert_true(cut > 20);
    assert_int_equal(sigaction(SIGXFSZ, &before, NULL), 0);
}

/* ---- the log */

static off_t log_bytes(const struct pst_store_fixture *fx)
{
    struct stat info;
    char path[512];
    pst_scratch_path(&fx->scratch, "store.db-wal", path, sizeof path);
    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

static void an_idle_writer_empties_the_log_and_never_waits_for_a_reader(void **state)
{
    struct pst_store_fixture *fx = *state;
    pst_store_put_terminals(fx, 0, 100, "pos-a");
    assert_true(log_bytes(fx) > 0);
    PST_STORE_OK(fx, fx->writer->ops->checkpoint(fx->writer, /* idle= */ false, &fx->why));
    assert_true(log_bytes(fx) > 0); /* it is not worth it yet */
    PST_STORE_OK(fx, fx->writer->ops->checkpoint(fx->writer, /* idle= */ true, &fx->why));
    assert_int_equal(log_bytes(fx), 0);
}

static bool write_under_the_reader(void *context, const void *row)
{
    struct pst_store_fixture *fx = context;
    (void)row;
    pst_store_put_terminals(fx, 500, 100, "pos-a");
    PST_STORE_OK(fx, fx->writer->ops->checkpoint(fx->writer, /* idle= */ true, &fx->why));
    return false;
}

static void a_reader_in_the_middle_stops_no_write_and_no_checkpoint(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_terminal_query query = {.limit = 100};
    struct pst_terminal_row row;

    pst_store_put_terminals(fx, 0, 100, "pos-a");
    PST_STORE_OK(
        fx, fx->reader->ops->terminals(fx->reader, &query, write_under_the_reader, fx, &fx->why));
    PST_STORE_OK(fx, fx->reader->ops->terminal(fx->reader, pst_store_terminal(599, "pos-a").id,
                                               &row, &fx->why));
}

/* A fleet rewritten over and over: the log is moved and used again, and stays far below what was
 * written. */
static void the_log_does_not_grow_with_what_is_written(void **state)
{
    struct pst_store_fixture *fx = *state;
    off_t most = 0;
    for (unsigned i = 0; i < 60; i++) {
        pst_store_put_terminals(fx, i * 2000, 2000, "pos-a");
        PST_STORE_OK(fx, fx->writer->ops->checkpoint(fx->writer, /* idle= */ false, &fx->why));
        if (log_bytes(fx) > most)
            most = log_bytes(fx);
    }
    assert_in_range(most, 1, 20 << 20);
}

/* The disk hurts the file under an open reader: all but the schema is overwritten. */
static void a_damaged_page_is_told_and_not_served(void **state)
{
    struct pst_store_fixture *fx = *state;
    uint8_t noise[4096];
    struct stat info;
    char path[512];
    enum pst_code code = PST_OK;

    memset(noise, 0x5a, sizeof noise);
    pst_store_put_terminals(fx, 0, 2000, "pos-a");
    PST_STORE_OK(fx, fx->writer->ops->checkpoint(fx->writer, /* idle= */ true, &fx->why));
    pst_scratch_path(&fx->scratch, "store.db", path, sizeof path);
    assert_int_equal(stat(path, &info), 0);
    for (off_t at = 4096 * 4; at + 4096 <= info.st_size; at += 4096)
        write_file(&fx->scratch, "store.db", 0, at, pst_bytes(noise, sizeof noise));
    struct pst_terminal_row row;
    code =
        fx->reader->ops->terminal(fx->reader, pst_store_terminal(77, "pos-a").id, &row, &fx->why);
    assert_int_equal(code, PST_HOST_STATE);
    assert_int_equal(fx->why.count, 1);
    fx->why = (struct pst_report){0};
}

int main(void)
{
    struct pst_store_maker maker = {make_sqlite};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_is_no_database_is_refused),
        cmocka_unit_test(a_database_of_a_newer_service_is_left_alone),
        cmocka_unit_test(another_programs_database_is_left_alone),
        cmocka_unit_test(a_reader_makes_no_database),
        cmocka_unit_test(a_folder_that_is_not_there_is_named_as_such),
        cmocka_unit_test(a_folder_without_the_right_to_write_is_named_as_such),
        cmocka_unit_test(a_path_is_never_a_name_of_sqlites_own),
        cmocka_unit_test_teardown(a_migration_that_was_cut_short_is_done_again, lift_file_limit),
#define WITH_STORE(test)                                                                           \
    cmocka_unit_test_prestate_setup_teardown(test, pst_store_setup, pst_store_teardown, &maker)
        WITH_STORE(a_second_writer_is_refused_and_readers_are_not),
        WITH_STORE(the_database_is_for_its_owner_only),
        WITH_STORE(an_idle_writer_empties_the_log_and_never_waits_for_a_reader),
        WITH_STORE(a_reader_in_the_middle_stops_no_write_and_no_checkpoint),
        WITH_STORE(the_log_does_not_grow_with_what_is_written),
        WITH_STORE(a_damaged_page_is_told_and_not_served),
#undef WITH_STORE
    };
    return cmocka_run_group_tests(tests, NULL, NULL) + pst_store_conformance("sqlite", make_sqlite);
}
