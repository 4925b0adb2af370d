/* SPDX-License-Identifier: Apache-2.0 */
/*
 * F12: a host without files, memory or quiet. With its state in a real folder the terminal updates,
 * or says that this host could not; and with the shortage over it updates.
 *
 * Each try is a process of its own: limits and closed descriptors are not for the others.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/state/folder_state.h"
#include "agent/trust/tuf_client.h"
#include "manifests/file.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ROOM_FOR_LIMITS false /* the sanitizer's own shadow is larger than any limit */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define HAS_ROOM_FOR_LIMITS false
#endif
#endif
#ifndef HAS_ROOM_FOR_LIMITS
#define HAS_ROOM_FOR_LIMITS true
#endif

/* ---- a terminal with a real folder ----------------------------------------------------------- */

struct host {
    struct attack *shared;
    struct pst_scratch scratch;
    struct pst_folder_state state, metadata;
};

static void settle_in(struct host *host, struct attack_case *it)
{
    struct agent_scene *scene = it->scene;
    char path[400];

    pst_scratch_path(&host->scratch, "state", path, sizeof path);
    assert_int_equal(pst_folder_state_open(path, &host->state, NULL), PST_OK);
    pst_scratch_path(&host->scratch, "metadata", path, sizeof path);
    assert_int_equal(pst_folder_state_open(path, &host->metadata, NULL), PST_OK);
    scene->ports.state = pst_folder_state_port(&host->state);
    scene->ports.metadata = pst_folder_state_port(&host->metadata);
    assert_int_equal(pst_tuf_init(&scene->ports.metadata, pst_repo_bytes(&scene->repo->root),
                                  PST_REPO_NOW, NULL),
                     PST_OK);
    it->reports_may_fail = true;
}

static bool is_staged(const struct attack_case *it)
{
    return it->cycle->progress == PST_PROGRESS_STAGED;
}

/* A fault of the host, or of its memory: nobody else is to blame. */
static void blames_the_host(struct attack_case *it)
{
    for (size_t i = 0; i < it->cycle->why.count; i++) {
        const struct pst_finding *finding = &it->cycle->why.finding[i];
        attack_holds(it, strncmp(pst_code_name(finding->code), "host.", 5) == 0,
                     "it is said to be %s at %s", pst_code_name(finding->code), finding->where);
    }
}

typedef void child_fn(struct host *host, struct attack_case *it, size_t number);

static void in_a_process(struct host *host, struct attack_case *it, child_fn *run, size_t number)
{
    int status = 0;

    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        it->attack = host->shared;
        run(host, it, number);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (status != 0) {
        host->shared->broken++;
        fprintf(stderr, "F12 %s: ended with status %d\n", it->name, status);
    }
}

static void each(struct attack *attack, struct host *host, const char *what, child_fn *run,
                 const size_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        PST_CLEANUP(attack_case)
        struct attack_case it = attack_case_new(attack, "%s %zu", what, numbers[i]);
        host->scratch = pst_scratch();
        settle_in(host, &it);
        in_a_process(host, &it, run, numbers[i]);
        pst_scratch_cleanup(&host->scratch);
    }
}

/* ---- few descriptors ------------------------------------------------------------------------- */

static void few_files(struct host *host, struct attack_case *it, size_t number)
{
    struct rlimit limit, before;
    (void)host;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = before;
    limit.rlim_cur = number;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    (void)attack_cycle(it);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    attack_holds(it, number >= 8 ? is_staged(it) : true, "8 descriptors are not enough%s",
                 agent_scene_explain(&it->cycle->why));
    blames_the_host(it);
    if (!is_staged(it))
        attack_converges(it);
}

/* ---- no memory but these pages --------------------------------------------------------------- */

enum { PAGE = 4096 };

/* All that there was, in a list. */
struct page {
    struct page *next;
    char rest[PAGE - sizeof(struct page *) - 16];
};
static struct {
    struct page *taken;
    size_t left;
} pages;

static void shorten(bool begins)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = begins ? 1 << 20 : limit.rlim_max; /* below what is in use: it cannot grow */
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
    for (struct page *page = NULL; begins && (page = malloc(sizeof *page)) != NULL;) {
        page->next = pages.taken;
        pages.taken = page;
    }
    for (size_t i = 0; pages.taken != NULL && (!begins || i < pages.left); i++) {
        struct page *page = pages.taken;
        pages.taken = page->next;
        free(page);
    }
}

static void few_pages(struct host *host, struct attack_case *it, size_t number)
{
    (void)host;
    memset(it->cycle, 0, sizeof *it->cycle);
    pages.left = number;
    it->around = shorten;
    (void)attack_cycle(it);
    it->around = NULL;
    blames_the_host(it);
    if (!is_staged(it))
        attack_converges(it);
}

/* ---- no standard files ----------------------------------------------------------------------- */

