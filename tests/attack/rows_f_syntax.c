/* SPDX-License-Identifier: Apache-2.0 */
/* F01, F02, F04, F07: bytes that are no document, or one that each reader would read in its own
 * way. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "manifests/utf8.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

/* ---- F01: instead of a file ------------------------------------------------------------------ */

/* `unit` so often as it takes, between `begin` and `end`. */
struct flood {
    const char *name;
    const char *begin, *unit, *end;
    size_t times;
    enum pst_code codes[3];
    bool numbered; /* `unit` has a %zu */
};

/* clang-format off */
static const struct flood floods[] = {
    {"nothing", "", "", "", 0, {PST_METADATA_CORRUPT, PST_BAD_SYNTAX}, false},
    {"a blank", " ", "", "", 0, {PST_METADATA_CORRUPT, PST_BAD_SYNTAX}, false},
    {"16000 blanks", "", " ", "", 16000, {PST_METADATA_CORRUPT, PST_BAD_SYNTAX}, false},
    {"a byte order mark", "\xef\xbb\xbf", "", "{}", 0, {PST_METADATA_CORRUPT, PST_BAD_ENCODING}, false},
    {"UTF-16", "\xff\xfe{", "", "}", 0, {PST_METADATA_CORRUPT, PST_BAD_SYNTAX}, false},
    {"a login page", "<!DOCTYPE html><html>", "<p>pay</p>", "</html>", 9, {PST_METADATA_CORRUPT, PST_BAD_SYNTAX}, false},
    {"no object", "[", "", "]", 0, {PST_WRONG_TYPE}, false},
    {"an empty object", "{", "", "}", 0, {PST_MISSING_FIELD}, false},
    {"10 levels", "", "[", "", 10, {PST_METADATA_CORRUPT, PST_BAD_SYNTAX}, false},
    {"10 levels, closed", "[[[[[[[[[[", "", "]]]]]]]]]]", 0, {PST_WRONG_TYPE}, false},
    {"33 levels", "", "[", "", 33, {PST_TOO_LARGE}, false},
    {"10000 levels", "", "[", "", 10000, {PST_TOO_LARGE}, false},
    {"10000 levels of objects", "", "{\"a\":", "", 3000, {PST_TOO_LARGE}, false},
    {"1200 members", "{", "\"%zu\":0,", "\"z\":0}", 1200, {PST_MISSING_FIELD}, true},
    {"a text without end", "\"", "a", "", 16000, {PST_METADATA_CORRUPT, PST_BAD_SYNTAX}, false},
};
/* Longer than a timestamp or a root may be. */
static const struct flood long_floods[] = {
    {"a million levels", "", "[", "", 1000000, {PST_TOO_LARGE}, false},
    {"a million levels and back", "", "[", "]", 1000000, {PST_TOO_LARGE}, false},
    {"a million values", "[", "0,", "0]", 1000000, {PST_TOO_LARGE}, false},
    {"300000 members", "{", "\"%zu\":0,", "\"z\":0}", 300000, {PST_MISSING_FIELD}, true},
    {"10 MB of text", "\"", "aaaaaaaaaa", "\"", 1000000, {PST_METADATA_TOO_LARGE}, false},
    {"5 MB of blanks", "", "          ", "{}", 499999, {PST_MISSING_FIELD}, false},
};
/* clang-format on */

static void pour(struct pst_buf *bytes, const void *how)
{
    const struct flood *flood = how;
    pst_buf_clear(bytes);
    *bytes = pst_buf(16 << 20);
    assert_true(pst_buf_add_text(bytes, flood->begin));
    for (size_t i = 0; i < flood->times; i++)
        assert_true(flood->numbered ? pst_buf_print(bytes, "\"%zu\":0,", i)
                                    : pst_buf_add_text(bytes, flood->unit));
    assert_true(pst_buf_add_text(bytes, flood->end));
}

static void flooded(struct attack *attack, size_t which, const struct flood *flood, size_t count)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, good", attack_nth_name(which));

    attack_tamper_nth(&it, which, pour, flood);
    it.spoilt[0]->version += which == PST_ROLE_ROOT;
    for (size_t i = 0; i < count; i++) {
        attack_again(&it, "%s is %s", attack_nth_name(which), flood[i].name);
        it.how = &flood[i];
        attack_publish_again(&it);
        attack_refused_for(&it, flood[i].codes);
    }
    attack_mended(&it);
}

/* What the service says is the transport's own document: its code is document.* alone. */
static void pour_answer(void *context, struct pst_buf *envelope)
{
    pour(envelope, context);
}

