/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/bundle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "manifests/file.h"
#include "manifests/json.h"

/* ustar: where a field begins, and how long it is. */
struct span {
    size_t at, len;
};
static const struct span name_field = {0, 100}, mode_field = {100, 8}, owner_field = {108, 8},
                         group_field = {116, 8}, size_field = {124, 12}, time_field = {136, 12},
                         sum_field = {148, 8}, type_field = {156, 1}, magic_field = {257, 8},
                         prefix_field = {345, 155};
static const char magic[] = "ustar\0"
                            "00";

enum { NAME_PART_MOST = 128, MARKER_MOST = 4096, DAMAGES_TOLD = 8 };

struct reading {
    int fd;
    int64_t bytes; /* of the whole file */
    struct pst_bundle *out;
    struct pst_report *why;
    size_t damages;
};

void pst_bundle_clear(struct pst_bundle *bundle)
{
    free(bundle->entry);
    *bundle = (struct pst_bundle){.count = 0};
}

const struct pst_bundle_entry *pst_bundle_find(const struct pst_bundle *bundle, const char *name)
{
    for (size_t i = 0; i < bundle->count; i++)
        if (strcmp(bundle->entry[i].name, name) == 0)
            return &bundle->entry[i];
    return NULL;
}

static bool may_stand_in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("._-%", c) != NULL;
}

bool pst_bundle_name_is_safe(struct pst_text name)
{
    size_t part = 0;

    if (name.len == 0 || name.len >= PST_BUNDLE_NAME_ROOM)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        if (c == '/' && part == 0)
            return false;
        if (c != '/' && (c == '\0' || !may_stand_in_name(c) || ++part > NAME_PART_MOST))
            return false;
        if (part == 1 && (c == '.' || c == '-'))
            return false;
        if (c == '/')
            part = 0;
    }
    return part > 0;
}

/* ---- one header */

static struct pst_text text_in(const uint8_t *block, struct span span)
{
    const char *at = (const char *)block + span.at;
    return (struct pst_text){at, strnlen(at, span.len)};
}

/* Octal digits, ended by NUL or blank. */
static bool take_octal(const uint8_t *block, struct span span, int64_t *out)
{
    int64_t value = 0;
    size_t i = 0;

    for (; i < span.len && block[span.at + i] >= '0' && block[span.at + i] <= '7'; i++)
        value = value * 8 + (block[span.at + i] - '0');
    if (i == 0 || (i < span.len && block[span.at + i] != '\0' && block[span.at + i] != ' '))
        return false;
    *out = value;
    return true;
}

/* The sum of all bytes, with blanks where the sum itself stands. */
static int64_t sum_of(const uint8_t block[PST_BUNDLE_BLOCK])
{
    int64_t sum = 0;
    for (size_t i = 0; i < PST_BUNDLE_BLOCK; i++)
        sum += i >= sum_field.at && i < sum_field.at + sum_field.len ? ' ' : block[i];
    return sum;
}

static bool is_header(const uint8_t block[PST_BUNDLE_BLOCK])
{
    int64_t sum;
    return memcmp(block + magic_field.at, magic, magic_field.len) == 0 &&
           memcmp(block + sum_field.at + sum_field.len - 2, "\0 ", 2) == 0 &&
           take_octal(block, sum_field, &sum) && sum == sum_of(block);
}

static bool is_zero(const uint8_t block[PST_BUNDLE_BLOCK])
{
    for (size_t i = 0; i < PST_BUNDLE_BLOCK; i++)
        if (block[i] != 0)
            return false;
    return true;
}

static bool name_of(const uint8_t block[PST_BUNDLE_BLOCK], char out[PST_BUNDLE_NAME_ROOM])
{
    struct pst_text prefix = text_in(block, prefix_field), name = text_in(block, name_field);
    int len = snprintf(out, PST_BUNDLE_NAME_ROOM, "%.*s%s%.*s", PST_ARGS(prefix),
                       prefix.len > 0 ? "/" : "", PST_ARGS(name));
    return len > 0 && len < PST_BUNDLE_NAME_ROOM && pst_bundle_name_is_safe(pst_text(out));
}