static void without_standard_files(struct host *host, struct attack_case *it, size_t number)
{
    char path[400];
    int told = fcntl(2, F_DUPFD, 10);

    for (int fd = 0; fd <= 2; fd++)
        if ((number & (1u << fd)) != 0)
            close(fd);
    bool filled = pst_standard_files();
    pst_scratch_path(&host->scratch, "file", path, sizeof path);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    (void)attack_cycle(it);
    (void)dup2(told, 2); /* what is told from now on shall be seen */
    attack_holds(it, filled && fd > 2, "a file got number %d", fd);
    attack_holds(it, is_staged(it), "not staged%s", agent_scene_explain(&it->cycle->why));
    close(fd);
    close(told);
}

/* The program itself: what it says must not end up in what it keeps. */
static void program_without_standard_files(struct host *host, struct attack_case *it, size_t number)
{
    const char *bin = getenv("POSTERN_BIN");
    char program[512], folder[400], root[400], kept[400];
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);
    posix_spawn_file_actions_t actions;
    pid_t child = 0;
    int status = 0;

    if (bin == NULL) {
        printf("     POSTERN_BIN is not set: postern-agent itself is not tried\n");
        return;
    }
    snprintf(program, sizeof program, "%s/postern-agent", bin);
    pst_scratch_path(&host->scratch, "trusted", folder, sizeof folder);
    pst_scratch_path(&host->scratch, "root.json", root, sizeof root);
    pst_scratch_path(&host->scratch, "trusted/root.json", kept, sizeof kept);
    assert_int_equal(pst_file_replace(root, pst_repo_bytes(&it->scene->repo->root), 0600, NULL),
                     PST_OK);
    char *const command[] = {program, (char[]){"--metadata-dir"}, folder, (char[]){"init"}, root,
                             NULL};
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    for (int fd = 0; fd <= 2; fd++)
        assert_int_equal(
            (number & (1u << fd)) != 0
                ? posix_spawn_file_actions_addclose(&actions, fd)
                : posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0),
            0);
    /* Twice: the second time it refuses, and has something to say. */
    for (int time = 0; time < 2; time++) {
        assert_int_equal(posix_spawn(&child, program, &actions, NULL, command, NULL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        attack_holds(it, WIFEXITED(status) && WEXITSTATUS(status) <= 1, "status %d", status);
    }
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(pst_file_read(kept, &bytes, NULL), PST_OK);
    attack_holds(it, pst_bytes_equal(pst_buf_bytes(&bytes), pst_repo_bytes(&it->scene->repo->root)),
                 "something was written into root.json");
}

/* ---- signals --------------------------------------------------------------------------------- */

static volatile sig_atomic_t rings;

static void ring(int number)
{
    (void)number;
    rings = rings + 1;
}

/* No call is started again by the system: each one that a signal ends is EINTR. */
static void signals(struct host *host, struct attack_case *it, size_t number)
{
    const struct itimerval often = {{0, (suseconds_t)number}, {0, (suseconds_t)number}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = ring};
    (void)host;

    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    for (int day = 0; day < 20 && !is_staged(it); day++)
        (void)attack_cycle(it);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    attack_holds(it, is_staged(it), "not staged%s", agent_scene_explain(&it->cycle->why));
    attack_holds(it, rings > 0, "no signal came");
}

/* ---- an empty file system -------------------------------------------------------------------- */

static void no_devices(struct host *host, struct attack_case *it, size_t number)
{
    uint8_t bytes[32] = {0}, zeros[32] = {0};
    (void)number;
    if (chroot(host->scratch.path) != 0) {
        printf("     no right to chroot: not tried without /dev/urandom\n");
        return;
    }
    attack_holds(it,
                 pst_random(bytes, sizeof bytes, NULL) == PST_OK &&
                     memcmp(bytes, zeros, sizeof bytes) != 0,
                 "no random bytes");
}

void attack_f12(struct attack *attack)
{
    static const size_t files[] = {3, 4, 5, 6, 7, 8, 12};
    static const size_t memory[] = {0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
    static const size_t closed[] = {1, 2, 3, 4, 5, 6, 7}, micros[] = {100, 1000}, once[] = {0};
    struct host host = {.shared = mmap(NULL, sizeof *host.shared, PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS, -1, 0)};

    assert_true(host.shared != MAP_FAILED);
    *host.shared = (struct attack){.row = attack->row};
    each(attack, &host, "descriptors:", few_files, files, PST_COUNT(files));
    if (HAS_ROOM_FOR_LIMITS)
        each(attack, &host, "free pages:", few_pages, memory, PST_COUNT(memory));
    else
        printf("     a sanitizer's build: the limits of memory are not tried\n");
    each(attack, &host, "closed:", without_standard_files, closed, PST_COUNT(closed));
    each(attack, &host, "postern-agent, closed:", program_without_standard_files, closed,
         PST_COUNT(closed));
    each(attack, &host, "a signal every so many us:", signals, micros, PST_COUNT(micros));
    each(attack, &host, "an empty file system", no_devices, once, PST_COUNT(once));
    attack->accepted += host.shared->accepted;
    attack->wrong_code += host.shared->wrong_code;
    attack->broken += host.shared->broken;
    munmap(host.shared, sizeof *host.shared);
}
