/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope.h - {"signed": {...}, "signatures": [{"keyid": ..., "sig": ...}]}: what was signed,
 * by whom.
 *
 * The same envelope carries TUF role files, assignments and what terminals send. Reading one says
 * nothing about trust: that is keys/verify.h's.
 *
 * Memory   pst_envelope_free(); all texts are borrowed from it.
 * Errors   those of json.h; document.*; PST_SIGNATURE_DUPLICATE when a keyid signs twice;
 *          PST_TOO_LARGE beyond PST_SIGNATURES_MOST.
 * Source   TUF 1.0.34, section 4.2. Unknown members beside the two are tolerated.
 */
#ifndef PST_MANIFESTS_ENVELOPE_H
#define PST_MANIFESTS_ENVELOPE_H

#include "manifests/json.h"

enum { PST_SIGNATURES_MOST = 64, PST_KEYID_MOST = 128, PST_SIGNATURE_HEX_MOST = 4096 };

struct pst_envelope_signature {
    struct pst_text keyid;
    struct pst_text hex; /* not yet looked at: may be empty or no hex at all */
};

struct pst_envelope {
    struct pst_json *json;       /* the whole document */
    const struct pst_json *body; /* its "signed" member, an object */
    struct pst_buf canonical;    /* the canonical form of `body`: the bytes that signatures cover */
    size_t signature_count;
    struct pst_envelope_signature signature[PST_SIGNATURES_MOST];
};

enum pst_code pst_envelope_parse(struct pst_bytes in, const struct pst_json_limits *limits,
                                 struct pst_envelope **out, struct pst_report *why) PST_MUST_CHECK;
void pst_envelope_free(struct pst_envelope *envelope);
static inline void pst_envelope_cleanup(struct pst_envelope **envelope)
{
    pst_envelope_free(*envelope);
}

struct pst_envelope_new_signature {
    const char *keyid;
    const char *hex;
};
/*
 * Adds an envelope around `body`, an object in JSON or in its canonical form: control characters
 * that the latter keeps raw in its texts are escaped. Refuses what pst_envelope_parse()
 * would refuse.
 */
enum pst_code pst_envelope_print(struct pst_bytes body,
                                 const struct pst_envelope_new_signature *signatures, size_t count,
                                 struct pst_buf *out, struct pst_report *why) PST_MUST_CHECK;

#endif