/* ---- the file */

static void damaged(struct reading *reading, int64_t at, struct pst_value expected,
                    struct pst_value found)
{
    if (reading->damages++ >= DAMAGES_TOLD)
        return;
    PST_WITHIN(reading->why, "byte %" PRId64, at);
    (void)pst_refuse(reading->why, PST_BUNDLE_DAMAGED, expected, found);
}

static bool keep(struct reading *reading, const struct pst_bundle_entry *entry)
{
    struct pst_bundle *out = reading->out;

    if (out->count % 64 == 0) {
        void *more = realloc(out->entry, (out->count + 64) * sizeof *out->entry);
        if (more == NULL)
            return false;
        out->entry = more;
    }
    out->entry[out->count++] = *entry;
    return true;
}

/* A folder's entry holds nothing and says nothing. */
static enum pst_code take_entry(struct reading *reading, const uint8_t block[PST_BUNDLE_BLOCK],
                                int64_t at, int64_t size)
{
    struct pst_bundle_entry entry = {.at = at + PST_BUNDLE_BLOCK, .bytes = size};
    int64_t left = reading->bytes - entry.at;
    char type = (char)block[type_field.at];

    if (type == '5')
        return PST_OK;
    if (type != '0' && type != '\0')
        return damaged(reading, at, pst_say("regular files and folders only"),
                       pst_say("an entry of type '%c'", type >= ' ' && type <= '~' ? type : '?')),
               PST_OK;
    if (!name_of(block, entry.name))
        return damaged(reading, at, pst_say("a name of letters, digits and ._-%%, joined by /"),
                       pst_say("another")),
               PST_OK;
    if (pst_bundle_find(reading->out, entry.name) != NULL)
        return damaged(reading, at, pst_say("each name once"), pst_say("'%s' again", entry.name)),
               PST_OK;
    if (size > left) {
        damaged(reading, at, pst_say("'%s' of %" PRId64 " bytes", entry.name, size),
                pst_say("%" PRId64 " bytes, then the file ends", left));
        entry.bytes = left;
    }
    return keep(reading, &entry) ? PST_OK : pst_no_memory(reading->why, "the list of a bundle");
}

/* Up to the next header, as what a damaged one said about its length is worth nothing. */
static enum pst_code read_entries(struct reading *reading)
{
    uint8_t block[PST_BUNDLE_BLOCK];
    enum pst_code rc = PST_OK;
    bool in_damage = false, ended = false;
    int64_t at = 0, size = 0;

    while (rc == PST_OK && !ended && reading->bytes - at >= PST_BUNDLE_BLOCK &&
           reading->out->count < PST_BUNDLE_ENTRIES_MOST) {
        if (!pst_fd_read_at(reading->fd, (uint64_t)at, block, sizeof block))
            return pst_refuse_errno(reading->why, EIO, "a bundle");
        bool is_one = is_header(block) && take_octal(block, size_field, &size);
        if (is_one) {
            rc = take_entry(reading, block, at, size);
            at += PST_BUNDLE_BLOCK +
                  (size + PST_BUNDLE_BLOCK - 1) / PST_BUNDLE_BLOCK * PST_BUNDLE_BLOCK;
        } else if (is_zero(block) && !in_damage) {
            ended = true;
        } else {
            if (!in_damage && reading->out->count > 0)
                damaged(reading, at, pst_say("an entry"), pst_say("damaged bytes"));
            at += PST_BUNDLE_BLOCK;
        }
        in_damage = !is_one;
    }
    if (rc == PST_OK && reading->out->count == PST_BUNDLE_ENTRIES_MOST)
        return pst_refuse(reading->why, PST_BUNDLE_DAMAGED,
                          pst_say("fewer than %d entries", PST_BUNDLE_ENTRIES_MOST),
                          pst_say("more"));
    if (rc == PST_OK && !ended && reading->damages == 0)
        damaged(reading, reading->bytes, pst_say("the end of a bundle, blocks of zeroes"),
                pst_say("the file ends before"));
    return rc;
}

/* ---- is it a bundle at all? */

