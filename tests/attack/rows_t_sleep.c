/* SPDX-License-Identifier: Apache-2.0 */
/*
 * T05, after the outage of 2022: a terminal lies in a drawer for months. When it wakes, every file
 * that it trusts has expired, every key that it knows has been replaced and is past its window, the
 * delta from what it runs is retired. It updates within three cycles, and nobody comes to see it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/attack/rows.h"
#include "tests/support/check.h"

#define NOW   PST_REPO_NOW
#define DAY   PST_REPO_DAY
#define MONTH (30 * PST_REPO_DAY)

enum { ROTATIONS_MOST = 40, REQUESTS_MOST = 200 };

enum clock { RIGHT, DEAD, STOPPED, AHEAD, CLOCKS };
static const char *const clock_names[CLOCKS] = {
    [RIGHT] = "a good clock",
    [DEAD] = "a dead clock",
    [STOPPED] = "a clock that stood still",
    [AHEAD] = "a clock far ahead",
};

struct sleep {
    int64_t months;
    size_t rotations;
};
static const struct sleep sleeps[] = {{8, 1}, {8, 3}, {12, 6}, {18, 12}, {18, ROTATIONS_MOST}};

/* The root keys of all times; the other keys stand in the repository and the scene. */
struct years {
    struct pst_repo_key root[ROTATIONS_MOST + 2];
    size_t count;
};

static void years_cleanup(struct years *years)
{
    for (size_t i = 0; i < years->count; i++)
        pst_repo_key_cleanup(&years->root[i]);
}

static void replace_key(struct pst_repo_key *key, int64_t begin_s, int64_t end_s)
{
    pst_repo_key_cleanup(key);
    *key = pst_repo_key_between("ed25519", begin_s, end_s);
}

/* Every key but root's is another one, for a month around this day; nothing outlives it by more. */
static void renew_all(struct attack_case *it, int64_t day_s)
{
    struct agent_scene *scene = it->scene;
    struct pst_repo *repo = scene->repo;

    for (int kind = PST_ROLE_TIMESTAMP; kind <= PST_ROLE_TARGETS; kind++)
        replace_key(&repo->key[kind], day_s - DAY, day_s + MONTH);
    replace_key(&scene->product_key, day_s - DAY, day_s + MONTH);
    replace_key(&scene->assignments_key, day_s - DAY, day_s + MONTH);
    for (int kind = PST_ROLE_ROOT; kind <= PST_ROLE_TARGETS; kind++)
        attack_role(it, (enum pst_role_kind)kind)->expires_s = day_s + MONTH;
    for (size_t i = 0; i < repo->role_count; i++)
        repo->role[i].expires_s = day_s + MONTH;
}

/* The next root, with a key of its own, signed by the one before as well. */
static void next_root(struct attack_case *it, struct years *years, int64_t day_s)
{
    struct pst_repo_role *root = &it->scene->repo->root;
    const struct pst_repo_key *signers[2];

    signers[0] = root->rule[PST_ROLE_ROOT].key[0];
    struct pst_repo_key *key = &years->root[years->count++];
    *key = pst_repo_key_between("ed25519", day_s - DAY, day_s + MONTH);
    signers[1] = key;
    pst_repo_let(&root->rule[PST_ROLE_ROOT], 1, &signers[1], 1);
    pst_repo_sign_with(root, signers, 2);
    root->version++;
}

static void serve_root(struct attack_case *it)
{
    static const char *const mirrors[] = {"https://one.example", "https://two.example"};
    const struct pst_repo_role *root = &it->scene->repo->root;
    char url[PST_FAKE_URL_ROOM];
    for (size_t i = 0; i < PST_COUNT(mirrors); i++) {
        snprintf(url, sizeof url, "%s/metadata/%lld.root.json", mirrors[i],
                 (long long)root->version);
        pst_fake_serve(&it->scene->net, url, pst_repo_bytes(root));
    }
}

static void set_clock(struct attack_case *it, enum clock clock, int64_t day_s)
{
    const int64_t said[CLOCKS] = {
        [RIGHT] = day_s, [DEAD] = 0, [STOPPED] = NOW, [AHEAD] = day_s + 20 * 365 * DAY};
    it->scene->service.now_s = day_s;
    it->scene->clock.wall_s = said[clock];
}

