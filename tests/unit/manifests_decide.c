/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/decide.h"
#include "tests/support/check.h"
#include "tests/support/decide_scene.h"

struct cause {
    const char *name;
    enum pst_code code;
    const char *where;
    unsigned touches; /* causes that touch the same thing are not independent of each other */
    void (*spoil)(struct scene *scene);
};

enum {
    TRUST = 1 << 0,
    ORDER = 1 << 1,
    OS = 1 << 2,
    HARDWARE = 1 << 3,
    AGENT = 1 << 4,
    BOOTLOADER = 1 << 5,
    SCHEMA = 1 << 6,
    REGION = 1 << 7,
    BATTERY = 1 << 8,
    MAINS = 1 << 9,
    BUSY = 1 << 10,
    SPACE = 1 << 11,
    LINK = 1 << 12,
    SECOND = 1 << 13, /* the second component */
    MATCH = 1 << 14
};

#define SPOIL(name, ...)                                                                           \
    static void name(struct scene *s)                                                              \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }
SPOIL(bad_signature, scene_trust(s, PST_SIGNATURE_INVALID))
SPOIL(expired_key, scene_trust(s, PST_KEY_EXPIRED))
SPOIL(bad_clock, scene_trust(s, PST_CLOCK_UNTRUSTED))
SPOIL(maintenance, scene_trust(s, PST_ASSIGNMENT_WITHDRAWN))
SPOIL(unproven, s->in.release_verified = false)
SPOIL(unknown_scheme, s->scheme[0] = "sm2-sm3"; s->in.scheme_count = 1)
SPOIL(no_order, s->assignment.has_order = false)
SPOIL(old_order, s->in.now_s = s->assignment.expires_s)
SPOIL(order_of_product, scene_text(s->assignment.product, "other"))
SPOIL(order_of_version, s->assignment.version = scene_version("5.3.0+b"))
SPOIL(order_of_path, scene_text(s->assignment.manifest, "meridian-p400/5.2.9/manifest.json"))
SPOIL(tampered, s->facts.tampered = PST_TRI_YES)
SPOIL(other_product, scene_text(s->facts.product, "meridian-p500"))
SPOIL(other_model, scene_text(s->facts.model, "P300"))
SPOIL(other_revision, s->facts.revision = scene_version("3.0.0"))
SPOIL(no_revision, s->facts.revision = (struct pst_version){0})
SPOIL(other_region, scene_text(s->facts.region, "US"))
SPOIL(no_region, scene_text(s->facts.region, ""))
SPOIL(os_too_old, scene_os(s, ">=5.2.5 <5.2.6", ">=5.2.8 <5.3.0"))
SPOIL(os_too_new, scene_os(s, ">=5.1.0 <5.2.0", ">=5.2.0 <5.2.1"))
SPOIL(os_between, scene_os(s, ">=5.2.2 <5.3.0", ">=5.1.0 <5.2.0"))
SPOIL(os_in_a_hole, scene_os(s, "<5.2.0 || >5.2.1 <5.2.4", ">=5.2.8"))
SPOIL(no_os, s->facts.os = (struct pst_version){0})
SPOIL(old_agent, s->facts.agent = scene_version("1.1.9"))
SPOIL(no_agent, s->facts.agent = (struct pst_version){0})
SPOIL(other_bootloader, s->facts.bootloader = scene_version("3.0.0"))
SPOIL(no_bootloader, s->facts.bootloader = (struct pst_version){0})
SPOIL(other_schema, s->facts.data_schema = scene_version("6.9"))
SPOIL(no_schema, s->facts.data_schema = (struct pst_version){0})
SPOIL(down_by_vendor_only, s->facts.os = scene_version("5.3.5"))
SPOIL(down_by_operator_only, scene_os(s, "<5.3.0", ">=5.3.0"); s->facts.os = scene_version("5.5.0");
      s->assignment.downgrade = true)
