/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ceremony.h - drafting, signing and checking the offline roles: root, targets, and the products'.
 *
 *     draft (ceremony_draft.h)  -->  sign, sign, sign  -->  check  -->  publish
 *
 * A ceremony folder holds keys/NAME.key (private), keys/NAME.pub (public: {"keyid", "key"}) and
 * metadata/: N.root.json, targets.json, P.json. Who may sign a file is never asked of the file
 * alone:
 *
 *     N.root.json      the last signed root before it, *and* itself
 *     targets.json     the last signed root
 *     P.json           targets.json, which the last signed root bears out
 *
 * "Signed" is what a terminal would find: the chain is walked with keys/trust.h from the oldest
 * root that is there. A draft that still lacks signatures gives nobody any right.
 *
 * Memory   pst_ceremony_*_clear() and _free() free; a struct of {0} is empty.
 * Errors   signature.*, key.*, metadata.*, document.*, host.*. Nothing is written when anything
 *          is refused.
 */
#ifndef PST_KEYS_CEREMONY_H
#define PST_KEYS_CEREMONY_H

#include "keys/ceremony_fleet.h"
#include "keys/passphrase.h"
#include "keys/private_key.h"
#include "keys/trust.h"

enum { PST_CEREMONY_NAME_MOST = 255 };

/* A public key with its keyid and its window. */
struct pst_ceremony_key {
    char id[PST_KEYID_MOST + 1];
    char scheme[64];
    int64_t not_before_s, not_after_s;
    struct pst_buf object; /* the key object as JSON */
    struct pst_public_key *public;
};
void pst_ceremony_key_clear(struct pst_ceremony_key *key);
static inline void pst_ceremony_key_cleanup(struct pst_ceremony_key *key)
{
    pst_ceremony_key_clear(key);
}
/* {"keyid": ..., "key": KEY}, or the key object alone. A keyid that is not the key's own is refused
 * with PST_KEY_ID_MISMATCH. */
