/* SPDX-License-Identifier: Apache-2.0 */
/* Release manifests at and within every limit. */
#include <stdio.h>

#include "manifests/instant.h"
#include "manifests/release.h"
#include "tests/attack/valid.h"

static void put_digest(struct any *any, struct pst_buf *out)
{
    static const char digits[] = "0123456789abcdef";
    char hex[65];
    for (size_t i = 0; i < 64; i++)
        hex[i] = digits[any_below(any, 16)];
    hex[64] = '\0';
    valid_print(out, "\"%s\"", hex);
}

static void put_instant(struct any *any, struct pst_buf *out)
{
    char text[PST_INSTANT_ROOM];
    valid_print(out, "\"%s\"", pst_instant_print(any_between(any, 0, INT64_C(253402300799)), text));
}

static const char *yes_or_no(struct any *any)
{
    return any_once_in(any, 2) ? "true" : "false";
}

/* A name of 1 to 64 of the characters that names may have; `number` makes it one of its kind. */
static void put_name(struct any *any, struct pst_buf *out, size_t number)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t len = (size_t)any_between(any, 4, 64);
    valid_print(out, "\"n%02zu", number);
    for (size_t i = 3; i < len; i++)
        valid_print(out, "%c", allowed[any_below(any, sizeof allowed - 1)]);
    valid_print(out, "\"");
}

/* The release is 5.<2^53-1>.0; ranges below it and above it, ascending, none touching another. */
static void put_ranges(struct any *any, struct pst_buf *out, bool above)
{
    static const char *const forms[] = {
        ">=%zu.0.0 <%zu.5.0", ">%zu.0 <=%zu.9007199254740991.9007199254740991.9007199254740991",
        ">=%zu.1.0-rc.1+build.007 <%zu.1.0 || >=%zu.2.0 <%zu.3.0-0",
        "=%zu.1 || =%zu.2 || =%zu.3 || =%zu.4 || =%zu.5 || =%zu.6 || =%zu.7 || =%zu.8"};
    size_t count = (size_t)any_between(any, 1, above ? PST_RELEASE_RANGES_MOST : 4);
    size_t first = above ? 6 : 1;

    valid_print(out, "[");
    for (size_t i = 0; i < count; i++) {
        size_t n = first + i;
        char text[400];
        const char *form = forms[any_below(any, PST_COUNT(forms))];
        size_t len = 0;
        for (const char *at = form; *at != '\0'; at++) {
            if (at[0] == '%' && at[1] == 'z') {
                len += (size_t)snprintf(text + len, sizeof text - len, "%zu", n);
                at += 2;
            } else {
                text[len++] = *at;
            }
        }
        text[len] = '\0';
        valid_print(out, "%s\"%s\"", i > 0 ? "," : "", text);
    }
    valid_print(out, "]");
}

static void put_hardware(struct any *any, struct pst_buf *out)
{
    size_t count = (size_t)any_between(any, 1, PST_RELEASE_HARDWARE_MOST);
    valid_print(out, "[");
    for (size_t i = 0; i < count; i++) {
        struct valid_object fit = {.count = 0};
        PST_CLEANUP(pst_buf) struct pst_buf model = pst_buf(PST_RELEASE_MODEL_MOST);
        valid_print(&model, "%02zu", i);
        valid_word(any, &model, PST_RELEASE_MODEL_MOST - 2, "");
        valid_text(any, valid_member(any, &fit, "model"), pst_buf_text(&model));
        if (any_once_in(any, 2))
            valid_print(valid_member(any, &fit, "revisions"), "\"%s\"",
                        any_once_in(any, 2) ? "*" : "<9007199254740991.0 || >9007199254740991.0");
        valid_print(out, i > 0 ? "," : "");
        valid_close(any, &fit, out);
    }
    valid_print(out, "]");
}

static void put_texts(struct any *any, struct pst_buf *out, size_t least, size_t most)
{
    size_t count = (size_t)any_between(any, (int64_t)least, (int64_t)most);
    valid_print(out, "[");
    for (size_t i = 0; i < count; i++) {
        valid_print(out, i > 0 ? "," : "");
        put_name(any, out, i);
    }
    valid_print(out, "]");
}

