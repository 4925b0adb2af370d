/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role_read.h - the parts that pst_role_parse() and pst_role_print() are made of; private to them.
 *
 *     role_parse.c --+--> role_parse_root.c     the four rules, retired schemes, revoked keys
 *                    +--> role_parse_meta.c     files of timestamp and snapshot, digests
 *                    '--> role_parse_targets.c  targets, delegations, succinct roles
 *     all of them -----> role_parse_keys.c      keys, and who signs
 *                '-----> role_lists.c           lists, member by member
 *
 * Every reader takes the open `fields` of the object that it reads in, and records its faults
 * there. Optional members count as given when they are null, and so are refused: a file says
 * what it means.
 */
#ifndef PST_MANIFESTS_ROLE_READ_H
#define PST_MANIFESTS_ROLE_READ_H

#include "manifests/document.h"
#include "manifests/role.h"

/*
 * As pst_envelope_parse(), but `*out` is also written when only the signatures are at fault, so
 * that the faults of the body can be told in the same run. The return code still decides.
 */
enum pst_code pst_envelope_read(struct pst_bytes in, const struct pst_json_limits *limits,
                                struct pst_envelope **out, struct pst_report *why) PST_MUST_CHECK;

/* Everything inside "signed". The role may be half filled after a refusal; it can be freed. */
enum pst_code pst_role_read_body(const struct pst_json *body, struct pst_role *role,
                                 struct pst_report *why) PST_MUST_CHECK;

void pst_role_read_root(struct pst_fields *fields, struct pst_role *role);
void pst_role_read_meta(struct pst_fields *fields, struct pst_role *role);
void pst_role_read_targets(struct pst_fields *fields, struct pst_role *role);

/* How the children of an array or object become the elements of an array of ours. */
struct pst_role_list {
    const char *name; /* of the member that holds them */
    size_t most;      /* more are refused with PST_METADATA_LIMIT */
    size_t size;      /* of an element */
    enum pst_code (*read)(const struct pst_json *child, void *element, struct pst_report *why);
};
/*
 * Reads the children of `json`, each under its own place. Answers a heap array of `*count`
 * elements, those at fault among them, or NULL and 0.
 */
void *pst_role_read_list(struct pst_fields *fields, const struct pst_role_list *list,
                         const struct pst_json *json, size_t *count);
/* Refuses members that come twice; `size` is the stride from one text to the next. */
void pst_role_refuse_repeated(struct pst_fields *fields, const char *name,
                              const struct pst_text *first, size_t count, size_t size);
/* The name of an object's member, or an element's text: printable and 1 to `most` bytes. */
enum pst_code pst_role_read_name(const struct pst_json *child, size_t most, struct pst_text *out,
                                 struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_role_read_text(const struct pst_json *child, size_t most, struct pst_text *out,
                                 struct pst_report *why) PST_MUST_CHECK;
/* Any text at all. */
enum pst_code pst_role_check_text(const struct pst_json *child, struct pst_report *why)
    PST_MUST_CHECK;

/* The order in which files and targets are kept, so that they are found quickly. */
int pst_role_compare(struct pst_text a, struct pst_text b);

/* Members that several kinds have. */
void pst_role_read_keys(struct pst_fields *fields, struct pst_role *role);
/* "keyids" and "threshold". */
void pst_role_read_signers(struct pst_fields *fields, struct pst_role_rule *rule);
void pst_role_read_digests(struct pst_fields *fields, struct pst_role_digests *digests);

#endif
