/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks that are wrong, and those who would like them to be: T01 to T03, T06, T07. */
#include <stdio.h>

#include "tests/attack/rows.h"
#include "tests/support/check.h"

#define NOW  PST_REPO_NOW
#define DAY  PST_REPO_DAY
#define YEAR (365 * PST_REPO_DAY)

static int64_t floor_of(const struct attack_case *it)
{
    int64_t floor_s = -1;
    assert_int_equal(pst_memory_load_floor(&it->scene->ports.state, &floor_s, NULL), PST_OK);
    return floor_s;
}

static void floor_is(struct attack_case *it, int64_t expected_s)
{
    attack_holds(it, floor_of(it) == expected_s, "the floor is %lld, not %lld",
                 (long long)floor_of(it), (long long)expected_s);
}

/* The service reads of true instants only, however wrong the terminal's clock is. */
static void last_report_is_dated(struct attack_case *it, int64_t expected_s)
{
    const struct agent_scene_service *service = &it->scene->service;
    assert_true(service->report_count > 0);
    int64_t at_s = service->report[service->report_count - 1].at_s;
    attack_holds(it, at_s == expected_s, "reported at %lld, not %lld", (long long)at_s,
                 (long long)expected_s);
}

static void service_is_down(struct attack_case *it)
{
    pst_fake_fail(&it->scene->net, "service.example", PST_FAKE_UNREACHABLE, 0, -1);
}

/* ---- T01 ------------------------------------------------------------------------------------- */

static const int64_t dead[] = {
    0, 1, INT64_C(946684800) /* 2000 */, -1, -YEAR, INT64_MIN, NOW - YEAR, NOW - 61 * DAY};

/* Staged, restarted and confirmed, and again a month of boots, each with the clock dead anew. */
static void boots_with_a_dead_clock(struct attack *attack, int64_t wall_s)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case_new(attack, "every boot says %lld", (long long)wall_s);
    struct agent_scene *scene = it.scene;

    scene->clock.wall_s = wall_s;
    attack_accepted(&it);
    attack_noted(&it, PST_CLOCK_UNTRUSTED);
    floor_is(&it, NOW);
    last_report_is_dated(&it, NOW);
    agent_scene_restart(scene);
    scene->clock.wall_s = wall_s;
    assert_int_equal(attack_cycle(&it), PST_OK);
    attack_holds(&it, it.cycle->progress == PST_PROGRESS_CONFIRMED, "it is %s",
                 pst_progress_name(it.cycle->progress));
    last_report_is_dated(&it, NOW);
    scene->service.has_order = false;
    for (int day = 1; day < 30; day++) {
        attack_again(&it, "every boot says %lld, day %d", (long long)wall_s, day);
        scene->service.now_s = NOW + day * DAY;
        scene->clock.wall_s = wall_s;
        assert_int_equal(attack_cycle(&it), PST_OK);
        attack_holds(&it, it.cycle->progress == PST_PROGRESS_IDLE, "it is %s%s",
                     pst_progress_name(it.cycle->progress), agent_scene_explain(&it.cycle->why));
        attack_noted(&it, PST_CLOCK_UNTRUSTED);
        floor_is(&it, NOW + day * DAY);
    }
}

/* Without the service there is no better time than the floor, and none is needed to say so. */
static void a_dead_clock_and_no_service(struct attack *attack)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "1970, no service");
    it.scene->clock.wall_s = 0;
    service_is_down(&it);
    attack_refused(&it, PST_NET_UNREACHABLE);
    attack_noted(&it, PST_CLOCK_UNTRUSTED);
    floor_is(&it, NOW);
    attack_mended(&it);
}

void attack_t01(struct attack *attack)
{
    for (size_t i = 0; i < PST_COUNT(dead); i++)
        boots_with_a_dead_clock(attack, dead[i]);
    a_dead_clock_and_no_service(attack);
}

/* ---- T02 ------------------------------------------------------------------------------------- */

static const int64_t ahead[] = {NOW + 31 * DAY,        NOW + YEAR,
                                NOW + 10 * YEAR,       INT64_C(253402300799),
                                INT64_C(253402300800), INT64_MAX};

