/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows.h - the rows of the matrix that are here; main.c has the list of all there must be.
 */
#ifndef PST_TESTS_ATTACK_ROWS_H
#define PST_TESTS_ATTACK_ROWS_H

#include "tests/attack/attack.h"

typedef void attack_row(struct attack *attack);

attack_row attack_m01, attack_m02, attack_m03, attack_m04, attack_m14;
attack_row attack_m05, attack_m06, attack_m07, attack_m08, attack_m10;
attack_row attack_m11, attack_m12, attack_m13, attack_m15;
attack_row attack_k01, attack_k02, attack_k03, attack_k04, attack_k05;
attack_row attack_k08, attack_k09;
attack_row attack_k06, attack_k07, attack_k10, attack_k11;
attack_row attack_b01, attack_b02, attack_b03, attack_b04, attack_b05, attack_b06;
attack_row attack_b07, attack_b08, attack_b09, attack_b10, attack_b11;
attack_row attack_m09; /* rows_m_exhaustive.c */

attack_row attack_t01, attack_t02, attack_t03, attack_t06, attack_t07; /* rows_t_clock.c */
attack_row attack_t04;                                                 /* rows_t_expiry.c */
attack_row attack_t05;                                                 /* rows_t_sleep.c */

attack_row attack_f05, attack_f06; /* rows_f_fields.c */

attack_row attack_f01, attack_f02, attack_f04, attack_f07; /* rows_f_syntax.c */

attack_row attack_f08;                         /* rows_f_names.c */
attack_row attack_f03, attack_f10, attack_f11; /* rows_f_sizes.c */

attack_row attack_f09; /* rows_f_memory.c */

attack_row attack_f12; /* rows_f_host.c */

attack_row attack_d01, attack_d11, attack_d12, attack_d13, attack_d14; /* rows_d_offers.c */
attack_row attack_d02, attack_d03, attack_d08;                         /* rows_d_heads.c */
attack_row attack_d04, attack_d05, attack_d06, attack_d07;             /* rows_d_sizes.c */
attack_row attack_d09, attack_d10;                                     /* rows_d_exhaustive.c */

#endif
