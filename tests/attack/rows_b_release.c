/* SPDX-License-Identifier: Apache-2.0 */
/* Releases that are genuine and still not to be installed here, or not now. */
#include <stdio.h>

#include "tests/attack/keys.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

static struct pst_version version_of(const char *text)
{
    struct pst_version version;
    struct pst_report why = {0};
    if (pst_version_parse(pst_text(text), &version, &why) != PST_OK)
        fail_msg("no version: %s", text);
    return version;
}

static struct pst_version_range range_of(const char *text)
{
    struct pst_version_range range;
    struct pst_report why = {0};
    if (pst_version_range_parse(pst_text(text), &range, &why) != PST_OK)
        fail_msg("no range: %s", text);
    return range;
}

/* ---- B07 and B08 --------------------------------------------------------------------------- */

/* The terminal runs `runs` and must never go below `floor`; `offered` is genuine, signed, ordered
 * as a downgrade, and permitted by its own manifest from everywhere above it. */
struct offer {
    const char *floor, *runs, *offered;
    enum pst_code expect[3];
};

static const struct offer offers[] = {
    {"5.1.0", "5.1.0", "5.0.9", {PST_DOWNGRADE_FLOOR}},
    {"5.1.0", "5.3.0", "5.0.9", {PST_DOWNGRADE_FLOOR}},
    {"5.1.0", "5.3.0", "4.99.99", {PST_DOWNGRADE_FLOOR}},
    {"5.1.0", "5.3.0", "5.1.0-rc.1", {PST_DOWNGRADE_FLOOR}}, /* before what it is a candidate of */
    {"5.10.0", "5.11.0", "5.9.0", {PST_DOWNGRADE_FLOOR}},    /* by text it would be newer */
    {"5.1.10", "5.2.0", "5.1.9", {PST_DOWNGRADE_FLOOR}},
    {"10.0.0", "10.0.1", "9.9.9", {PST_DOWNGRADE_FLOOR}},
    {"5.2.1.20260301", "5.2.2", "5.2.1.20260228", {PST_DOWNGRADE_FLOOR}},
    {"5.2.1.1", "5.2.2", "5.2.1", {PST_DOWNGRADE_FLOOR}},
    {"5.2.1.10", "5.2.2", "5.2.1.9", {PST_DOWNGRADE_FLOOR}},
    {"4294967296.0.0", "4294967297.0.0", "4294967295.0.0", {PST_DOWNGRADE_FLOOR}},
    {"9007199254740991.0.0", "9007199254740991.0.1", "9007199254740990.0.0", {PST_DOWNGRADE_FLOOR}},
};

/* B08: down, and not below the floor. */
static const struct offer permitted[] = {
    {"5.1.0", "5.3.0", "5.1.0", {PST_OK}},
    {"5.1.0", "5.3.0", "5.1.0+build.9", {PST_OK}},
    {"5.1.0-rc.1", "5.3.0", "5.1.0-rc.2", {PST_OK}},
    {"5.9.0", "5.11.0", "5.10.0", {PST_OK}}, /* by text it would be older than the floor */
    {"5.2.1.9", "5.2.2", "5.2.1.10", {PST_OK}},
    {"", "5.3.0", "5.0.0", {PST_OK}},
};

/* What the terminal remembers of itself; the delta is made for 5.1.0 and so is left out. */
static void set_terminal(struct attack_case *it, const struct offer *offer)
{
    const struct pst_state_port *state = &it->scene->ports.state;
    struct pst_slots_memory slots;

    assert_int_equal(pst_memory_load_slots(state, &slots, NULL), PST_OK);
    slots.slot[0].version = version_of(offer->runs);
    slots.security_floor =
        offer->floor[0] != '\0' ? version_of(offer->floor) : (struct pst_version){.pre_at = 0};
    slots.sequence = 6;
    assert_int_equal(pst_memory_keep_slots(state, &slots, NULL), PST_OK);
    it->scene->agent.facts.os = version_of(offer->runs);
}

static void set_release(struct attack_case *it, const char *offered)
{
    struct pst_release *release = &it->scene->release;

    release->version = version_of(offered);
    release->sequence = 9; /* of the manifest: it grows, whatever the version does */
    release->security_floor = (struct pst_version){.pre_at = 0};
    release->os_count = 1;
    release->os[0] = range_of("=0.0.1");
    release->downgrade_count = 1;
    release->downgrade_from[0] = range_of("*");
    release->component[0].source_count = 1;
    it->scene->service.assignment.downgrade = true;
}

