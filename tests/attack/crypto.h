/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto.h - the crypto library's word on signatures, by order: the linker puts these in its place.
 *
 * The program's one mutable state, for the library's functions take no context of ours.
 */
#ifndef PST_TESTS_ATTACK_CRYPTO_H
#define PST_TESTS_ATTACK_CRYPTO_H

#include <stddef.h>

/* Of each message that contains `like` it says `answer`, after so many true ones: who signs looks
 * at the signature too. Of other messages it says the truth. */
void attack_crypto_answers(const char *like, int answer, size_t truths);
/* How often it did not say what is so. */
size_t attack_crypto_lies(void);
void attack_crypto_is_sound(void);

#endif
