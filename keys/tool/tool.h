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
#include "keys/ceremony_pack.h"
#include "keys/pkcs11/token.h"
#include "keys/tool/arguments.h"
#include "keys/tool/phrases.h"

enum { PATH_ROOM = 4096, DAY_S = 86400 };

struct pst_tool {
    const struct pst_arguments *arguments;
    enum pst_language language;
    const char *folder; /* the ceremony folder */
    struct pst_passphrase_source passphrase;
    const char *module;        /* the PKCS#11 library of this machine; may be NULL */
    struct pst_tokens *tokens; /* outlives every key that a command loads */
    int64_t now_s;
    FILE *out;
    int *status; /* what the program ends with when the command is in order; 0 before */
};

typedef enum pst_code pst_tool_command(const struct pst_tool *tool, struct pst_report *why);
pst_tool_command pst_command_new, pst_command_renew, pst_command_show, pst_command_root_init,
    pst_command_root_next, pst_command_targets_init, pst_command_targets_next,
    pst_command_product_next, pst_command_sign, pst_command_check, pst_command_export,
    pst_command_import, pst_command_revoke, pst_command_calendar, pst_command_adopt;

/* One command of the table; commands.c. */
struct pst_tool_row {
    const char *name;
    const char *usage;      /* behind the name */
    const char *summary[2]; /* by enum pst_language */
    size_t words_least, words_most;
    pst_tool_command *run;
    struct pst_option options[20];
};
extern const struct pst_tool_row pst_tool_rows[];
extern const struct pst_option pst_tool_common[];
size_t pst_tool_row_count(void);
/* A command's name is one word or two. Answers how many of argv it took. */
int pst_tool_find_row(int argc, char *const *argv, const struct pst_tool_row **out);
/* Runs another command with these words, as if they had been typed behind this one's --dir. */
enum pst_code pst_tool_run(const struct pst_tool *tool, int argc, char *const *argv,
                           struct pst_report *why) PST_MUST_CHECK;

/* "  label: value" */
void pst_tool_say(const struct pst_tool *tool, enum pst_phrase label, const char *format, ...)
    PST_PRINTF(3, 4);
const char *pst_tool_phrase(const struct pst_tool *tool, enum pst_phrase which);

/* `kind` is "key", "pub" or "json". */
enum pst_code pst_tool_path(const struct pst_tool *tool, const char *name, const char *kind,
                            char out[PATH_ROOM], struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_tool_folder(const struct pst_tool *tool, const char *name, char out[PATH_ROOM],
                              struct pst_report *why) PST_MUST_CHECK;
/* The role file that a new draft takes the place of; kept first, when it is signed by enough. */
enum pst_code pst_tool_open_last(const struct pst_tool *tool, const char *name,
                                 char path[PATH_ROOM], struct pst_ceremony_file *out,
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

/* Adds every public key that the option names to the rule; all that is wrong is told. `root`, when
 * there is one, says what is revoked and retired. */
enum pst_code pst_tool_add_keys(const struct pst_tool *tool, const char *option,
                                struct pst_ceremony_draft *draft,
                                struct pst_ceremony_draft_rule *rule, const struct pst_role *root,
                                struct pst_report *why) PST_MUST_CHECK;
/* --fleet FILE, or fleet-schemes.json in `folder`; NULL when there is none. With --strand. */
enum pst_code pst_tool_fleet(const struct pst_tool *tool, const char *folder,
                             struct pst_ceremony_fleet **out, struct pst_report *why)
    PST_MUST_CHECK;

/*
 * Keys in tokens. NAME.token in keys/ holds one line: the pkcs11: URI of the key, without
 * module-path and pin-source, which a file that travels must not choose.
 */
/* `word` is a name or path of a .key or .token file, or a pkcs11: URI; `path` is what it is
 * called in findings. */
enum pst_code pst_tool_load_private(const struct pst_tool *tool, const char *word,
                                    char path[PATH_ROOM], struct pst_private_key **out,
                                    struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_tool_read_token_file(const char *path, struct pst_token_uri *out,
                                       struct pst_report *why) PST_MUST_CHECK;
/* Where NAME's files go (`kind` is "key" or "token"), when no key has this name yet. */
enum pst_code pst_tool_reserve(const struct pst_tool *tool, const char *name, const char *kind,
                               char private[PATH_ROOM], char public[PATH_ROOM],
                               struct pst_report *why) PST_MUST_CHECK;
/* `new` with --token. */
enum pst_code pst_tool_new_in_token(const struct pst_tool *tool, struct pst_report *why)
    PST_MUST_CHECK;

/* The private keys that --key names. */
enum { SIGNERS_MOST = PST_SIGNATURES_MOST };
struct pst_tool_signers {
    size_t count;
    struct pst_private_key *key[SIGNERS_MOST];
    char path[SIGNERS_MOST][PATH_ROOM];
    struct pst_ceremony_signer signer[SIGNERS_MOST];
};
enum pst_code pst_tool_signers_load(const struct pst_tool *tool, struct pst_tool_signers **out,
                                    struct pst_report *why) PST_MUST_CHECK;
void pst_tool_signers_free(struct pst_tool_signers *signers);
static inline void pst_tool_signers_cleanup(struct pst_tool_signers **signers)
{
    pst_tool_signers_free(*signers);
}
/* A folder that `export` made. */
bool pst_tool_is_pack(const char *word);
enum pst_code pst_tool_sign_pack(const struct pst_tool *tool, const char *pack,
                                 struct pst_report *why) PST_MUST_CHECK;
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
/* What it changes against what was signed before: keys, thresholds, dates, releases, digests. */
enum pst_code pst_tool_say_changes(const struct pst_tool *tool,
                                   const struct pst_ceremony_file *file,
                                   const struct pst_ceremony_before *before, struct pst_report *why)
    PST_MUST_CHECK;

#endif
