/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_property.h - what fuzz targets share: saying that something must hold, and comparing
 * documents.
 *
 * A target asserts what its module promises of every input, not only that nothing crashes. What
 * does not hold ends the program with a message, and the engine keeps the input.
 *
 * Memory   pst_fuzz_canonical() gives the caller a buffer.
 * Threads  pure functions.
 */
#ifndef PST_TESTS_FUZZ_PROPERTY_H
#define PST_TESTS_FUZZ_PROPERTY_H

#include "manifests/json.h"

/* Every target defines it; the engine, or fuzz_replay.c, calls it. Answers 0. */
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

void pst_fuzz_fail(const char *what) __attribute__((noreturn));
static inline void pst_fuzz_hold(bool truth, const char *what)
{
    if (!truth)
        pst_fuzz_fail(what);
}

/* A function that refuses leaves its result alone and explains itself; one that does not, has
 * nothing to explain. */
void pst_fuzz_verdict(enum pst_code code, bool has_result, const struct pst_report *why);

struct pst_buf pst_fuzz_canonical(const struct pst_json *json);

/*
 * What was read and what was printed say the same: member for member, value for value. Digests may
 * differ in case and ranges in how they are spelt; a member that says nothing ("", 0, [], {}) may
 * be left out.
 */
bool pst_fuzz_same_document(const struct pst_json *read, const struct pst_json *printed);

#endif
