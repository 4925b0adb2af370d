/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attack matrix: `attack [ROW or FAMILY]...` runs all rows, or those named (M05, K).
 *
 * One line a row; the last line sums up. Exit status 0: every row asked for is there, nothing was
 * accepted, nothing was refused for a wrong reason, no invariant was broken.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>

#include "tests/attack/rows.h"

struct row {
    const char *id;
    attack_row *run; /* NULL: still to be written, and so the matrix fails */
    const char *what;
};

/* clang-format off */
static const struct row rows[] = {
    {"M01", attack_m01, "no signatures, each role"},
    {"M02", attack_m02, "a plausible wrong signature, each key type"},
    {"M03", attack_m03, "signatures of every length, in no hex"},
    {"M04", attack_m04, "the crypto library answers -1, 0, 2"},
    {"M05", attack_m05, "too few signatures, or other roles' keys"},
    {"M06", attack_m06, "one keyid signs many times"},
    {"M07", attack_m07, "one public key under many keyids"},
    {"M08", attack_m08, "thresholds that are none"},
    {"M09", attack_m09, "every bit flipped, every length cut"},
    {"M10", attack_m10, "bad signatures beside enough good ones: accepted"},
    {"M11", attack_m11, "fields outside what is signed, fields twice"},
    {"M12", attack_m12, "no digest, unknown digests and schemes"},
    {"M13", attack_m13, "parser bombs behind a bad signature"},
    {"M14", attack_m14, "a key inside the signature"},
    {"M15", attack_m15, "one role's file served as another's"},
    {"K01", attack_k01, "all good rotations: accepted"},
    {"K02", attack_k02, "a root without the old or its own threshold"},
    {"K03", attack_k03, "roots skipped, repeated, backwards"},
    {"K04", attack_k04, "300, 1024 and endless roots"},
    {"K05", attack_k05, "18 months offline, 40 roots"},
    {"K06", attack_k06, "revoked keys go on signing"},
    {"K07", attack_k07, "the timestamp key alone is stolen"},
    {"K08", attack_k08, "fast-forward, and the way back"},
    {"K09", attack_k09, "trusted files damaged on the terminal"},
    {"K10", attack_k10, "public keys that are none"},
    {"K11", attack_k11, "a root holder lost; emergency rotation"},
    {"B01", attack_b01, "an older timestamp"},
    {"B02", attack_b02, "the same version, other content"},
    {"B03", attack_b03, "a timestamp names an older snapshot"},
    {"B04", attack_b04, "a snapshot lists older roles, or fewer"},
    {"B05", attack_b05, "files of two releases mixed"},
    {"B06", attack_b06, "each role expired, there and here"},
    {"B07", attack_b07, "an image below the floor, in every spelling"},
    {"B08", attack_b08, "a permitted downgrade: accepted"},
    {"B09", attack_b09, "the same good timestamp for weeks"},
    {"B10", attack_b10, "the floor rises with the confirmation, not before"},
    {"B11", attack_b11, "another terminal's or tenant's assignment"},
    {"F01", attack_f01, "documents too deep, too long, empty"},
    {"F02", attack_f02, "documents that end too early"},
    {"F03", attack_f03, "bodies without end"},
    {"F04", attack_f04, "numbers that are no integers"},
    {"F05", attack_f05, "other types, missing fields, each in turn"},
    {"F06", attack_f06, "fields twice, or in another case"},
    {"F07", attack_f07, "bad UTF-8 and control characters"},
    {"F08", attack_f08, "names that are paths"},
    {"F09", attack_f09, "each allocation fails"},
    {"F10", attack_f10, "sizes at the edges of 31, 32 and 63 bits"},
    {"F11", attack_f11, "long versions, long reasons"},
    {"F12", attack_f12, "a host without files, memory, randomness"},
    {"D01", attack_d01, "a delta for another base"},
    {"D02", attack_d02, "parts of a delta with huge and negative numbers"},
    {"D03", attack_d03, "parts of a delta whose sums wrap"},
    {"D04", attack_d04, "a delta that makes a byte more or fewer"},
    {"D05", attack_d05, "deltas that want memory, or make more than is signed"},
    {"D06", attack_d06, "legal extremes of a delta: accepted"},
    {"D07", attack_d07, "work without progress, and other budgets than said"},
    {"D08", attack_d08, "parts and regions that overlap or lie outside"},
    {"D09", attack_d09, "a delta cut at every byte, every bit of it flipped"},
    {"D10", attack_d10, "deltas damaged at random, and noise"},
    {"D11", attack_d11, "a delta of another digest: never decoded"},
    {"D12", attack_d12, "a hostile delta, well signed"},
    {"D13", attack_d13, "going on with another delta; the same one twice"},
    {"D14", attack_d14, "a delta that is retired, and a full image that is not there"},
    {"T01", attack_t01, "a dead clock"},
    {"T02", attack_t02, "a clock ten years ahead"},
    {"T03", attack_t03, "the clock jumps in mid-cycle"},
    {"T04", attack_t04, "instants at the edge, and no instants"},
    {"T05", attack_t05, "everything expired for months"},
    {"T06", attack_t06, "a forged time"},
    {"T07", attack_t07, "suspended: monotonic against wall time"},
};
/* clang-format on */

static bool is_asked_for(const struct row *row, int count, char **names)
{
    for (int i = 0; i < count; i++)
        if (strncmp(row->id, names[i], strlen(names[i])) == 0)
            return true;
    return count == 0;
}

static bool names_a_row(char *name)
{
    for (size_t i = 0; i < PST_COUNT(rows); i++)
        if (is_asked_for(&rows[i], 1, &name))
            return true;
    return false;
}

static void run(const struct row *row, struct attack *sum)
{
    struct attack attack = {.row = row->id};

    row->run(&attack);
    printf("%s  %5zu cases  accepted %zu  wrong code %zu  broken invariants %zu   %s\n", row->id,
           attack.cases, attack.accepted, attack.wrong_code, attack.broken, row->what);
    fflush(stdout);
    if (attack.cases == 0) /* a row that tries nothing proves nothing */
        attack.broken++;
    sum->cases += attack.cases;
    sum->accepted += attack.accepted;
    sum->wrong_code += attack.wrong_code;
    sum->broken += attack.broken;
}

int main(int argc, char **argv)
{
    struct attack sum = {0};
    size_t asked = 0, ran = 0;

    /* Outside of its own tests, cmocka would end the program without a word. */
    setenv("CMOCKA_TEST_ABORT", "1", 1);
    for (int i = 1; i < argc; i++)
        if (!names_a_row(argv[i])) {
            fprintf(stderr, "attack: no row '%s'\n", argv[i]);
            return 2;
        }
    for (size_t i = 0; i < PST_COUNT(rows); i++) {
        if (!is_asked_for(&rows[i], argc - 1, argv + 1))
            continue;
        asked++;
        if (rows[i].run == NULL) {
            printf("%s  missing   %s\n", rows[i].id, rows[i].what);
            continue;
        }
        run(&rows[i], &sum);
        ran++;
    }
    printf("%zu cases, broken invariants %zu\n", sum.cases, sum.broken);
    printf("rows %zu of %zu, accepted %zu, wrong code %zu\n", ran, asked, sum.accepted,
           sum.wrong_code);
    return ran == asked && sum.accepted + sum.wrong_code + sum.broken == 0 ? 0 : 1;
}
