/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/delta/format.h"

#include "manifests/decoder_formats.h"

static const char magic[4] = {'P', 'S', 'T', 'D'};

/* Where the numbers stand; what is between them and the header's end is zero. */
enum {
    VERSION_AT = 4,
    BASE_AT = 8,
    IMAGE_AT = 16,
    BASE_SHA256_AT = 24,
    IMAGE_SHA256_AT = 56,
    SEGMENTS_AT = 88,
    REGIONS_AT = 92,
    FRAMES_AT = 96,
    HEAD_AT = 100,
    TABLE_LOG_AT = 104,
    WINDOW_LOG_AT = 105,
    RESERVED_AT = 106
};

void pst_delta_header_print(const struct pst_delta_header *header, uint8_t out[PST_DELTA_HEADER])
{
    memset(out, 0, PST_DELTA_HEADER);
    memcpy(out, magic, sizeof magic);
    pst_le_put(out + VERSION_AT, 4, header->version);
    pst_le_put(out + BASE_AT, 8, header->base_bytes);
    pst_le_put(out + IMAGE_AT, 8, header->image_bytes);
    memcpy(out + BASE_SHA256_AT, header->base_sha256, PST_DELTA_DIGEST);
    memcpy(out + IMAGE_SHA256_AT, header->image_sha256, PST_DELTA_DIGEST);
    pst_le_put(out + SEGMENTS_AT, 4, header->segments);
    pst_le_put(out + REGIONS_AT, 4, header->regions);
    pst_le_put(out + FRAMES_AT, 4, header->frames);
    pst_le_put(out + HEAD_AT, 4, header->head_bytes);
    out[TABLE_LOG_AT] = header->table_log;
    out[WINDOW_LOG_AT] = header->window_log;
}

static void check_within(const char *name, uint64_t found, uint64_t least, uint64_t most,
                         struct pst_report *why)
{
    if (found < least || found > most)
        (void)pst_refuse(
            why, PST_DELTA_MALFORMED,
            pst_say("%s of %llu..%llu", name, (unsigned long long)least, (unsigned long long)most),
            pst_say("%llu", (unsigned long long)found));
}

static void check_limits(const struct pst_delta_header *header, struct pst_report *why)
{
    uint64_t image = header->image_bytes;
    bool empty = image == 0;
    uint64_t frames_least = image / PST_DELTA_FRAME_MOST + (image % PST_DELTA_FRAME_MOST != 0);
    uint64_t head_least = empty ? 0 : PST_CODER_LEAD;

    check_within("base bytes", header->base_bytes, 0, PST_DELTA_IMAGE_MOST, why);
    check_within("image bytes", image, 0, PST_DELTA_IMAGE_MOST, why);
    check_within("segments", header->segments, 0,
                 image < PST_DELTA_SEGMENTS_MOST ? image : PST_DELTA_SEGMENTS_MOST, why);
    check_within("regions", header->regions, !empty, empty ? 0 : PST_DELTA_REGIONS_MOST, why);
    check_within("frames", header->frames, frames_least, image, why);
    check_within("head bytes", header->head_bytes, head_least, empty ? 0 : UINT32_MAX / 2, why);
    check_within("table log", header->table_log, PST_TABLE_LOG_LEAST, PST_TABLE_LOG_MOST, why);
    check_within("window log", header->window_log, PST_WINDOW_LOG_LEAST, PST_WINDOW_LOG_MOST, why);
}

enum pst_code pst_delta_header_read(const uint8_t at[PST_DELTA_HEADER],
                                    struct pst_delta_header *out, struct pst_report *why)
{
    struct pst_report own = {0};
    struct pst_delta_header header = {.version = (uint32_t)pst_le_get(at + VERSION_AT, 4),
                                      .base_bytes = pst_le_get(at + BASE_AT, 8),
                                      .image_bytes = pst_le_get(at + IMAGE_AT, 8),
                                      .segments = (uint32_t)pst_le_get(at + SEGMENTS_AT, 4),
                                      .regions = (uint32_t)pst_le_get(at + REGIONS_AT, 4),
                                      .frames = (uint32_t)pst_le_get(at + FRAMES_AT, 4),
                                      .head_bytes = (uint32_t)pst_le_get(at + HEAD_AT, 4),
                                      .table_log = at[TABLE_LOG_AT],
                                      .window_log = at[WINDOW_LOG_AT]};
    memcpy(header.base_sha256, at + BASE_SHA256_AT, PST_DELTA_DIGEST);
    memcpy(header.image_sha256, at + IMAGE_SHA256_AT, PST_DELTA_DIGEST);

