/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/store/sqlite/sqlite_store.h"
#include "tests/support/check.h"
#include "tests/support/writer_bench.h"

/* ---- no room on the disk */

/* Fills the store until a write fails: 60 terminals a batch. Answers how many jobs were refused. */
static size_t fill(struct pst_bench *bench, unsigned *next, unsigned most, enum pst_code *code)
{
    size_t failed = 0;
    while (failed == 0 && *next < most) {
        struct pst_bench_job *jobs = pst_bench_jobs(bench, 60, *next), gate;
        size_t before = bench->done;
        pst_bench_hold(bench, &gate);
        for (size_t i = 0; i < 60; i++)
            pst_bench_submit(bench, &jobs[i]);
        pst_bench_let_go(bench);
        pst_bench_wait(bench, before + 61);
        for (size_t i = 0; i < 60; i++) {
            failed += jobs[i].code != PST_OK;
            if (jobs[i].code != PST_OK) {
                *code = jobs[i].code;
                assert_int_equal(jobs[i].job.why.count, 1);
            }
        }
        if (failed == 0)
            *next += 60;
        free(jobs);
    }
    return failed;
}

static void expect_full_then_mended(struct pst_bench *bench, void (*mend)(struct pst_bench *bench))
{
    unsigned next = 0;
    enum pst_code code = PST_OK;
    struct pst_store *reader = pst_bench_reader(bench);

    assert_int_equal(fill(bench, &next, 200000, &code), 60); /* the batch as a whole */
    assert_int_equal(code, PST_HOST_DISK_FULL);
    assert_false(pst_writer_is_healthy(bench->writer));
    for (unsigned i = 0; i < next; i++)
        assert_true(pst_bench_is_stored(reader, i)); /* what was acknowledged; reading goes on */
    assert_false(pst_bench_is_stored(reader, next));
    mend(bench);
    struct pst_bench_job *job = pst_bench_jobs(bench, 1, next);
    assert_int_equal(pst_writer_run(bench->writer, &job->job), PST_OK);
    assert_true(pst_writer_is_healthy(bench->writer));
    assert_true(pst_bench_is_stored(reader, next));
    free(job);
    reader->ops->close(reader);
}

static void set_file_limit(rlim_t soft)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void lift_file_limit(struct pst_bench *bench)
{
    (void)bench;
    set_file_limit(RLIM_INFINITY);
}

/* Also when the test failed in the middle: the other tests need their files. */
static int lift_file_limit_after(void **state)
{
    (void)state;
    set_file_limit(RLIM_INFINITY);
    return 0;
}

static void a_quota_that_is_used_up_is_a_full_disk_and_the_writer_recovers(void **state)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    struct pst_bench *bench = pst_bench_open(100, 100);
    (void)state;
    assert_int_equal(sigaction(SIGXFSZ, &ignore, &before), 0);
    set_file_limit(2 << 20);
    expect_full_then_mended(bench, lift_file_limit);
    assert_int_equal(sigaction(SIGXFSZ, &before, NULL), 0);
    pst_bench_close(bench);
}

static void make_room(struct pst_bench *bench)
{
    char path[512];
    pst_scratch_path(&bench->scratch, "ballast", path, sizeof path);
    assert_int_equal(unlink(path), 0);
}

/* A file system of its own, of 8 MiB, of which half is taken by something else. */
static int mount_small(void **state)
{
    struct pst_scratch *scratch = calloc(1, sizeof *scratch);
    assert_non_null(scratch);
    *scratch = pst_scratch();
    if (mount("none", scratch->path, "tmpfs", 0, "size=8m,mode=0700") != 0)
        pst_scratch_cleanup(scratch); /* it takes the superuser; the path is empty now */
    *state = scratch;
    return 0;
}

static int unmount_small(void **state)
{
    struct pst_scratch *scratch = *state;
    if (scratch->path[0] != '\0')
        assert_int_equal(umount2(scratch->path, MNT_DETACH), 0);
    pst_scratch_cleanup(scratch);
    free(scratch);
    return 0;
}