void attack_t02(struct attack *attack)
{
    for (size_t i = 0; i < PST_COUNT(ahead); i++) {
        PST_CLEANUP(attack_case)
        struct attack_case it = attack_case(attack, "the clock says %lld", (long long)ahead[i]);
        it.scene->clock.wall_s = ahead[i];
        attack_accepted(&it);
        attack_noted(&it, PST_CLOCK_UNTRUSTED);
        floor_is(&it, NOW);
        last_report_is_dated(&it, NOW);
    }
    for (size_t i = 0; i < PST_COUNT(ahead); i++) {
        PST_CLEANUP(attack_case)
        struct attack_case it =
            attack_case(attack, "the clock says %lld, no service", (long long)ahead[i]);
        it.scene->clock.wall_s = ahead[i];
        service_is_down(&it);
        attack_refused(&it, PST_METADATA_EXPIRED, PST_NET_UNREACHABLE);
        floor_is(&it, NOW);
        pst_fake_mend(&it.scene->net); /* and nothing else: neither clock nor files */
        attack_converges(&it);
        attack_noted(&it, PST_CLOCK_UNTRUSTED);
    }
}

/* ---- T03, T07: clocks that move while a cycle runs ------------------------------------------- */

/* Moves the clock before the n-th request, or before each. */
struct mover {
    struct pst_transport_port real;
    struct pst_fake_clock *clock;
    size_t requests, at; /* at: SIZE_MAX for each */
    int64_t wall_s;      /* to there */
    int64_t by_s;        /* or by so much */
};

static enum pst_code move_and_fetch(void *context, const struct pst_fetch_request *request,
                                    const struct pst_sink *sink, struct pst_fetch_answer *answer,
                                    struct pst_report *why)
{
    struct mover *mover = context;
    if (mover->by_s != 0)
        mover->clock->wall_s += mover->by_s;
    else if (mover->requests == mover->at)
        mover->clock->wall_s = mover->wall_s;
    mover->requests++;
    return mover->real.fetch(mover->real.context, request, sink, answer, why);
}

static void put_between(struct attack_case *it, struct mover *mover)
{
    mover->real = it->scene->ports.transport;
    mover->clock = &it->scene->clock;
    it->scene->ports.transport = (struct pst_transport_port){mover, move_and_fetch};
}

static size_t requests_of_a_good_cycle(struct attack *attack)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "no jump");
    struct mover mover = {.at = SIZE_MAX};
    put_between(&it, &mover);
    attack_accepted(&it);
    return mover.requests;
}

/* All that is valid for an hour still is when the clock jumps after the cycle took its time. */
void attack_t03(struct attack *attack)
{
    static const int64_t jumps[] = {0, NOW - YEAR, NOW + 2 * 3600, NOW + 10 * YEAR};
    size_t requests = requests_of_a_good_cycle(attack);

    assert_true(requests > 10);
    for (size_t i = 0; i < PST_COUNT(jumps); i++)
        for (size_t at = 0; at < requests; at++) {
            PST_CLEANUP(attack_case)
            struct attack_case it =
                attack_case(attack, "to %lld before request %zu", (long long)jumps[i], at);
            struct mover mover = {.at = at, .wall_s = jumps[i]};
            attack_role(&it, PST_ROLE_TIMESTAMP)->expires_s = NOW + 3600;
            attack_role(&it, PST_ROLE_SNAPSHOT)->expires_s = NOW + 3600;
            attack_publish(&it);
            put_between(&it, &mover);
            attack_accepted(&it);
            attack_holds(&it, mover.requests > at, "only %zu requests", mover.requests);
            floor_is(&it, NOW);
            last_report_is_dated(&it, NOW);
        }
}

/* Asleep for hours between all requests: nothing that the wall clock says is a stall. */
void attack_t07(struct attack *attack)
{
    static const int64_t spans[] = {60, 8 * 3600, 30 * DAY, -8 * 3600};
    for (size_t i = 0; i < PST_COUNT(spans); i++) {
        PST_CLEANUP(attack_case)
        struct attack_case it =
            attack_case(attack, "asleep for %lld s between requests", (long long)spans[i]);
        struct mover mover = {.at = SIZE_MAX, .by_s = spans[i]};
        put_between(&it, &mover);
        attack_accepted(&it);
        attack_holds(&it, !pst_report_has(&it.cycle->why, PST_NET_STALLED), "a stall is told");
        floor_is(&it, NOW);
        agent_scene_restart(it.scene);
        assert_int_equal(attack_cycle(&it), PST_OK);
        attack_holds(&it, it.cycle->progress == PST_PROGRESS_CONFIRMED, "it is %s",
                     pst_progress_name(it.cycle->progress));
    }
}

