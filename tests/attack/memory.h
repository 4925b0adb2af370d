/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.h - allocations of our own objects that fail, by order: the linker puts these in the place
 * of malloc, calloc and realloc, and of cJSON's one entrance that allocates. What OpenSSL and libc
 * allocate for themselves is left in peace.
 *
 * The program's mutable state, as allocators take no context of ours.
 */
#ifndef PST_TESTS_ATTACK_MEMORY_H
#define PST_TESTS_ATTACK_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* From now on the allocations are counted; number `nth` fails, or it and all that follow. */
void attack_memory_fails(size_t nth, bool onwards);
/* Counts, and none fails. */
void attack_memory_counts(void);
/* None is counted any more. Answers how many were. */
size_t attack_memory_is_back(void);
/* Those of the last count that nobody gave back. */
size_t attack_memory_kept(void);
/* Between the two, what is allocated is somebody else's. They nest. */
void attack_memory_pause(void);
void attack_memory_resume(void);

#endif