SPOIL(below_floor, s->facts.security_floor = scene_version("5.3.1"))
SPOIL(no_component, scene_text(s->facts.component[1].name, "modem"))
SPOIL(other_slot_class, scene_text(s->facts.component[1].slot_class, "rootfs"))
SPOIL(small_slot, s->facts.component[0].slot_bytes = 8388607)
SPOIL(no_source, s->facts.memory_bytes = 393215)
SPOIL(battery_low, s->facts.battery_percent = 39)
SPOIL(no_battery, s->facts.battery_percent = -1)
SPOIL(no_mains, s->release->needs.mains = true; s->facts.mains = PST_TRI_NO)
SPOIL(mains_unknown, s->release->needs.mains = true; s->facts.mains = PST_TRI_UNKNOWN)
SPOIL(busy, s->facts.busy = PST_TRI_YES)
SPOIL(busy_unknown, s->facts.busy = PST_TRI_UNKNOWN)
SPOIL(no_space, s->facts.free_bytes = 16777215)
SPOIL(space_unknown, s->facts.free_bytes = -1)
SPOIL(window_closed, s->facts.window_open = PST_TRI_NO)
SPOIL(metered, s->release->needs.metered_allowed = false; s->facts.metered = PST_TRI_YES)
SPOIL(link_unknown, s->release->needs.metered_allowed = false; s->facts.metered = PST_TRI_UNKNOWN)
SPOIL(full_on_metered, s->in.full_on_metered = false; s->facts.metered = PST_TRI_YES)
SPOIL(full_on_unknown, s->in.full_on_metered = false; s->facts.metered = PST_TRI_UNKNOWN)

/* clang-format off */
static const struct cause causes[] = {
    {"a signature is invalid",       PST_SIGNATURE_INVALID,  "trust",                TRUST,      bad_signature},
    {"a key has expired",            PST_KEY_EXPIRED,        "trust",                TRUST,      expired_key},
    {"the clock is wrong",           PST_CLOCK_UNTRUSTED,    "trust",                TRUST,      bad_clock},
    {"a deferral comes with trust",  PST_ASSIGNMENT_WITHDRAWN, "trust",              TRUST,      maintenance},
    {"unverified without a reason",  PST_SIGNATURE_MISSING,  "",                     TRUST,      unproven},
    {"the agent lacks the scheme",   PST_ALGORITHM_UNKNOWN,  "terminal/schemes",     0,          unknown_scheme},
    {"nothing is assigned",          PST_ASSIGNMENT_NONE,    "assignment",           ORDER|MATCH|OS, no_order},
    {"the order has expired",        PST_ASSIGNMENT_EXPIRED, "assignment/expires",   0,          old_order},
    {"ordered another product",      PST_ASSIGNMENT_MISMATCH, "assignment/order/product", ORDER, order_of_product},
    {"ordered another version",      PST_ASSIGNMENT_MISMATCH, "assignment/order/version", ORDER, order_of_version},
    {"ordered another path",         PST_ASSIGNMENT_MISMATCH, "assignment/order/manifest", MATCH, order_of_path},
    {"tamper alarm",                 PST_TAMPERED,           "terminal/tampered",    0,          tampered},
    {"another product",              PST_PRODUCT,            "product",              0,          other_product},
    {"another model",                PST_HARDWARE_MODEL,     "fits/hardware",        HARDWARE,   other_model},
    {"another revision",             PST_HARDWARE_REVISION,  "fits/hardware",        HARDWARE,   other_revision},
    {"revision unknown",             PST_FACT_UNKNOWN,       "terminal/revision",    HARDWARE,   no_revision},
    {"another region",               PST_REGION,             "fits/regions",         REGION,     other_region},
    {"region unknown",               PST_FACT_UNKNOWN,       "terminal/region",      REGION,     no_region},
    {"OS too old",                   PST_OS_TOO_OLD,         "fits/os",              OS,         os_too_old},
    {"OS too new",                   PST_OS_TOO_NEW,         "fits/os",              OS,         os_too_new},
    {"OS between two ranges",        PST_OS_NOT_LISTED,      "fits/os",              OS,         os_between},
    {"OS in a hole of a range",      PST_OS_NOT_LISTED,      "fits/os",              OS,         os_in_a_hole},
    {"OS unknown",                   PST_FACT_UNKNOWN,       "terminal/os",          OS,         no_os},
    {"agent too old",                PST_AGENT_TOO_OLD,      "fits/agent",           AGENT,      old_agent},
    {"agent unknown",                PST_FACT_UNKNOWN,       "terminal/agent",       AGENT,      no_agent},
    {"another boot loader",          PST_BOOTLOADER,         "fits/bootloader",      BOOTLOADER, other_bootloader},
    {"boot loader unknown",          PST_FACT_UNKNOWN,       "terminal/bootloader",  BOOTLOADER, no_bootloader},
    {"another data schema",          PST_DATA_SCHEMA,        "fits/data_schema",     SCHEMA,     other_schema},
    {"data schema unknown",          PST_FACT_UNKNOWN,       "terminal/data_schema", SCHEMA,     no_schema},
    {"down, and the order does not say so", PST_DOWNGRADE_NOT_PERMITTED, "assignment/order/downgrade", OS, down_by_vendor_only},
    {"down, and the release does not permit it", PST_DOWNGRADE_NOT_PERMITTED, "downgrade_from", OS, down_by_operator_only},
    {"below the floor",              PST_DOWNGRADE_FLOOR,    "version",              0,          below_floor},
    {"a component is missing",       PST_COMPONENT_MISSING,  "components/secure-processor", SECOND, no_component},
    {"another slot class",           PST_COMPONENT_MISSING,  "components/secure-processor", SECOND, other_slot_class},
    {"a slot is too small",          PST_SLOT_TOO_SMALL,     "components/os",        0,          small_slot},
    {"no usable source",             PST_DELTA_NO_SOURCE,    "components/secure-processor", SECOND, no_source},
    {"battery low",                  PST_BATTERY_LOW,        "terminal/battery_percent", BATTERY, battery_low},
    {"battery unknown",              PST_FACT_UNKNOWN,       "terminal/battery_percent", BATTERY, no_battery},
    {"not plugged in",               PST_NO_MAINS,           "terminal/mains",       MAINS,      no_mains},
    {"mains unknown",                PST_FACT_UNKNOWN,       "terminal/mains",       MAINS,      mains_unknown},
    {"in use",                       PST_BUSY,               "terminal/busy",        BUSY,       busy},
    {"use unknown",                  PST_FACT_UNKNOWN,       "terminal/busy",        BUSY,       busy_unknown},
    {"too little space",             PST_NO_SPACE,           "terminal/free_bytes",  SPACE,      no_space},
    {"space unknown",                PST_FACT_UNKNOWN,       "terminal/free_bytes",  SPACE,      space_unknown},
    {"window closed",                PST_WINDOW_CLOSED,      "terminal/window_open", 0,          window_closed},
    {"metered, and not allowed",     PST_METERED,            "terminal/metered",     LINK,       metered},
    {"link unknown, and asked for",  PST_FACT_UNKNOWN,       "terminal/metered",     LINK,       link_unknown},
    {"only a full image, metered",   PST_METERED,            "components/secure-processor", LINK|SECOND, full_on_metered},
    {"only a full image, link unknown", PST_FACT_UNKNOWN,    "components/secure-processor/terminal/metered", LINK|SECOND, full_on_unknown},
};
/* clang-format on */

