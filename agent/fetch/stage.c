/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/fetch/stage.h"

#include <inttypes.h>
#include <stdlib.h>

#include "agent/fetch/checkpoint.h"

enum { PIECE_BYTES = 65536, MARK_BYTES = 1 << 20 };

/* What one component's writing needs to know while it runs. */
struct work {
    const struct pst_stage_in *in;
    int target; /* slot */
    struct pst_decoder *decoder;
    struct pst_digest digest; /* of the image so far */
    struct pst_buf marks; /* the digest as it stood at each whole MiB: to name a damaged place */
    int64_t image_at;
    int64_t block; /* the one that comes next */
    struct pst_kept_checkpoint kept;
    struct pst_checkpoint resumed; /* where this run began */
    uint8_t piece[PIECE_BYTES];
};

static void work_cleanup(struct work **work)
{
    if (*work == NULL)
        return;
    pst_decoder_free((*work)->decoder);
    pst_digest_cleanup(&(*work)->digest);
    pst_buf_clear(&(*work)->marks);
    free(*work);
}

static enum pst_code refuse_digest(enum pst_code code, const char *what, const uint8_t *wanted,
                                   const uint8_t *found, struct pst_report *why)
{
    char wanted_hex[2 * PST_SHA256_BYTES + 1], found_hex[2 * PST_SHA256_BYTES + 1];
    pst_hex_print(pst_bytes(wanted, PST_SHA256_BYTES), wanted_hex);
    pst_hex_print(pst_bytes(found, PST_SHA256_BYTES), found_hex);
    return pst_refuse(why, code, pst_say("%s with SHA-256 %.16s...", what, wanted_hex),
                      pst_say("SHA-256 %.16s...", found_hex));
}

/* ---- digests of what is in a slot */

/* Adds bytes to the running digest and keeps how it stands at each whole MiB. */
static enum pst_code digest_marked(struct pst_digest *digest, struct pst_buf *marks, int64_t at,
                                   struct pst_bytes bytes, struct pst_report *why)
{
    enum pst_code rc = PST_OK;
    while (rc == PST_OK && bytes.len > 0) {
        size_t left = MARK_BYTES - (size_t)(at % MARK_BYTES);
        size_t len = bytes.len < left ? bytes.len : left;
        uint8_t mark[PST_SHA256_BYTES];

        rc = pst_digest_add(digest, pst_bytes(bytes.at, len), why);
        if (rc == PST_OK && len == left)
            rc = pst_digest_peek(digest, mark, why);
        if (rc == PST_OK && len == left && !pst_buf_add(marks, mark, sizeof mark))
            rc = pst_no_memory(why, "digests of the slot");
        at += (int64_t)len;
        bytes = pst_bytes(bytes.at + len, bytes.len - len);
    }
    return rc;
}

static enum pst_code digest_slot(const struct pst_slot_port *slots, int slot, int64_t bytes,
                                 struct pst_digest *digest, struct pst_buf *marks,
                                 struct pst_report *why)
{
    PST_CLEANUP(pst_heap) uint8_t *piece = malloc(PIECE_BYTES);
    enum pst_code rc = piece != NULL ? PST_OK : pst_no_memory(why, "reading a slot");

    for (int64_t at = 0; rc == PST_OK && at < bytes; at += PIECE_BYTES) {
        size_t len = bytes - at < PIECE_BYTES ? (size_t)(bytes - at) : PIECE_BYTES;
        rc = slots->read(slots->context, slot, (uint64_t)at, piece, len, why);
        if (rc == PST_OK)
            rc = digest_marked(digest, marks, at, pst_bytes(piece, len), why);
    }
    return rc;
}

static size_t marks_room(int64_t bytes)
{
    return (size_t)(bytes / MARK_BYTES + 1) * PST_SHA256_BYTES;
}