static void answers_flooded(struct attack *attack)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "assignment, good");
    for (size_t i = 0; i < PST_COUNT(floods); i++) {
        struct flood flood = floods[i];
        attack_again(&it, "assignment is %s", flood.name);
        it.scene->service.rewrite = pour_answer;
        it.scene->service.rewrite_context = &flood;
        (void)attack_cycle(&it);
        attack_holds(&it,
                     it.cycle->progress == PST_PROGRESS_REFUSED ||
                         it.cycle->progress == PST_PROGRESS_FAILED,
                     "it is %s%s", pst_progress_name(it.cycle->progress),
                     agent_scene_explain(&it.cycle->why));
        for (size_t k = 0; k < it.cycle->why.count; k++)
            attack_holds(&it,
                         strncmp(pst_code_name(it.cycle->why.finding[k].code), "document.", 9) == 0,
                         "%s", agent_scene_explain(&it.cycle->why));
    }
    attack_mended(&it);
}

void attack_f01(struct attack *attack)
{
    for (size_t which = 0; which < ATTACK_ROLES; which++)
        flooded(attack, which, floods, PST_COUNT(floods));
    flooded(attack, PST_ROLE_TARGETS, long_floods, PST_COUNT(long_floods));
    flooded(attack, ATTACK_PRODUCT, long_floods, PST_COUNT(long_floods));
    answers_flooded(attack);
}

/* ---- F02: every end, at the end of the memory ------------------------------------------------ */

/* Where readers have read one too far: after a name, a comma, an escape, inside UTF-8. */
static const char *const endings[] = {
    "{\"1\":1,",
    "{\"a\":1,\"b\":2,}",
    "[1,2,",
    "[1,,2]",
    "{\"a\":\"\\",
    "{\"a\":\"\\u00",
    "{\"a\":\"\\ud83d\\udd1",
    "{\"a\":\"\\ud83d",
    "{\"a\":\"\xf0\x9f\x94",
    "{\"a\":\"\xe4\xb8",
    "{\"a\":\"\xc3",
    "{\"a\":-",
    "{\"a\":1",
    "{\"a\":tru",
    "{\"a\":nul",
    "{\"a\" ",
    "{\"a\"",
    "{\"",
    "{\"a\":{\"b\":[{\"c\":[[[",
    "\"",
    "-",
    "{\"signatures\":[],\"signed\":{\"_type\":\"root\"",
    "{\"signatures\":[{\"keyid\":\"a\",\"sig\":\"\"},",
};

enum { READERS = 3 };
static const char *const reader_names[READERS] = {"json", "role", "release"};

static enum pst_code read_as(size_t reader, struct pst_bytes bytes, struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    PST_CLEANUP(pst_role) struct pst_role *role = NULL;
    PST_CLEANUP(pst_release) struct pst_release *release = NULL;

    if (reader == 0)
        return pst_json_parse(bytes, &pst_json_small, &json, why);
    return reader == 1 ? pst_role_parse(PST_ROLE_TARGETS, bytes, &role, why)
                       : pst_release_parse(bytes, &release, why);
}

/* No beginning of these is a document: all end before their last bracket or are a lone '-'. */
static void read_piece(struct attack *attack, const char *text, size_t len)
{
    static const enum pst_code syntax[] = {PST_BAD_SYNTAX, PST_OK},
                               encoding[] = {PST_BAD_ENCODING, PST_OK};
    PST_CLEANUP(pst_heap) char *piece = malloc(len > 0 ? len : 1);
    char name[80];

    memcpy(piece, text, len); /* on the heap, and to the byte: reading on is seen */
    for (size_t reader = 0; reader < READERS; reader++) {
        struct pst_report why = {0};
        snprintf(name, sizeof name, "%s: %zu of '%s'", reader_names[reader], len, text);
        enum pst_code rc = read_as(reader, pst_bytes(piece, len), &why);
        attack_judged(attack, name, rc == PST_OK, &why, rc == PST_BAD_ENCODING ? encoding : syntax);
    }
}

void attack_f02(struct attack *attack)
{
    for (size_t i = 0; i < PST_COUNT(endings); i++)
        for (size_t len = 0; len <= strlen(endings[i]); len++)
            read_piece(attack, endings[i], len);
}

/* ---- F04: numbers ---------------------------------------------------------------------------- */