static const struct pst_finding *find(const struct pst_report *why, const struct cause *cause)
{
    for (size_t i = 0; i < why->count; i++)
        if (why->finding[i].code == cause->code &&
            strcmp(why->finding[i].where, cause->where) == 0 && !why->finding[i].noted)
            return &why->finding[i];
    return NULL;
}

static size_t stopping(const struct pst_report *why)
{
    size_t count = 0;
    for (size_t i = 0; i < why->count; i++)
        count += !why->finding[i].noted;
    return count;
}

static enum pst_verdict verdict_of(enum pst_code code)
{
    if (code == PST_ASSIGNMENT_NONE)
        return PST_VERDICT_NOTHING;
    return pst_code_kind(code) == PST_KIND_DEFERRAL ? PST_VERDICT_DEFER : PST_VERDICT_REFUSE;
}

static void each_cause_alone_is_named_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(causes); i++) {
        PST_CLEANUP(scene) struct scene *s = scene();
        struct pst_decision d;
        causes[i].spoil(s);
        pst_decide(&s->in, &d);
        const struct pst_finding *finding = find(&d.why, &causes[i]);
        if (finding == NULL || stopping(&d.why) != 1)
            fail_msg("%s: not named, or not alone:%s", causes[i].name, scene_explain(&d.why));
        if (finding->code != PST_SIGNATURE_MISSING && strcmp(finding->where, "trust") != 0)
            assert_true(finding->expected[0] != '\0' && finding->found[0] != '\0');
        if (d.verdict != verdict_of(causes[i].code))
            fail_msg("%s: %s", causes[i].name, pst_verdict_name(d.verdict));
        assert_int_equal(d.fetch_bytes, 0);
        assert_false(finding->unverified);
    }
}

