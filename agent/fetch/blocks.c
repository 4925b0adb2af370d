/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/fetch/blocks.h"

#include <inttypes.h>
#include <stdlib.h>

#include "agent/trust/tuf_client.h"

/* How often one block may fail at each source before the whole stream is given up. */
enum { ROUNDS_A_BLOCK = 2 };

void pst_block_list_clear(struct pst_block_list *list)
{
    pst_buf_clear(&list->digests);
    list->source_bytes = 0;
}

int64_t pst_blocks_end(int64_t bytes)
{
    return bytes / PST_BLOCK_BYTES + (bytes % PST_BLOCK_BYTES != 0);
}

static int64_t block_bytes(const struct pst_block_list *list, int64_t block)
{
    int64_t left = list->source_bytes - block * PST_BLOCK_BYTES;
    return left < PST_BLOCK_BYTES ? left : PST_BLOCK_BYTES;
}

/* ---- the list */

static enum pst_code check_list(struct pst_bytes list, const struct pst_source *source,
                                struct pst_report *why)
{
    uint8_t found[PST_SHA256_BYTES];
    char wanted_hex[2 * PST_SHA256_BYTES + 1], found_hex[2 * PST_SHA256_BYTES + 1];

    enum pst_code rc = pst_sha256(list, found, why);
    if (rc != PST_OK)
        return rc;
    if (memcmp(found, source->blocks.sha256, sizeof found) == 0 &&
        list.len == (size_t)pst_blocks_end(source->length_bytes) * PST_SHA256_BYTES)
        return PST_OK;
    pst_hex_print(pst_bytes(source->blocks.sha256, PST_SHA256_BYTES), wanted_hex);
    pst_hex_print(pst_bytes(found, sizeof found), found_hex);
    return pst_refuse(why, PST_IMAGE_CORRUPT,
                      pst_say("a block list with SHA-256 %.16s...", wanted_hex),
                      pst_say("%zu bytes with SHA-256 %.16s...", list.len, found_hex));
}

static enum pst_code fetch_list_from(const struct pst_blocks_from *from, size_t at,
                                     const struct pst_source *source, struct pst_buf *out,
                                     struct pst_report *why)
{
    char url[PST_URL_ROOM];
    if (!pst_tuf_target_url(from->sources->targets[at], source->blocks.path,
                            pst_bytes(source->blocks.sha256, PST_SHA256_BYTES), url))
        return pst_refuse(why, PST_METADATA_LIMIT, pst_say("a shorter URL"),
                          pst_say("a longer one"));
    enum pst_code rc =
        pst_fetch_small(from->transport, &from->sources->limits, url, out->max, out, why);
    if (rc == PST_OK)
        rc = check_list(pst_buf_bytes(out), source, why);
    if (rc != PST_OK)
        out->len = 0;
    return rc;
}

enum pst_code pst_blocks_fetch_list(const struct pst_blocks_from *from,
                                    const struct pst_source *source, struct pst_block_list *out,
                                    struct pst_report *why)
{
    int64_t blocks = pst_blocks_end(source->length_bytes);
    PST_CLEANUP(pst_heap) struct pst_report *tried = calloc(1, sizeof *tried);
    enum pst_code rc = PST_IMAGE_MISSING;

    if (tried == NULL)
        return pst_no_memory(why, "a report");
    if (blocks > PST_BLOCK_LIST_MOST / PST_SHA256_BYTES)
        return pst_refuse(why, PST_METADATA_LIMIT,
                          pst_say("a list of at most %d bytes", PST_BLOCK_LIST_MOST),
                          pst_say("%" PRId64 " blocks", blocks));
    struct pst_block_list list = {pst_buf((size_t)blocks * PST_SHA256_BYTES + 1),
                                  source->length_bytes};
    for (size_t i = 0; i < from->sources->count; i++) {
        PST_WITHIN(tried, "source %zu", i + 1);
        rc = fetch_list_from(from, i, source, &list.digests, tried);
        if (rc == PST_OK)
            break;
    }
    pst_report_append(why, tried, /* noted= */ rc == PST_OK);
    if (rc == PST_OK)
        *out = list;
    else
        pst_block_list_clear(&list);
    return rc;
}

/* ---- the stream */

struct stream {
    const struct pst_block_list *list;
    const struct pst_block_sink *sink;
    struct pst_report *why; /* of the sink */
    int64_t block;          /* the one that comes next */
    int64_t end;            /* the one that does not come any more */
    size_t held;            /* bytes of it that are here */
    bool damaged;           /* it came, and was wrong */
    enum pst_code taken;    /* what the sink last said */
    int64_t received;
    uint8_t at[PST_BLOCK_BYTES];
};

static bool block_is_sound(const struct stream *stream)
{
    uint8_t found[PST_SHA256_BYTES];
    const uint8_t *wanted = stream->list->digests.at + stream->block * PST_SHA256_BYTES;
    return pst_sha256(pst_bytes(stream->at, stream->held), found, NULL) == PST_OK &&
           memcmp(found, wanted, sizeof found) == 0;
}

/* A whole block is here: hand it on, or stop the transfer. */
static bool end_block(struct stream *stream)
{
    stream->damaged = !block_is_sound(stream);
    if (stream->damaged)
        return false;
    stream->taken =
        stream->sink->take(stream->sink->context, pst_bytes(stream->at, stream->held), stream->why);
    if (stream->taken != PST_OK)
        return false;
    stream->block++;
    stream->held = 0;
    return true;
}

