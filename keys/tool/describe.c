/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and role files in plain words. */
#include "keys/tool/tool.h"
#include "manifests/envelope.h"
#include "manifests/instant.h"

enum { SHOWN_MOST = 64 };

/* "2027-01-01T00:00:00Z (days left: 40)" or "... (EXPIRED)" */
static void say_end(const struct pst_tool *tool, enum pst_phrase label, int64_t end_s)
{
    char text[PST_INSTANT_ROOM];

    pst_instant_print(end_s, text);
    if (end_s <= tool->now_s)
        pst_tool_say(tool, label, "%s (%s)", text, pst_tool_phrase(tool, SAY_EXPIRED));
    else
        pst_tool_say(tool, label, "%s (%s: %lld)", text, pst_tool_phrase(tool, SAY_DAYS_LEFT),
                     (long long)((end_s - tool->now_s) / DAY_S));
}

static void say_window(const struct pst_tool *tool, int64_t from_s, int64_t until_s)
{
    char text[PST_INSTANT_ROOM];

    if (from_s == INT64_MIN)
        pst_tool_say(tool, SAY_VALID_FROM, "%s", pst_tool_phrase(tool, SAY_NO_LIMIT));
    else if (from_s > tool->now_s)
        pst_tool_say(tool, SAY_VALID_FROM, "%s (%s)", pst_instant_print(from_s, text),
                     pst_tool_phrase(tool, SAY_NOT_YET));
    else
        pst_tool_say(tool, SAY_VALID_FROM, "%s", pst_instant_print(from_s, text));
    if (until_s == INT64_MAX)
        pst_tool_say(tool, SAY_VALID_UNTIL, "%s", pst_tool_phrase(tool, SAY_NO_LIMIT));
    else
        say_end(tool, SAY_VALID_UNTIL, until_s);
}

void pst_tool_say_key(const struct pst_tool *tool, const struct pst_ceremony_key *key)
{
    pst_tool_say(tool, SAY_KEYID, "%s", key->id);
    pst_tool_say(tool, SAY_SCHEME, "%s", key->scheme);
    say_window(tool, key->not_before_s, key->not_after_s);
}

static void say_listed_key(const struct pst_tool *tool, const struct pst_role *role,
                           struct pst_text keyid)
{
    const struct pst_role_key *key = pst_role_key(role, keyid);
    char from[PST_INSTANT_ROOM], until[PST_INSTANT_ROOM];
    const char *state = "";

    if (key == NULL) {
        fprintf(tool->out, "      %.*s ?\n", PST_ARGS(keyid));
        return;
    }
    if (key->not_after_s <= tool->now_s)
        state = pst_tool_phrase(tool, SAY_EXPIRED);
    else if (key->not_before_s > tool->now_s)
        state = pst_tool_phrase(tool, SAY_NOT_YET);
    fprintf(tool->out, "      %.*s %.*s, %s .. %s%s%s\n", PST_ARGS(keyid), PST_ARGS(key->scheme),
            key->not_before_s == INT64_MIN ? "*" : pst_instant_print(key->not_before_s, from),
            key->not_after_s == INT64_MAX ? "*" : pst_instant_print(key->not_after_s, until),
            state[0] != '\0' ? " " : "", state);
}

static void say_rule(const struct pst_tool *tool, const struct pst_role *role,
                     const struct pst_role_rule *rule)
{
    bool delegated = role->kind == PST_ROLE_TARGETS;

    pst_tool_say(tool, delegated ? SAY_DELEGATION : SAY_SIGNERS, "%.*s, %lld/%zu",
                 PST_ARGS(rule->name), (long long)rule->threshold, rule->keyid_count);
    for (size_t i = 0; i < rule->pattern_count && i < SHOWN_MOST; i++)
        fprintf(tool->out, "      %s %.*s%s\n", pst_tool_phrase(tool, SAY_PATHS),
                PST_ARGS(rule->pattern[i]), rule->terminating ? "" : " ...");
    for (size_t i = 0; i < rule->keyid_count; i++)
        say_listed_key(tool, role, rule->keyid[i]);
}

static void say_marks(const struct pst_tool *tool, const struct pst_role *role)
{
    char from[PST_INSTANT_ROOM];

    for (size_t i = 0; i < role->revoked_count; i++)
        pst_tool_say(tool, SAY_REVOKED, "%.*s, %s, %.*s", PST_ARGS(role->revoked[i].keyid),
                     pst_instant_print(role->revoked[i].from_s, from),
                     PST_ARGS(role->revoked[i].reason));
    for (size_t i = 0; i < role->retired_count; i++)
        pst_tool_say(tool, SAY_RETIRED, "%.*s, %s", PST_ARGS(role->retired[i].scheme),
                     pst_instant_print(role->retired[i].from_s, from));
}