SPOIL(at_every_edge, s->facts.agent = s->release->agent_least;
      s->facts.security_floor = s->release->version;
      s->facts.component[0].slot_bytes = s->release->component[0].size_bytes;
      s->facts.battery_percent = 40; s->facts.free_bytes = 16777216;
      s->in.now_s = s->assignment.expires_s - 1)
SPOIL(known_scheme, s->scheme[0] = "rsassa-pss-sha256"; s->in.scheme_count = 1)
SPOIL(nothing_asked, s->release->hardware[0].revisions.count = 0; s->release->bootloader.count = 0;
      s->release->data_schema.count = 0; s->release->region_count = 0;
      s->release->needs = (struct pst_needs){.metered_allowed = true};
      s->release->agent_least = (struct pst_version){0}; no_revision(s); no_bootloader(s);
      no_schema(s); no_region(s); no_agent(s); no_battery(s); space_unknown(s); busy_unknown(s);
      s->facts.mains = PST_TRI_UNKNOWN; s->facts.metered = PST_TRI_UNKNOWN;
      s->facts.tampered = PST_TRI_UNKNOWN; s->facts.window_open = PST_TRI_UNKNOWN)

static void what_is_just_enough_or_not_asked_installs(void **state)
{
    static void (*const spoils[])(struct scene * s) = {at_every_edge, known_scheme, nothing_asked};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(spoils); i++) {
        PST_CLEANUP(scene) struct scene *s = scene();
        struct pst_decision d;
        spoils[i](s);
        pst_decide(&s->in, &d);
        if (d.verdict != PST_VERDICT_INSTALL)
            fail_msg("%zu:%s", i, scene_explain(&d.why));
    }
}

static void an_empty_battery_is_known_to_be_empty(void **state)
{
    (void)state;
    PST_CLEANUP(scene) struct scene *s = scene();
    struct pst_decision d;
    s->facts.battery_percent = 0;
    s->facts.free_bytes = 0;
    pst_decide(&s->in, &d);
    assert_int_equal(d.why.count, 2);
    assert_int_equal(d.why.finding[0].code, PST_BATTERY_LOW);
    assert_int_equal(d.why.finding[1].code, PST_NO_SPACE);
}

static enum pst_verdict worse(enum pst_verdict a, enum pst_verdict b)
{
    return a > b ? a : b; /* install < nothing < defer < refuse */
}

static void any_two_causes_are_named_together(void **state)
{
    size_t pairs = 0;
    (void)state;
    for (size_t i = 0; i < PST_COUNT(causes); i++) {
        for (size_t k = i + 1; k < PST_COUNT(causes); k++) {
            if ((causes[i].touches & causes[k].touches) != 0)
                continue;
            PST_CLEANUP(scene) struct scene *s = scene();
            struct pst_decision d;
            causes[i].spoil(s);
            causes[k].spoil(s);
            pst_decide(&s->in, &d);
            if (find(&d.why, &causes[i]) == NULL || find(&d.why, &causes[k]) == NULL ||
                d.verdict != worse(verdict_of(causes[i].code), verdict_of(causes[k].code)))
                fail_msg("%s + %s: %s%s", causes[i].name, causes[k].name,
                         pst_verdict_name(d.verdict), scene_explain(&d.why));
            pairs++;
        }
    }
    assert_true(pairs > 1000);
}

static void what_is_expected_and_found_is_said(void **state)
{
    static const struct {
        void (*spoil)(struct scene *scene);
        const char *expected, *found;
    } cases[] = {
        {os_between, ">=5.2.2 <5.3.0 || >=5.1.0 <5.2.0", "5.2.1"},
        {other_model, "P400, P400 Plus", "P300"},
        {other_revision, ">=1.2.0 <3.0.0", "3.0.0"},
        {old_agent, "1.2.0 or newer", "1.1.9"},
        {other_region, "EU, CN", "US"},
        {battery_low, "at least 40 percent", "39 percent"},
        {below_floor, "5.3.1 or newer", "5.3.0"},
        {small_slot, "8388608 bytes", "8388607 bytes"},
        {unknown_scheme, "ed25519, ecdsa-sha2-nistp256, rsassa-pss-sha256", "sm2-sm3"},
        {old_order, "before 2026-11-06T06:00:00Z", "2026-11-06T06:00:00Z"},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(scene) struct scene *s = scene();
        struct pst_decision d;
        cases[i].spoil(s);
        pst_decide(&s->in, &d);
        assert_string_equal(d.why.finding[0].expected, cases[i].expected);
        assert_string_equal(d.why.finding[0].found, cases[i].found);
    }
}