static void offer_one(struct attack *attack, const struct offer *offer)
{
    PST_CLEANUP(attack_case)
    struct attack_case it =
        attack_case(attack, "%s at %s, floor %s", offer->offered, offer->runs, offer->floor);
    char above[PST_TEXT_ROOM];

    set_terminal(&it, offer);
    set_release(&it, offer->offered);
    snprintf(above, sizeof above, ">%s", offer->offered);
    it.scene->release.downgrade_from[0] = range_of(above);
    attack_publish(&it);
    if (offer->expect[0] == PST_OK)
        attack_accepted(&it);
    else
        attack_refused_for(&it, offer->expect);
}

/* Versions that are none: the manifest says them, and is refused for it. */
static const char *const no_versions[] = {"5.02.0",
                                          "05.2.0",
                                          "5.2.00",
                                          "5.2.0.01",
                                          "5",
                                          "5.2.0.1.1",
                                          "v5.2.0",
                                          "5.2.0 ",
                                          " 5.2.0",
                                          "5.2.-1",
                                          "5.2.+1",
                                          "5.2.0x",
                                          "5,2,0",
                                          "5..2",
                                          "5.2.0-",
                                          "5.2.0+",
                                          "5.2.0-01",
                                          "0x5.2.0",
                                          "9007199254740992.0.0",
                                          "18446744073709551616.0.0",
                                          "5.2.1e1",
                                          ""};

static void put_version(void *context, struct pst_buf *manifest)
{
    char put[600];
    snprintf(put, sizeof put, "\"version\":\"%s\"", (const char *)context);
    attack_replace(manifest, "\"version\":\"5.2.0\"", put);
}

static void no_version(struct attack *attack, const char *text, const enum pst_code *expect)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "'%.80s'", text);
    char copy[600];

    snprintf(copy, sizeof copy, "%s", text);
    /* The delta's base has a version too: without it there is one "version" to change. */
    it.scene->release.component[0].source_count = 1;
    it.scene->edit = put_version;
    it.scene->edit_context = copy;
    attack_publish(&it);
    attack_refused_for(&it, expect);
    it.scene->edit = NULL;
    attack_mended(&it);
}

void attack_b07(struct attack *attack)
{
    static const enum pst_code expect[] = {PST_BAD_SYNTAX, PST_OK};
    char long_text[256];

    for (size_t i = 0; i < PST_COUNT(offers); i++)
        offer_one(attack, &offers[i]);
    for (size_t i = 0; i < PST_COUNT(no_versions); i++)
        no_version(attack, no_versions[i], expect);
    for (size_t len = 64; len <= 255; len += 191) {
        memset(long_text, '1', sizeof long_text);
        memcpy(long_text, "5.2.", 4);
        long_text[len] = '\0';
        no_version(attack, long_text, expect);
    }
}

/* Not without the operator's word, nor without the manifest's. */
static void not_permitted(struct attack *attack, bool ordered, bool listed)
{
    static const struct offer down = {"5.1.0", "5.3.0", "5.2.0", {PST_OK}};
    PST_CLEANUP(attack_case)
    struct attack_case it =
        attack_case(attack, "down%s%s", ordered ? ", ordered" : "", listed ? ", listed" : "");

    set_terminal(&it, &down);
    set_release(&it, down.offered);
    it.scene->service.assignment.downgrade = ordered;
    it.scene->release.downgrade_from[0] = range_of(listed ? ">5.2.0" : "=6.0.0");
    attack_publish(&it);
    if (listed)
        attack_refused(&it, PST_DOWNGRADE_NOT_PERMITTED);
    else
        attack_refused(&it, PST_DOWNGRADE_NOT_PERMITTED, PST_OS_TOO_NEW);
}

void attack_b08(struct attack *attack)
{
    for (size_t i = 0; i < PST_COUNT(permitted); i++)
        offer_one(attack, &permitted[i]);
    not_permitted(attack, false, true);
    not_permitted(attack, true, false);
    not_permitted(attack, false, false);
}

/* ---- B09 ----------------------------------------------------------------------------------- */

static void at_time(struct attack_case *it, int64_t now_s)
{
    it->scene->clock.wall_s = it->scene->service.now_s = now_s;
}

