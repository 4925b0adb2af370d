/* SPDX-License-Identifier: Apache-2.0 */
/* When a rule can no longer be met: counted, not guessed. */
#include "keys/ceremony_calendar.h"
#include "manifests/envelope.h"

enum { DAY_S = 86400, ONLINE_DUE_S = 6 * 3600 };

/* A distinct public key and when it counts. */
struct life {
    struct pst_ceremony_key key;
    int64_t from_s, until_s;
};

static bool signed_and_counts(const struct pst_ceremony_file *file,
                              const struct pst_ceremony_rule *rule, struct pst_text keyid,
                              int64_t now_s)
{
    const struct pst_envelope *envelope = file->role->envelope;
    for (size_t i = 0; i < envelope->signature_count; i++)
        if (pst_text_equal(envelope->signature[i].keyid, keyid))
            return pst_ceremony_judge(file, rule, &envelope->signature[i], now_s, NULL) == PST_OK;
    return false;
}

/* A revoked key has no life at all, whatever its dates. */
static bool read_life(const struct pst_role_key *listed, const struct pst_role *root,
                      struct life *out)
{
    *out = (struct life){.from_s = listed->not_before_s, .until_s = listed->not_after_s};
    if (pst_ceremony_key_listed(listed, &out->key, NULL) != PST_OK)
        return false;
    int64_t retired_s = root != NULL ? pst_role_retired_from(root, listed->scheme) : INT64_MAX;
    out->until_s = retired_s < out->until_s ? retired_s : out->until_s;
    if (pst_ceremony_revoked(root, &out->key) == NULL)
        return true;
    pst_ceremony_key_clear(&out->key);
    return false;
}

static bool is_known(const struct life *life, size_t count, const struct pst_ceremony_key *key)
{
    for (size_t i = 0; i < count; i++)
        if (pst_ceremony_key_same(&life[i].key, key))
            return true;
    return false;
}

static int64_t count_at(const struct life *life, size_t count, int64_t at_s)
{
    int64_t valid = 0;
    for (size_t i = 0; i < count; i++)
        valid += life[i].from_s <= at_s && at_s < life[i].until_s;
    return valid;
}

/* The number only falls where a key ends: so only those instants, and now, are looked at. */
static int64_t first_shortage(const struct life *life, size_t count, int64_t threshold,
                              int64_t now_s, int64_t *left)
{
    int64_t first_s = INT64_MAX;

    *left = count_at(life, count, now_s);
    if (*left < threshold)
        return now_s;
    for (size_t i = 0; i < count; i++) {
        int64_t at_s = life[i].until_s;
        if (at_s < now_s || at_s >= first_s || count_at(life, count, at_s) >= threshold)
            continue;
        first_s = at_s;
        *left = count_at(life, count, at_s);
    }
    return first_s;
}

int64_t pst_calendar_rule_ends(const struct pst_role *delegator, const struct pst_role_rule *rule,
                               const struct pst_role *root,
                               const struct pst_ceremony_file *only_signed, int64_t now_s,
                               int64_t *left)
{
    struct life life[PST_ROLE_KEYIDS_MOST] = {0};
    size_t count = 0;

    for (size_t i = 0; i < rule->keyid_count; i++) {
        const struct pst_role_key *listed = pst_role_key(delegator, rule->keyid[i]);
        if (listed == NULL || !read_life(listed, root, &life[count]))
            continue;
        if (is_known(life, count, &life[count].key) ||
            (only_signed != NULL &&
             !signed_and_counts(only_signed, &only_signed->rule[0], rule->keyid[i], now_s)))
            pst_ceremony_key_clear(&life[count].key);
        else
            count++;
    }
    int64_t end_s = first_shortage(life, count, rule->threshold, now_s, left);
    for (size_t i = 0; i < count; i++)
        pst_ceremony_key_clear(&life[i].key);
    return end_s;
}

int pst_calendar_alarm(const struct pst_calendar_entry *entry, int64_t now_s)
{
    static const int days[] = {1, 7, 14, 30};

    if (entry->end_s <= now_s)
        return 0;
    if (entry->is_replaced_online)
        return entry->end_s - now_s <= ONLINE_DUE_S ? 1 : PST_CALENDAR_ALARM_NONE;
    for (size_t i = 0; i < PST_COUNT(days); i++)
        if (entry->end_s - now_s <= (int64_t)days[i] * DAY_S)
            return days[i];
    return PST_CALENDAR_ALARM_NONE;
}