enum pst_code pst_ceremony_key_parse(struct pst_bytes file, struct pst_ceremony_key *out,
                                     struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_ceremony_key_read(const char *path, struct pst_ceremony_key *out,
                                    struct pst_report *why) PST_MUST_CHECK;
/* The public half; INT64_MIN and INT64_MAX for a key without a window. */
enum pst_code pst_ceremony_key_of(const struct pst_private_key *key, int64_t not_before_s,
                                  int64_t not_after_s, struct pst_ceremony_key *out,
                                  struct pst_report *why) PST_MUST_CHECK;
/* As some role lists it, under the keyid that the role gives it. */
enum pst_code pst_ceremony_key_listed(const struct pst_role_key *key, struct pst_ceremony_key *out,
                                      struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_ceremony_key_print(const struct pst_ceremony_key *key, struct pst_buf *out,
                                     struct pst_report *why) PST_MUST_CHECK;
bool pst_ceremony_key_same(const struct pst_ceremony_key *a, const struct pst_ceremony_key *b);

/* A plain key is read as it is; a passphrase is only asked for when the key is encrypted. */
enum pst_code pst_ceremony_load_private(const char *path,
                                        const struct pst_passphrase_source *passphrase,
                                        struct pst_private_key **out, struct pst_report *why)
    PST_MUST_CHECK;

/* Which file, and where those stand that say who may sign it. */
struct pst_ceremony_place {
    const char *path;
    const char *metadata;  /* the folder to look in when the file's own holds no root */
    const char *root_path; /* this root, trusted as it is, instead of the folder's chain; or NULL */
    const char *targets_path;               /* instead of targets.json in the folder; or NULL */
    const struct pst_ceremony_fleet *fleet; /* what the terminals verify; NULL: not asked */
    int64_t now_s;
};

/* One rule by which the file must be signed, and how far it is. */
struct pst_ceremony_rule {
    const struct pst_role *delegator;
    const struct pst_role_rule *rule;
    const struct pst_role *root; /* for revoked keys and retired schemes */
    bool at_any_time; /* a root's predecessor: its keys need have been valid in their day only */
    int64_t wanted, counted;
};

struct pst_ceremony_file {
    char name[PST_CEREMONY_NAME_MOST + 1]; /* "root", "targets", "pos-a" */
    struct pst_buf bytes;
    struct pst_role *role;
    struct pst_trust *trust; /* the chain of roots; NULL when none is signed */
    struct pst_role *targets;
    size_t rule_count; /* 0: not known who may sign it, `causes` say why */
    struct pst_ceremony_rule rule[2];
    struct pst_report causes;
};
/* Refuses what is no role file; that nobody knows who may sign it is no refusal yet. */
enum pst_code pst_ceremony_open(const struct pst_ceremony_place *place,
                                struct pst_ceremony_file *out, struct pst_report *why)
    PST_MUST_CHECK;
void pst_ceremony_close(struct pst_ceremony_file *file);
static inline void pst_ceremony_file_cleanup(struct pst_ceremony_file *file)
{
    pst_ceremony_close(file);
}
/* Whether this one signature would count by this rule; all reasons against it. */
enum pst_code pst_ceremony_judge(const struct pst_ceremony_file *file,
                                 const struct pst_ceremony_rule *rule,
                                 const struct pst_envelope_signature *signature, int64_t now_s,
                                 struct pst_report *why) PST_MUST_CHECK;

struct pst_ceremony_signer {
    const char *name; /* for findings: the key's file */
    const struct pst_private_key *key;
};
/* Signatures that stand in no file yet. Large: on the heap. */
enum { PST_CEREMONY_SIGNATURES_MOST = 2 * PST_SIGNATURES_MOST, PST_CEREMONY_HEX_ROOM = 2049 };
struct pst_ceremony_signatures {
    size_t count;
    struct pst_ceremony_signature {
        char keyid[PST_KEYID_MOST + 1]; /* as the delegator lists it */
        char hex[PST_CEREMONY_HEX_ROOM];
    } at[PST_CEREMONY_SIGNATURES_MOST];
};
/* Whether some rule of the file lists this key, by its material: valid or not. */
bool pst_ceremony_may_sign(const struct pst_ceremony_file *file, const struct pst_private_key *key);
/*
 * Opens and signs, and writes nothing. Refuses a key that no rule lists (PST_KEY_WRONG_ROLE, or
 * PST_KEY_UNKNOWN when no role does), that is out of its window, revoked, of a retired scheme or
 * of one that terminals do not verify, and a file that should not be signed at all: see
 * pst_ceremony_lint(). `file` is {0} before.
 */
enum pst_code pst_ceremony_make(const struct pst_ceremony_place *place,
                                const struct pst_ceremony_signer *signer, size_t count,
                                struct pst_ceremony_file *file, struct pst_ceremony_signatures *out,
                                struct pst_report *why) PST_MUST_CHECK;
/* The file with these signatures instead of older ones by the same keyids. */
enum pst_code pst_ceremony_write_signed(const struct pst_ceremony_file *file,
                                        const struct pst_ceremony_signatures *signatures,
                                        const char *path, struct pst_report *why) PST_MUST_CHECK;
/* Both. A key that signed it before signs anew. `after` ({0} before; may be NULL) is the file as
 * it stands then. */
enum pst_code pst_ceremony_sign_file(const struct pst_ceremony_place *place,
                                     const struct pst_ceremony_signer *signer, size_t count,
                                     struct pst_ceremony_file *after, struct pst_report *why)
    PST_MUST_CHECK;

/* As a terminal would, that knows the chain of roots; and pst_ceremony_lint(). */
enum pst_code pst_ceremony_check_file(const struct pst_ceremony_place *place,
                                      struct pst_report *why) PST_MUST_CHECK;

/*
 * What no holder should sign: a file that has expired; a keyid that is not its key's; a weak or
 * unknown key; a public key twice in a rule; a threshold that its keys cannot meet, those expired
 * or revoked left out; a key for an online role (snapshot, timestamp, assignments) that also
 * signs an offline one; a target outside the role's own paths; a key whose scheme some terminals
 * of `fleet` do not verify. `root`, when given, lists the keys that a delegation is held against.
 */
struct pst_ceremony_lint_in {
    const struct pst_role *role;
    const struct pst_role *root;            /* NULL: not known, or `role` is the root */
    const struct pst_role_rule *rule;       /* of a product's role: its paths; or NULL */
    const struct pst_ceremony_fleet *fleet; /* NULL: not asked */
    int64_t now_s;
};
enum pst_code pst_ceremony_lint(const struct pst_ceremony_lint_in *in, struct pst_report *why)
    PST_MUST_CHECK;

/* What must not be listed anew: a key that is over, of a retired scheme, or whose public part is
 * revoked under any keyid. `root` may be NULL: then only its window is looked at. */
enum pst_code pst_ceremony_fit_key(const struct pst_ceremony_key *key, const struct pst_role *root,
                                   int64_t now_s, struct pst_report *why) PST_MUST_CHECK;
/* The mark on this public key, under whatever keyid; NULL when it is not revoked. */
const struct pst_role_revoked *pst_ceremony_revoked(const struct pst_role *root,
                                                    const struct pst_ceremony_key *key);
/* Signed by enough, by every rule, as far as is known here. */
bool pst_ceremony_is_complete(const struct pst_ceremony_file *file);

/* The newest root in the folder that is signed, by a walk from the oldest;
 * PST_METADATA_MISSING when there is none. Roots of `below` and later are left out. */
enum pst_code pst_ceremony_roots(const char *metadata, int64_t below, int64_t now_s,
                                 struct pst_trust **out, struct pst_report *why) PST_MUST_CHECK;
/* The lowest and the highest N of the N.root.json there; both 0 when there is none. */
enum pst_code pst_ceremony_root_range(const char *metadata, int64_t *lowest, int64_t *highest,
                                      struct pst_report *why) PST_MUST_CHECK;

#endif
