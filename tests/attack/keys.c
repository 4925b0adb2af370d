/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/attack/keys.h"

#include "tests/support/check.h"

static bool signs(const struct pst_repo_role *role, const struct pst_repo_key *key)
{
    for (size_t i = 0; i < role->signer_count; i++)
        if (role->signer[i] == key)
            return true;
    return false;
}

/* By the old keys and the new: a root leads from one to the next. */
static void sign_root_with_both(struct pst_repo_role *root, const struct pst_repo_key *const *key,
                                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (signs(root, key[i]))
            continue;
        assert_true(root->signer_count < PST_REPO_SIGNERS);
        root->signer[root->signer_count++] = key[i];
    }
}

void attack_rule(struct attack_case *it, size_t which, int64_t threshold,
                 const struct pst_repo_key *const *key, size_t count)
{
    struct pst_repo *repo = it->scene->repo;

    if (which == ATTACK_PRODUCT) {
        pst_repo_let(&repo->targets.delegation[0].rule, threshold, key, count);
        pst_repo_sign_with(it->scene->product, key, count);
        return;
    }
    pst_repo_let(&repo->root.rule[which], threshold, key, count);
    if (which == PST_ROLE_ROOT)
        sign_root_with_both(&repo->root, key, count);
    else
        pst_repo_sign_with(attack_role(it, (enum pst_role_kind)which), key, count);
}

void attack_settle(struct attack_case *it)
{
    struct pst_repo_role *root = &it->scene->repo->root;

    root->version++;
    attack_publish_again(it);
    it->scene->service.has_order = false;
    assert_int_equal(attack_cycle(it), PST_OK);
    if (it->cycle->progress != PST_PROGRESS_IDLE)
        fail_msg("%s: not settled:%s", it->name, agent_scene_explain(&it->cycle->why));
    it->scene->service.has_order = true;
    assert_int_equal(attack_kept_version(it, "root.json"), root->version);
    /* The next root is signed by the keys that count by now. */
    pst_repo_sign_with(root, root->rule[PST_ROLE_ROOT].key, root->rule[PST_ROLE_ROOT].key_count);
    attack_good(it);
}

struct pst_repo_key attack_forged(const struct pst_repo_key *forger,
                                  const struct pst_repo_key *pretended)
{
    struct pst_repo_key forged = *forger;
    forged.borrowed = true;
    memcpy(forged.id, pretended->id, sizeof forged.id);
    return forged;
}
