/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "keys/ceremony_internal.h"
#include "manifests/instant.h"

enum pst_code pst_ceremony_lint_file(const struct pst_ceremony_place *place,
                                     const struct pst_ceremony_file *file, struct pst_report *why)
{
    const struct pst_ceremony_rule *rule = file->rule_count > 0 ? &file->rule[0] : NULL;
    const struct pst_ceremony_lint_in in = {
        .role = file->role,
        .root = file->role->kind == PST_ROLE_ROOT || file->trust == NULL
                    ? NULL
                    : pst_trust_role(file->trust, PST_ROLE_ROOT),
        .rule = rule != NULL && rule->delegator == file->targets ? rule->rule : NULL,
        .fleet = place->fleet,
        .now_s = place->now_s,
    };
    PST_WITHIN(why, "%s", file->name);
    return pst_ceremony_lint(&in, why);
}

static enum pst_code check_root(const struct pst_ceremony_place *place,
                                struct pst_ceremony_file *file, struct pst_report *why)
{
    PST_CLEANUP(pst_trust) struct pst_trust *alone = NULL;
    struct pst_bytes bytes = pst_buf_bytes(&file->bytes);
    struct pst_trust *trust = file->trust;
    enum pst_code rc = PST_OK;

    if (file->rule_count == 2) { /* its predecessor is known */
        rc = pst_trust_root_next(trust, bytes, why);
        file->rule_count = 0; /* they point into the predecessor, which is gone */
    } else if (pst_report_verdict(&file->causes) == PST_OK) {
        rc = pst_trust_new(bytes, place->now_s, &alone, why);
        trust = alone;
    } else {
        pst_report_append(why, &file->causes, false);
        return pst_report_verdict(&file->causes);
    }
    return rc == PST_OK ? pst_trust_root_done(trust, why) : rc;
}

static enum pst_code check_expiry(const struct pst_role *role, int64_t now_s,
                                  struct pst_report *why)
{
    char now[PST_INSTANT_ROOM], end[PST_INSTANT_ROOM];
    if (role->expires_s > now_s)
        return PST_OK;
    return pst_refuse(why, PST_METADATA_EXPIRED,
                      pst_say("valid after %s", pst_instant_print(now_s, now)),
                      pst_say("expires %s", pst_instant_print(role->expires_s, end)));
}

static enum pst_code check_delegated(const struct pst_ceremony_place *place,
                                     const struct pst_ceremony_file *file, struct pst_report *why)
{
    enum pst_code rc = pst_report_verdict(&file->causes), next = PST_OK;

    pst_report_append(why, &file->causes, false);
    if (file->trust != NULL)
        next = pst_trust_root_done(file->trust, why);
    rc = rc != PST_OK ? rc : next;
    if (file->targets != NULL) {
        PST_WITHIN(why, "targets");
        next = check_expiry(file->targets, place->now_s, why);
        rc = rc != PST_OK ? rc : next;
    }
    if (file->rule_count == 0)
        return rc;
    const struct pst_verify_in in = {
        .envelope = file->role->envelope,
        .delegator = file->rule[0].delegator,
        .rule = file->rule[0].rule,
        .root = file->rule[0].root,
        .now_s = place->now_s,
    };
    PST_WITHIN(why, "%s", file->name);
    next = pst_verify(&in, why);
    return rc != PST_OK ? rc : next;
}

enum pst_code pst_ceremony_check_file(const struct pst_ceremony_place *place,
                                      struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file file = {0};
    struct pst_report unasked = {0};

    why = why != NULL ? why : &unasked;
    enum pst_code rc = pst_ceremony_open(place, &file, why);
    if (rc != PST_OK)
        return rc;
    enum pst_code of_lint = pst_ceremony_lint_file(place, &file, why);
    rc = file.role->kind == PST_ROLE_ROOT ? check_root(place, &file, why)
                                          : check_delegated(place, &file, why);
    return rc != PST_OK ? rc : of_lint;
}
