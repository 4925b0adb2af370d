/* SPDX-License-Identifier: Apache-2.0 */
/* F03, F10, F11: bodies without end, numbers at the edges of 31, 32, 53 and 63 bits, long texts. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/attack/resign.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

/* ---- F03 ------------------------------------------------------------------------------------- */

struct endless {
    const char *like; /* of the URL */
    enum pst_code codes[2];
};
static const struct endless endless[] = {
    {"/metadata/2.root.json", {PST_METADATA_TOO_LARGE}},
    {"/metadata/timestamp.json", {PST_METADATA_TOO_LARGE}},
    {".snapshot.json", {PST_METADATA_TOO_LARGE}},
    {".targets.json", {PST_METADATA_TOO_LARGE}},
    {".pos-a.json", {PST_METADATA_TOO_LARGE}},
    {"manifest.json", {PST_METADATA_TOO_LARGE}},
    {".os.", {PST_TOO_LARGE}}, /* the images and their lists */
    {"/v1/checkin", {PST_TOO_LARGE}},
    {"/v1/challenge", {PST_TOO_LARGE}},
    {"/v1/token", {PST_TOO_LARGE}},
};

static void from_everywhere(struct attack *attack, const struct endless *of)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s has no end", of->like);
    attack_publish(&it);
    pst_fake_fail(&it.scene->net, of->like, PST_FAKE_ENDLESS, 0, -1);
    attack_refused_for(&it, of->codes);
    attack_mended(&it);
}

/* From one mirror alone, or of one source alone: the other one serves. */
static void from_one(struct attack *attack, const char *like, enum pst_code noted)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "%s has no end", like);
    attack_publish(&it);
    pst_fake_fail(&it.scene->net, like, PST_FAKE_ENDLESS, 0, -1);
    attack_accepted(&it);
    attack_noted(&it, noted);
}

void attack_f03(struct attack *attack)
{
    for (size_t i = 0; i < PST_COUNT(endless); i++)
        from_everywhere(attack, &endless[i]);
    from_one(attack, "one.example/metadata/2.root.json", PST_METADATA_TOO_LARGE);
    from_one(attack, "one.example/metadata/timestamp.json", PST_METADATA_TOO_LARGE);
    from_one(attack, "one.example/metadata/2.snapshot.json", PST_METADATA_TOO_LARGE);
    from_one(attack, "one.example/metadata/2.targets.json", PST_METADATA_TOO_LARGE);
    from_one(attack, "one.example/metadata/2.pos-a.json", PST_METADATA_TOO_LARGE);
    from_one(attack, "one.example/targets/", PST_METADATA_TOO_LARGE);
    from_one(attack, ".os.delta.blocks", PST_TOO_LARGE);
    from_one(attack, ".os.delta", PST_TOO_LARGE);
}

/* ---- F10 ------------------------------------------------------------------------------------- */

static const char *const edges[] = {"0",
                                    "1",
                                    "-1",
                                    "2147483646",
                                    "2147483647",
                                    "2147483648",
                                    "2147483649",
                                    "4294967294",
                                    "4294967295",
                                    "4294967296",
                                    "4294967297",
                                    "1099511627775",
                                    "1099511627776",
                                    "1099511627777",
                                    "9007199254740990",
                                    "9007199254740991",
                                    "9007199254740992",
                                    "-9007199254740991",
                                    "9223372036854775807",
                                    "9223372036854775808",
                                    "18446744073709551615",
                                    "18446744073709551616"};

static bool is_integer_here(const char *text, int64_t *out)
{
    char *end = NULL;
    long long value = strtoll(text, &end, 10);
    *out = value;
    return value <= PST_JSON_INTEGER_MAX && value >= -PST_JSON_INTEGER_MAX;
}

/* What signed files say of the lengths of others. One that is said to be shorter than it is has
 * more bytes than were wanted; one that is said to be longer is not the one that was meant; of a
 * manifest that is longer than any may be, no byte is asked for. */
struct length {
    size_t which;
    const char *path;
    enum pst_code longer;
};
static const struct length lengths[] = {
    {PST_ROLE_TIMESTAMP, "signed/meta/snapshot.json/length", PST_METADATA_CORRUPT},
    {PST_ROLE_SNAPSHOT, "signed/meta/targets.json/length", PST_METADATA_CORRUPT},
    {PST_ROLE_SNAPSHOT, "signed/meta/pos-a.json/length", PST_METADATA_CORRUPT},
    {ATTACK_PRODUCT, "signed/targets/pos-a/5.2.0/manifest.json/length", PST_METADATA_TOO_LARGE},
};

