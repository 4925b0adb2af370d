/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blocks.h - a source as a row of blocks, each checked against the signed list before anybody
 * sees it.
 *
 *     pst_blocks_fetch_list()   the list itself: small, checked against the manifest
 *     pst_blocks_stream()       a row of blocks, in order, each one once verified
 *
 * One range request runs as long as all goes well. A damaged block ends it; the block is asked
 * again of the next base URL, then the stream goes on. So is what is missing after a broken
 * connection: at most one block is fetched twice.
 *
 * Units    bytes; blocks are PST_BLOCK_BYTES but the last.
 * Memory   pst_block_list_clear(). Streaming holds one block.
 * Errors   image.corrupt, image.missing, network.*, service.maintenance
 */
#ifndef PST_AGENT_FETCH_BLOCKS_H
#define PST_AGENT_FETCH_BLOCKS_H

#include "agent/trust/sources.h"
#include "keys/digest.h"
#include "manifests/release.h"

enum { PST_BLOCK_BYTES = 65536, PST_BLOCK_LIST_MOST = 32 << 20 };

struct pst_block_list {
    struct pst_buf digests; /* PST_SHA256_BYTES a block */
    int64_t source_bytes;
};
void pst_block_list_clear(struct pst_block_list *list);
static inline void pst_block_list_cleanup(struct pst_block_list *list)
{
    pst_block_list_clear(list);
}

struct pst_blocks_from {
    const struct pst_transport_port *transport;
    const struct pst_sources *sources;
};

enum pst_code pst_blocks_fetch_list(const struct pst_blocks_from *from,
                                    const struct pst_source *source, struct pst_block_list *out,
                                    struct pst_report *why) PST_MUST_CHECK;

/* Takes verified blocks in order. Another code than PST_OK ends the stream with it. */
struct pst_block_sink {
    void *context;
    enum pst_code (*take)(void *context, struct pst_bytes block, struct pst_report *why);
};

/* The last block, and one. */
int64_t pst_blocks_end(int64_t source_bytes);

/*
 * Blocks [first, end). `*fetched_bytes` grows by every byte that came over the network, also
 * damaged ones.
 */
enum pst_code pst_blocks_stream(const struct pst_blocks_from *from, const struct pst_source *source,
                                const struct pst_block_list *list, int64_t first, int64_t end,
                                const struct pst_block_sink *sink, int64_t *fetched_bytes,
                                struct pst_report *why) PST_MUST_CHECK;

#endif