static const char *const no_integers[] = {
    "1.0",
    "1.5",
    "1e0",
    "1E3",
    "1e400",
    "-1e400",
    "1e-400",
    "-0",
    "-0.0",
    "0.0",
    "00",
    "01",
    "+1",
    "--1",
    "1-",
    "1+1",
    ".5",
    "5.",
    "0x10",
    "0b1",
    "0o7",
    "1_000",
    "1,5",
    "NaN",
    "Infinity",
    "-Infinity",
    "nan",
    "inf",
    "9007199254740992",
    "9007199254740993",
    "-9007199254740992",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "11111111111111111111111111111111111111111111111111111111111111111",
    "1 2",
    "\xd9\xa1",
    "\xef\xbc\x91",
    "1d",
    "1f",
    "1u",
    "1L",
};
/* Fine as JSON, and no version. */
static const char *const no_versions[] = {"0", "-1", "-9007199254740991"};

static void count_by(struct attack *attack, size_t which)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, good", attack_nth_name(which));
    struct pst_repo_role *role = attack_spoil_nth(&it, which);
    char find[64], put[128];

    role->version += which == PST_ROLE_ROOT;
    for (size_t i = 0; i < PST_COUNT(no_integers) + PST_COUNT(no_versions); i++) {
        bool integer = i >= PST_COUNT(no_integers);
        const char *number = integer ? no_versions[i - PST_COUNT(no_integers)] : no_integers[i];
        attack_again(&it, "%s has version %s", attack_nth_name(which), number);
        role->version += which != PST_ROLE_ROOT; /* as publishing will have it */
        snprintf(find, sizeof find, "\"version\":%lld}", (long long)role->version);
        snprintf(put, sizeof put, "\"version\":%s}", number);
        role->version -= which != PST_ROLE_ROOT;
        role->edit_count = 0;
        pst_repo_edit(role, find, put);
        attack_publish_again(&it);
        if (integer)
            attack_refused(&it, PST_OUT_OF_BOUNDS);
        else
            attack_refused(&it, PST_METADATA_CORRUPT, PST_BAD_SYNTAX);
    }
    attack_mended(&it);
}

/* A comma is a decimal point in one, and 'I' has no dot in the other. */
static void in_a_locale(struct attack *attack, const char *locale)
{
    static const enum pst_code syntax[] = {PST_BAD_SYNTAX, PST_OK};
    static const char good[] = "{\"I\":9007199254740991,\"i\":[-1,0]}";
    bool here = setlocale(LC_ALL, locale) != NULL;
    struct pst_report why = {0};

    if (!here)
        printf("     no locale %s on this machine\n", locale);
    for (size_t i = 0; here && i < PST_COUNT(no_integers); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(256);
        struct pst_report of_one = {0};
        assert_true(pst_buf_print(&text, "{\"version\":%s}", no_integers[i]));
        bool accepted = read_as(0, pst_buf_bytes(&text), &of_one) == PST_OK;
        attack_judged(attack, no_integers[i], accepted, &of_one, syntax);
    }
    attack->wrong_code += read_as(0, pst_bytes(good, strlen(good)), &why) != PST_OK;
    (void)setlocale(LC_ALL, "C");
}

void attack_f04(struct attack *attack)
{
    static const char *const locales[] = {"C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8"};
    for (size_t which = 0; which < ATTACK_ROLES; which++)
        count_by(attack, which);
    for (size_t i = 0; i < PST_COUNT(locales); i++)
        in_a_locale(attack, locales[i]);
}

/* ---- F07: text that is none, or deceives ----------------------------------------------------- */

struct letters {
    const char *name, *bytes;
    enum pst_code codes[4];
};

