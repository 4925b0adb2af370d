/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/attack/attack.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/attack/internal.h"
#include "tests/support/check.h"

enum { IMAGE_BYTES = 20000, CYCLES_TO_CONVERGE = 3 };

/* ---- telling ------------------------------------------------------------------------------- */

void attack_tell(const struct attack_case *it, const char *what, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "%s %s: %s: ", it->attack->row, it->name, what);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
}

static int by_number(const void *a, const void *b)
{
    const enum pst_code *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

void attack_reasons(const struct pst_report *why, enum pst_code out[ATTACK_CODES_MOST])
{
    enum pst_code all[PST_REPORT_MOST];
    size_t count = 0, distinct = 0;

    for (size_t i = 0; i < why->count; i++)
        if (!why->finding[i].noted)
            all[count++] = why->finding[i].code;
    qsort(all, count, sizeof all[0], by_number);
    for (size_t i = 0; i < count; i++)
        if (distinct == 0 || out[distinct - 1] != all[i])
            out[distinct++] = all[i];
    out[distinct] = PST_OK;
}

static bool holds(const enum pst_code *codes, enum pst_code code)
{
    for (; *codes != PST_OK; codes++)
        if (*codes == code)
            return true;
    return false;
}

/* Every one of `these` is among `those`. */
static bool are_among(const enum pst_code *these, const enum pst_code *those)
{
    for (; *these != PST_OK; these++)
        if (!holds(those, *these))
            return false;
    return true;
}

static void say_codes(const char *what, const enum pst_code *codes)
{
    fprintf(stderr, "  %s:", what);
    for (; *codes != PST_OK; codes++)
        fprintf(stderr, " %s", pst_code_name(*codes));
    fprintf(stderr, "\n");
}

/* ---- a case -------------------------------------------------------------------------------- */

static struct attack_case PST_PRINTF(2, 0)
    begin(struct attack *attack, const char *format, va_list args)
{
    struct attack_case it = {.attack = attack, .requests_most = ATTACK_REQUESTS_MOST};

    vsnprintf(it.name, sizeof it.name, format, args);
    it.scene = agent_scene(IMAGE_BYTES);
    it.cycle = calloc(1, sizeof *it.cycle);
    it.good = calloc(1, sizeof *it.good);
    assert_true(it.cycle != NULL && it.good != NULL);
    attack->cases++;
    return it;
}

struct attack_case attack_case_new(struct attack *attack, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct attack_case it = begin(attack, format, args);
    va_end(args);
    attack_good(&it);
    return it;
}

struct attack_case attack_case(struct attack *attack, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct attack_case it = begin(attack, format, args);
    va_end(args);
    it.scene->service.has_order = false;
    assert_int_equal(attack_cycle(&it), PST_OK);
    assert_int_equal(it.cycle->progress, PST_PROGRESS_IDLE);
    it.scene->service.has_order = true;
    attack_good(&it);
    return it;
}

void attack_again(struct attack_case *it, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(it->name, sizeof it->name, format, args);
    va_end(args);
    it->attack->cases++;
}

void attack_case_cleanup(struct attack_case *it)
{
    for (size_t i = 0; it->good != NULL && i < it->good->file_count; i++)
        pst_buf_clear(&it->good->file[i].content);
    pst_buf_clear(&it->kept_content);
    pst_buf_clear(&it->kept_list);
    agent_scene_free(it->scene);
    free(it->cycle);
    free(it->good);
}

/* ---- cycles -------------------------------------------------------------------------------- */

/* The last is kept, which the next one's number is compared with. */
static void forget_old_reports(struct agent_scene_service *service)
{
    if (service->report_count + 2 < AGENT_SCENE_REPORTS)
        return;
    service->report[0] = service->report[service->report_count - 1];
    service->report_count = 1;
}

enum pst_code attack_cycle(struct attack_case *it)
{
    struct attack_before before;
    struct pst_report *why = calloc(1, sizeof *why);

    assert_non_null(why);
    forget_old_reports(&it->scene->service);
    attack_before(it, &before);
    it->scene->net.call_count = 0;
    if (it->around != NULL)
        it->around(true);
    enum pst_code rc = pst_agent_once(&it->scene->agent, false, it->cycle, why);
    if (it->around != NULL)
        it->around(false);
    pst_report_append(&it->cycle->why, why, false);
    free(why);
    attack_check_invariants(it, &before);
    attack_before_cleanup(&before);
    return rc;
}

static void compare(struct attack_case *it, const enum pst_code *codes)
{
    enum pst_code found[ATTACK_CODES_MOST];

    attack_reasons(&it->cycle->why, found);
    if (are_among(found, codes) && are_among(codes, found))
        return;
    it->attack->wrong_code++;
    attack_tell(it, "wrong code", "%s%s", pst_progress_name(it->cycle->progress),
                agent_scene_explain(&it->cycle->why));
    say_codes("expected", codes);
    say_codes("found   ", found);
}

static bool keeps_bytes(const struct attack_case *it, const struct pst_repo_role *role)
{
    char name[300];
    snprintf(name, sizeof name, "%s.json", role->name);
    const struct pst_buf *kept = pst_fake_document(&it->scene->metadata, name);
    return kept != NULL && pst_bytes_equal(pst_buf_bytes(kept), pst_repo_bytes(role));
}

static bool is_staged(const struct attack_case *it)
{
    return it->scene->boot.state.next != it->scene->boot.state.active;
}

static void check_nothing_taken(struct attack_case *it, int64_t writes)
{
    for (size_t i = 0; i < it->spoilt_count; i++)
        if (keeps_bytes(it, it->spoilt[i])) {
            it->attack->accepted++;
            attack_tell(it, "accepted", "%s.json is kept", it->spoilt[i]->name);
        }
    if (is_staged(it) || (it->scene->slots.writes != writes && !it->slot_may_be_begun)) {
        it->attack->accepted++;
        attack_tell(it, "accepted", "%s", is_staged(it) ? "staged" : "the slot was written");
    }
}

void attack_refused_for(struct attack_case *it, const enum pst_code *codes)
{
    int64_t writes = it->scene->slots.writes;

    (void)attack_cycle(it);
    compare(it, codes);
    check_nothing_taken(it, writes);
}

static bool stages_the_release(const struct attack_case *it)
{
    return it->cycle->progress == PST_PROGRESS_STAGED && is_staged(it) &&
           agent_scene_slot_holds(it->scene, it->scene->boot.state.next, &it->scene->image);
}

void attack_accepted(struct attack_case *it)
{
    static const enum pst_code none[] = {PST_OK};

    (void)attack_cycle(it);
    compare(it, none);
    attack_holds(it, stages_the_release(it), "not staged but %s%s",
                 pst_progress_name(it->cycle->progress), agent_scene_explain(&it->cycle->why));
}

void attack_noted(struct attack_case *it, enum pst_code code)
{
    if (agent_scene_noted(&it->cycle->why, code))
        return;
    it->attack->wrong_code++;
    attack_tell(it, "wrong code", "%s is not noted:%s", pst_code_name(code),
                agent_scene_explain(&it->cycle->why));
}

void attack_converges(struct attack_case *it)
{
    int cycles = 0;

    do
        (void)attack_cycle(it);
    while (!stages_the_release(it) && ++cycles < CYCLES_TO_CONVERGE);
    if (stages_the_release(it))
        return;
    it->attack->broken++;
    attack_tell(it, "I4", "%d cycles, and it is not staged but %s%s", CYCLES_TO_CONVERGE,
                pst_progress_name(it->cycle->progress), agent_scene_explain(&it->cycle->why));
}

/* ---- what a row checks on its own ------------------------------------------------------------ */

void attack_holds(struct attack_case *it, bool holds, const char *format, ...)
{
    char text[4000];
    va_list args;

    if (holds)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    it->attack->wrong_code++;
    attack_tell(it, "not so", "%s", text);
}

int64_t attack_kept_version(const struct attack_case *it, const char *name)
{
    const struct pst_buf *kept = pst_fake_document(&it->scene->metadata, name);
    int64_t version = 0;

    for (int kind = PST_ROLE_ROOT; kept != NULL && kind <= PST_ROLE_TARGETS; kind++) {
        PST_CLEANUP(pst_role) struct pst_role *role = NULL;
        if (pst_role_parse((enum pst_role_kind)kind, pst_buf_bytes(kept), &role, NULL) == PST_OK)
            version = role->version;
    }
    return version;
}

void attack_judged(struct attack *attack, const char *name, bool accepted,
                   const struct pst_report *why, const enum pst_code *codes)
{
    struct attack_case it = {.attack = attack};
    enum pst_code found[ATTACK_CODES_MOST];

    snprintf(it.name, sizeof it.name, "%s", name);
    attack->cases++;
    attack->accepted += accepted;
    attack_reasons(why, found);
    bool same = are_among(found, codes) && are_among(codes, found);
    attack->wrong_code += !accepted && !same;
    if (accepted || !same) {
        attack_tell(&it, accepted ? "accepted" : "wrong code", "%s", agent_scene_explain(why));
        say_codes("expected", codes);
    }
}
