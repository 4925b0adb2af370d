/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ceremony_calendar.h - what ends when: keys, role files, schemes, and each role's ability to be
 * signed at all.
 *
 *     key     its window, or the day its scheme is retired
 *     file    its expiry, or the day on which too few of those who signed it still count
 *     role    the first day on which fewer keys than its threshold are left
 *     scheme  the day from which it is retired
 *
 * What is judged is what terminals see: the newest signed root, targets.json and the products'
 * files that are signed by enough, from the published repository when that is given, else from the
 * ceremony folder, with the last signed version where a draft stands there. Snapshot and timestamp
 * are the service's, which renews them when a third of their life is left: they are due only in
 * their last hours, when it has not.
 *
 * Units    seconds UTC; INT64_MAX: never.
 * Memory   pst_ceremony_calendar_free().
 * Errors   metadata.*, host.*. A product whose file is not there is noted.
 */
#ifndef PST_KEYS_CEREMONY_CALENDAR_H
#define PST_KEYS_CEREMONY_CALENDAR_H

#include "keys/ceremony_history.h"

enum pst_calendar_kind {
    PST_CALENDAR_KEY,
    PST_CALENDAR_FILE,
    PST_CALENDAR_ROLE,
    PST_CALENDAR_SCHEME
};
enum pst_calendar_cause {
    PST_CALENDAR_BY_DATE,       /* its own window or expiry */
    PST_CALENDAR_BY_SIGNATURES, /* of a file: the keys that signed it */
    PST_CALENDAR_BY_SCHEME      /* retired */
};

enum { PST_CALENDAR_TEXT_ROOM = 160, PST_CALENDAR_ALARM_NONE = -1 };

struct pst_calendar_entry {
    enum pst_calendar_kind kind;
    enum pst_calendar_cause cause;
    char what[PST_CALENDAR_TEXT_ROOM]; /* a key's name and id, a file, a role, a scheme */
    char role[PST_CALENDAR_TEXT_ROOM]; /* the roles that it serves; empty: none */
    char who[PST_CALENDAR_TEXT_ROOM];  /* names of those who sign that role; empty: not known */
    bool is_online;                    /* the service acts, not people */
    bool is_replaced_online;           /* ... and by itself */
    int64_t end_s;
    int64_t wanted, left; /* roles: the threshold, and how many keys are left at the end */
};

struct pst_calendar {
    int64_t now_s;
    size_t count, room;
    struct pst_calendar_entry *entry; /* by their ends */
};

struct pst_calendar_in {
    const char *metadata;  /* the ceremony folder's */
    const char *history;   /* its kept files */
    const char *keys;      /* its public keys */
    const char *published; /* the published repository's metadata; NULL: not at hand */
    int64_t now_s;
};
enum pst_code pst_ceremony_calendar(const struct pst_calendar_in *in, struct pst_calendar **out,
                                    struct pst_report *why) PST_MUST_CHECK;
void pst_ceremony_calendar_free(struct pst_calendar *calendar);
static inline void pst_ceremony_calendar_cleanup(struct pst_calendar **calendar)
{
    pst_ceremony_calendar_free(*calendar);
}

/* 0 when it is over, then 1, 7, 14 or 30 when it ends within so many days, or
 * PST_CALENDAR_ALARM_NONE. */
int pst_calendar_alarm(const struct pst_calendar_entry *entry, int64_t now_s);

/* Of a rule: when fewer than its threshold of distinct keys count, at or after `now_s`;
 * `only_signed` NULL: all keys of the rule, else those that signed it. *left: how many then. */
int64_t pst_calendar_rule_ends(const struct pst_role *delegator, const struct pst_role_rule *rule,
                               const struct pst_role *root,
                               const struct pst_ceremony_file *only_signed, int64_t now_s,
                               int64_t *left);

#endif
