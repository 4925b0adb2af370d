/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/tool/revoke.h"

#include <stdarg.h>

#include "keys/ceremony_calendar.h"

static bool is_this(const struct pst_role_key *listed, const struct pst_ceremony_key *key)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key other = {0};
    return listed != NULL && pst_ceremony_key_listed(listed, &other, NULL) == PST_OK &&
           pst_ceremony_key_same(&other, key);
}

void pst_revoke_find_uses(struct pst_revoke *plan, const struct pst_role *delegator)
{
    for (size_t r = 0; delegator != NULL && r < delegator->rule_count; r++) {
        const struct pst_role_rule *rule = &delegator->rule[r];
        for (size_t i = 0; i < rule->keyid_count && plan->use_count < PST_REVOKE_USES_MOST; i++)
            if (is_this(pst_role_key(delegator, rule->keyid[i]), &plan->key))
                plan->use[plan->use_count++] =
                    (struct pst_revoke_use){delegator, rule, rule->keyid[i]};
    }
}

bool pst_revoke_serves(const struct pst_revoke *plan, const char *role)
{
    for (size_t i = 0; i < plan->use_count; i++)
        if (pst_text_is(plan->use[i].rule->name, role))
            return true;
    return false;
}

bool pst_revoke_is_product(const struct pst_revoke *plan, const struct pst_revoke_use *use)
{
    return use->delegator == plan->targets && !pst_text_is(use->rule->name, "assignments");
}

bool pst_revoke_serves_products(const struct pst_revoke *plan)
{
    for (size_t i = 0; i < plan->use_count; i++)
        if (pst_revoke_is_product(plan, &plan->use[i]))
            return true;
    return false;
}

int64_t pst_revoke_left(const struct pst_revoke *plan, const struct pst_revoke_use *use)
{
    struct pst_role_rule rest = *use->rule;
    struct pst_text keyid[PST_ROLE_KEYIDS_MOST];
    int64_t left = 0;

    rest.keyid = keyid;
    rest.keyid_count = 0;
    rest.threshold = INT64_MAX; /* never met: so the count is that of now */
    for (size_t i = 0; i < use->rule->keyid_count; i++)
        if (!is_this(pst_role_key(use->delegator, use->rule->keyid[i]), &plan->key))
            keyid[rest.keyid_count++] = use->rule->keyid[i];
    (void)pst_calendar_rule_ends(use->delegator, &rest, plan->root, NULL, plan->tool->now_s, &left);
    return left;
}

bool pst_revoke_needs_new_key(const struct pst_revoke *plan)
{
    for (size_t i = 0; i < plan->use_count; i++)
        if (pst_revoke_left(plan, &plan->use[i]) < plan->use[i].rule->threshold)
            return true;
    return false;
}

static const char *words_of(const struct pst_revoke *plan, enum pst_phrase phrase)
{
    return pst_tool_phrase(plan->tool, phrase);
}

void pst_revoke_say_step(struct pst_revoke *plan, enum pst_phrase what, enum pst_phrase who,
                         bool is_done, const char *format, ...)
{
    va_list args;

    fprintf(plan->tool->out, "%s %d. %s [%s]\n    %s: %s\n", words_of(plan, SAY_STEP), ++plan->step,
            words_of(plan, what), words_of(plan, is_done ? SAY_DONE : SAY_TO_DO),
            words_of(plan, SAY_WHO), words_of(plan, who));
    fputs("    ", plan->tool->out);
    va_start(args, format);
    vfprintf(plan->tool->out, format, args);
    va_end(args);
    fputc('\n', plan->tool->out);
}

void pst_revoke_list_signers(const struct pst_revoke *plan, const struct pst_role *delegator,
                             const struct pst_role_rule *rule, bool with_new,
                             char out[PST_REVOKE_LINE_ROOM])
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < rule->keyid_count && len < PST_REVOKE_LINE_ROOM - 80; i++) {
        PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0};
        const struct pst_role_key *listed = pst_role_key(delegator, rule->keyid[i]);
        if (listed == NULL || pst_ceremony_key_listed(listed, &key, NULL) != PST_OK ||
            pst_ceremony_key_same(&key, &plan->key) ||
            pst_ceremony_revoked(plan->root, &key) != NULL)
            continue;
        const char *name = pst_ceremony_name_of(plan->names, &key);
        snprintf(out + len, PST_REVOKE_LINE_ROOM - len, "%s%.64s", len > 0 ? " " : "",
                 name[0] != '\0' ? name : key.id);
        len = strlen(out);
    }
    if (with_new && plan->with != NULL)
        snprintf(out + len, PST_REVOKE_LINE_ROOM - len, "%s%.64s", len > 0 ? " " : "", plan->with);
}