static bool says_format(const struct reading *reading, const struct pst_bundle_entry *marker)
{
    uint8_t text[MARKER_MOST];
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;

    return marker->bytes <= MARKER_MOST &&
           pst_fd_read_at(reading->fd, (uint64_t)marker->at, text, (size_t)marker->bytes) &&
           pst_json_parse(pst_bytes(text, (size_t)marker->bytes), &pst_json_small, &json, NULL) ==
               PST_OK &&
           pst_text_is(pst_json_text(pst_json_member(json, "format")), PST_BUNDLE_FORMAT);
}

static enum pst_code check_format(struct reading *reading)
{
    const struct pst_bundle_entry *first = reading->out->count > 0 ? reading->out->entry : NULL;
    const struct pst_bundle_entry *marker = pst_bundle_find(reading->out, PST_BUNDLE_MARKER);

    if (marker != NULL && says_format(reading, marker))
        return PST_OK;
    if (first == NULL || marker != NULL)
        return pst_refuse(
            reading->why, PST_BUNDLE_FORMAT_UNKNOWN, pst_say(PST_BUNDLE_FORMAT),
            pst_say("%s", marker != NULL ? "a bundle of another format" : "no tar file"));
    if (first->at == PST_BUNDLE_BLOCK) /* a whole first entry, and another one */
        return pst_refuse(reading->why, PST_BUNDLE_FORMAT_UNKNOWN,
                          pst_say("%s as the first entry", PST_BUNDLE_MARKER),
                          pst_say("'%s'", first->name));
    damaged(reading, 0, pst_say("%s", PST_BUNDLE_MARKER), pst_say("damaged bytes"));
    return PST_BUNDLE_DAMAGED;
}

enum pst_code pst_bundle_read(int fd, struct pst_bundle *out, struct pst_report *why)
{
    struct stat facts;
    struct reading reading = {.fd = fd, .out = out, .why = why};

    *out = (struct pst_bundle){.count = 0};
    if (fstat(fd, &facts) != 0)
        return pst_refuse_errno(why, errno, "a bundle");
    reading.bytes = (int64_t)facts.st_size;
    enum pst_code rc = read_entries(&reading);
    enum pst_code format = check_format(&reading);
    if (rc != PST_OK || format != PST_OK)
        return rc != PST_OK ? rc : format;
    return reading.damages > 0 ? PST_BUNDLE_DAMAGED : PST_OK;
}

/* ---- writing */

/* The split that POSIX asks for: at a '/', the part behind it at most 100 bytes long. */
static bool put_name(const char *name, uint8_t block[PST_BUNDLE_BLOCK])
{
    size_t len = strlen(name), folder = 0;

    if (len > name_field.len) {
        size_t slash = len - name_field.len - 1;
        while (slash < len && name[slash] != '/')
            slash++;
        if (slash == len || slash == 0 || slash > prefix_field.len)
            return false;
        memcpy(block + prefix_field.at, name, slash);
        folder = slash + 1;
    }
    memcpy(block + name_field.at, name + folder, len - folder);
    return true;
}

static void put_octal(uint8_t block[PST_BUNDLE_BLOCK], struct span span, int64_t value)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%0*" PRIo64, (int)span.len - 1, (uint64_t)value);
    memcpy(block + span.at, text, (size_t)len);
}

bool pst_bundle_header(const char *name, int64_t bytes, uint8_t out[PST_BUNDLE_BLOCK])
{
    const int64_t most = ((int64_t)1 << 33) - 1; /* eleven octal digits */

    memset(out, 0, PST_BUNDLE_BLOCK);
    if (bytes < 0 || bytes > most || !pst_bundle_name_is_safe(pst_text(name)) ||
        !put_name(name, out))
        return false;
    put_octal(out, mode_field, 0644);
    put_octal(out, owner_field, 0);
    put_octal(out, group_field, 0);
    put_octal(out, size_field, bytes);
    put_octal(out, time_field, 0);
    out[type_field.at] = '0';
    memcpy(out + magic_field.at, magic, magic_field.len);
    put_octal(out, (struct span){sum_field.at, sum_field.len - 1}, sum_of(out));
    out[sum_field.at + sum_field.len - 1] = ' ';
    return true;
}