    /* What is no delta has no version, and a newer one other limits. */
    if (memcmp(at, magic, sizeof magic) != 0)
        (void)pst_refuse(&own, PST_DELTA_MALFORMED, pst_say("PSTD in the first 4 bytes"),
                         pst_say("0x%02x%02x%02x%02x", at[0], at[1], at[2], at[3]));
    else if (header.version != PST_DELTA_VERSION)
        (void)pst_refuse(&own, PST_DELTA_FORMAT, pst_say("version %d", PST_DELTA_VERSION),
                         pst_say("version %u", header.version));
    else {
        check_limits(&header, &own);
        check_within("reserved bytes", pst_le_get(at + RESERVED_AT, PST_DELTA_HEADER - RESERVED_AT),
                     0, 0, &own);
    }
    pst_report_append(why, &own, false);
    if (own.count > 0)
        return pst_report_verdict(&own);
    *out = header;
    return PST_OK;
}

int64_t pst_delta_memory(const struct pst_delta_header *header)
{
    if (header->image_bytes == 0)
        return PST_DELTA_FIXED;
    return PST_DELTA_FIXED + pst_walk_bytes(header->table_log, header->window_log) +
           (int64_t)(header->segments + 1) * PST_SEGMENT_BYTES +
           (int64_t)(header->regions * sizeof(struct pst_region));
}

/* ---- the head */

void pst_head_begin(struct pst_head_models *models)
{
    struct pst_number *const numbers[] = {&models->gap,     &models->len_after_gap, &models->len,
                                          &models->farther, &models->nearer,        &models->isa,
                                          &models->address, &models->region_at};
    *models = (struct pst_head_models){
        .direction = PST_SLOT_NEW, .filled = PST_SLOT_NEW, .again = PST_SLOT_NEW};
    for (size_t i = 0; i < PST_COUNT(numbers); i++)
        pst_slots_reset(numbers[i]->slot, PST_NUMBER_SLOTS);
}

static void code_shift(struct pst_coder *coder, const struct pst_curves *curves,
                       struct pst_head_models *models, struct pst_segment *segment)
{
    int64_t shift = (int64_t)segment->from - segment->at;
    bool again = pst_code_flag(coder, curves, &models->again, shift == models->shift_before);
    if (again) {
        shift = models->shift_before;
    } else {
        int64_t by = shift - models->shift;
        bool back = pst_code_flag(coder, curves, &models->direction, by < 0);
        uint32_t far = pst_code_number(coder, curves, back ? &models->nearer : &models->farther,
                                       (uint32_t)(by < 0 ? -by : by));
        shift = models->shift + (back ? -(int64_t)far : (int64_t)far);
    }
    models->shift_before = models->shift;
    models->shift = shift;
    segment->from = (uint32_t)(shift + segment->at);
}

void pst_head_code_segment(struct pst_coder *coder, const struct pst_curves *curves,
                           struct pst_head_models *models, struct pst_segment *segment)
{
    uint32_t gap = pst_code_number(coder, curves, &models->gap, segment->at - models->at);
    segment->at = models->at + gap;
    segment->len = pst_code_number(coder, curves, gap > 0 ? &models->len_after_gap : &models->len,
                                   segment->len);
    models->at = segment->at + segment->len;
    if (pst_code_flag(coder, curves, &models->filled, pst_segment_is_fill(segment)))
        segment->from = PST_DELTA_FILL |
                        (pst_code_number(coder, curves, &models->isa, segment->from & 255) & 255);
    else
        code_shift(coder, curves, models, segment);
}

void pst_head_code_region(struct pst_coder *coder, const struct pst_curves *curves,
                          struct pst_head_models *models, const struct pst_region *before,
                          struct pst_region *region)
{
    static const struct pst_region none = {0};
    if (before == NULL)
        before = &none;
    region->at =
        before->at + pst_code_number(coder, curves, &models->region_at, region->at - before->at);
    region->isa =
        (enum pst_isa_name)pst_code_number(coder, curves, &models->isa, (uint32_t)region->isa);
    region->base_address = pst_code_number(coder, curves, &models->address, region->base_address);
    region->image_address =
        region->base_address + pst_code_number(coder, curves, &models->address,
                                               region->image_address - region->base_address);
}
