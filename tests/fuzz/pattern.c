/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which target paths a delegation covers: a pattern, a line feed, a path. The answer is that of a
 * second reading of the rules, which follows all ways through the pattern at once.
 */
#include "manifests/role.h"
#include "manifests/utf8.h"
#include "tests/support/fuzz_property.h"

enum { PATH_MOST = 255 };

/* Places in the path that the pattern, as far as it was read, can lead to. */
struct places {
    bool at[PATH_MOST + 1];
};

static size_t character_at(struct pst_text path, size_t at)
{
    struct pst_text rest = {path.at + at, path.len - at};
    uint32_t rune = 0;
    size_t len = pst_utf8_take(&rest, &rune);
    return len > 0 ? len : 1;
}

static void over_one(const struct places *from, struct pst_text path, char literal,
                     struct places *to)
{
    for (size_t i = 0; i < path.len; i++) {
        if (!from->at[i])
            continue;
        if (literal != '?' && path.at[i] == literal)
            to->at[i + 1] = true;
        if (literal == '?' && path.at[i] != '/')
            to->at[i + character_at(path, i)] = true;
    }
}

static void over_star(const struct places *from, struct pst_text path, struct places *to)
{
    *to = *from;
    for (size_t i = 0; i < path.len; i++)
        if (to->at[i] && path.at[i] != '/')
            to->at[i + character_at(path, i)] = true;
}

static bool plainly_matches(struct pst_text pattern, struct pst_text path)
{
    struct places now = {.at = {true}};
    for (size_t i = 0; i < pattern.len; i++) {
        struct places next = {0};
        if (pattern.at[i] == '*')
            over_star(&now, path, &next);
        else
            over_one(&now, path, pattern.at[i], &next);
        now = next;
    }
    return now.at[path.len];
}

static size_t components(struct pst_text text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == '/';
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct pst_text path = pst_text_of(pst_bytes(at, len)), pattern = {0};

    if (!pst_take_until(&path, '\n', &pattern) || path.len > PATH_MOST)
        return 0;
    bool matches = pst_role_pattern_matches(pattern, path);
    if (!pst_utf8_is_plain(pattern))
        return 0; /* no role that is read holds such a pattern */
    pst_fuzz_hold(matches == plainly_matches(pattern, path), "a pattern covers what the rules say");
    pst_fuzz_hold(!matches || components(pattern) == components(path),
                  "a pattern never reaches into another folder");
    return 0;
}