static void noted_findings_stop_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < pst_code_count(); i++) {
        PST_CLEANUP(scene) struct scene *s = scene();
        struct pst_decision d;
        pst_note(&s->trust, pst_code_at(i), pst_say("a"), pst_say("b"));
        pst_decide(&s->in, &d);
        assert_int_equal(d.verdict, PST_VERDICT_INSTALL);
        assert_int_equal(d.why.count, 1);
    }
}

static void nobody_crowds_a_cause_out_with_notes(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(causes); i++) {
        PST_CLEANUP(scene) struct scene *s = scene();
        struct pst_decision d;
        for (int k = 0; k < 3 * PST_REPORT_MOST; k++)
            pst_note(&s->trust, PST_KEY_UNKNOWN, pst_say("a known key"), pst_say("key %d", k));
        causes[i].spoil(s);
        pst_decide(&s->in, &d);
        assert_non_null(find(&d.why, &causes[i]));
        assert_int_not_equal(d.verdict, PST_VERDICT_INSTALL);
        assert_true(d.why.omitted >= 2 * PST_REPORT_MOST);
    }
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void it_never_installs_over_a_finding(void **state)
{
    uint64_t seed = 20261105;
    size_t installs = 0;
    (void)state;
    for (int run = 0; run < 3000; run++) {
        PST_CLEANUP(scene) struct scene *s = scene();
        struct pst_decision d;
        if (next_random(&seed) % 2 == 0)
            pst_note(&s->trust, PST_KEY_UNKNOWN, pst_say("a"), pst_say("b"));
        for (uint64_t left = next_random(&seed) % 5; left > 0; left--)
            causes[next_random(&seed) % PST_COUNT(causes)].spoil(s);
        if (next_random(&seed) % 8 == 0)
            s->in.release = NULL;
        if (next_random(&seed) % 8 == 0)
            s->in.assignment = NULL;
        pst_decide(&s->in, &d);
        assert_int_equal(d.verdict == PST_VERDICT_INSTALL, stopping(&d.why) == 0);
        if (d.verdict != PST_VERDICT_INSTALL)
            continue;
        installs++;
        assert_non_null(s->in.release);
        assert_true(s->in.release_verified);
        for (size_t i = 0; i < s->release->component_count; i++)
            assert_true(pst_source_is_usable(&s->release->component[i].source[d.source[i]],
                                             &s->release->component[i], &s->facts, NULL));
    }
    assert_true(installs > 100);
}

static void the_same_input_gives_the_same_bytes(void **state)
{
    (void)state;
    PST_CLEANUP(scene) struct scene *s = scene();
    struct pst_decision a, b;
    memset(&a, 0x55, sizeof a);
    memset(&b, 0xaa, sizeof b);
    os_too_old(s);
    pst_decide(&s->in, &a);
    pst_decide(&s->in, &b);
    assert_memory_equal(&a, &b, sizeof a);
}

static void an_unverified_release_speaks_only_against(void **state)
{
    (void)state;
    PST_CLEANUP(scene) struct scene *s = scene();
    struct pst_decision d;
    s->in.release_verified = false;
    bad_signature(s);
    os_too_old(s);
    other_model(s);
    tampered(s);
    scene_install(s); /* what claims to be installed already must not end the judging */
    s->facts.os = scene_version("5.2.1");
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_REFUSE);
    for (size_t i = 0; i < d.why.count; i++) {
        bool from_release = strncmp(d.why.finding[i].where, "fits/", 5) == 0;
        assert_int_equal(d.why.finding[i].unverified, from_release);
    }
    assert_true(pst_report_has(&d.why, PST_OS_TOO_OLD));
    assert_true(pst_report_has(&d.why, PST_HARDWARE_MODEL));
    assert_false(pst_report_has(&d.why, PST_ALREADY_INSTALLED));
    assert_int_equal(stopping(&d.why), 4);
}