/* clang-format off */
#define NO_UTF8   {PST_METADATA_CORRUPT, PST_BAD_ENCODING}
#define NO_JSON   {PST_METADATA_CORRUPT, PST_BAD_SYNTAX}
#define DECEITFUL {PST_BAD_SYNTAX}
/* The edit is signed as it stands, and escapes are not what a canonical form has. */
#define ESCAPED   {PST_BAD_SYNTAX, PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD}
static const struct letters letters[] = {
    {"a continuation alone", "\x80", NO_UTF8},
    {"a beginning alone", "\xc3", NO_UTF8},
    {"two beginnings", "\xc3\xc3", NO_UTF8},
    {"half of three", "\xe4\xb8", NO_UTF8},
    {"an overlong slash", "\xc0\xaf", NO_UTF8},
    {"an overlong slash of three", "\xe0\x80\xaf", NO_UTF8},
    {"an overlong NUL", "\xc0\x80", NO_UTF8},
    {"a surrogate", "\xed\xa0\x80", NO_UTF8},
    {"beyond Unicode", "\xf4\x90\x80\x80", NO_UTF8},
    {"five bytes", "\xf8\x88\x80\x80\x80", NO_UTF8},
    {"FE FF", "\xfe\xff", NO_UTF8},
    {"half a pair, escaped", "\\ud83d", NO_UTF8},
    {"the other half", "\\udd12", NO_UTF8},
    {"a pair the wrong way", "\\udd12\\ud83d", NO_UTF8},
    {"U+0000, escaped", "\\u0000", NO_UTF8},
    {"a raw vertical tab", "\x0b", NO_JSON},
    {"a raw escape", "\x1b[31m", NO_JSON},
    {"a tab", "\t", NO_JSON},
    {"an unknown escape", "\\x41", NO_JSON},
    {"a vertical tab, escaped", "\\u000b", ESCAPED},
    {"a terminal's colour, escaped", "\\u001b[31m", ESCAPED},
    {"a deleted character", "\x7f", DECEITFUL},
    {"C1", "\xc2\x85", DECEITFUL},
    {"right to left", "\xe2\x80\xae", DECEITFUL}, /* NOLINT(misc-misleading-bidirectional) */
    {"right to left, escaped", "\\u202e", ESCAPED},
    {"an isolate", "\xe2\x81\xa6", DECEITFUL}, /* NOLINT(misc-misleading-bidirectional) */
    {"a blank without width", "\xe2\x80\x8b", DECEITFUL},
    {"a line separator", "\xe2\x80\xa8", DECEITFUL},
    {"a byte order mark", "\xef\xbb\xbf", DECEITFUL},
};
/* clang-format on */

/* Whatever was in the file, nothing of it may forge a line of a log or turn a screen around. */
static void is_said_plainly(struct attack_case *it)
{
    for (size_t i = 0; i < it->cycle->why.count; i++) {
        const struct pst_finding *finding = &it->cycle->why.finding[i];
        attack_holds(it,
                     pst_utf8_is_plain(pst_text(finding->where)) &&
                         pst_utf8_is_plain(pst_text(finding->expected)) &&
                         pst_utf8_is_plain(pst_text(finding->found)),
                     "a finding of %s repeats it", pst_code_name(finding->code));
    }
}

struct letters_place {
    size_t which;
    const char *find, *put; /* "put" has a %s */
};
static const struct letters_place letters_places[] = {
    {PST_ROLE_TARGETS, "\"targets\":{\"hello.txt\"", "\"targets\":{\"he%sllo.txt\""},
    {PST_ROLE_TARGETS, "\"name\":\"pos-a\"", "\"name\":\"pos%s-a\""},
    {PST_ROLE_TARGETS, "\"paths\":[\"pos-a/*/*\"]", "\"paths\":[\"pos%s-a/*/*\"]"},
    {ATTACK_PRODUCT, "\"pos-a/5.2.0/manifest.json\"", "\"pos-a/5.2%s.0/manifest.json\""},
    {PST_ROLE_SNAPSHOT, "\"pos-a.json\"", "\"pos-a%s.json\""},
    {PST_ROLE_TIMESTAMP, "\"spec_version\":\"1.0.34\"", "\"spec_version\":\"1.0%s.34\""},
};

void attack_f07(struct attack *attack)
{
    for (size_t p = 0; p < PST_COUNT(letters_places); p++) {
        const struct letters_place *place = &letters_places[p];
        PST_CLEANUP(attack_case)
        struct attack_case it =
            attack_case(attack, "%s in %s, good", place->find, attack_nth_name(place->which));
        struct pst_repo_role *role = attack_spoil_nth(&it, place->which);
        for (size_t i = 0; i < PST_COUNT(letters); i++) {
            PST_CLEANUP(pst_buf) struct pst_buf put = pst_buf(256);
            const char *gap = strstr(place->put, "%s");
            assert_true(pst_buf_print(&put, "%.*s%s%s", (int)(gap - place->put), place->put,
                                      letters[i].bytes, gap + 2) &&
                        pst_buf_add(&put, "", 1));
            attack_again(&it, "%s in %s: %s", place->find, attack_nth_name(place->which),
                         letters[i].name);
            role->edit_count = 0;
            pst_repo_edit(role, place->find, (const char *)put.at);
            attack_publish_again(&it);
            attack_refused_for(&it, letters[i].codes);
            is_said_plainly(&it);
        }
        attack_mended(&it);
    }
}
