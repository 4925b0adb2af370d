/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attack.h - one attack, one terminal: what it must refuse, for which reasons, and what must hold
 * whatever it is given.
 *
 *     PST_CLEANUP(attack_case)
 *     struct attack_case it = attack_case(attack, "%s without signatures", "timestamp");
 *     attack_spoil(&it, PST_ROLE_TIMESTAMP)->signer_count = 0;   // a terminal that knows version 1
 *     attack_publish(&it);                                       // is offered a bad version 2
 *     attack_refused(&it, PST_SIGNATURE_MISSING);                // exactly these reasons, no more
 *     attack_mended(&it);                                        // and the fault gone, it updates
 *
 * A row is a function of rows_*.c: it runs its cases and leaves the sums in struct attack. After
 * every cycle of a case the invariants are checked, as far as a terminal in memory has them:
 *
 *     I1  the active slot is not written, and the boot choice moves only with a whole update
 *     I2  what the boot loader may start is one of the two signed images, whole
 *     I3  trusted files verify against the trusted root, and no version falls
 *     I4  attack_mended(): at most three cycles, and the update is staged
 *     I5  one report a cycle, told once, with the very reasons of the cycle
 *     I6  requests, bytes and kept documents stay below what is declared
 *     I8  no private key and no token in what is told or kept
 *
 * I7 is the service's (tests/scenario), I9 the sanitizers'.
 *
 * Units    a scene's clock says PST_REPO_NOW; its image is small.
 * Memory   attack_case_cleanup().
 * Errors   what cannot be set up ends the program; what an attack brings about is counted and
 *          told on stderr.
 */
#ifndef PST_TESTS_ATTACK_H
#define PST_TESTS_ATTACK_H

#include "tests/support/agent_scene.h"

/* A row's sums while it runs. */
struct attack {
    const char *row;
    size_t cases;
    size_t accepted;   /* something was kept, written or staged that should not have been */
    size_t wrong_code; /* refused, but not for exactly the reasons that it was bad for */
    size_t broken;     /* invariants */
};

/* A metadata file by name, as it is kept. */
enum { ATTACK_FILES = 16, ATTACK_SPOILT = 8, ATTACK_REQUESTS_MOST = 60 };

/* What attack_mended() goes back to. */
struct attack_good {
    size_t file_count;
    struct pst_fake_file file[PST_FAKE_FILES];
    struct pst_repo_role role[4 + PST_REPO_ROLES]; /* root, timestamp, snapshot, targets, others */
    size_t role_count;
    struct pst_release release;
    struct pst_source source[2];
    struct agent_scene_service service;
    struct pst_fake_terminal terminal;
};

/* Done to a signed file after it was signed and before its parent lists it. */
typedef void attack_tamper_fn(struct pst_buf *bytes, const void *how);

struct attack_case {
    struct attack *attack;
    char name[200];
    struct agent_scene *scene;
    struct pst_cycle *cycle; /* the last one */
    struct attack_good *good;
    struct pst_buf kept_content, kept_list; /* while delta.c has another in its place */
    struct pst_repo_role *spoilt[ATTACK_SPOILT];
    size_t spoilt_count;
    attack_tamper_fn *tamper;
    const void *how;
    void (*around)(bool begins); /* called before the agent's cycle and after it; NULL: nothing */
    bool reports_may_fail;       /* I5 is not asked: a row makes reporting itself fail */
    bool slot_may_be_begun;      /* what is found out while it is decoded was written in part */
    size_t requests_most;        /* a cycle; ATTACK_REQUESTS_MOST unless a row says otherwise */
};

/* A terminal that has checked in once with nothing ordered, so trusts version 1 of everything; now
 * 5.2.0 is ordered. */
struct attack_case attack_case(struct attack *attack, const char *format, ...) PST_PRINTF(2, 3);
/* The same, but it trusts the first root alone. */
struct attack_case attack_case_new(struct attack *attack, const char *format, ...) PST_PRINTF(2, 3);
void attack_case_cleanup(struct attack_case *it);
/* Another case against the same terminal, as the last one left it. */
void attack_again(struct attack_case *it, const char *format, ...) PST_PRINTF(2, 3);

/* As the world stands now it is good: attack_mended() comes back to it. */
void attack_good(struct attack_case *it);

/* A role of the repository, to be changed; what is then signed as it must never be kept. */
struct pst_repo_role *attack_role(struct attack_case *it, enum pst_role_kind kind);
struct pst_repo_role *attack_spoil(struct attack_case *it, enum pst_role_kind kind);
struct pst_repo_role *attack_spoil_product(struct attack_case *it);
/* The signed files one by one: root, timestamp, snapshot, targets, the product's role; and the
 * assignment, which is signed anew at each check-in. */
enum { ATTACK_PRODUCT = 4, ATTACK_ROLES, ATTACK_ASSIGNMENT = ATTACK_ROLES, ATTACK_SIGNED };
const char *attack_nth_name(size_t which);
struct pst_repo_role *attack_spoil_nth(struct attack_case *it, size_t which); /* a role */
void attack_tamper_nth(struct attack_case *it, size_t which, attack_tamper_fn *tamper,
                       const void *how);
/* The first `find` becomes `put`; without one the program ends. For tampering. */
void attack_replace(struct pst_buf *bytes, const char *find, const char *put);

/* The next version of product, targets, snapshot and timestamp (and of root, when it is spoilt),
 * signed and listed, spoilt ones tampered with, served by both mirrors. */
void attack_publish(struct attack_case *it);
/* The same after a refusal, for another try: root keeps its number, for it was not taken. */
void attack_publish_again(struct attack_case *it);
/* Only signs, lists, tampers and serves. */
void attack_publish_as_it_is(struct attack_case *it);

/* One cycle, with its invariants; answers what ended it early, which most rows forbid. */
enum pst_code attack_cycle(struct attack_case *it);
/* One cycle that ends in a refusal for exactly these reasons: noted findings aside, no more and no
 * fewer. A list that PST_OK ends. */
#define attack_refused(it, ...)                                                                    \
    attack_refused_for((it), (const enum pst_code[]){__VA_ARGS__, PST_OK})
void attack_refused_for(struct attack_case *it, const enum pst_code *codes);
/* One cycle that stages the release without a finding against it. */
void attack_accepted(struct attack_case *it);
/* One cycle that noted this. Call after the cycle. */
void attack_noted(struct attack_case *it, enum pst_code code);
/* The fault is gone: the good files with higher versions are served, and within three cycles the
 * update is staged. */
void attack_mended(struct attack_case *it);
/* The world is as it is: within three cycles the update is staged. */
void attack_converges(struct attack_case *it);

/* Something that a row checks on its own; counted as one of the case's, told when it is not so. */
void attack_holds(struct attack_case *it, bool holds, const char *format, ...) PST_PRINTF(3, 4);
/* The version of a kept metadata file ("timestamp.json"); 0 when there is none that can be read. */
int64_t attack_kept_version(const struct attack_case *it, const char *name);

/* Without a terminal: one case that a library has judged. */
void attack_judged(struct attack *attack, const char *name, bool accepted,
                   const struct pst_report *why, const enum pst_code *codes);

#endif