static void without_a_release_the_rest_is_judged(void **state)
{
    static const struct {
        const char *name;
        void (*spoil)(struct scene *scene);
        enum pst_code code, also;
        enum pst_verdict verdict;
    } cases[] = {
        {"nobody says why it is missing", scene_nothing, PST_METADATA_MISSING, PST_OK,
         PST_VERDICT_REFUSE},
        {"no order", no_order, PST_ASSIGNMENT_NONE, PST_OK, PST_VERDICT_NOTHING},
        {"trust says why", bad_signature, PST_SIGNATURE_INVALID, PST_OK, PST_VERDICT_REFUSE},
        {"a deferral says why", maintenance, PST_ASSIGNMENT_WITHDRAWN, PST_OK, PST_VERDICT_DEFER},
        {"tamper", tampered, PST_TAMPERED, PST_METADATA_MISSING, PST_VERDICT_REFUSE},
        {"window", window_closed, PST_WINDOW_CLOSED, PST_METADATA_MISSING, PST_VERDICT_REFUSE},
        {"scheme", unknown_scheme, PST_ALGORITHM_UNKNOWN, PST_METADATA_MISSING, PST_VERDICT_REFUSE},
        {"order expired", old_order, PST_ASSIGNMENT_EXPIRED, PST_METADATA_MISSING,
         PST_VERDICT_REFUSE},
        {"order of another product", order_of_product, PST_PRODUCT, PST_METADATA_MISSING,
         PST_VERDICT_REFUSE},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(scene) struct scene *s = scene();
        struct pst_decision d;
        cases[i].spoil(s);
        s->in.release = NULL;
        pst_decide(&s->in, &d);
        if (!pst_report_has(&d.why, cases[i].code) || d.verdict != cases[i].verdict ||
            (cases[i].also != PST_OK && !pst_report_has(&d.why, cases[i].also)) ||
            d.why.count != (cases[i].also == PST_OK ? 1 : 2))
            fail_msg("%s: %s%s", cases[i].name, pst_verdict_name(d.verdict), scene_explain(&d.why));
    }
}

static void without_an_assignment_the_release_alone_is_judged(void **state)
{
    (void)state;
    PST_CLEANUP(scene) struct scene *s = scene();
    struct pst_decision d;
    s->in.assignment = NULL;
    s->in.trust = NULL;
    down_by_vendor_only(s); /* no order is there to forget the downgrade */
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_INSTALL);
}

static void a_downgrade_that_both_sides_want_installs(void **state)
{
    (void)state;
    PST_CLEANUP(scene) struct scene *s = scene();
    struct pst_decision d;
    down_by_vendor_only(s);
    s->assignment.downgrade = true;
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_INSTALL);
    s->facts.security_floor = scene_version("5.3.1");
    pst_decide(&s->in, &d);
    assert_int_equal(d.why.finding[0].code, PST_DOWNGRADE_FLOOR);
}

static void an_installed_release_is_nothing_to_do_by_day_too(void **state)
{
    (void)state;
    PST_CLEANUP(scene) struct scene *s = scene();
    struct pst_decision d;
    scene_install(s);
    busy(s);
    battery_low(s);
    window_closed(s);
    no_source(s);
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_NOTHING);
    assert_int_equal(d.why.count, 1);
    assert_int_equal(d.why.finding[0].code, PST_ALREADY_INSTALLED);
    assert_string_equal(d.why.finding[0].found, "5.3.0");

    tampered(s);
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_REFUSE);
    assert_true(pst_report_has(&d.why, PST_ALREADY_INSTALLED));
}

static void installed_means_every_component_by_digest_or_else_by_version(void **state)
{
    (void)state;
    PST_CLEANUP(scene) struct scene *s = scene();
    struct pst_decision d;
    scene_install(s);
    s->facts.component[0].active_sha256[31] ^= 1; /* a damaged slot is repaired */
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_INSTALL);
    assert_int_equal(d.source[0], 1);
    scene_install(s);
    s->facts.component[0].active_bytes++;
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_INSTALL);

    s->facts.component[0].active_bytes = 0; /* handed over to a loader that tells no digest */
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_NOTHING);
    s->facts.os = scene_version("5.2.9");
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_INSTALL);

    scene_install(s);
    no_component(s);
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_REFUSE);
}

