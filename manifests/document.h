/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document.h - what all our own documents share: the line that names their format, optional
 * members, and texts that are kept in fixed room. Private to the parsers of this folder.
 *
 * Our formats are closed: a member that a format does not have is refused, and a change of any kind
 * takes a new number after the '/'. An optional member that is null counts as given, and so is
 * refused: there is one way to say "not set".
 */
#ifndef PST_MANIFESTS_DOCUMENT_H
#define PST_MANIFESTS_DOCUMENT_H

#include "manifests/fields.h"

/*
 * PST_METADATA_FORMAT_UNKNOWN when the document names another format than `format`; nothing else of
 * it should then be judged. `needs` is what a reader of the other format must be ("" when unknown).
 * PST_OK when it names this one, or none that can be read: the fields will tell.
 */
enum pst_code pst_document_format(const struct pst_json *json, const char *format,
                                  const char *needs, struct pst_report *why) PST_MUST_CHECK;

/* The member is there, null or not. */
bool pst_document_has(const struct pst_fields *fields, const char *name);

/* A name, or a printable text, into `out`; "" after a fault. */
void pst_document_name(struct pst_fields *fields, const char *name, char *out, size_t room);
void pst_document_text(struct pst_fields *fields, const char *name, char *out, size_t room);
/* Copies and terminates a text that is known to fit; cuts it otherwise. */
void pst_document_keep(struct pst_text text, char *out, size_t room);

/* Refuses with PST_BAD_SYNTAX what is no pst_target_path_is_safe(); empty after a fault. */
struct pst_text pst_document_path(struct pst_fields *fields, const char *name);

/* A list of texts, each once, each as `is_good` wants it. Answers how many were stored in `out`. */
size_t pst_document_texts(struct pst_fields *fields, const char *name, size_t least, size_t most,
                          bool (*is_good)(struct pst_text text), const char *expected,
                          struct pst_text *out);

/* Reads `json` again, so that only what the parser takes is ever written, and adds its canonical
 * form. */
enum pst_code pst_document_finish(const struct pst_buf *written,
                                  enum pst_code (*check)(const struct pst_json *json,
                                                         struct pst_report *why),
                                  struct pst_buf *out, struct pst_report *why) PST_MUST_CHECK;

#endif
