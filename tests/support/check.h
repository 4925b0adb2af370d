/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - cmocka, with the four headers that it wants before it, in the order that it wants.
 *
 * A test includes this one header for its assertions. The only place that names <cmocka.h>.
 */
#ifndef PST_TESTS_CHECK_H
#define PST_TESTS_CHECK_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

/* A failed assertion never comes back; the analyzer cannot know. */
void _fail(const char *const file, const int line) __attribute__((noreturn));

#endif
