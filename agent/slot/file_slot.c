/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/slot/file_slot.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifests/file.h"

/* A regular file is grown (never cut) to the configured size; a device must not be smaller than
 * nothing. */
static enum pst_code settle_size(const struct pst_file_slots_options *options, int slot, int fd,
                                 int64_t *bytes, struct pst_report *why)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0)
        return pst_refuse_errno(why, errno, options->path[slot]);
    if (S_ISREG(facts.st_mode) && facts.st_size < options->slot_bytes && slot != options->active &&
        ftruncate(fd, options->slot_bytes) != 0)
        return pst_refuse_errno(why, errno, options->path[slot]);

    off_t end = lseek(fd, 0, SEEK_END);
    if (end <= 0 && slot == options->active)
        return pst_refuse(why, PST_SLOT_IO,
                          pst_say("'%s' to hold the running image", options->path[slot]),
                          pst_say("%jd bytes", (intmax_t)end));
    *bytes = S_ISREG(facts.st_mode) ? options->slot_bytes : (int64_t)end;
    return PST_OK;
}

static enum pst_code open_slot(const struct pst_file_slots_options *options, int slot, int *fd,
                               struct pst_report *why)
{
    bool active = slot == options->active;
    int flags = active ? O_RDONLY | O_CLOEXEC : O_RDWR | O_CREAT | O_CLOEXEC;

    *fd = open(options->path[slot], flags, 0600);
    if (*fd < 0)
        return pst_refuse_errno(why, errno, options->path[slot]);
    return PST_OK;
}

/* One file under two names, or one device behind two nodes. What cannot be told apart counts as
 * one. */
static bool is_same(int a, int b)
{
    struct stat one, two;
    if (fstat(a, &one) != 0 || fstat(b, &two) != 0)
        return true;
    if (S_ISBLK(one.st_mode) && S_ISBLK(two.st_mode) && one.st_rdev == two.st_rdev)
        return true;
    return one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

/* Nothing is changed, not even a size, before it is certain that the two are two. */
static enum pst_code open_both(const struct pst_file_slots_options *options,
                               struct pst_file_slots *slots, struct pst_report *why)
{
    int active = options->active, other = 1 - options->active;
    enum pst_code rc = open_slot(options, active, &slots->fd[active], why);
    if (rc == PST_OK)
        rc = open_slot(options, other, &slots->fd[other], why);
    if (rc == PST_OK && is_same(slots->fd[0], slots->fd[1]))
        rc = pst_refuse(why, PST_SLOT_ACTIVE, pst_say("two different slots"),
                        pst_say("'%s' and '%s' are one", options->path[0], options->path[1]));
    if (rc == PST_OK)
        rc = settle_size(options, active, slots->fd[active], &slots->bytes[active], why);
    return rc != PST_OK ? rc
                        : settle_size(options, other, slots->fd[other], &slots->bytes[other], why);
}

enum pst_code pst_file_slots_open(const struct pst_file_slots_options *options,
                                  struct pst_file_slots *out, struct pst_report *why)
{
    struct pst_file_slots slots = {.options = *options, .fd = {-1, -1}};
    PST_WITHIN(why, "slots/%s", options->component);

    enum pst_code rc = open_both(options, &slots, why);
    if (rc != PST_OK) {
        pst_file_slots_close(&slots);
        return rc;
    }
    *out = slots;
    return PST_OK;
}

void pst_file_slots_close(struct pst_file_slots *slots)
{
    for (int i = 0; i < 2; i++) {
        pst_fd_cleanup(&slots->fd[i]);
        slots->fd[i] = -1;
    }
}

static int64_t slot_bytes(void *context, int slot)
{
    const struct pst_file_slots *slots = context;
    return slots->bytes[slot];
}

static enum pst_code io_fault(const struct pst_file_slots *slots, int slot, const char *act,
                              uint64_t at, struct pst_report *why)
{
    char words[64] = "an unknown error";
    int error = errno;
    if (error != 0 && strerror_r(error, words, sizeof words) != 0)
        words[0] = '\0';
    return pst_refuse(why, PST_SLOT_IO,
                      pst_say("to %s '%s' at byte %" PRIu64, act, slots->options.path[slot], at),
                      pst_say("%s", error != 0 ? words : "the end of the slot"));
}

static enum pst_code read_slot(void *context, int slot, uint64_t at, void *into, size_t len,
                               struct pst_report *why)
{
    const struct pst_file_slots *slots = context;
    errno = 0;
    if (!pst_fd_read_at(slots->fd[slot], at, into, len))
        return io_fault(slots, slot, "read", at, why);
    return PST_OK;
}

static enum pst_code write_slot(void *context, int slot, uint64_t at, struct pst_bytes bytes,
                                struct pst_report *why)
{
    const struct pst_file_slots *slots = context;

    if (slot == slots->options.active)
        return pst_refuse(why, PST_SLOT_ACTIVE, pst_say("the inactive slot"),
                          pst_say("'%s', which is running", slots->options.path[slot]));
    if (at > (uint64_t)slots->bytes[slot] || bytes.len > (uint64_t)slots->bytes[slot] - at)
        return pst_refuse(why, PST_SLOT_TOO_SMALL,
                          pst_say("at most %" PRId64 " bytes", slots->bytes[slot]),
                          pst_say("%" PRIu64 " and %zu more", at, bytes.len));
    while (bytes.len > 0) {
        ssize_t put = pwrite(slots->fd[slot], bytes.at, bytes.len, (off_t)at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return io_fault(slots, slot, "write", at, why);
        bytes = pst_bytes(bytes.at + put, bytes.len - (size_t)put);
        at += (uint64_t)put;
    }
    return PST_OK;
}

static enum pst_code sync_slot(void *context, int slot, struct pst_report *why)
{
    const struct pst_file_slots *slots = context;
    return fdatasync(slots->fd[slot]) == 0 ? PST_OK : io_fault(slots, slot, "sync", 0, why);
}

/* Best effort: reading back should ask the device, not the page cache that was just written. */
static void drop_cache(void *context, int slot)
{
    const struct pst_file_slots *slots = context;
    (void)posix_fadvise(slots->fd[slot], 0, 0, POSIX_FADV_DONTNEED);
}

struct pst_slot_port pst_file_slots_port(struct pst_file_slots *slots)
{
    return (struct pst_slot_port){
        .context = slots,
        .component = slots->options.component,
        .slot_class = slots->options.slot_class,
        .slot_bytes = slot_bytes,
        .read = read_slot,
        .write = write_slot,
        .sync = sync_slot,
        .drop_cache = drop_cache,
    };
}