/* ---- T06 ------------------------------------------------------------------------------------- */

/* What a network, a time server or a thief of the terminal's clock can say. */
static void the_clock_alone(struct attack *attack)
{
    static const int64_t said[] = {NOW + 3600, NOW + 20 * DAY, NOW + 10 * YEAR};
    for (size_t i = 0; i < PST_COUNT(said); i++) {
        PST_CLEANUP(attack_case)
        struct attack_case it = attack_case(attack, "clock set to %lld", (long long)said[i]);
        it.scene->service.has_order = false;
        it.scene->clock.wall_s = said[i];
        assert_int_equal(attack_cycle(&it), PST_OK);
        floor_is(&it, NOW);
        service_is_down(&it);
        assert_int_equal(attack_cycle(&it), PST_OK);
        floor_is(&it, NOW);
        it.scene->clock.wall_s = NOW;
        attack_mended(&it);
    }
}

static void a_stranger_signs(struct attack *attack)
{
    static const int64_t said[] = {NOW + 7200, NOW + 20 * DAY, NOW + 10 * YEAR};
    for (size_t i = 0; i < PST_COUNT(said); i++) {
        PST_CLEANUP(attack_case)
        struct attack_case it = attack_case(attack, "a stranger says %lld", (long long)said[i]);
        it.scene->service.signer = &it.scene->stranger;
        it.scene->service.assignment.issued_s = said[i];
        attack_refused(&it, PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD);
        attack_holds(&it, !pst_report_has(&it.cycle->why, PST_CLOCK_UNTRUSTED),
                     "the clock is blamed");
        floor_is(&it, NOW);
        attack_mended(&it);
    }
}

/* Recorded for another check-in, in a time that is to come: genuine, and not for now. */
static void a_recorded_answer(struct attack *attack)
{
    static const int64_t said[] = {NOW + 7200, NOW + 20 * DAY};
    for (size_t i = 0; i < PST_COUNT(said); i++) {
        PST_CLEANUP(attack_case)
        struct attack_case it = attack_case(attack, "a recorded %lld", (long long)said[i]);
        it.scene->service.assignment.issued_s = said[i];
        snprintf(it.scene->service.assignment.nonce, sizeof it.scene->service.assignment.nonce,
                 "%s", "0123456789abcdef0123456789abcdef");
        attack_refused(&it, PST_ASSIGNMENT_REPLAYED);
        floor_is(&it, NOW);
        attack_mended(&it);
    }
}

/* Whoever stole the assignments' key moves the floor as far as the metadata lasts and no further;
 * the metadata that the vendor signs next is good for the terminal all the same. */
static void a_stolen_key(struct attack *attack)
{
    PST_CLEANUP(attack_case) struct attack_case far = attack_case(attack, "a thief says +10 years");
    far.scene->service.assignment.issued_s = NOW + 10 * YEAR;
    attack_refused(&far, PST_METADATA_EXPIRED);
    floor_is(&far, NOW);
    attack_mended(&far);

    PST_CLEANUP(attack_case) struct attack_case near = attack_case(attack, "a thief says +29 days");
    near.scene->service.assignment.issued_s = NOW + 29 * DAY;
    near.scene->service.has_order = false;
    assert_int_equal(attack_cycle(&near), PST_OK);
    floor_is(&near, NOW + 29 * DAY);
    near.scene->service.now_s = NOW + DAY; /* the true service is back, a day later */
    near.scene->clock.wall_s = NOW + DAY;
    near.scene->service.assignment.issued_s = 0;
    near.scene->service.assignment.expires_s = NOW + 60 * DAY;
    near.scene->service.has_order = true;
    attack_converges(&near);
    attack_noted(&near, PST_CLOCK_UNTRUSTED);
}

void attack_t06(struct attack *attack)
{
    the_clock_alone(attack);
    a_stranger_signs(attack);
    a_recorded_answer(attack);
    a_stolen_key(attack);
}