static bool take_piece(void *context, struct pst_bytes piece)
{
    struct stream *stream = context;

    stream->received += (int64_t)piece.len;
    while (piece.len > 0) {
        if (stream->block == stream->end)
            return false; /* more than was asked for */
        size_t left = (size_t)block_bytes(stream->list, stream->block) - stream->held;
        size_t len = piece.len < left ? piece.len : left;
        memcpy(stream->at + stream->held, piece.at, len);
        stream->held += len;
        piece = pst_bytes(piece.at + len, piece.len - len);
        if (len == left && !end_block(stream))
            return false;
    }
    return true;
}

/* Why a transfer that did not reach the end stopped: the transport's word, the status, or the
 * block. */
static enum pst_code judge(const struct stream *stream, const struct pst_fetch_request *request,
                           const struct pst_fetch_answer *answer, enum pst_code rc,
                           const struct pst_report *transport, struct pst_report *why)
{
    bool is_part = answer->has_range && answer->range_from == request->from;

    if (answer->status == 404 || answer->status == 403 || answer->status == 410)
        return pst_refuse(why, PST_IMAGE_MISSING, pst_say("%s", request->url),
                          pst_say("HTTP %d", answer->status));
    if (answer->status == 503)
        return pst_refuse(why, PST_SERVICE_MAINTENANCE, pst_say("%s", request->url),
                          pst_say("HTTP 503"));
    if (answer->status == 416 || (answer->status == 206 && !is_part) ||
        (answer->status == 200 && request->from > 0))
        return pst_refuse(why, PST_NET_RANGE, pst_say("bytes from %" PRId64, request->from),
                          pst_say("HTTP %d without that range", answer->status));
    if (stream->damaged)
        return pst_refuse(why, PST_IMAGE_CORRUPT,
                          pst_say("block %" PRId64 " as signed", stream->block),
                          pst_say("other bytes from %s", request->url));
    if (rc != PST_OK) {
        pst_report_append(why, transport, false);
        return rc;
    }
    if (answer->status != 200 && answer->status != 206)
        return pst_refuse(why, PST_NET_STATUS, pst_say("HTTP 206 for %s", request->url),
                          pst_say("HTTP %d", answer->status));
    return pst_refuse(
        why, PST_NET_TRUNCATED, pst_say("%" PRId64 " bytes", stream->list->source_bytes),
        pst_say("an end after %" PRId64, stream->block * PST_BLOCK_BYTES + (int64_t)stream->held));
}

/* One request, from the first block that is missing to the end of the source. */
static enum pst_code transfer(struct stream *stream, const struct pst_blocks_from *from, size_t at,
                              const struct pst_source *source, struct pst_report *why)
{
    const struct pst_fetch_limits *limits = &from->sources->limits;
    PST_CLEANUP(pst_heap) struct pst_report *transport = calloc(1, sizeof *transport);
    struct pst_fetch_answer answer = {0};
    struct pst_sink sink = {stream, take_piece};
    char url[PST_URL_ROOM];

    if (transport == NULL)
        return pst_no_memory(why, "a report");
    if (!pst_tuf_target_url(from->sources->targets[at], source->path,
                            pst_bytes(source->sha256, PST_SHA256_BYTES), url))
        return pst_refuse(why, PST_METADATA_LIMIT, pst_say("a shorter URL"),
                          pst_say("a longer one"));
    stream->held = 0;
    stream->damaged = false;
    int64_t begin = stream->block * PST_BLOCK_BYTES;
    int64_t until = stream->end * PST_BLOCK_BYTES < source->length_bytes
                        ? stream->end * PST_BLOCK_BYTES
                        : source->length_bytes;
    struct pst_fetch_request request = {.method = "GET",
                                        .url = url,
                                        .body_fd = -1,
                                        .from = begin,
                                        .to = until - 1,
                                        .most_bytes = until - begin,
                                        .connect_ms = limits->connect_ms,
                                        .stall_ms = limits->stall_ms};
    enum pst_code rc =
        from->transport->fetch(from->transport->context, &request, &sink, &answer, transport);
    if (stream->taken != PST_OK)
        return stream->taken;
    if (stream->block == stream->end)
        return PST_OK;
    return judge(stream, &request, &answer, rc, transport, why);
}

/* After a failure the next source is asked; a block that fails everywhere, twice, ends it. */
static enum pst_code stream_all(struct stream *stream, const struct pst_blocks_from *from,
                                const struct pst_source *source, struct pst_report *tried)
{
    size_t sources = from->sources->count, at = 0, failures = 0;
    enum pst_code rc = PST_IMAGE_MISSING; /* without a source to ask */

    while (stream->block < stream->end && failures < sources * ROUNDS_A_BLOCK) {
        PST_WITHIN(tried, "source %zu", at + 1);
        int64_t before = stream->block;
        rc = transfer(stream, from, at, source, tried);
        if (stream->taken != PST_OK)
            return stream->taken;
        if (rc != PST_OK)
            at = (at + 1) % sources;
        failures = stream->block > before ? rc != PST_OK : failures + 1;
    }
    return stream->block == stream->end ? PST_OK : rc;
}

enum pst_code pst_blocks_stream(const struct pst_blocks_from *from, const struct pst_source *source,
                                const struct pst_block_list *list, int64_t first, int64_t end,
                                const struct pst_block_sink *sink, int64_t *fetched_bytes,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_heap) struct stream *stream = calloc(1, sizeof *stream);
    PST_CLEANUP(pst_heap) struct pst_report *tried = calloc(1, sizeof *tried);

    if (stream == NULL || tried == NULL)
        return pst_no_memory(why, "a block");
    stream->list = list;
    stream->sink = sink;
    stream->why = why;
    stream->block = first;
    stream->end = end;
    enum pst_code rc = stream_all(stream, from, source, tried);
    *fetched_bytes += stream->received;
    pst_report_append(why, tried, /* noted= */ rc == PST_OK || stream->taken != PST_OK);
    return rc;
}
