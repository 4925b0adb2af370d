/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/encoder.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "manifests/decoder_formats.h"
#include "manifests/encoder_frames.h"

enum { THREADS_MOST = 8 };

struct setting {
    ZSTD_cParameter name;
    int value;
};

/*
 * Level 19, spelt out: a level means other numbers in other versions of libzstd.
 * The window reaches over a frame and the largest slice; the decoder needs no window for that.
 */
static const struct setting settings[] = {
    {ZSTD_c_windowLog, 24}, {ZSTD_c_chainLog, 24},    {ZSTD_c_hashLog, 22},
    {ZSTD_c_searchLog, 7},  {ZSTD_c_minMatch, 3},     {ZSTD_c_targetLength, 256},
    {ZSTD_c_strategy, 9},   {ZSTD_c_checksumFlag, 0}, {ZSTD_c_contentSizeFlag, 1},
    {ZSTD_c_dictIDFlag, 0},
};

/* What the workers share; under the lock: next, done, rc. */
struct shop {
    const struct pst_packing *packing;
    struct pst_packed *packed;
    pthread_mutex_t lock;
    size_t next, done;
    enum pst_code rc;
};

struct bench {
    ZSTD_CCtx *context;
    uint8_t *room;
    size_t room_bytes;
};

static void bench_cleanup(struct bench *bench)
{
    ZSTD_freeCCtx(bench->context);
    free(bench->room);
}

static bool bench_open(size_t frame_bytes, struct bench *bench)
{
    /* One more than the bound: packing must not be what finds the room too small. */
    bench->room_bytes = ZSTD_compressBound(frame_bytes) + 1;
    bench->context = ZSTD_createCCtx();
    bench->room = malloc(bench->room_bytes);
    if (bench->context == NULL || bench->room == NULL)
        return false;
    for (size_t i = 0; i < PST_COUNT(settings); i++)
        if (ZSTD_isError(
                ZSTD_CCtx_setParameter(bench->context, settings[i].name, settings[i].value)))
            return false;
    return true;
}

static bool pack(struct bench *bench, struct pst_bytes image, struct pst_packed_frame *out)
{
    size_t len =
        ZSTD_compress2(bench->context, bench->room, bench->room_bytes, image.at, image.len);
    uint8_t *at = ZSTD_isError(len) ? NULL : malloc(len);
    if (at == NULL)
        return false;
    memcpy(at, bench->room, len);
    *out = (struct pst_packed_frame){at, len, image.len};
    return true;
}

static bool pack_frame(const struct pst_packing *packing, struct bench *bench, size_t index,
                       struct pst_packed_frame *out)
{
    size_t at = index * packing->frame_bytes;
    size_t left = packing->image.len - at;
    struct pst_bytes image = {packing->image.at + at,
                              left < packing->frame_bytes ? left : packing->frame_bytes};
    return packing->pack != NULL ? packing->pack(image, out) : pack(bench, image, out);
}

/* The next frame's number, or false when there is none or the work was stopped. */
static bool take_work(struct shop *shop, size_t *index)
{
    pthread_mutex_lock(&shop->lock);
    bool more = shop->rc == PST_OK && shop->next < shop->packed->count;
    if (more)
        *index = shop->next++;
    pthread_mutex_unlock(&shop->lock);
    return more;
}

static size_t hand_in(struct shop *shop, enum pst_code rc)
{
    pthread_mutex_lock(&shop->lock);
    size_t done = ++shop->done;
    if (shop->rc == PST_OK)
        shop->rc = rc;
    pthread_mutex_unlock(&shop->lock);
    return done;
}