/* In use until today, by keys that will not last. */
static void fall_asleep(struct attack_case *it, struct years *years)
{
    renew_all(it, NOW);
    next_root(it, years, NOW);
    attack_publish(it);
    it->scene->service.has_order = false;
    assert_int_equal(attack_cycle(it), PST_OK);
    if (it->cycle->progress != PST_PROGRESS_IDLE)
        fail_msg("%s: not at rest:%s", it->name, agent_scene_explain(&it->cycle->why));
    it->scene->service.has_order = true;
    it->scene->release.component[0].source_count = 1; /* the delta is retired */
    it->requests_most = REQUESTS_MOST;
}

static int64_t years_go_by(struct attack_case *it, struct years *years, const struct sleep *sleep)
{
    int64_t day_s = NOW;
    for (size_t i = 1; i <= sleep->rotations; i++) {
        day_s = NOW + sleep->months * MONTH * (int64_t)i / (int64_t)sleep->rotations;
        next_root(it, years, day_s);
        it->scene->repo->root.expires_s = day_s + MONTH;
        if (i == sleep->rotations)
            break;
        pst_repo_sign(&it->scene->repo->root);
        serve_root(it);
    }
    renew_all(it, day_s);
    return day_s;
}

static void recovered(struct attack_case *it, const struct years *years, int64_t day_s)
{
    int64_t floor_s = 0;

    attack_converges(it);
    attack_holds(it, attack_kept_version(it, "root.json") == (int64_t)years->count + 1,
                 "it trusts root %lld", (long long)attack_kept_version(it, "root.json"));
    assert_int_equal(pst_memory_load_floor(&it->scene->ports.state, &floor_s, NULL), PST_OK);
    attack_holds(it, floor_s == day_s, "the floor is %lld", (long long)floor_s);
    agent_scene_restart(it->scene);
    assert_int_equal(attack_cycle(it), PST_OK);
    attack_holds(it, it->cycle->progress == PST_PROGRESS_CONFIRMED, "it is %s",
                 pst_progress_name(it->cycle->progress));
}

/* The vendor has done its work all the time. */
static void wakes_to_a_good_service(struct attack *attack, const struct sleep *sleep,
                                    enum clock clock)
{
    PST_CLEANUP(years) struct years years = {.count = 0};
    PST_CLEANUP(attack_case)
    struct attack_case it =
        attack_case(attack, "%lld months, %zu rotations, %s", (long long)sleep->months,
                    sleep->rotations, clock_names[clock]);

    fall_asleep(&it, &years);
    int64_t day_s = years_go_by(&it, &years, sleep);
    attack_publish(&it);
    set_clock(&it, clock, day_s);
    recovered(&it, &years, day_s);
}

/* The vendor has slept as well: everything has expired at the service too, down to the root. Then
 * somebody signs anew, and that alone has to be enough. */
static void wakes_to_an_expired_service(struct attack *attack, enum clock clock)
{
    PST_CLEANUP(years) struct years years = {.count = 0};
    PST_CLEANUP(attack_case)
    struct attack_case it =
        attack_case(attack, "expired at the service too, %s", clock_names[clock]);
    int64_t day_s = NOW + 8 * MONTH;

    fall_asleep(&it, &years);
    attack_publish(&it);
    set_clock(&it, clock, day_s);
    for (int night = 0; night < 30; night++) {
        attack_again(&it, "expired at the service too, %s, night %d", clock_names[clock], night);
        (void)attack_cycle(&it);
        attack_holds(&it, it.cycle->progress == PST_PROGRESS_REFUSED, "it is %s%s",
                     pst_progress_name(it.cycle->progress), agent_scene_explain(&it.cycle->why));
        attack_holds(&it, pst_report_has(&it.cycle->why, PST_METADATA_EXPIRED), "no word of it:%s",
                     agent_scene_explain(&it.cycle->why));
    }
    next_root(&it, &years, day_s);
    renew_all(&it, day_s);
    attack_publish(&it);
    recovered(&it, &years, day_s);
}

void attack_t05(struct attack *attack)
{
    for (int clock = RIGHT; clock < CLOCKS; clock++) {
        for (size_t i = 0; i < PST_COUNT(sleeps); i++)
            wakes_to_a_good_service(attack, &sleeps[i], (enum clock)clock);
        wakes_to_an_expired_service(attack, (enum clock)clock);
    }
}
