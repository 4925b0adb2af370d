/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "keys/trust_internal.h"

enum { PATH_MOST = 1024, STACK_MOST = 65536 };
_Static_assert((PST_TRUST_VISITS + 1) * PST_ROLE_RULES_MOST <= STACK_MOST,
               "the rules of all roles that one search visits bound its stack");

/* One edge of the delegation graph: names tell edges apart, since a cycle has new roles every
 * round. They are borrowed from the trust walk's roles, or from `bin`. */
struct edge {
    const struct pst_role *delegator;
    struct pst_text by, name;
};

struct pst_search {
    char path_room[PATH_MOST];
    struct pst_text path;
    uint8_t path_sha256[PST_SHA256_BYTES];
    const struct pst_role_target *found;
    bool over;    /* nothing more is to be looked at */
    bool waiting; /* visited[visit_count - 1] was asked for and not given yet */
    size_t visit_count;
    struct edge visited[PST_TRUST_VISITS];
    size_t bin_count; /* each role has one bin at most, so they fit */
    char bin[PST_TRUST_VISITS + 1][PST_TRUST_NAME_ROOM];
    size_t stack_count, stack_room;
    struct edge *stack; /* the next to visit is on top */
};

void pst_trust_bin_name(const struct pst_role_succinct *succinct, const uint8_t path_sha256[32],
                        char *out)
{
    uint32_t first = (uint32_t)path_sha256[0] << 24 | (uint32_t)path_sha256[1] << 16 |
                     (uint32_t)path_sha256[2] << 8 | path_sha256[3];
    int digits = (int)(succinct->bits + 3) / 4;

    int len = snprintf(out, PST_TRUST_NAME_ROOM, "%.*s-%0*lx", PST_ARGS(succinct->name_prefix),
                       digits, (unsigned long)(first >> (32 - succinct->bits)));
    pst_trust_in_order((size_t)len < PST_TRUST_NAME_ROOM); /* role.h bounds the prefix */
}

/*
 * GHSA-77hh-43cm-v8j6: a succinct delegation answers for its own bins, spelt its own way, and no
 * others.
 */
static bool is_bin(const struct pst_role_succinct *succinct, struct pst_text name)
{
    struct pst_text prefix = succinct->name_prefix;
    size_t digits = (succinct->bits + 3) / 4;
    uint64_t number = 0;

    if (!succinct->present || name.len != prefix.len + 1 + digits ||
        memcmp(name.at, prefix.at, prefix.len) != 0 /* public data */ || name.at[prefix.len] != '-')
        return false;
    for (size_t i = prefix.len + 1; i < name.len; i++) {
        const char *hex = "0123456789abcdef";
        const char *digit = memchr(hex, name.at[i], 16);
        if (digit == NULL)
            return false;
        number = number * 16 + (uint64_t)(digit - hex);
    }
    return number < UINT64_C(1) << succinct->bits;
}

const struct pst_role_rule *pst_trust_rule(const struct pst_role *delegator, struct pst_text name)
{
    if (is_bin(&delegator->succinct, name))
        return &delegator->succinct.rule;
    return pst_role_rule(delegator, name);
}

static bool push(struct pst_search *search, struct edge edge)
{
    if (search->stack_count == search->stack_room) {
        size_t room = search->stack_room == 0 ? 16 : 2 * search->stack_room;
        struct edge *stack = realloc(search->stack, room * sizeof *stack);
        if (stack == NULL)
            return false;
        search->stack = stack;
        search->stack_room = room;
    }
    search->stack[search->stack_count++] = edge;
    return true;
}

static bool was_visited(const struct pst_search *search, const struct edge *edge)
{
    for (size_t i = 0; i < search->visit_count; i++)
        if (pst_text_equal(search->visited[i].by, edge->by) &&
            pst_text_equal(search->visited[i].name, edge->name))
            return true;
    return false;
}

/* How many rules count, from the first: up to the first terminating one that covers the path. */
static size_t rules_until_terminating(const struct pst_search *search, const struct pst_role *role,
                                      bool *terminates)
{
    *terminates = false;
    for (size_t i = 0; i < role->rule_count; i++) {
        if (!role->rule[i].terminating ||
            !pst_role_rule_covers(&role->rule[i], search->path, search->path_sha256))
            continue;
        *terminates = true;
        return i + 1;
    }
    return role->rule_count;
}