static void work(struct shop *shop, const struct pst_progress_port *progress)
{
    PST_CLEANUP(bench) struct bench bench = {0};
    bool ready = bench_open(shop->packing->frame_bytes, &bench);
    for (size_t index; take_work(shop, &index);) {
        bool ok = ready && pack_frame(shop->packing, &bench, index, &shop->packed->frame[index]);
        size_t done = hand_in(shop, ok ? PST_OK : PST_NO_MEMORY);
        int permille = (int)(done * 1000 / shop->packed->count);
        if (progress != NULL && !progress->tell(progress->context, permille))
            (void)hand_in(shop, PST_HOST_STOPPED);
    }
}

static void *work_aside(void *shop)
{
    work(shop, NULL); /* progress is told by the caller's own thread only */
    return NULL;
}

static unsigned threads_wanted(const struct pst_packing *packing, size_t frames)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = packing->threads > 0 ? packing->threads
                       : processors > 0     ? (unsigned)pst_least(processors, THREADS_MOST)
                                            : 1;
    if (threads > THREADS_MOST)
        threads = THREADS_MOST;
    return frames < threads ? (unsigned)frames : threads;
}

void pst_packed_clear(struct pst_packed *packed)
{
    for (size_t i = 0; i < packed->count; i++)
        free(packed->frame[i].at);
    free(packed->frame);
    *packed = (struct pst_packed){0};
}

enum pst_code pst_pack_frames(const struct pst_packing *packing,
                              const struct pst_progress_port *progress, struct pst_packed *out,
                              struct pst_report *why)
{
    PST_CLEANUP(pst_packed) struct pst_packed packed = {0};
    size_t count =
        (size_t)pst_frame_count((int64_t)packing->image.len, (int64_t)packing->frame_bytes);
    packed.frame = calloc(count + 1, sizeof *packed.frame);
    if (packed.frame == NULL)
        return pst_no_memory(why, "an encoder");
    packed.count = count;

    struct shop shop = {.packing = packing, .packed = &packed};
    pthread_t aside[THREADS_MOST];
    unsigned started = 0, wanted = threads_wanted(packing, count);
    if (pthread_mutex_init(&shop.lock, NULL) != 0)
        return pst_no_memory(why, "an encoder");
    /* A thread that cannot be had is not missed: the others do its work. */
    while (started + 1 < wanted && pthread_create(&aside[started], NULL, work_aside, &shop) == 0)
        started++;
    work(&shop, progress);
    for (unsigned i = 0; i < started; i++)
        pthread_join(aside[i], NULL);
    pthread_mutex_destroy(&shop.lock);

    if (shop.rc == PST_NO_MEMORY)
        return pst_no_memory(why, "packing a frame");
    if (shop.rc != PST_OK)
        return pst_refuse(why, shop.rc, pst_say("to pack %zu frames", packed.count),
                          pst_say("a request to stop"));
    *out = packed;
    packed = (struct pst_packed){0}; /* the caller's now */
    return PST_OK;
}

/* ---- full sources */

struct full {
    enum pst_source_format format;
    bool (*pack)(struct pst_bytes image, struct pst_packed_frame *out);
    int64_t (*memory)(int64_t image_bytes);
};
static const struct full fulls[] = {
    {PST_SOURCE_XZ, pst_xz_pack, pst_xz_memory},
    {PST_SOURCE_ZSTD, NULL, pst_zstd_memory},
};

/* Each way of packing is a stretch of the whole progress. */
struct stretch {
    const struct pst_progress_port *whole;
    int from, permille;
};

static bool tell_stretch(void *context, int permille)
{
    const struct stretch *stretch = context;
    return stretch->whole->tell(stretch->whole->context,
                                stretch->from + permille * stretch->permille / 1000);
}

static size_t packed_bytes(const struct pst_packed *packed)
{
    size_t len = 0;
    for (size_t i = 0; i < packed->count; i++)
        len += packed->frame[i].len;
    return len;
}

static enum pst_code check_image(struct pst_bytes image, struct pst_report *why)
{
    if ((uint64_t)image.len <= (uint64_t)PST_IMAGE_BYTES_MOST)
        return PST_OK;
    return pst_refuse(why, PST_OUT_OF_BOUNDS,
                      pst_say("an image up to %lld bytes", (long long)PST_IMAGE_BYTES_MOST),
                      pst_say("%zu bytes", image.len));
}

