/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ceremony_draft.h - a root or targets file in the making: what it was, changed by steps, then
 * written without signatures.
 *
 *     pst_ceremony_draft_new(PST_ROLE_ROOT, last_root_or_NULL, &draft, why)
 *     draft->version = ...; draft->expires_s = ...; draft rules, keys, marks
 *     pst_ceremony_draft_write(draft, root_or_NULL, "1.root.json", now_s, why)
 *
 * Memory   pst_ceremony_draft_free(). Names, patterns and the role begun from are borrowed until
 *          then.
 * Errors   a step that refuses leaves the draft as it was; writing refuses what
 *          pst_ceremony_lint() does.
 */
#ifndef PST_KEYS_CEREMONY_DRAFT_H
#define PST_KEYS_CEREMONY_DRAFT_H

#include "keys/ceremony.h"

struct pst_ceremony_draft_rule {
    const char *name;
    int64_t threshold;
    size_t keyid_count;
    const char *keyid[PST_ROLE_KEYIDS_MOST];
    size_t pattern_count;
    const char **pattern; /* the draft's */
    bool terminating;
};

struct pst_ceremony_draft {
    enum pst_role_kind kind;
    int64_t version, expires_s;
    size_t key_count;
    struct pst_ceremony_key *key[PST_ROLE_KEYS_MOST];
    size_t rule_count, rule_room;
    struct pst_ceremony_draft_rule *rule;
    size_t retired_count, revoked_count;
    struct pst_role_draft_mark retired[PST_ROLE_RETIRED_MOST], revoked[PST_ROLE_REVOKED_MOST];
    size_t file_count;
    struct pst_role_draft_file *file;       /* targets only */
    const struct pst_ceremony_fleet *fleet; /* asked when writing; NULL: not asked */
    bool allows_sm2;                        /* in products' roles; elsewhere nothing does */
};

/* Begun from `from`, which may be NULL: a root then has its four roles without keys. Refuses
 * what this tool could not write again (PST_METADATA_FORMAT_UNKNOWN): nothing of a file is
 * lost by changing it. */
enum pst_code pst_ceremony_draft_new(enum pst_role_kind kind, const struct pst_role *from,
                                     struct pst_ceremony_draft **out, struct pst_report *why)
    PST_MUST_CHECK;
void pst_ceremony_draft_free(struct pst_ceremony_draft *draft);
static inline void pst_ceremony_draft_cleanup(struct pst_ceremony_draft **draft)
{
    pst_ceremony_draft_free(*draft);
}

/* NULL when there is none. */
struct pst_ceremony_draft_rule *pst_ceremony_draft_rule(struct pst_ceremony_draft *draft,
                                                        const char *name);
/* A delegation of `pattern` alone, terminating; or the one that is there, as it is. */
enum pst_code pst_ceremony_draft_delegate(struct pst_ceremony_draft *draft, const char *name,
                                          const char *pattern, struct pst_ceremony_draft_rule **out,
                                          struct pst_report *why) PST_MUST_CHECK;
void pst_ceremony_draft_undelegate(struct pst_ceremony_draft *draft,
                                   const struct pst_ceremony_draft_rule *rule);

/* Reads the public key file; PST_INCONSISTENT when the rule has it already, PST_KEY_WRONG_ROLE for
 * an SM2 key outside a product's role, PST_USAGE for one that the draft does not allow. */
enum pst_code pst_ceremony_draft_add_key(struct pst_ceremony_draft *draft,
                                         struct pst_ceremony_draft_rule *rule, const char *path,
                                         struct pst_report *why) PST_MUST_CHECK;
/* PST_KEY_UNKNOWN when the rule does not list it. */
enum pst_code pst_ceremony_draft_remove_key(struct pst_ceremony_draft_rule *rule, const char *keyid,
                                            struct pst_report *why) PST_MUST_CHECK;
/* No longer in any rule, and marked; `listed` (may be NULL, borrowed) is kept, so that the same
 * public key under another keyid is stopped as well: among the keys, but an SM2 key inside the
 * mark, or python-tuf could not read the root. */
enum pst_code pst_ceremony_draft_revoke(struct pst_ceremony_draft *draft, const char *keyid,
                                        const struct pst_role_key *listed, const char *reason,
                                        int64_t from_s, struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_ceremony_draft_retire(struct pst_ceremony_draft *draft, const char *scheme,
                                        int64_t from_s, struct pst_report *why) PST_MUST_CHECK;

/* Keys that no rule lists and no mark names are left out. `root` is what a delegation is held
 * against. */
enum pst_code pst_ceremony_draft_write(const struct pst_ceremony_draft *draft,
                                       const struct pst_role *root, const char *path, int64_t now_s,
                                       struct pst_report *why) PST_MUST_CHECK;

#endif