static void length_is(struct attack *attack, const struct length *length)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, good", length->path);
    struct attack_change change = {
        .path = length->path, .change = JSON_PUT, .signer = attack_signer(&it, length->which)};
    int64_t value = 0;

    attack_tamper_nth(&it, length->which, attack_change_and_sign, &change);
    for (size_t i = 0; i < PST_COUNT(edges); i++) {
        attack_again(&it, "%s is %s", length->path, edges[i]);
        change.put = edges[i];
        attack_publish_again(&it);
        bool well_formed = is_integer_here(edges[i], &value) && value >= 0;
        it.spoilt_count = !well_formed; /* else the file that lists it is good, and kept */
        if (well_formed)
            attack_refused_for(
                &it, (const enum pst_code[]){value > 1 ? length->longer : PST_METADATA_TOO_LARGE,
                                             PST_OK});
        else if (is_integer_here(edges[i], &value))
            attack_refused(&it, PST_OUT_OF_BOUNDS);
        else
            attack_refused(&it, PST_METADATA_CORRUPT, PST_BAD_SYNTAX);
        it.spoilt_count = 1;
    }
    attack_mended(&it);
}

/* Every size in a manifest, against the bounds that manifests/release.h states. */
struct bounds {
    const char *path;
    int64_t least, most;
};
static const struct bounds bounds[] = {
    {"sequence", 1, PST_JSON_INTEGER_MAX},
    {"components/0/image/size", 1, PST_IMAGE_BYTES_MOST},
    {"components/0/sources/1/length", 1, PST_IMAGE_BYTES_MOST},
    {"components/0/sources/2/length", 1, PST_IMAGE_BYTES_MOST},
    {"components/0/sources/2/memory", 0, PST_RELEASE_MEMORY_MOST},
    {"components/0/sources/2/base/size", 1, PST_IMAGE_BYTES_MOST},
    {"components/0/sources/2/blocks/size", PST_RELEASE_BLOCK_BYTES, PST_RELEASE_BLOCK_BYTES},
    {"needs/free", 0, PST_IMAGE_BYTES_MOST},
    {"needs/battery", 0, 100},
    {"needs/expected_seconds", 1, PST_RELEASE_SECONDS_MOST},
    {"confirm/tries", 1, 10},
    {"confirm/within_seconds", 1, PST_RELEASE_SECONDS_MOST},
};

/* The raw source is the image: of another size, the two no longer fit each other. */
static void size_in_release(struct attack *attack, const struct pst_json *full,
                            const struct bounds *bound, const char *edge)
{
    struct pst_report why = {0};
    int64_t value = 0;
    bool integer = is_integer_here(edge, &value);
    bool fits = integer && value >= bound->least && value <= bound->most;
    bool of_image = strcmp(bound->path, "components/0/image/size") == 0;
    enum pst_code expected = !integer ? PST_BAD_SYNTAX : PST_OUT_OF_BOUNDS;
    char name[200];

    if (fits && of_image)
        expected = PST_INCONSISTENT;
    enum pst_code rc = attack_read_changed_release(full, bound->path, edge, &why);
    snprintf(name, sizeof name, "release, %s is %s", bound->path, edge);
    if (fits && !of_image) {
        attack->cases++;
        attack->wrong_code += rc != PST_OK;
        return;
    }
    attack_judged(attack, name, rc == PST_OK, &why, (const enum pst_code[]){expected, PST_OK});
}

/* 32 bytes a block, and no sum wraps. */
static void lists_are_counted_right(struct attack *attack)
{
    static const struct {
        int64_t length, list;
    } rows[] = {{1, 32},
                {65535, 32},
                {65536, 32},
                {65537, 64},
                {INT64_C(2147483647), 32 * INT64_C(32768)},
                {INT64_C(2147483648), 32 * INT64_C(32768)},
                {INT64_C(2147483649), 32 * INT64_C(32769)},
                {INT64_C(4294967296), 32 * INT64_C(65536)},
                {INT64_C(4294967297), 32 * INT64_C(65537)},
                {PST_IMAGE_BYTES_MOST, 32 * INT64_C(16777216)}};
    for (size_t i = 0; i < PST_COUNT(rows); i++) {
        struct pst_source source = {.length_bytes = rows[i].length,
                                    .blocks.size_bytes = PST_RELEASE_BLOCK_BYTES};
        attack->cases++;
        attack->wrong_code += pst_source_list_bytes(&source) != rows[i].list;
    }
}

