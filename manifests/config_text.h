/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_text.h - makes a configuration text safe for libconfig 1.5.
 *
 * That parser wraps integers at 32 bits in silence (99999999999 reads as 1215752191), ends texts at
 * "\x00", and an @include reads a file that nobody looked at. Here each integer gets the suffix L,
 * which makes it 64-bit, and what cannot be read exactly is refused with its line. Only config.c
 * uses it.
 *
 * Memory   adds to the caller's buffer.
 * Threads  pure function.
 * Errors   PST_CONFIG_SYNTAX, PST_NO_MEMORY; findings stand under "name:line". All faults are told.
 */
#ifndef PST_MANIFESTS_CONFIG_TEXT_H
#define PST_MANIFESTS_CONFIG_TEXT_H

#include "manifests/finding.h"

/* Adds the text, as libconfig is to have it, and a NUL. Line numbers stay as they were. */
enum pst_code pst_config_text_prepare(struct pst_text text, const char *name, struct pst_buf *out,
                                      struct pst_report *why) PST_MUST_CHECK;

#endif