static void put_fits(struct any *any, struct pst_buf *out)
{
    struct valid_object fits = {.count = 0};
    put_hardware(any, valid_member(any, &fits, "hardware"));
    put_ranges(any, valid_member(any, &fits, "os"), any_once_in(any, 2));
    if (any_once_in(any, 2))
        valid_print(valid_member(any, &fits, "agent"), "\"0.0\"");
    if (any_once_in(any, 2))
        valid_print(valid_member(any, &fits, "bootloader"), "\"*\"");
    if (any_once_in(any, 2))
        valid_print(valid_member(any, &fits, "data_schema"), "\">=7.0 <9.0\"");
    if (any_once_in(any, 2))
        put_texts(any, valid_member(any, &fits, "regions"), 1, PST_RELEASE_REGIONS_MOST);
    valid_close(any, &fits, out);
}

static void put_blocks(struct any *any, struct pst_buf *out, const char *path)
{
    struct valid_object blocks = {.count = 0};
    valid_print(valid_member(any, &blocks, "path"), "\"%s.blocks\"", path);
    valid_print(valid_member(any, &blocks, "size"), "%d", PST_RELEASE_BLOCK_BYTES);
    put_digest(any, valid_member(any, &blocks, "sha256"));
    valid_close(any, &blocks, out);
}

static void put_base(struct any *any, struct pst_buf *out)
{
    struct valid_object base = {.count = 0};
    valid_print(valid_member(any, &base, "version"), "\"9007199254740991.0.0.9007199254740991\"");
    valid_print(valid_member(any, &base, "size"), "%lld",
                (long long)any_between(any, 1, PST_IMAGE_BYTES_MOST));
    put_digest(any, valid_member(any, &base, "sha256"));
    valid_close(any, &base, out);
}

struct image {
    int64_t bytes;
    char digest[67]; /* with its quotes */
};

static void put_source(struct any *any, struct pst_buf *out, const struct image *image,
                       size_t component, size_t number)
{
    static const char *const formats[] = {"raw", "zstd", "xz", "postern.delta/1"};
    struct valid_object source = {.count = 0};
    size_t format = any_below(any, PST_COUNT(formats));
    char path[80];

    snprintf(path, sizeof path, "pos-a/5/c%zu.s%zu", component, number);
    valid_print(valid_member(any, &source, "path"), "\"%s\"", path);
    valid_print(valid_member(any, &source, "format"), "\"%s\"", formats[format]);
    valid_print(
        valid_member(any, &source, "length"), "%lld",
        (long long)(format == 0 ? image->bytes : any_between(any, 1, PST_IMAGE_BYTES_MOST)));
    struct pst_buf *digest = valid_member(any, &source, "sha256");
    if (format == 0)
        valid_print(digest, "%s", image->digest);
    else
        put_digest(any, digest);
    valid_print(valid_member(any, &source, "memory"), "%lld",
                (long long)any_between(any, 0, PST_RELEASE_MEMORY_MOST));
    put_blocks(any, valid_member(any, &source, "blocks"), path);
    if (format == PST_COUNT(formats) - 1)
        put_base(any, valid_member(any, &source, "base"));
    valid_close(any, &source, out);
}

static void put_component(struct any *any, struct pst_buf *out, size_t number)
{
    struct valid_object component = {.count = 0};
    PST_CLEANUP(pst_buf) struct pst_buf digest = pst_buf(80);
    struct image image = {.bytes = any_between(any, 1, PST_IMAGE_BYTES_MOST)};
    size_t count = (size_t)any_between(any, 1, any_once_in(any, 8) ? PST_RELEASE_SOURCES_MOST : 3);

    put_digest(any, &digest);
    snprintf(image.digest, sizeof image.digest, "%.*s", PST_ARGS(pst_buf_text(&digest)));
    put_name(any, valid_member(any, &component, "name"), number);
    put_name(any, valid_member(any, &component, "slot_class"), number);
    valid_print(valid_member(any, &component, "image"), "{\"size\":%lld,\"sha256\":%s}",
                (long long)image.bytes, image.digest);
    struct pst_buf *sources = valid_member(any, &component, "sources");
    valid_print(sources, "[");
    for (size_t i = 0; i < count; i++) {
        valid_print(sources, i > 0 ? "," : "");
        put_source(any, sources, &image, number, i);
    }
    valid_print(sources, "]");
    valid_close(any, &component, out);
}

static void put_components(struct any *any, struct pst_buf *out)
{
    size_t count = (size_t)any_between(any, 1, PST_RELEASE_COMPONENTS_MOST);
    valid_print(out, "[");
    for (size_t i = 0; i < count; i++) {
        valid_print(out, i > 0 ? "," : "");
        put_component(any, out, i);
    }
    valid_print(out, "]");
}