static void verdicts_have_names(void **state)
{
    (void)state;
    assert_string_equal(pst_verdict_name(PST_VERDICT_INSTALL), "install");
    assert_string_equal(pst_verdict_name(PST_VERDICT_NOTHING), "nothing");
    assert_string_equal(pst_verdict_name(PST_VERDICT_DEFER), "defer");
    assert_string_equal(pst_verdict_name(PST_VERDICT_REFUSE), "refuse");
    assert_string_equal(pst_verdict_name((enum pst_verdict)4), "unknown");
}

static void a_terminal_that_can_verify_nothing_says_so(void **state)
{
    PST_CLEANUP(scene) struct scene *s = scene();
    struct pst_decision d;
    (void)state;
    unknown_scheme(s);
    s->facts.scheme_count = 0;
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_REFUSE);
    assert_int_equal(d.why.finding[0].code, PST_ALGORITHM_UNKNOWN);
    assert_string_equal(d.why.finding[0].expected, "none");
    assert_string_equal(d.why.finding[0].found, "sm2-sm3");
}

static void a_terminal_without_a_floor_has_none_to_fall_below(void **state)
{
    PST_CLEANUP(scene) struct scene *s = scene();
    struct pst_decision d;
    (void)state;
    s->facts.security_floor = (struct pst_version){0};
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_INSTALL);
    s->release->version = scene_version("0.0.0-0"); /* nothing is older */
    pst_decide(&s->in, &d);
    assert_false(pst_report_has(&d.why, PST_DOWNGRADE_FLOOR));
}

static void a_release_of_nothing_is_never_called_installed(void **state)
{
    PST_CLEANUP(scene) struct scene *s = scene();
    struct pst_decision d;
    size_t count = s->release->component_count;
    (void)state;
    s->release->component_count = 0;
    s->facts.os = s->release->version;
    pst_decide(&s->in, &d);
    s->release->component_count = count;
    assert_false(pst_report_has(&d.why, PST_ALREADY_INSTALLED));
}

/* Notes do not keep an installed release from being all there is; findings without room may. */
static void nothing_to_do_is_said_of_what_is_known_whole(void **state)
{
    PST_CLEANUP(scene) struct scene *s = scene();
    struct pst_decision d;
    (void)state;
    scene_install(s);
    scene_trust(s, PST_CLOCK_UNTRUSTED);
    s->trust.finding[0].noted = true;
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_NOTHING);
    s->trust.omitted = 1;
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_DEFER);
}

static void a_closed_window_keeps_nothing_waiting_where_nothing_is_ordered(void **state)
{
    PST_CLEANUP(scene) struct scene *s = scene();
    struct pst_decision d;
    (void)state;
    no_order(s);
    window_closed(s);
    s->in.release = NULL;
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_NOTHING);
    assert_int_equal(d.why.count, 1);
    assert_int_equal(d.why.finding[0].code, PST_ASSIGNMENT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cause_alone_is_named_alone),
        cmocka_unit_test(what_is_just_enough_or_not_asked_installs),
        cmocka_unit_test(an_empty_battery_is_known_to_be_empty),
        cmocka_unit_test(any_two_causes_are_named_together),
        cmocka_unit_test(what_is_expected_and_found_is_said),
        cmocka_unit_test(noted_findings_stop_nothing),
        cmocka_unit_test(nobody_crowds_a_cause_out_with_notes),
        cmocka_unit_test(it_never_installs_over_a_finding),
        cmocka_unit_test(the_same_input_gives_the_same_bytes),
        cmocka_unit_test(an_unverified_release_speaks_only_against),
        cmocka_unit_test(without_a_release_the_rest_is_judged),
        cmocka_unit_test(without_an_assignment_the_release_alone_is_judged),
        cmocka_unit_test(a_downgrade_that_both_sides_want_installs),
        cmocka_unit_test(an_installed_release_is_nothing_to_do_by_day_too),
        cmocka_unit_test(installed_means_every_component_by_digest_or_else_by_version),
        cmocka_unit_test(verdicts_have_names),
        cmocka_unit_test(a_terminal_that_can_verify_nothing_says_so),
        cmocka_unit_test(a_terminal_without_a_floor_has_none_to_fall_below),
        cmocka_unit_test(a_release_of_nothing_is_never_called_installed),
        cmocka_unit_test(nothing_to_do_is_said_of_what_is_known_whole),
        cmocka_unit_test(a_closed_window_keeps_nothing_waiting_where_nothing_is_ordered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