/* A signed release of a huge image, for a terminal that has no such slot: refused before a byte of
 * it is asked for. */
static void huge_image(struct attack *attack, int64_t size_bytes)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "an image of %lld bytes", (long long)size_bytes);

    it.scene->release.component[0].size_bytes = size_bytes;
    attack_publish(&it);
    attack_refused(&it, PST_SLOT_TOO_SMALL);
    attack_holds(&it, pst_fake_asked(&it.scene->net, ".os.") == 0, "the image was asked for");
    attack_mended(&it);
}

static void huge_source(struct attack *attack, int64_t length_bytes)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "sources of %lld bytes", (long long)length_bytes);

    for (size_t i = 0; i < PST_COUNT(it.scene->source); i++)
        it.scene->source[i].length_bytes = length_bytes;
    attack_publish(&it);
    (void)attack_cycle(&it);
    attack_holds(&it, it.cycle->progress == PST_PROGRESS_REFUSED, "it is %s%s",
                 pst_progress_name(it.cycle->progress), agent_scene_explain(&it.cycle->why));
    attack_mended(&it);
}

void attack_f10(struct attack *attack)
{
    static const int64_t sizes[] = {INT64_C(2147483647), INT64_C(2147483648), INT64_C(2147483649),
                                    INT64_C(4294967295), INT64_C(4294967296), INT64_C(4294967297),
                                    PST_IMAGE_BYTES_MOST};
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);
    PST_CLEANUP(pst_json) struct pst_json *full = NULL;

    for (size_t i = 0; i < PST_COUNT(lengths); i++)
        length_is(attack, &lengths[i]);
    attack_full_release(&bytes, &full);
    for (size_t i = 0; i < PST_COUNT(bounds); i++)
        for (size_t k = 0; k < PST_COUNT(edges); k++)
            size_in_release(attack, full, &bounds[i], edges[k]);
    lists_are_counted_right(attack);
    for (size_t i = 0; i < PST_COUNT(sizes); i++) {
        huge_image(attack, sizes[i]);
        huge_source(attack, sizes[i]);
    }
}

/* ---- F11 ------------------------------------------------------------------------------------- */

/* A text of `len` characters with its quotes. */
static void put_long(struct pst_buf *out, const char *begin, char unit, size_t len)
{
    out->len = 0;
    assert_true(pst_buf_print(out, "\"%s", begin));
    for (size_t i = strlen(begin); i < len; i++)
        assert_true(pst_buf_add(out, &unit, 1));
    assert_true(pst_buf_add(out, "\"", 2));
}

struct longest {
    size_t which; /* ATTACK_SIGNED: the release */
    const char *path, *begin;
    char unit;
    size_t most; /* characters that are still fine */
    enum pst_code code;
};
static const struct longest longest[] = {
    {ATTACK_ASSIGNMENT, "signed/order/version", "5.2.0-", 'a', 63, PST_BAD_SYNTAX},
    {ATTACK_ASSIGNMENT, "signed/order/rollout", "r", 'a', 64, PST_BAD_SYNTAX},
    {ATTACK_ASSIGNMENT, "signed/order/product", "pos-a", 'a', 64, PST_BAD_SYNTAX},
    {ATTACK_ASSIGNMENT, "signed/order/manifest", "pos-a/", 'a', 255, PST_OUT_OF_BOUNDS},
    {ATTACK_ASSIGNMENT, "signed/terminal", "t-1", 'a', 64, PST_BAD_SYNTAX},
    {ATTACK_ASSIGNMENT, "signed/nonce", "n", 'a', 64, PST_OUT_OF_BOUNDS},
    {PST_ROLE_TIMESTAMP, "signed/spec_version", "1.0.", '0', 32, PST_OUT_OF_BOUNDS},
    {PST_ROLE_TARGETS, "signed/delegations/roles/0/name", "pos-a", 'a', 255, PST_OUT_OF_BOUNDS},
    {PST_ROLE_TARGETS, "signed/delegations/roles/0/paths/0", "pos-a/", 'a', 1024,
     PST_OUT_OF_BOUNDS},
    {ATTACK_SIGNED, "version", "5.3.0-", 'a', 63, PST_BAD_SYNTAX},
    {ATTACK_SIGNED, "version", "5.", '3', 18, PST_BAD_SYNTAX},
    {ATTACK_SIGNED, "fits/os/0", ">=5.1.0-", 'a', 65, PST_BAD_SYNTAX},
    {ATTACK_SIGNED, "fits/hardware/0/model", "P400", 'a', 64, PST_OUT_OF_BOUNDS},
    {ATTACK_SIGNED, "notes/en", "n", 'a', 4096, PST_OUT_OF_BOUNDS},
    {ATTACK_SIGNED, "notes/zh-CN", "n", 'a', 4096, PST_OUT_OF_BOUNDS},
    {ATTACK_SIGNED, "components/0/name", "os", 'a', 64, PST_BAD_SYNTAX},
    {ATTACK_SIGNED, "confirm/checks/0", "c", 'a', 64, PST_BAD_SYNTAX},
};
static const size_t more[] = {1, 2, 255, 65536};