enum pst_code pst_slot_sha256(const struct pst_slot_port *slots, int slot, int64_t bytes,
                              uint8_t out[PST_SHA256_BYTES], struct pst_report *why)
{
    PST_CLEANUP(pst_digest) struct pst_digest digest = {NULL};
    PST_CLEANUP(pst_buf) struct pst_buf marks = pst_buf(marks_room(bytes));

    enum pst_code rc = pst_digest_begin(&digest, PST_SHA256, why);
    if (rc == PST_OK)
        rc = digest_slot(slots, slot, bytes, &digest, &marks, why);
    return rc != PST_OK ? rc : pst_digest_end(&digest, out, why);
}

/* ---- before the first write */

/* A delta is only good for the very base that it was made from. */
static enum pst_code check_base(const struct pst_stage_in *in, struct pst_report *why)
{
    const struct pst_source *source = in->source;
    uint8_t found[PST_SHA256_BYTES];

    if (!source->has_base)
        return PST_OK;
    if (source->base_size_bytes > in->slots->slot_bytes(in->slots->context, in->active))
        return pst_refuse(why, PST_DELTA_BASE,
                          pst_say("a base of %" PRId64 " bytes", source->base_size_bytes),
                          pst_say("a smaller slot"));
    enum pst_code rc = pst_slot_sha256(in->slots, in->active, source->base_size_bytes, found, why);
    if (rc == PST_OK && memcmp(found, source->base_sha256, sizeof found) != 0)
        rc = refuse_digest(PST_DELTA_BASE, "a base", source->base_sha256, found, why);
    return rc;
}

static bool read_base(void *context, uint64_t at, void *into, size_t len)
{
    const struct work *work = context;
    const struct pst_stage_in *in = work->in;
    return in->slots->read(in->slots->context, in->active, at, into, len, NULL) == PST_OK;
}

static enum pst_code open_decoder(struct work *work, struct pst_report *why)
{
    const struct pst_stage_in *in = work->in;
    struct pst_decoder_plan plan = {
        .format = in->source->format,
        .source_bytes = in->source->length_bytes,
        .image_bytes = in->component->size_bytes,
        .base_bytes = in->source->has_base ? in->source->base_size_bytes : 0,
        .memory_bytes = in->source->memory_bytes,
        .base_sha256 = in->source->has_base ? in->source->base_sha256 : NULL,
        .image_sha256 = in->component->sha256};
    struct pst_base_port base = {work, read_base};
    return pst_decoder_open(&plan, in->source->has_base ? &base : NULL, work->kept.at,
                            &work->decoder, why);
}

/* Takes the work up where it was left: the digest of what is in the slot already, and the
 * decoder there. */
static enum pst_code take_up(struct work *work, struct pst_report *why)
{
    const struct pst_stage_in *in = work->in;
    pst_checkpoint_load(in->state, in->component->name, &work->kept);
    if (work->kept.at.image_at > in->component->size_bytes ||
        work->kept.at.source_at > in->source->length_bytes ||
        work->kept.at.head_bytes > work->kept.at.source_at)
        work->kept.at = (struct pst_checkpoint){0};
    /* Beginning anew overwrites what an older checkpoint speaks of, so that one must go first. */
    if (work->kept.at.source_at == 0 && work->kept.at.image_at == 0) {
        enum pst_code dropped = pst_checkpoint_drop(in->state, in->component->name, why);
        if (dropped != PST_OK)
            return dropped;
    }

    if (work->kept.at.source_at == 0)
        work->kept.at.head_bytes = 0;
    work->resumed = work->kept.at;
    work->image_at = work->kept.at.image_at;
    enum pst_code rc = pst_digest_begin(&work->digest, PST_SHA256, why);
    if (rc == PST_OK)
        rc = digest_slot(in->slots, work->target, work->image_at, &work->digest, &work->marks, why);
    return rc != PST_OK ? rc : open_decoder(work, why);
}

/* ---- while it runs */

/* Keeps a checkpoint once enough was written since the last: synced first, or it would promise
 * too much. */
static enum pst_code keep_checkpoint(struct work *work, struct pst_report *why)
{
    const struct pst_stage_in *in = work->in;
    struct pst_checkpoint at = pst_decoder_checkpoint(work->decoder);