static void a_full_file_system_is_told_and_the_writer_recovers(void **state)
{
    static const char ballast[4 << 20] = {1};
    const struct pst_scratch *scratch = *state;
    struct pst_scratch inside;
    char path[512];

    if (scratch->path[0] == '\0')
        skip();
    pst_scratch_path(scratch, "in", inside.path, sizeof inside.path);
    assert_int_equal(mkdir(inside.path, 0700), 0);
    pst_scratch_path(&inside, "ballast", path, sizeof path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(ballast, 1, sizeof ballast, file), sizeof ballast);
    assert_int_equal(fclose(file), 0);

    struct pst_bench *bench = pst_bench_open_at(inside, 100, 100);
    expect_full_then_mended(bench, make_room);
    pst_bench_close(bench);
}

/* ---- kill -9 */

struct acknowledgement {
    struct pst_bench_job job;
    int fd;
};

static void tell_parent(struct pst_job *job, enum pst_code code)
{
    struct acknowledgement *told = (struct acknowledgement *)(void *)job;
    if (code != PST_OK || write(told->fd, &told->job.number, sizeof told->job.number) < 0)
        _exit(3);
    free(told);
}

/* The child: writes for ever, and says what is acknowledged. */
static void write_until_killed(const struct pst_scratch *scratch, unsigned first, int fd)
{
    struct pst_bench *bench = pst_bench_open_at(*scratch, 256, 32);
    for (unsigned number = first;; number++) {
        struct acknowledgement *told = calloc(1, sizeof *told);
        if (told == NULL)
            _exit(4);
        told->job =
            (struct pst_bench_job){.job = {.apply = pst_bench_put_terminal, .done = tell_parent},
                                   .bench = bench,
                                   .number = number};
        told->fd = fd;
        while (pst_writer_submit(bench->writer, &told->job.job, NULL) != PST_OK)
            sched_yield();
    }
}

/* Answers the highest number that was acknowledged; they come in order. */
static unsigned kill_after(const struct pst_scratch *scratch, unsigned first, unsigned count)
{
    int pipe_fd[2], status = 0;
    unsigned number = 0, last = 0, expected = first;
    assert_int_equal(pipe(pipe_fd), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(pipe_fd[0]);
        write_until_killed(scratch, first, pipe_fd[1]);
    }
    close(pipe_fd[1]);
    while (read(pipe_fd[0], &number, sizeof number) == (ssize_t)sizeof number) {
        assert_int_equal(number, expected++);
        last = number;
        if (number + 1 == first + count)
            kill(child, SIGKILL);
    }
    close(pipe_fd[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    return last;
}

static void what_was_acknowledged_is_there_after_kill_9(void **state)
{
    static const unsigned counts[] = {1, 33, 500, 90, 1500};
    struct pst_scratch scratch = pst_scratch();
    unsigned first = 0;
    (void)state;
    for (size_t i = 0; i < PST_COUNT(counts); i++) {
        unsigned last = kill_after(&scratch, first, counts[i]);
        struct pst_store_backend backend;
        struct pst_store *store = NULL;
        struct pst_report why = {0};
        char path[512];
        pst_scratch_path(&scratch, "store.db", path, sizeof path);
        pst_bench_must(pst_sqlite_backend(path, &backend, &why), &why);
        pst_bench_must(backend.open_writer(backend.context, &store, &why), &why);
        for (unsigned number = 0; number <= last; number++)
            if (!pst_bench_is_stored(store, number))
                fail_msg("round %zu: %u was acknowledged and is lost", i, number);
        store->ops->close(store);
        backend.free(backend.context);
        first = last + 1;
    }
    pst_scratch_cleanup(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_acknowledged_is_there_after_kill_9),
        cmocka_unit_test_teardown(a_quota_that_is_used_up_is_a_full_disk_and_the_writer_recovers,
                                  lift_file_limit_after),
        cmocka_unit_test_setup_teardown(a_full_file_system_is_told_and_the_writer_recovers,
                                        mount_small, unmount_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