void pst_tool_say_body(const struct pst_tool *tool, const char *path,
                       const struct pst_ceremony_file *file)
{
    const struct pst_role *role = file->role;

    fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_FILE), path);
    pst_tool_say(tool, SAY_ROLE, "%s", file->name);
    pst_tool_say(tool, SAY_VERSION, "%lld", (long long)role->version);
    say_end(tool, SAY_EXPIRES, role->expires_s);
    for (size_t i = 0; i < role->rule_count; i++)
        say_rule(tool, role, &role->rule[i]);
    say_marks(tool, role);
    for (size_t i = 0; i < role->file_count && i < SHOWN_MOST; i++)
        pst_tool_say(tool, SAY_FILES, "%.*s %lld", PST_ARGS(role->file[i].name),
                     (long long)role->file[i].version);
    if (role->kind == PST_ROLE_TARGETS)
        pst_tool_say(tool, SAY_TARGETS, "%zu", role->target_count);
    for (size_t i = 0; i < role->target_count && i < SHOWN_MOST; i++)
        fprintf(tool->out, "      %.*s %lld\n", PST_ARGS(role->target[i].path),
                (long long)role->target[i].length_bytes);
    if (role->target_count > SHOWN_MOST)
        fprintf(tool->out, "      ... %zu\n", role->target_count - SHOWN_MOST);
}

/* "counts", or why not, by title: the rule that counts it, if any, has the word. */
static void say_signature(const struct pst_tool *tool, const struct pst_words_book *book,
                          const struct pst_ceremony_file *file,
                          const struct pst_envelope_signature *signature)
{
    struct pst_report causes = {0};

    for (size_t r = 0; r < file->rule_count; r++) {
        if (pst_ceremony_judge(file, &file->rule[r], signature, tool->now_s, &causes) != PST_OK)
            continue;
        pst_tool_say(tool, SAY_SIGNATURE, "%.*s: %s", PST_ARGS(signature->keyid),
                     pst_tool_phrase(tool, SAY_COUNTS));
        return;
    }
    if (file->rule_count == 0) {
        pst_tool_say(tool, SAY_SIGNATURE, "%.*s: %s", PST_ARGS(signature->keyid),
                     pst_tool_phrase(tool, SAY_NOT_JUDGED));
        return;
    }
    for (size_t i = 0; i < causes.count; i++)
        pst_tool_say(tool, SAY_SIGNATURE, "%.*s: %s [%s]", PST_ARGS(signature->keyid),
                     pst_words_of(book, causes.finding[i].code).title,
                     pst_code_name(causes.finding[i].code));
}

void pst_tool_say_standing(const struct pst_tool *tool, const struct pst_ceremony_file *file)
{
    PST_CLEANUP(pst_words_book) struct pst_words_book book = {0};
    const struct pst_envelope *envelope = file->role->envelope;
    bool complete = file->rule_count > 0;

    pst_words_open(tool->language, &book);
    for (size_t i = 0; i < envelope->signature_count; i++)
        say_signature(tool, &book, file, &envelope->signature[i]);
    if (envelope->signature_count == 0)
        fprintf(tool->out, "  %s\n", pst_tool_phrase(tool, SAY_UNSIGNED));
    for (size_t r = 0; r < file->rule_count; r++) {
        const struct pst_ceremony_rule *rule = &file->rule[r];
        int64_t missing = rule->wanted > rule->counted ? rule->wanted - rule->counted : 0;
        complete = complete && missing == 0;
        if (missing > 0 && rule->at_any_time)
            pst_tool_say(tool, SAY_MISSING, "%lld (%.*s, %s %lld)", (long long)missing,
                         PST_ARGS(rule->rule->name), pst_tool_phrase(tool, SAY_BY_PREVIOUS),
                         (long long)rule->delegator->version);
        else if (missing > 0)
            pst_tool_say(tool, SAY_MISSING, "%lld (%.*s)", (long long)missing,
                         PST_ARGS(rule->rule->name));
    }
    if (complete && pst_report_verdict(&file->causes) == PST_OK)
        fprintf(tool->out, "  %s\n", pst_tool_phrase(tool, SAY_COMPLETE));
}