    if (at.image_at - work->kept.at.image_at < PST_CHECKPOINT_BYTES)
        return PST_OK;
    enum pst_code rc = in->slots->sync(in->slots->context, work->target, why);
    if (rc != PST_OK)
        return rc;
    work->kept.at = at;
    return pst_checkpoint_keep(in->state, in->component->name, &work->kept, why);
}

static enum pst_code write_piece(struct work *work, struct pst_bytes piece, struct pst_report *why)
{
    const struct pst_slot_port *slots = work->in->slots;
    enum pst_code rc =
        slots->write(slots->context, work->target, (uint64_t)work->image_at, piece, why);
    if (rc == PST_OK)
        rc = digest_marked(&work->digest, &work->marks, work->image_at, piece, why);
    if (rc == PST_OK)
        work->image_at += (int64_t)piece.len;
    return rc;
}

static enum pst_code decode(struct work *work, struct pst_bytes rest, struct pst_report *why)
{
    enum pst_code rc = PST_OK;
    size_t made = 1;

    while (rc == PST_OK && (rest.len > 0 || made > 0)) {
        rc = pst_decoder_step(work->decoder, &rest, work->piece, sizeof work->piece, &made, why);
        if (rc == PST_OK && made > 0)
            rc = write_piece(work, pst_bytes(work->piece, made), why);
        if (rc == PST_OK) /* here and not a block later: one block may hold many MiB of image */
            rc = keep_checkpoint(work, why);
    }
    return rc;
}

/* What of a block lies in [from, to) of the source. */
static struct pst_bytes part_of(struct pst_bytes block, int64_t block_at, int64_t from, int64_t to)
{
    int64_t begin = from > block_at ? from - block_at : 0, end = to - block_at;
    end = end > (int64_t)block.len ? (int64_t)block.len : end;
    return begin < end ? pst_bytes(block.at + begin, (size_t)(end - begin)) : (struct pst_bytes){0};
}

/* A run that goes on needs the source's head once more, and what comes after its checkpoint. */
static enum pst_code take_block(void *context, struct pst_bytes block, struct pst_report *why)
{
    struct work *work = context;
    const struct pst_checkpoint *from = &work->resumed;
    int64_t at = work->block++ * PST_BLOCK_BYTES;
    struct pst_bytes head = part_of(block, at, 0, from->head_bytes);
    struct pst_bytes rest = part_of(block, at, from->source_at, INT64_MAX);

    enum pst_code rc = head.len > 0 ? decode(work, head, why) : PST_OK;
    return rc == PST_OK && rest.len > 0 ? decode(work, rest, why) : rc;
}

static enum pst_code stream(struct work *work, int64_t *fetched_bytes, struct pst_report *why)
{
    const struct pst_stage_in *in = work->in;
    PST_CLEANUP(pst_block_list) struct pst_block_list list = {.source_bytes = 0};
    struct pst_block_sink sink = {work, take_block};
    int64_t head_end = pst_blocks_end(work->resumed.head_bytes);
    int64_t first = work->resumed.source_at / PST_BLOCK_BYTES;

    enum pst_code rc = pst_blocks_fetch_list(&in->from, in->source, &list, why);
    if (rc == PST_OK && head_end > 0)
        rc =
            pst_blocks_stream(&in->from, in->source, &list, 0, head_end, &sink, fetched_bytes, why);
    work->block = first > head_end ? first : head_end;
    if (rc == PST_OK)
        rc = pst_blocks_stream(&in->from, in->source, &list, work->block,
                               pst_blocks_end(in->source->length_bytes), &sink, fetched_bytes, why);
    return rc != PST_OK ? rc : pst_decoder_finish(work->decoder, why);
}

/* ---- afterwards */

static enum pst_code check_image(struct work *work, struct pst_report *why)
{
    const struct pst_component *component = work->in->component;
    uint8_t found[PST_SHA256_BYTES];

