/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.h - holds a document's JSON Schema, its examples and its parser to each other.
 *
 * The schema is read with our own reader. Both functions fail the running test and name what
 * differs.
 */
#ifndef PST_TESTS_SCHEMA_H
#define PST_TESTS_SCHEMA_H

#include "manifests/finding.h"

/* Parses and forgets. */
typedef enum pst_code pst_parse_check(struct pst_bytes document, struct pst_report *why);

/*
 * Every file of <folder>/valid parses without a finding; every file of <folder>/invalid is refused
 * with exactly one finding, whose code its name begins with
 * ("document.missing-field--no-version.json").
 */
void pst_examples_check(const char *folder, pst_parse_check *parse);

/*
 * For each property of each object that the schema describes, on an example that has them all:
 * without a required one the parser answers document.missing-field; without an optional one it is
 * content; with one more it answers document.unknown-field where the schema says
 * additionalProperties: false.
 */
void pst_schema_check(const char *schema_path, const char *example_path, pst_parse_check *parse);

/* The file's content; the buffer is the caller's to clear. */
struct pst_buf pst_test_file(const char *path);

#endif
