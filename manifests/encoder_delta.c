/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/decoder_formats.h"
#include "manifests/encoder.h"
#include "manifests/encoder_frames.h"

static size_t largest_slice(const struct pst_packed *packed)
{
    size_t most = 0;
    for (size_t i = 0; i < packed->count; i++)
        if (packed->frame[i].slice.len > most)
            most = packed->frame[i].slice.len;
    return most;
}

static bool add_header(struct pst_buf *out, struct pst_bytes base, struct pst_bytes image,
                       const struct pst_packed *packed)
{
    uint8_t header[PST_DELTA_HEADER] = {'P', 'S', 'T', 'D'};
    pst_le_put(header + 4, 4, PST_DELTA_VERSION);
    pst_le_put(header + 8, 8, base.len);
    pst_le_put(header + 16, 8, image.len);
    pst_le_put(header + 24, 4, packed->count);
    pst_le_put(header + 28, 4, largest_slice(packed));
    pst_le_put(header + 32, 4, PST_DELTA_FRAME_LOG);
    return pst_buf_add(out, header, sizeof header);
}

static bool add_frame(struct pst_buf *out, const struct pst_packed_frame *frame)
{
    uint8_t header[PST_DELTA_FRAME_HEADER] = {0};
    pst_le_put(header, 8, frame->slice.at);
    pst_le_put(header + 8, 4, frame->slice.len);
    pst_le_put(header + 12, 4, frame->image_len);
    pst_le_put(header + 16, 4, frame->len);
    return pst_buf_add(out, header, sizeof header) && pst_buf_add(out, frame->at, frame->len);
}

static size_t total(const struct pst_packed *packed)
{
    size_t len = PST_DELTA_HEADER;
    for (size_t i = 0; i < packed->count; i++)
        len += PST_DELTA_FRAME_HEADER + packed->frame[i].len;
    return len;
}

enum pst_code pst_encode_delta_by(unsigned threads, struct pst_bytes base, struct pst_bytes image,
                                  const struct pst_progress_port *progress, struct pst_buf *out,
                                  struct pst_made_source *made, struct pst_report *why)
{
    if ((uint64_t)image.len > (uint64_t)PST_IMAGE_BYTES_MOST ||
        (uint64_t)base.len > (uint64_t)PST_IMAGE_BYTES_MOST)
        return pst_refuse(
            why, PST_OUT_OF_BOUNDS,
            pst_say("base and image up to %lld bytes", (long long)PST_IMAGE_BYTES_MOST),
            pst_say("%zu and %zu bytes", base.len, image.len));
    PST_CLEANUP(pst_slicer) struct pst_slicer *slicer = NULL;
    PST_CLEANUP(pst_packed) struct pst_packed packed = {0};
    enum pst_code rc = pst_slicer_new(base, &slicer, why);
    if (rc != PST_OK)
        return rc;
    struct pst_packing packing = {.base = base,
                                  .image = image,
                                  .frame_bytes = PST_DELTA_FRAME,
                                  .slicer = slicer,
                                  .threads = threads};
    rc = pst_pack_frames(&packing, progress, &packed, why);
    if (rc != PST_OK)
        return rc;

    size_t len = total(&packed);
    if (!pst_buf_reserve(out, len))
        return out->max - out->len < len
                   ? pst_refuse(why, PST_TOO_LARGE, pst_say("at most %zu bytes", out->max),
                                pst_say("%zu bytes", len))
                   : pst_no_memory(why, "a delta");
    bool added = add_header(out, base, image, &packed);
    for (size_t i = 0; i < packed.count; i++)
        added = added && add_frame(out, &packed.frame[i]);
    if (!added)
        return pst_no_memory(why, "a delta");
    *made = (struct pst_made_source){
        PST_SOURCE_DELTA_ZSTD,
        pst_delta_memory((int64_t)image.len, (int64_t)largest_slice(&packed))};
    return PST_OK;
}

enum pst_code pst_encode_delta(struct pst_bytes base, struct pst_bytes image,
                               const struct pst_progress_port *progress, struct pst_buf *out,
                               struct pst_made_source *made, struct pst_report *why)
{
    return pst_encode_delta_by(0, base, image, progress, out, made, why);
}