/* TUF 1.0.34, 5.6.7: pre-order, in the order of preference; so the last is pushed first. */
static bool push_rules(struct pst_search *search, const struct pst_role *role, struct pst_text by)
{
    bool terminates = false;
    size_t count = rules_until_terminating(search, role, &terminates);

    if (terminates)
        search->stack_count = 0;
    for (size_t i = count; i-- > 0;) {
        if (!pst_role_rule_covers(&role->rule[i], search->path, search->path_sha256))
            continue;
        if (!push(search, (struct edge){role, by, role->rule[i].name}))
            return false;
    }
    return true;
}

/* Every path has its one bin; TAP 15's clients take such a delegation as terminating. */
static bool push_bin(struct pst_search *search, const struct pst_role *role, struct pst_text by)
{
    char *name = search->bin[search->bin_count++];

    pst_trust_bin_name(&role->succinct, search->path_sha256, name);
    search->stack_count = 0;
    return push(search, (struct edge){role, by, pst_text(name)});
}

static enum pst_code look_into(struct pst_search *search, const struct pst_role *role,
                               struct pst_text name, struct pst_report *why)
{
    search->found = pst_role_target(role, search->path);
    if (search->found != NULL)
        return PST_OK;
    bool pushed =
        role->succinct.present ? push_bin(search, role, name) : push_rules(search, role, name);
    return pushed ? PST_OK : pst_no_memory(why, "a search");
}

enum pst_code pst_search_new(const struct pst_trust *trust, struct pst_text path,
                             struct pst_search **out, struct pst_report *why)
{
    pst_trust_in_order(trust->targets != NULL);
    if (path.len > PATH_MOST)
        return pst_refuse(why, PST_TOO_LARGE, pst_say("a path of at most %d bytes", PATH_MOST),
                          pst_say("%zu bytes", path.len));
    PST_CLEANUP(pst_search) struct pst_search *search = calloc(1, sizeof *search);
    if (search == NULL)
        return pst_no_memory(why, "a search");

    if (path.len > 0)
        memcpy(search->path_room, path.at, path.len);
    search->path = (struct pst_text){search->path_room, path.len};
    enum pst_code rc = pst_sha256(pst_bytes_of(path), search->path_sha256, why);
    if (rc == PST_OK)
        rc = look_into(search, trust->targets, pst_text("targets"), why);
    if (rc != PST_OK)
        return rc;
    *out = search;
    search = NULL;
    return PST_OK;
}

static const struct edge *next_edge(struct pst_search *search)
{
    while (search->stack_count > 0) {
        const struct edge *edge = &search->stack[search->stack_count - 1];
        if (!was_visited(search, edge))
            return edge;
        search->stack_count--;
    }
    return NULL;
}

enum pst_search_step pst_search_step(struct pst_search *search, struct pst_search_want *want,
                                     const struct pst_role_target **found)
{
    if (search->found != NULL) {
        *found = search->found;
        return PST_SEARCH_FOUND;
    }
    /* A role that was asked for and is not to be had ends the search: what stands behind it in the
     * order of preference must not take its place. */
    search->over = search->over || search->waiting;
    const struct edge *edge = search->over ? NULL : next_edge(search);
    if (edge == NULL) {
        search->over = true;
        return PST_SEARCH_NOT_FOUND;
    }
    if (search->visit_count == PST_TRUST_VISITS)
        return PST_SEARCH_LIMIT;

    struct edge *visited = &search->visited[search->visit_count++];
    *visited = *edge;
    search->stack_count--;
    search->waiting = true;
    *want = (struct pst_search_want){visited->name, visited->delegator};
    return PST_SEARCH_WANTS_ROLE;
}

enum pst_code pst_search_give(struct pst_search *search, const struct pst_role *role,
                              struct pst_report *why)
{
    pst_trust_in_order(search->waiting && role != NULL);
    search->waiting = false;
    return look_into(search, role, search->visited[search->visit_count - 1].name, why);
}

void pst_search_free(struct pst_search *search)
{
    if (search != NULL)
        free(search->stack);
    free(search);
}
