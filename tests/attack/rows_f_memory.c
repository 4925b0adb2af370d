/* SPDX-License-Identifier: Apache-2.0 */
/*
 * F09: each allocation of a cycle fails, once or from then on. The cycle ends as a fault of this
 * host and as nothing else - what could not be checked for want of memory must not be called forged
 * - and with the memory back the terminal updates.
 *
 * Each try is a process of its own, from the same beginning: what a failure leaves behind shows
 * there, and a crash is its exit status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/attack/memory.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

/* ---- ports: what is beyond them has memory enough -------------------------------------------- */

static bool take(void *context, struct pst_bytes piece)
{
    const struct pst_sink *sink = context;
    attack_memory_resume();
    bool more = sink->take(sink->context, piece);
    attack_memory_pause();
    return more;
}

static enum pst_code fetch(void *context, const struct pst_fetch_request *request,
                           const struct pst_sink *sink, struct pst_fetch_answer *answer,
                           struct pst_report *why)
{
    const struct pst_transport_port *real = context;
    struct pst_sink inner = {(void *)(uintptr_t)sink, take};
    attack_memory_pause();
    enum pst_code rc = real->fetch(real->context, request, &inner, answer, why);
    attack_memory_resume();
    return rc;
}

static enum pst_code read_document(void *context, const char *name, struct pst_buf *out,
                                   struct pst_report *why)
{
    const struct pst_state_port *real = context;
    attack_memory_pause();
    enum pst_code rc = real->read(real->context, name, out, why);
    attack_memory_resume();
    return rc;
}

static enum pst_code replace_document(void *context, const char *name, struct pst_bytes content,
                                      struct pst_report *why)
{
    const struct pst_state_port *real = context;
    attack_memory_pause();
    enum pst_code rc = real->replace(real->context, name, content, why);
    attack_memory_resume();
    return rc;
}

static enum pst_code remove_document(void *context, const char *name, struct pst_report *why)
{
    const struct pst_state_port *real = context;
    attack_memory_pause();
    enum pst_code rc = real->remove(real->context, name, why);
    attack_memory_resume();
    return rc;
}

/* Slots, boot control and terminal are arrays and numbers: their fakes allocate nothing. */
struct beyond {
    struct pst_transport_port transport;
    struct pst_state_port state, metadata;
};

static struct pst_state_port state_beyond(struct pst_state_port *real)
{
    return (struct pst_state_port){real, read_document, replace_document, remove_document};
}

static void put_beyond(struct agent_scene *scene, struct beyond *beyond)
{
    *beyond = (struct beyond){scene->ports.transport, scene->ports.state, scene->ports.metadata};
    scene->ports.transport = (struct pst_transport_port){&beyond->transport, fetch};
    scene->ports.state = state_beyond(&beyond->state);
    scene->ports.metadata = state_beyond(&beyond->metadata);
}

/* ---- one try --------------------------------------------------------------------------------- */

static struct {
    size_t nth, allocations, kept;
    bool onwards;
} order;

static void around(bool begins)
{
    if (begins)
        attack_memory_fails(order.nth, order.onwards);
    else
        order.allocations = attack_memory_is_back();
    order.kept = attack_memory_kept();
}

/* Before the first cycle of an update, or before the first one of a new release. */
static bool is_done(const struct attack_case *it, bool on_trial)
{
    return it->cycle->progress == (on_trial ? PST_PROGRESS_CONFIRMED : PST_PROGRESS_STAGED);
}

static void is_no_more_than_a_fault(struct attack_case *it)
{
    for (size_t i = 0; i < it->cycle->why.count; i++) {
        const struct pst_finding *finding = &it->cycle->why.finding[i];
        attack_holds(it, finding->code == PST_NO_MEMORY, "it is said to be %s at %s",
                     pst_code_name(finding->code), finding->where);
    }
}

static void confirms(struct attack_case *it)
{
    const struct pst_boot_state *boot = &it->scene->boot.state;
    for (int cycles = 0; cycles < 3 && !is_done(it, true) && boot->trial; cycles++)
        (void)attack_cycle(it);
    attack_holds(it, boot->active == 1 && !boot->trial, "not confirmed but %s%s",
                 pst_progress_name(it->cycle->progress), agent_scene_explain(&it->cycle->why));
}

static void try(struct attack_case *it, bool on_trial)
{
    memset(it->cycle, 0, sizeof *it->cycle);
    it->reports_may_fail = true;
    it->around = around;
    (void)attack_cycle(it);
    it->around = NULL;
    attack_holds(it, order.kept == 0, "%zu allocations are not given back", order.kept);
    if (order.nth >= order.allocations) {
        attack_holds(it, is_done(it, on_trial), "nothing failed, and it is %s",
                     pst_progress_name(it->cycle->progress));
        return;
    }
    is_no_more_than_a_fault(it);
    if (is_done(it, on_trial))
        return;
    if (on_trial)
        confirms(it);
    else
        attack_converges(it);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void in_a_process(struct attack *shared, struct attack_case *it, bool on_trial)
{
    int status = 0;

    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        it->attack = shared;
        try(it, on_trial);
        attack_case_cleanup(it);
        _exit(0); /* without the sanitizer's own search, which takes longer than all the rest */
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (status != 0) {
        shared->broken++;
        fprintf(stderr, "F09 %s: ended with status %d\n", it->name, status);
    }
}

static size_t count_allocations(struct attack_case *it)
{
    int ends[2];
    size_t count = 0;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        order.nth = SIZE_MAX;
        it->around = around;
        (void)attack_cycle(it);
        _exit(write(ends[1], &order.allocations, sizeof order.allocations) !=
              (ssize_t)sizeof order.allocations);
    }
    assert_int_equal(read(ends[0], &count, sizeof count), sizeof count);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ends[0]);
    close(ends[1]);
    return count;
}

static void each_allocation(struct attack *shared, struct attack_case *it, bool on_trial)
{
    static const char *const words[] = {"fails", "and all after it fail"};
    size_t count = count_allocations(it);

    assert_true(count > 20);
    printf("     %s: %zu allocations\n", on_trial ? "confirming" : "updating", count);
    for (int onwards = 0; onwards < 2; onwards++)
        for (order.nth = 0; order.nth < count; order.nth++) {
            order.onwards = onwards == 1;
            attack_again(it, "%s, allocation %zu %s", on_trial ? "confirming" : "updating",
                         order.nth, words[onwards]);
            in_a_process(shared, it, on_trial);
        }
}

void attack_f09(struct attack *attack)
{
    struct attack *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct beyond beyond, beyond_trial;

    assert_true(shared != MAP_FAILED);
    *shared = (struct attack){.row = attack->row};
    PST_CLEANUP(attack_case) struct attack_case updating = attack_case(attack, "updating");
    put_beyond(updating.scene, &beyond);
    each_allocation(shared, &updating, false);
    PST_CLEANUP(attack_case) struct attack_case trial = attack_case(attack, "confirming");
    attack_accepted(&trial);
    agent_scene_restart(trial.scene);
    put_beyond(trial.scene, &beyond_trial);
    each_allocation(shared, &trial, true);
    attack->accepted += shared->accepted;
    attack->wrong_code += shared->wrong_code;
    attack->broken += shared->broken;
    munmap(shared, sizeof *shared);
}
