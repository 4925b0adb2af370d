/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ceremony_pack.h - signing on a machine without a network: drafts go there as a folder, and
 * signatures come back as a small file.
 *
 *     PACK/pack.json                {"format": "postern.signing-pack/1", "made", "drafts": [...]}
 *     PACK/metadata/                the chain of roots, targets.json, the drafts
 *     PACK/signed/                  the version before of each draft, for comparison
 *     PACK/fleet-schemes.json       what the terminals verify, when that is known
 *
 *     {"format": "postern.signatures/1", "files": [{"file", "version", "sha256" of what is signed,
 *      "signatures": [{"keyid", "sig"}]}]}
 *
 * A pack holds role files and nothing else: each file is read as one before it is copied, so no
 * private key gets in by a wrong name. It proves nothing by itself; the signatures in it do, from a
 * root that the holder knows: pst_ceremony_pack_anchor().
 *
 * Memory   pst_ceremony_import_clear(), pst_ceremony_shares_free().
 * Errors   document.*, metadata.*, signature.*, key.*, host.*. Nothing is written when anything is
 *          refused.
 */
#ifndef PST_KEYS_CEREMONY_PACK_H
#define PST_KEYS_CEREMONY_PACK_H

#include "keys/ceremony_history.h"

enum { PST_CEREMONY_PACK_MOST = 64, PST_CEREMONY_PATH_ROOM = 4096 };
#define PST_CEREMONY_PACK_FORMAT       "postern.signing-pack/1"
#define PST_CEREMONY_SIGNATURES_FORMAT "postern.signatures/1"

struct pst_ceremony_export {
    const char *metadata, *history;
    const char *fleet_path; /* NULL: none */
    const char *to;         /* must not be there yet */
    int64_t now_s;
    size_t count;
    const char *const *draft; /* paths */
};
enum pst_code pst_ceremony_pack_make(const struct pst_ceremony_export *in, struct pst_report *why)
    PST_MUST_CHECK;

struct pst_ceremony_pack {
    int64_t made_s;
    size_t count;
    char draft[PST_CEREMONY_PACK_MOST][PST_CEREMONY_NAME_MOST + 1]; /* in PACK/metadata */
};
enum pst_code pst_ceremony_pack_read(const char *folder, struct pst_ceremony_pack *out,
                                     struct pst_report *why) PST_MUST_CHECK;
/* Each root that both folders have must say the same; *shared counts them. PST_INCONSISTENT. */
enum pst_code pst_ceremony_pack_anchor(const char *metadata, const char *known, int64_t *shared,
                                       struct pst_report *why) PST_MUST_CHECK;

/* What one holder signed. */
struct pst_ceremony_share {
    char file[PST_CEREMONY_NAME_MOST + 1];
    int64_t version;
    uint8_t sha256[PST_SHA256_BYTES]; /* of the canonical bytes that were signed */
    struct pst_ceremony_signatures *signatures;
};
struct pst_ceremony_shares {
    size_t count;
    struct pst_ceremony_share at[PST_CEREMONY_PACK_MOST];
};
void pst_ceremony_shares_free(struct pst_ceremony_shares *shares);
static inline void pst_ceremony_shares_cleanup(struct pst_ceremony_shares **shares)
{
    pst_ceremony_shares_free(*shares);
}
/* Takes `signatures` over when it answers PST_OK. */
enum pst_code pst_ceremony_shares_add(struct pst_ceremony_shares *shares, const char *name,
                                      const struct pst_ceremony_file *file,
                                      struct pst_ceremony_signatures **signatures,
                                      struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_ceremony_shares_print(const struct pst_ceremony_shares *shares,
                                        struct pst_buf *out, struct pst_report *why) PST_MUST_CHECK;
/* PST_SIGNATURE_DUPLICATE for a keyid that signs a file twice. */
enum pst_code pst_ceremony_shares_read(const char *path, struct pst_ceremony_shares **out,
                                       struct pst_report *why) PST_MUST_CHECK;

/* Signatures from several files, each verified against the draft, then written all together. */
struct pst_ceremony_import {
    const char *metadata;
    const struct pst_ceremony_fleet *fleet;
    int64_t now_s;
    size_t count;
    struct {
        char path[PST_CEREMONY_PATH_ROOM];
        struct pst_ceremony_file file;
        struct pst_ceremony_signatures *fresh;
    } at[PST_CEREMONY_PACK_MOST];
};
void pst_ceremony_import_clear(struct pst_ceremony_import *import);
static inline void pst_ceremony_import_cleanup(struct pst_ceremony_import **import)
{
    if (*import != NULL)
        pst_ceremony_import_clear(*import);
}
/* Another draft version (PST_METADATA_WRONG_VERSION), other bytes (PST_INCONSISTENT), a signature
 * that is there already (PST_SIGNATURE_DUPLICATE), one that would not count (key.*,
 * signature.*). */
enum pst_code pst_ceremony_import_take(struct pst_ceremony_import *import, const char *path,
                                       struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_ceremony_import_write(const struct pst_ceremony_import *import,
                                        struct pst_report *why) PST_MUST_CHECK;

#endif