    enum pst_code rc = pst_digest_end(&work->digest, found, why);
    if (rc == PST_OK && memcmp(found, component->sha256, sizeof found) != 0)
        rc = refuse_digest(PST_IMAGE_DIGEST, "an image", component->sha256, found, why);
    return rc;
}

/* The first MiB whose running digest differs is where the device gave back other bytes. */
static int64_t first_difference(const struct pst_buf *written, const struct pst_buf *read)
{
    size_t marks = written->len / PST_SHA256_BYTES;
    for (size_t i = 0; i < marks; i++) {
        size_t at = i * PST_SHA256_BYTES;
        if (at + PST_SHA256_BYTES > read->len ||
            memcmp(written->at + at, read->at + at, PST_SHA256_BYTES) != 0)
            return (int64_t)i;
    }
    return (int64_t)marks;
}

static enum pst_code read_back(struct work *work, struct pst_report *why)
{
    const struct pst_stage_in *in = work->in;
    PST_CLEANUP(pst_digest) struct pst_digest digest = {NULL};
    PST_CLEANUP(pst_buf) struct pst_buf marks = pst_buf(work->marks.max);
    uint8_t found[PST_SHA256_BYTES];

    enum pst_code rc = in->slots->sync(in->slots->context, work->target, why);
    if (rc != PST_OK)
        return rc;
    in->slots->drop_cache(in->slots->context, work->target);
    rc = pst_digest_begin(&digest, PST_SHA256, why);
    if (rc == PST_OK)
        rc = digest_slot(in->slots, work->target, in->component->size_bytes, &digest, &marks, why);
    if (rc == PST_OK)
        rc = pst_digest_end(&digest, found, why);
    if (rc != PST_OK || memcmp(found, in->component->sha256, sizeof found) == 0)
        return rc;
    return pst_refuse(
        why, PST_SLOT_READBACK,
        pst_say("slot %c to give back what was written", 'A' + work->target),
        pst_say("other bytes in MiB %" PRId64, first_difference(&work->marks, &marks)));
}

static enum pst_code run(struct work *work, int64_t *fetched_bytes, struct pst_report *why)
{
    enum pst_code rc = check_base(work->in, why);
    if (rc == PST_OK)
        rc = take_up(work, why);
    if (rc == PST_OK)
        rc = stream(work, fetched_bytes, why);
    if (rc == PST_OK)
        rc = check_image(work, why);
    return rc != PST_OK ? rc : read_back(work, why);
}

/* After these, going on from the checkpoint would end the same way: the next run begins anew. */
static bool spoils_progress(enum pst_code code)
{
    static const enum pst_code codes[] = {
        PST_IMAGE_DIGEST, PST_IMAGE_SIZE,   PST_DELTA_MALFORMED, PST_DELTA_BASE,
        PST_DELTA_MEMORY, PST_DELTA_FORMAT, PST_SLOT_READBACK,   PST_SLOT_IO,
        PST_OUT_OF_BOUNDS /* a checkpoint that makes no sense */};
    for (size_t i = 0; i < PST_COUNT(codes); i++)
        if (codes[i] == code)
            return true;
    return false;
}

enum pst_code pst_stage(const struct pst_stage_in *in, int64_t *fetched_bytes,
                        struct pst_report *why)
{
    __attribute__((cleanup(work_cleanup))) struct work *work = calloc(1, sizeof *work);
    PST_WITHIN(why, "component %.*s", PST_ARGS(in->component->name));

    if (work == NULL)
        return pst_no_memory(why, "writing a slot");
    work->in = in;
    work->target = 1 - in->active;
    work->marks = pst_buf(marks_room(in->component->size_bytes));
    work->kept.slot = work->target;
    memcpy(work->kept.source_sha256, in->source->sha256, PST_SHA256_BYTES);

    enum pst_code rc = run(work, fetched_bytes, why);
    if (rc == PST_OK || spoils_progress(rc)) {
        enum pst_code dropped = pst_checkpoint_drop(in->state, in->component->name, why);
        return rc != PST_OK ? rc : dropped;
    }
    return rc;
}