static void put_needs(struct any *any, struct pst_buf *out)
{
    struct valid_object needs = {.count = 0};
    valid_print(valid_member(any, &needs, "free"), "%lld",
                (long long)any_between(any, 0, PST_IMAGE_BYTES_MOST));
    valid_print(valid_member(any, &needs, "battery"), "%lld", (long long)any_between(any, 0, 100));
    valid_print(valid_member(any, &needs, "mains"), "%s", yes_or_no(any));
    valid_print(valid_member(any, &needs, "idle"), "%s", yes_or_no(any));
    valid_print(valid_member(any, &needs, "metered"), "%s", yes_or_no(any));
    if (any_once_in(any, 2))
        put_name(any, valid_member(any, &needs, "backup_hook"), 0);
    if (any_once_in(any, 2))
        valid_print(valid_member(any, &needs, "expected_seconds"), "%lld",
                    (long long)any_between(any, 1, PST_RELEASE_SECONDS_MOST));
    valid_close(any, &needs, out);
}

static void put_confirm(struct any *any, struct pst_buf *out)
{
    struct valid_object confirm = {.count = 0};
    valid_print(valid_member(any, &confirm, "tries"), "%lld", (long long)any_between(any, 1, 10));
    valid_print(valid_member(any, &confirm, "within_seconds"), "%lld",
                (long long)any_between(any, 1, PST_RELEASE_SECONDS_MOST));
    put_texts(any, valid_member(any, &confirm, "checks"), 0, PST_RELEASE_CHECKS_MOST);
    valid_close(any, &confirm, out);
}

static void put_notes(struct any *any, struct pst_buf *out)
{
    static const char *const languages[] = {"en", "zh-CN"};
    struct valid_object notes = {.count = 0};
    for (size_t i = 0; i < PST_COUNT(languages); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf note = pst_buf(PST_RELEASE_NOTE_MOST);
        if (any_once_in(any, 2))
            continue;
        valid_word(any, &note, PST_RELEASE_NOTE_MOST, "");
        valid_text(any, valid_member(any, &notes, languages[i]), pst_buf_text(&note));
    }
    valid_close(any, &notes, out);
}

static void put_version(struct any *any, struct valid_object *release)
{
    static const char *const versions[] = {
        "5.9007199254740991",
        "5.9007199254740991.0-rc.1",
        "5.9007199254740991.0.20260301",
        "5.9007199254740991.0+build.007",
        "5.9007199254740991.9007199254740991.9007199254740991-longest.1", /* 63 characters */
    };
    static const char *const floors[] = {"5.9007199254740990.7", "0.0", "1.0.0-0", "5.0.0.1"};
    valid_print(valid_member(any, release, "version"), "\"%s\"",
                versions[any_below(any, PST_COUNT(versions))]);
    if (any_once_in(any, 2))
        valid_print(valid_member(any, release, "security_floor"), "\"%s\"",
                    floors[any_below(any, PST_COUNT(floors))]);
}

void valid_release(struct any *any, struct pst_buf *out)
{
    static const char *const severities[] = {"low", "normal", "high", "critical"};
    struct valid_object release = {.count = 0};

    valid_print(valid_member(any, &release, "format"), "\"" PST_RELEASE_FORMAT "\"");
    valid_print(valid_member(any, &release, "product"), "\"pos-a\"");
    put_version(any, &release);
    valid_print(valid_member(any, &release, "sequence"), "%lld",
                (long long)any_between(any, 1, PST_JSON_INTEGER_MAX));
    put_instant(any, valid_member(any, &release, "published"));
    put_notes(any, valid_member(any, &release, "notes"));
    valid_print(valid_member(any, &release, "severity"), "\"%s\"",
                severities[any_below(any, PST_COUNT(severities))]);
    put_fits(any, valid_member(any, &release, "fits"));
    if (any_once_in(any, 3))
        put_ranges(any, valid_member(any, &release, "downgrade_from"), true);
    if (any_once_in(any, 3))
        put_ranges(any, valid_member(any, &release, "bridge_for"), false);
    put_components(any, valid_member(any, &release, "components"));
    put_needs(any, valid_member(any, &release, "needs"));
    put_confirm(any, valid_member(any, &release, "confirm"));
    PST_CLEANUP(pst_buf) struct pst_buf plain = pst_buf(PST_RELEASE_BYTES_MOST);
    valid_close(any, &release, &plain);
    valid_blanks(any, pst_buf_bytes(&plain), out);
}
