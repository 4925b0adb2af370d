/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/decide.h"

#include "manifests/decide_checks.h"

/* When a check applies. */
enum {
    ALWAYS = 0,
    RELEASE = 1,   /* it reads the manifest: what it finds is as verified as that */
    INSTALLING = 2 /* it is moot when the release is installed already */
};

static const struct {
    unsigned when;
    void (*run)(const struct pst_decide_in *in, struct pst_report *why);
} checks[] = {
    {ALWAYS, pst_check_proof},
    {ALWAYS, pst_check_schemes},
    {ALWAYS, pst_check_order},
    {RELEASE, pst_check_match},
    {ALWAYS, pst_check_tamper},
    {RELEASE | INSTALLING, pst_check_product},
    {RELEASE | INSTALLING, pst_check_hardware},
    {RELEASE | INSTALLING, pst_check_region},
    {RELEASE | INSTALLING, pst_check_os},
    {RELEASE | INSTALLING, pst_check_agent},
    {RELEASE | INSTALLING, pst_check_bootloader},
    {RELEASE | INSTALLING, pst_check_data_schema},
    {RELEASE | INSTALLING, pst_check_downgrade},
    {RELEASE | INSTALLING, pst_check_components},
    {RELEASE | INSTALLING, pst_check_power},
    {RELEASE | INSTALLING, pst_check_busy},
    {RELEASE | INSTALLING, pst_check_space},
    {RELEASE | INSTALLING, pst_check_link},
    {INSTALLING, pst_check_window},
};

const char *pst_verdict_name(enum pst_verdict verdict)
{
    static const char *const names[] = {
        [PST_VERDICT_INSTALL] = "install",
        [PST_VERDICT_NOTHING] = "nothing",
        [PST_VERDICT_DEFER] = "defer",
        [PST_VERDICT_REFUSE] = "refuse",
    };
    return (size_t)verdict < PST_COUNT(names) ? names[verdict] : "unknown";
}

bool pst_decide_has_goal(const struct pst_decide_in *in)
{
    return in->release != NULL || in->assignment == NULL || in->assignment->has_order;
}

void pst_decide_unknown(struct pst_report *why, const char *fact, struct pst_value needed)
{
    PST_WITHIN(why, "terminal/%s", fact);
    (void)pst_refuse(why, PST_FACT_UNKNOWN, needed, pst_say("unknown"));
}

static bool has_nothing_to_do(const struct pst_report *why)
{
    for (size_t i = 0; i < why->count; i++)
        if (!why->finding[i].noted && why->finding[i].code != PST_ALREADY_INSTALLED &&
            why->finding[i].code != PST_ASSIGNMENT_NONE)
            return false;
    return why->omitted == 0;
}

/*
 * A fault refuses like a refusal: a host that could not finish judging has not judged, and what was
 * not judged is not flashed. The finding's own kind still says that asking again may help.
 */
static enum pst_verdict verdict_of(const struct pst_report *why)
{
    static const enum pst_verdict by_kind[] = {
        [PST_KIND_NONE] = PST_VERDICT_INSTALL,
        [PST_KIND_DEFERRAL] = PST_VERDICT_DEFER,
        [PST_KIND_FAULT] = PST_VERDICT_REFUSE,
        [PST_KIND_REFUSAL] = PST_VERDICT_REFUSE,
    };
    enum pst_kind kind = pst_report_kind(why);
    return kind == PST_KIND_DEFERRAL && has_nothing_to_do(why) ? PST_VERDICT_NOTHING
                                                               : by_kind[kind];
}

static void tell_installed(const struct pst_decide_in *in, struct pst_report *why)
{
    (void)pst_refuse(why, PST_ALREADY_INSTALLED, pst_say("a release that is not installed yet"),
                     pst_say("%s", in->release->version.text));
}

void pst_decide(const struct pst_decide_in *in, struct pst_decision *out)
{
    struct pst_report *why = &out->why;
    const bool unverified = in->release != NULL && !in->release_verified;
    const bool installed = pst_decide_is_installed(in);

    memset(out, 0, sizeof *out);
    if (in->trust != NULL)
        pst_report_append(why, in->trust, /* noted= */ false);
    for (size_t i = 0; i < PST_COUNT(checks); i++) {
        if ((checks[i].when & RELEASE) != 0 && in->release == NULL)
            continue;
        if ((checks[i].when & INSTALLING) != 0 && installed)
            continue;
        why->unverified = unverified && (checks[i].when & RELEASE) != 0;
        checks[i].run(in, why);
    }
    why->unverified = unverified;
    if (installed)
        tell_installed(in, why);
    else if (in->release != NULL)
        pst_decide_sources(in, out);
    why->unverified = false;

    out->verdict = verdict_of(why);
    if (out->verdict != PST_VERDICT_INSTALL)
        out->fetch_bytes = 0;
}