/* The image itself where `packed` is no smaller. */
static enum pst_code put_full(const struct full *full, const struct pst_packed *packed,
                              struct pst_bytes image, struct pst_buf *out,
                              struct pst_made_source *made, struct pst_report *why)
{
    size_t len = packed_bytes(packed);
    bool raw = full == NULL || len >= image.len;
    if (!pst_buf_reserve(out, raw ? image.len : len))
        return out->max - out->len < (raw ? image.len : len)
                   ? pst_refuse(why, PST_TOO_LARGE, pst_say("at most %zu bytes", out->max),
                                pst_say("%zu bytes", raw ? image.len : len))
                   : pst_no_memory(why, "a packed image");

    bool added = !raw || pst_buf_add(out, image.at, image.len);
    for (size_t i = 0; i < packed->count && !raw; i++)
        added = added && pst_buf_add(out, packed->frame[i].at, packed->frame[i].len);
    if (!added)
        return pst_no_memory(why, "a packed image");
    *made = raw ? (struct pst_made_source){PST_SOURCE_RAW, 0}
                : (struct pst_made_source){full->format, full->memory((int64_t)image.len)};
    return PST_OK;
}

enum pst_code pst_encode_full_by(unsigned threads, enum pst_source_format format,
                                 struct pst_bytes image, const struct pst_progress_port *progress,
                                 struct pst_buf *out, struct pst_made_source *made,
                                 struct pst_report *why)
{
    PST_CLEANUP(pst_packed) struct pst_packed packed = {0};
    const struct full *full = NULL;
    for (size_t i = 0; i < PST_COUNT(fulls); i++)
        full = fulls[i].format == format ? &fulls[i] : full;

    enum pst_code rc = check_image(image, why);
    struct pst_packing packing = {.image = image,
                                  .frame_bytes = PST_FULL_FRAME,
                                  .threads = threads,
                                  .pack = full != NULL ? full->pack : NULL};
    if (rc == PST_OK && full != NULL)
        rc = pst_pack_frames(&packing, progress, &packed, why);
    return rc == PST_OK ? put_full(full, &packed, image, out, made, why) : rc;
}

enum pst_code pst_encode_full(struct pst_bytes image, const struct pst_progress_port *progress,
                              struct pst_buf *out, struct pst_made_source *made,
                              struct pst_report *why)
{
    enum { XZ, ZSTD, XZ_PERMILLE = 700, WORTH_PERCENT = 98 };
    PST_CLEANUP(pst_packed) struct pst_packed xz = {0}, zstd = {0};
    struct stretch stretch = {progress, 0, XZ_PERMILLE};
    const struct pst_progress_port port = {&stretch, tell_stretch};
    const struct pst_progress_port *told = progress != NULL ? &port : NULL;
    struct pst_packing packing = {
        .image = image, .frame_bytes = PST_FULL_FRAME, .pack = fulls[XZ].pack};

    enum pst_code rc = check_image(image, why);
    if (rc == PST_OK)
        rc = pst_pack_frames(&packing, told, &xz, why);
    stretch = (struct stretch){progress, XZ_PERMILLE, 1000 - XZ_PERMILLE};
    packing.pack = fulls[ZSTD].pack;
    if (rc == PST_OK)
        rc = pst_pack_frames(&packing, told, &zstd, why);
    if (rc != PST_OK)
        return rc;
    /* By ratio, so that nothing overflows where size_t is small. */
    bool worth = packed_bytes(&xz) <= packed_bytes(&zstd) / 100 * WORTH_PERCENT;
    return worth ? put_full(&fulls[XZ], &xz, image, out, made, why)
                 : put_full(&fulls[ZSTD], &zstd, image, out, made, why);
}
