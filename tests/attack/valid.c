/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The opposite of an attack: `attack_valid [COUNT [FIRST_SEED]]` makes COUNT good repositories,
 * each from a seed, and walks over each as a terminal does, to the release that it holds. None may
 * be refused. One that is refused is told with its seed: `attack_valid 1 SEED` makes it again (of
 * the same shape; keys are fresh in every run).
 */
#include "tests/attack/valid.h"

#include <stdio.h>
#include <stdlib.h>

#include "manifests/release.h"

enum { COUNT = 1000, TOLD_MOST = 10 };

struct walk {
    const struct valid_repo *repo;
    struct pst_trust *trust;
    struct pst_report *why;
};

static struct pst_bytes bytes_of(const struct pst_buf *buf)
{
    return pst_buf_bytes(buf);
}

static enum pst_code walk_roots(struct walk *walk)
{
    const struct valid_repo *repo = walk->repo;
    enum pst_code rc =
        pst_trust_new(bytes_of(&repo->root[0]), repo->now_s, &walk->trust, walk->why);

    for (size_t i = 1; rc == PST_OK && i < repo->root_count; i++)
        rc = pst_trust_root_next(walk->trust, bytes_of(&repo->root[i]), walk->why);
    return rc != PST_OK ? rc : pst_trust_root_done(walk->trust, walk->why);
}

/* As kept and then once more from the service, or from the service alone. */
static enum pst_code walk_online_roles(struct walk *walk, bool kept)
{
    const struct valid_repo *repo = walk->repo;
    bool same = false;
    enum pst_code rc = PST_OK;

    if (kept)
        rc = pst_trust_timestamp(walk->trust, bytes_of(&repo->timestamp), true, &same, walk->why);
    if (rc == PST_OK)
        rc = pst_trust_timestamp(walk->trust, bytes_of(&repo->timestamp), false, &same, walk->why);
    if (rc == PST_OK && same != kept)
        rc = PST_METADATA_WRONG_VERSION;
    if (rc == PST_OK)
        rc = pst_trust_snapshot(walk->trust, bytes_of(&repo->snapshot), kept, walk->why);
    return rc;
}

static enum pst_code give_role(struct walk *walk, struct pst_search *search,
                               const struct pst_search_want *want)
{
    const struct valid_repo *repo = walk->repo;
    const struct pst_role *role = NULL;

    for (size_t i = 0; i < repo->step_count; i++) {
        if (!pst_text_is(want->name, repo->step[i].name))
            continue;
        enum pst_code rc = pst_trust_targets(walk->trust, want->name, want->delegator,
                                             bytes_of(&repo->step[i].bytes), &role, walk->why);
        return rc != PST_OK ? rc : pst_search_give(search, role, walk->why);
    }
    return pst_refuse(walk->why, PST_METADATA_MISSING, pst_say("a role on the way"),
                      pst_say("%.*s", PST_ARGS(want->name)));
}

static enum pst_code find_target(struct walk *walk, const struct pst_role_target **out)
{
    PST_CLEANUP(pst_search) struct pst_search *search = NULL;
    const struct pst_role *targets = NULL;
    struct pst_search_want want = {{NULL, 0}, NULL};
    enum pst_search_step step = PST_SEARCH_NOT_FOUND;
    enum pst_code rc = pst_trust_targets(walk->trust, pst_text("targets"), NULL,
                                         bytes_of(&walk->repo->step[0].bytes), &targets, walk->why);
    if (rc == PST_OK)
        rc = pst_search_new(walk->trust, pst_buf_text(&walk->repo->path), &search, walk->why);
    while (rc == PST_OK && (step = pst_search_step(search, &want, out)) == PST_SEARCH_WANTS_ROLE)
        rc = give_role(walk, search, &want);
    if (rc == PST_OK && step != PST_SEARCH_FOUND)
        rc = pst_refuse(walk->why, PST_METADATA_NOT_LISTED, pst_say("the target to be found"),
                        pst_say("search ended with %d", (int)step));
    return rc;
}

static enum pst_code walk_over(const struct valid_repo *repo, bool kept, struct pst_report *why)
{
    struct walk walk = {.repo = repo, .why = why};
    PST_CLEANUP(pst_release) struct pst_release *release = NULL;
    const struct pst_role_target *target = NULL;

    enum pst_code rc = walk_roots(&walk);
    if (rc == PST_OK)
        rc = walk_online_roles(&walk, kept);
    if (rc == PST_OK)
        rc = find_target(&walk, &target);
    if (rc == PST_OK)
        rc = pst_trust_check_target(target, bytes_of(&repo->content), PST_METADATA_CORRUPT, why);
    if (rc == PST_OK)
        rc = pst_release_parse(bytes_of(&repo->content), &release, why);
    pst_trust_free(walk.trust);
    return rc;
}

static void tell(uint64_t seed, enum pst_code rc, const struct pst_report *why)
{
    printf("seed %llu: %s\n", (unsigned long long)seed, pst_code_name(rc));
    for (size_t i = 0; i < why->count; i++)
        printf("  %s at %s: %s / %s\n", pst_code_name(why->finding[i].code), why->finding[i].where,
               why->finding[i].expected, why->finding[i].found);
}

static size_t bytes_in(const struct valid_repo *repo)
{
    size_t bytes = repo->timestamp.len + repo->snapshot.len + repo->content.len;
    for (size_t i = 0; i < repo->root_count; i++)
        bytes += repo->root[i].len;
    for (size_t i = 0; i < repo->step_count; i++)
        bytes += repo->step[i].bytes.len;
    return bytes;
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : COUNT;
    uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    size_t refused = 0, files = 0, bytes = 0;
    struct valid_keys keys;

    valid_keys(&keys);
    for (uint64_t seed = first; seed < first + count; seed++) {
        struct any any = any_seed(seed);
        struct valid_repo *repo = valid_repo(&keys, &any);
        struct pst_report why = {0};
        enum pst_code rc = walk_over(repo, any_once_in(&any, 2), &why);

        files += repo->root_count + 2 + repo->step_count + 1;
        bytes += bytes_in(repo);
        refused += rc != PST_OK;
        if (rc != PST_OK && refused <= TOLD_MOST)
            tell(seed, rc, &why);
        valid_repo_free(repo);
    }
    valid_keys_free(&keys);
    printf("valid: %llu repositories (%zu files, %zu bytes) from seed %llu, refused %zu\n",
           (unsigned long long)count, files, bytes, (unsigned long long)first, refused);
    return count > 0 && refused == 0 ? 0 : 1;
}
