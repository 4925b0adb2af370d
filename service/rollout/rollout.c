/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rollout/rollout.h"

#include "manifests/fields.h"
#include "manifests/utf8.h"

enum { PLACES = 10000, STATES = PST_ROLLOUT_CANCELLED + 1, EVENTS = PST_ROLLOUT_CANCEL + 1 };

/* ---- steps */

static const char *const state_names[STATES] = {
    [PST_ROLLOUT_DRAFT] = "draft",
    [PST_ROLLOUT_RUNNING] = "running",
    [PST_ROLLOUT_PAUSED] = "paused",
    [PST_ROLLOUT_CANCELLED] = "cancelled",
};
static const char *const event_names[EVENTS] = {
    [PST_ROLLOUT_START] = "start",
    [PST_ROLLOUT_PAUSE] = "pause",
    [PST_ROLLOUT_RESUME] = "resume",
    [PST_ROLLOUT_CANCEL] = "cancel",
};

/* A cell left out is a step that cannot happen. Nothing leads back to the draft, so its number,
 * which is zero, stands for "no step"; and nothing leads out of a cancelled rollout. */
static const enum pst_rollout_state steps[STATES][EVENTS] = {
    [PST_ROLLOUT_DRAFT] =
        {[PST_ROLLOUT_START] = PST_ROLLOUT_RUNNING, [PST_ROLLOUT_CANCEL] = PST_ROLLOUT_CANCELLED},
    [PST_ROLLOUT_RUNNING] =
        {[PST_ROLLOUT_PAUSE] = PST_ROLLOUT_PAUSED, [PST_ROLLOUT_CANCEL] = PST_ROLLOUT_CANCELLED},
    [PST_ROLLOUT_PAUSED] =
        {[PST_ROLLOUT_RESUME] = PST_ROLLOUT_RUNNING, [PST_ROLLOUT_CANCEL] = PST_ROLLOUT_CANCELLED},
};

enum pst_code pst_rollout_step(enum pst_rollout_state state, enum pst_rollout_event event,
                               enum pst_rollout_state *out, struct pst_report *why)
{
    char takers[96] = "";
    size_t len = 0;

    if (steps[state][event] != PST_ROLLOUT_DRAFT) {
        *out = steps[state][event];
        return PST_OK;
    }
    for (size_t i = 0; i < STATES; i++) {
        if (steps[i][event] == PST_ROLLOUT_DRAFT)
            continue;
        struct pst_value more = pst_say("%s%s", len > 0 ? " or " : "", state_names[i]);
        size_t added = strlen(more.at);
        if (len + added < sizeof takers)
            memcpy(takers + len, more.at, added + 1);
        len += added;
    }
    return pst_refuse(why, PST_ROLLOUT_STATE,
                      pst_say("a rollout that is %s, for '%s'", takers, event_names[event]),
                      pst_say("%s", state_names[state]));
}

const char *pst_rollout_state_name(enum pst_rollout_state state)
{
    return (size_t)state < STATES ? state_names[state] : "unknown";
}

static bool find_name(const char *const *names, size_t count, struct pst_text name, size_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (pst_text_is(name, names[i])) {
            *out = i;
            return true;
        }
    }
    return false;
}

bool pst_rollout_state_parse(struct pst_text name, enum pst_rollout_state *out)
{
    size_t at = 0;
    if (!find_name(state_names, STATES, name, &at))
        return false;
    *out = (enum pst_rollout_state)at;
    return true;
}

bool pst_rollout_event_parse(struct pst_text name, enum pst_rollout_event *out)
{
    size_t at = 0;
    if (!find_name(event_names, EVENTS, name, &at))
        return false;
    *out = (enum pst_rollout_event)at;
    return true;
}

/* ---- the order of terminals */

static uint64_t mix_text(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return hash;
}

/*
 * FNV-1a, 64 bits, over the rollout's id, one zero byte and the serial. Serials count upwards, and
 * FNV's high bits hardly notice the last digits, so two rounds of shifting down and multiplying by
 * an odd number spread them. Part of the service's contract: another hash would move terminals
 * from one side of a percentage to the other in the middle of a rollout.
 */
unsigned pst_rollout_place(const char *rollout_id, const char *serial)
{
    uint64_t hash = mix_text(UINT64_C(0xcbf29ce484222325), rollout_id);
    hash = mix_text(hash * UINT64_C(0x100000001b3), serial);
    for (int round = 0; round < 2; round++) {
        hash ^= hash >> 32;
        hash *= UINT64_C(0x9e3779b97f4a7c15); /* 2^64 divided by the golden ratio */
    }
    hash ^= hash >> 32;
    return (unsigned)(((hash >> 32) * PLACES) >> 32);
}

/* ---- the filter */