static void too_long_in_release(struct attack *attack, const struct longest *row, size_t len)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);
    PST_CLEANUP(pst_buf) struct pst_buf put = pst_buf(1 << 20);
    PST_CLEANUP(pst_json) struct pst_json *full = NULL;
    struct pst_report why = {0};
    char name[200];

    attack_full_release(&bytes, &full);
    put_long(&put, row->begin, row->unit, len);
    snprintf(name, sizeof name, "release, %s of %zu characters", row->path, len);
    bool accepted =
        attack_read_changed_release(full, row->path, (const char *)put.at, &why) == PST_OK;
    attack_judged(attack, name, accepted, &why, (const enum pst_code[]){row->code, PST_OK});
}

static void too_long_when_signed(struct attack *attack, const struct longest *row)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, good", row->path);
    PST_CLEANUP(pst_buf) struct pst_buf put = pst_buf(1 << 20);
    struct attack_change change = {
        .path = row->path, .change = JSON_PUT, .signer = attack_signer(&it, row->which)};

    attack_tamper_nth(&it, row->which, attack_change_and_sign, &change);
    for (size_t i = 0; i < PST_COUNT(more); i++) {
        /* A check-in's answer is at most 64 KiB, and a timestamp 16: longer ones are F01's. */
        bool small = row->which == ATTACK_ASSIGNMENT || row->which == PST_ROLE_TIMESTAMP;
        size_t len = row->most + (small && more[i] > 8000 ? 8000 : more[i]);
        attack_again(&it, "%s of %zu characters", row->path, len);
        put_long(&put, row->begin, row->unit, len);
        change.put = (const char *)put.at;
        if (row->which < ATTACK_ROLES)
            attack_publish_again(&it);
        attack_refused(&it, row->code);
    }
    attack_mended(&it);
}

/* What a hostile service answers to a report, or says of itself, is cut to what a report holds. */
static void long_problem(struct attack *attack, size_t len)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "a problem of %zu characters", len);
    PST_CLEANUP(pst_buf) struct pst_buf problem = pst_buf(1 << 20);
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(1 << 20);

    put_long(&text, "x", 'y', len);
    assert_true(
        pst_buf_print(&problem,
                      "{\"title\":%s,\"findings\":[{\"code\":\"service.store\",\"where\":%s,"
                      "\"expected\":%s,\"found\":%s}]}",
                      (const char *)text.at, (const char *)text.at, (const char *)text.at,
                      (const char *)text.at) &&
        pst_buf_add(&problem, "", 1));
    it.scene->service.refuse_reports = 503;
    it.scene->service.problem = (const char *)problem.at;
    (void)attack_cycle(&it);
    attack_holds(&it, it.cycle->progress == PST_PROGRESS_STAGED, "it is %s%s",
                 pst_progress_name(it.cycle->progress), agent_scene_explain(&it.cycle->why));
    for (size_t i = 0; i < it.cycle->why.count; i++)
        attack_holds(&it, strlen(it.cycle->why.finding[i].found) < PST_VALUE_BYTES, "too long");
}

void attack_f11(struct attack *attack)
{
    static const size_t problems[] = {100, 159, 160, 161, 10000, 65536, 200000};
    for (size_t i = 0; i < PST_COUNT(longest); i++) {
        if (longest[i].which < ATTACK_SIGNED) {
            too_long_when_signed(attack, &longest[i]);
            continue;
        }
        for (size_t k = 0; k < PST_COUNT(more); k++)
            too_long_in_release(attack, &longest[i], longest[i].most + more[k]);
    }
    for (size_t i = 0; i < PST_COUNT(problems); i++)
        long_problem(attack, problems[i]);
}
