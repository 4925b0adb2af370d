/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide_checks.h - the checks that pst_decide() has in its table; private to decide*.c.
 *
 * A check looks at one thing, tells what it finds, and knows nothing of the other checks. Those
 * below "with a release" are called only when in->release is there.
 */
#ifndef PST_MANIFESTS_DECIDE_CHECKS_H
#define PST_MANIFESTS_DECIDE_CHECKS_H

#include "manifests/decide.h"

/* Whether an update is to be made at all: nobody said that there is none. */
bool pst_decide_has_goal(const struct pst_decide_in *in);

/* terminal.fact-unknown under "terminal/<fact>". */
void pst_decide_unknown(struct pst_report *why, const char *fact, struct pst_value needed);

/* decide_terminal.c: without a release */
void pst_check_proof(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_schemes(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_order(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_tamper(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_window(const struct pst_decide_in *in, struct pst_report *why);
/* decide_terminal.c: with a release */
void pst_check_match(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_power(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_busy(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_space(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_link(const struct pst_decide_in *in, struct pst_report *why);

/* decide_compat.c: with a release */
void pst_check_product(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_hardware(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_region(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_os(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_agent(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_bootloader(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_data_schema(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_downgrade(const struct pst_decide_in *in, struct pst_report *why);
void pst_check_components(const struct pst_decide_in *in, struct pst_report *why);
bool pst_decide_is_installed(const struct pst_decide_in *in);

/* decide_source.c: with a release. Writes out->source and out->fetch_bytes, tells to out->why. */
void pst_decide_sources(const struct pst_decide_in *in, struct pst_decision *out);

#endif