static bool holds_os(const char *filter, const struct pst_version *os)
{
    struct pst_version_range range = {0};
    if (filter[0] == '\0')
        return true;
    /* A range that cannot be read holds nobody: the safe side. */
    return pst_version_range_parse(pst_text(filter), &range, NULL) == PST_OK &&
           pst_version_range_holds(&range, os);
}

static bool holds_name(const char *filter, const char *name)
{
    return filter[0] == '\0' || strcmp(filter, name) == 0;
}

/* By whole steps: "acme/shop" takes in "acme/shop/4" and not "acme/shops". */
static bool holds_group(const char *filter, const char *group)
{
    size_t len = strlen(filter);
    return len == 0 ||
           (strncmp(filter, group, len) == 0 && (group[len] == '\0' || group[len] == '/'));
}

/* The next serial of the list, or false at its end. */
static bool take_serial(struct pst_text *rest, struct pst_text *out)
{
    if (rest->len == 0)
        return false;
    if (!pst_take_until(rest, '\n', out)) {
        *out = *rest;
        *rest = pst_text("");
    }
    return true;
}

static bool holds_serial(const char *filter, const char *serial)
{
    struct pst_text rest = pst_text(filter), one;
    while (take_serial(&rest, &one))
        if (pst_text_is(one, serial))
            return true;
    return filter[0] == '\0';
}

bool pst_rollout_holds(const struct pst_rollout_row *rollout, const struct pst_facts *facts)
{
    return strcmp(rollout->product, facts->product) == 0 &&
           holds_name(rollout->filter_model, facts->model) &&
           holds_name(rollout->filter_region, facts->region) &&
           holds_group(rollout->filter_group, facts->group) &&
           holds_serial(rollout->filter_serials, facts->serial) &&
           holds_os(rollout->filter_os, &facts->os) &&
           pst_rollout_place(rollout->id, facts->serial) < rollout->percent * (PLACES / 100);
}

/* ---- what an operator may ask for */

static void fault(struct pst_report *why, enum pst_code *first, const char *field,
                  enum pst_code code, struct pst_value expected, struct pst_value found)
{
    PST_WITHIN(why, "%s", field);
    (void)pst_refuse(why, code, expected, found);
    if (*first == PST_OK)
        *first = code;
}

static bool is_plain(struct pst_text text)
{
    return pst_utf8_is_plain(text);
}

static void check_text(struct pst_report *why, enum pst_code *first, const char *field,
                       const char *value, bool (*is_good)(struct pst_text), const char *expected)
{
    if (!is_good(pst_text(value)))
        fault(why, first, field, PST_BAD_SYNTAX, pst_say("%s", expected), pst_say("%s", value));
}

static void check_os(const char *filter, struct pst_report *why, enum pst_code *first)
{
    struct pst_version_range range;
    if (filter[0] == '\0')
        return;
    PST_WITHIN(why, "filter/os");
    enum pst_code code = pst_version_range_parse(pst_text(filter), &range, why);
    if (*first == PST_OK)
        *first = code;
}

static void check_serials(const char *filter, struct pst_report *why, enum pst_code *first)
{
    struct pst_text rest = pst_text(filter), one;
    while (take_serial(&rest, &one))
        if (!pst_name_is_safe(one))
            fault(why, first, "filter/serials", PST_BAD_SYNTAX, pst_say("a serial"),
                  pst_say("%.*s", PST_ARGS(one)));
}

static void check_filter(const struct pst_rollout_row *rollout, struct pst_report *why,
                         enum pst_code *first)
{
    check_os(rollout->filter_os, why, first);
    check_text(why, first, "filter/model", rollout->filter_model, is_plain, "printable text");
    if (rollout->filter_region[0] != '\0')
        check_text(why, first, "filter/region", rollout->filter_region, pst_name_is_safe, "a name");
    if (rollout->filter_group[0] != '\0')
        check_text(why, first, "filter/group", rollout->filter_group, pst_target_path_is_safe,
                   "names joined by '/'");
    check_serials(rollout->filter_serials, why, first);
}

enum pst_code pst_rollout_check(const struct pst_rollout_row *rollout, struct pst_report *why)
{
    enum pst_code first = PST_OK;

    PST_WITHIN(why, "rollout");
    check_text(why, &first, "name", rollout->name, is_plain, "printable text");
    check_text(why, &first, "product", rollout->product, pst_name_is_safe, "a product's name");
    check_text(why, &first, "manifest", rollout->manifest, pst_target_path_is_safe,
               "the manifest's target path");
    if (!pst_version_is_set(&rollout->version))
        fault(why, &first, "version", PST_MISSING_FIELD, pst_say("a version"), pst_say("none"));
    if (rollout->percent < 1 || rollout->percent > 100)
        fault(why, &first, "percent", PST_OUT_OF_BOUNDS, pst_say("1 to 100"),
              pst_say("%lld", (long long)rollout->percent));
    check_filter(rollout, why, &first);
    return first;
}
