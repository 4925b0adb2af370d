/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tool.h - what every command of postern-keys is given, and what several of them share.
 *
 * A command answers a code and explains it in `why`; it prints what it found to `out`. Names
 * without '/' are looked for in the ceremony folder: NAME.key and NAME.pub in keys/, FILE.json in
 * metadata/.
 */
#ifndef PST_KEYS_TOOL_TOOL_H
#define PST_KEYS_TOOL_TOOL_H

#include <stdio.h>

#include "keys/ceremony_draft.h"
#include "keys/tool/arguments.h"
#include "keys/tool/phrases.h"

enum { PATH_ROOM = 4096, DAY_S = 86400 };

struct pst_tool {
    const struct pst_arguments *arguments;
    enum pst_language language;
    const char *folder; /* the ceremony folder */
    struct pst_passphrase_source passphrase;
    int64_t now_s;
    FILE *out;
};

typedef enum pst_code pst_tool_command(const struct pst_tool *tool, struct pst_report *why);
pst_tool_command pst_command_new, pst_command_renew, pst_command_show, pst_command_root_init,
    pst_command_root_next, pst_command_targets_init, pst_command_targets_next, pst_command_sign,
    pst_command_check;

/* "  label: value" */
void pst_tool_say(const struct pst_tool *tool, enum pst_phrase label, const char *format, ...)
    PST_PRINTF(3, 4);
const char *pst_tool_phrase(const struct pst_tool *tool, enum pst_phrase which);

/* `kind` is "key", "pub" or "json". */
enum pst_code pst_tool_path(const struct pst_tool *tool, const char *name, const char *kind,
                            char out[PATH_ROOM], struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_tool_folder(const struct pst_tool *tool, const char *name, char out[PATH_ROOM],
                              struct pst_report *why) PST_MUST_CHECK;

/* A whole number of an option, or `otherwise`. PST_USAGE. */
enum pst_code pst_tool_number(const struct pst_tool *tool, const char *option, int64_t least,
                              int64_t most, int64_t otherwise, int64_t *out, struct pst_report *why)
    PST_MUST_CHECK;
enum pst_code pst_tool_instant(const struct pst_tool *tool, const char *option, int64_t otherwise,
                               int64_t *out, struct pst_report *why) PST_MUST_CHECK;
/* An instant by `option`, or by --days from now, not by both. */
enum pst_code pst_tool_end(const struct pst_tool *tool, const char *option, int64_t otherwise,
                           int64_t *out, struct pst_report *why) PST_MUST_CHECK;

/* --not-before, and --not-after or --days; PST_KEY_EXPIRED for a window that is over already. */
enum pst_code pst_tool_window(const struct pst_tool *tool, int64_t *from_s, int64_t *until_s,
                              struct pst_report *why) PST_MUST_CHECK;

/* Adds every public key that the option names to the rule; all that is wrong is told. */
enum pst_code pst_tool_add_keys(const struct pst_tool *tool, const char *option,
                                struct pst_ceremony_draft *draft,
                                struct pst_ceremony_draft_rule *rule, struct pst_report *why)
    PST_MUST_CHECK;
/* Names a key by its file, its keyid, or 8 and more digits of it; `listed` may stay NULL. */
struct pst_tool_found_key {
    char id[PST_KEYID_MOST + 1];
    const struct pst_role_key *listed;
};
enum pst_code pst_tool_find_key(const struct pst_tool *tool, const char *word,
                                const struct pst_role *root, const struct pst_role *targets,
                                struct pst_tool_found_key *out, struct pst_report *why)
    PST_MUST_CHECK;

void pst_tool_say_key(const struct pst_tool *tool, const struct pst_ceremony_key *key);
/* Role, version, keys, delegations; then each signature, and how many are missing. */
void pst_tool_say_body(const struct pst_tool *tool, const char *path,
                       const struct pst_ceremony_file *file);
void pst_tool_say_standing(const struct pst_tool *tool, const struct pst_ceremony_file *file);

#endif