/* A mirror that serves yesterday's files for ever; the service itself tells the time. */
static void frozen(struct attack *attack, int64_t days, bool service_too)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "a timestamp of %lld days%s", (long long)days,
                                        service_too ? ", and no service" : "");
    int64_t ends_s = PST_REPO_NOW + days * PST_REPO_DAY;

    for (size_t which = 0; which < ATTACK_ROLES; which++)
        if (which != PST_ROLE_TIMESTAMP)
            attack_spoil_nth(&it, which)->expires_s = PST_REPO_NOW + 400 * PST_REPO_DAY;
    it.spoilt_count = 0;
    attack_role(&it, PST_ROLE_TIMESTAMP)->expires_s = ends_s;
    attack_settle(&it);
    it.scene->service.has_order = false;
    for (int64_t now_s = PST_REPO_NOW; now_s < ends_s; now_s += PST_REPO_DAY) {
        at_time(&it, now_s);
        (void)attack_cycle(&it);
        attack_holds(&it, it.cycle->progress == PST_PROGRESS_IDLE, "%s%s",
                     pst_progress_name(it.cycle->progress), agent_scene_explain(&it.cycle->why));
    }
    if (service_too)
        pst_fake_fail(&it.scene->net, "service.example", PST_FAKE_UNREACHABLE, 0, -1);
    it.scene->service.has_order = true;
    for (int64_t late_s = 0; late_s <= 40 * PST_REPO_DAY; late_s += 20 * PST_REPO_DAY) {
        at_time(&it, ends_s + late_s);
        if (service_too)
            attack_refused(&it, PST_METADATA_EXPIRED, PST_NET_UNREACHABLE);
        else
            attack_refused(&it, PST_METADATA_EXPIRED);
    }
    attack_mended(&it);
}

/* The last second counts, and the one after it does not. */
static void to_the_second(struct attack *attack)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "its last second");
    at_time(&it, PST_REPO_EXPIRES - 1);
    attack_accepted(&it);
}

void attack_b09(struct attack *attack)
{
    frozen(attack, 7, false);
    frozen(attack, 28, false);
    frozen(attack, 7, true);
    to_the_second(attack);
}

/* ---- B10 ----------------------------------------------------------------------------------- */

static const char *kept_floor(const struct attack_case *it, struct pst_slots_memory *slots)
{
    assert_int_equal(pst_memory_load_slots(&it->scene->ports.state, slots, NULL), PST_OK);
    return slots->security_floor.text;
}

static void floor_is(struct attack_case *it, const char *expect)
{
    struct pst_slots_memory slots;
    const char *floor = kept_floor(it, &slots);
    attack_holds(it, strcmp(floor, expect) == 0, "the floor is '%s', not '%s'", floor, expect);
}

static void progress_is(struct attack_case *it, enum pst_progress expect)
{
    attack_holds(it, it->cycle->progress == expect, "%s, not %s%s",
                 pst_progress_name(it->cycle->progress), pst_progress_name(expect),
                 agent_scene_explain(&it->cycle->why));
}

/* 5.2.0 says that nothing below it may run again. `comes_up`: it boots at all. */
static void fails(struct attack *attack, const char *name, bool comes_up)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "%s", name);

    it.scene->release.security_floor = version_of("5.2.0");
    attack_publish(&it);
    attack_accepted(&it);
    floor_is(&it, "");
    it.scene->terminal.sick = "payment";
    for (int boots = 0; boots < (comes_up ? 1 : 4); boots++)
        agent_scene_restart(it.scene);
    (void)attack_cycle(&it);
    progress_is(&it, PST_PROGRESS_REVERTED);
    floor_is(&it, "");
    while (it.scene->boot.state.active != 0 || it.scene->boot.state.trial)
        agent_scene_restart(it.scene);
    if (comes_up) /* it went back by itself, and tells so */
        (void)attack_cycle(&it);
    floor_is(&it, "");
    attack_holds(&it, agent_scene_slot_holds(it.scene, 0, &it.scene->base), "the old one is gone");

    attack_again(&it, "%s, then it is healthy", name);
    it.scene->terminal.sick = NULL;
    attack_converges(&it);
    agent_scene_restart(it.scene);
    (void)attack_cycle(&it);
    progress_is(&it, PST_PROGRESS_CONFIRMED);
    floor_is(&it, "5.2.0");

    attack_again(&it, "%s, and now there is no way back", name);
    set_release(&it, "5.1.9");
    it.scene->release.downgrade_from[0] = range_of(">=5.2.0");
    assert_int_equal(
        pst_sha256(pst_buf_bytes(&it.scene->base), it.scene->release.component[0].sha256, NULL),
        PST_OK);
    attack_publish_again(&it);
    attack_refused(&it, PST_DOWNGRADE_FLOOR);
}

void attack_b10(struct attack *attack)
{
    fails(attack, "it is not healthy", true);
    fails(attack, "it never comes up", false);
}
