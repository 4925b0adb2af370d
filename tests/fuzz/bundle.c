/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle as it comes, and once more with the sums of its headers put right, as no search would
 * find those: what is read lies inside the file, and written again it reads as the same.
 */
#include "manifests/bundle.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/support/fuzz_property.h"

enum { FILE_MOST = 1 << 16, BLOCK = PST_BUNDLE_BLOCK, SUM_AT = 148, SUM_LEN = 8, MAGIC_AT = 257 };

static const uint8_t zeroes[2 * BLOCK];

/* One file for all inputs: making one costs more than reading it. */
static int file_with(const uint8_t *at, size_t len)
{
    static FILE *file;

    if (file == NULL)
        file = tmpfile();
    pst_fuzz_hold(file != NULL && ftruncate(fileno(file), 0) == 0 &&
                      pwrite(fileno(file), at, len, 0) == (ssize_t)len,
                  "there is a file to read from");
    return fileno(file);
}

static bool mend_sums(uint8_t *at, size_t len)
{
    bool mended = false;
    for (; len >= BLOCK; at += BLOCK, len -= BLOCK) {
        unsigned sum = SUM_LEN * ' ';
        char text[SUM_LEN + 1];
        if (memcmp(at + MAGIC_AT, "ustar", 5) != 0)
            continue;
        for (size_t i = 0; i < BLOCK; i++)
            sum += i >= SUM_AT && i < SUM_AT + SUM_LEN ? 0 : at[i];
        snprintf(text, sizeof text, "%06o%c ", sum & 0777777, '\0');
        mended = mended || memcmp(at + SUM_AT, text, SUM_LEN) != 0;
        memcpy(at + SUM_AT, text, SUM_LEN);
    }
    return mended;
}

static void hold_entry(const struct pst_bundle *bundle, size_t index, size_t len)
{
    const struct pst_bundle_entry *entry = &bundle->entry[index];

    pst_fuzz_hold(pst_bundle_name_is_safe(pst_text(entry->name)), "a name is a safe one");
    pst_fuzz_hold(pst_bundle_find(bundle, entry->name) == entry, "each name is there once");
    pst_fuzz_hold(entry->at >= BLOCK && entry->bytes >= 0 &&
                      entry->at + entry->bytes <= (int64_t)len,
                  "an entry lies inside the file");
}

static void write_entry(const struct pst_bundle_entry *entry, const uint8_t *at,
                        struct pst_buf *out)
{
    uint8_t header[BLOCK];
    size_t len = (size_t)entry->bytes, padding = (BLOCK - len % BLOCK) % BLOCK;

    if (!pst_bundle_header(entry->name, entry->bytes, header))
        return; /* a name that was split elsewhere than we would */
    pst_fuzz_hold(pst_buf_add(out, header, sizeof header) &&
                      pst_buf_add(out, at + entry->at, len) && pst_buf_add(out, zeroes, padding),
                  "there is memory");
}

static void hold_written_again(const struct pst_bundle *bundle, const uint8_t *at)
{
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(2 * FILE_MOST);
    PST_CLEANUP(pst_bundle) struct pst_bundle again = {.count = 0};
    size_t kept = 0;

    for (size_t i = 0; i < bundle->count; i++)
        write_entry(&bundle->entry[i], at, &out);
    pst_fuzz_hold(pst_buf_add(&out, zeroes, sizeof zeroes), "there is memory");
    enum pst_code code = pst_bundle_read(file_with(out.at, out.len), &again, NULL);
    pst_fuzz_hold(code == PST_OK || code == PST_BUNDLE_FORMAT_UNKNOWN, "what we write is whole");
    for (size_t i = 0; i < again.count; i++) {
        const struct pst_bundle_entry *from = pst_bundle_find(bundle, again.entry[i].name);
        pst_fuzz_hold(from != NULL && from->bytes == again.entry[i].bytes &&
                          memcmp(at + from->at, out.at + again.entry[i].at, (size_t)from->bytes) ==
                              0,
                      "what is written reads as the same");
        kept++;
    }
    pst_fuzz_hold(kept == again.count && again.count <= bundle->count, "and nothing is added");
}

static void hold_bundle(const uint8_t *at, size_t len)
{
    PST_CLEANUP(pst_bundle) struct pst_bundle bundle = {.count = 0};
    struct pst_report why = {0};

    enum pst_code code = pst_bundle_read(file_with(at, len), &bundle, &why);
    pst_fuzz_hold((code == PST_OK) == (pst_report_verdict(&why) == PST_OK),
                  "damage is explained, and nothing else");
    for (size_t i = 0; i < bundle.count; i++)
        hold_entry(&bundle, i, len);
    if (bundle.count > 0)
        hold_written_again(&bundle, at);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    uint8_t mended[FILE_MOST];

    if (len > sizeof mended)
        return 0;
    hold_bundle(at, len);
    memcpy(mended, at, len);
    if (mend_sums(mended, len))
        hold_bundle(mended, len);
    return 0;
}
