/* SPDX-License-Identifier: Apache-2.0 */
/*
 * revoke.h - internal to the tool: what a key that leaked or is lost serves, and the steps of its
 * plan as they are told.
 */
#ifndef PST_KEYS_TOOL_REVOKE_H
#define PST_KEYS_TOOL_REVOKE_H

#include "keys/tool/tool.h"

enum { PST_REVOKE_USES_MOST = 64, PST_REVOKE_LINE_ROOM = 512 };

/* One rule that lists the key. */
struct pst_revoke_use {
    const struct pst_role *delegator;
    const struct pst_role_rule *rule;
    struct pst_text keyid;
};

struct pst_revoke {
    const struct pst_tool *tool;
    const char *reason, *with; /* `with` is NULL when no new key is given */
    const struct pst_role *root, *targets;
    struct pst_ceremony_key key;
    struct pst_ceremony_names *names;
    size_t use_count;
    struct pst_revoke_use use[PST_REVOKE_USES_MOST];
    int step;
    struct pst_report *why;
};

/* Every rule of root or targets that lists this public key, under whatever id. */
void pst_revoke_find_uses(struct pst_revoke *plan, const struct pst_role *delegator);
bool pst_revoke_serves(const struct pst_revoke *plan, const char *role);
bool pst_revoke_is_product(const struct pst_revoke *plan, const struct pst_revoke_use *use);
bool pst_revoke_serves_products(const struct pst_revoke *plan);
/* How many keys are left beside this one, at this moment. */
int64_t pst_revoke_left(const struct pst_revoke *plan, const struct pst_revoke_use *use);
/* Some role cannot be signed without a key in its place. */
bool pst_revoke_needs_new_key(const struct pst_revoke *plan);

/* "step N. WHAT [done]", who does it, and the command. */
void pst_revoke_say_step(struct pst_revoke *plan, enum pst_phrase what, enum pst_phrase who,
                         bool is_done, const char *format, ...) PST_PRINTF(5, 6);
/* "root-1 root-2": who can sign besides this key, and with the new one. */
void pst_revoke_list_signers(const struct pst_revoke *plan, const struct pst_role *delegator,
                             const struct pst_role_rule *rule, bool with_new,
                             char out[PST_REVOKE_LINE_ROOM]);

#endif
