/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/slot/file_boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "manifests/file.h"

static const char magic[8] = {'P', 'S', 'T', 'B', 'O', 'O', 'T', '1'};
enum {
    AT_SEQUENCE = 8,
    AT_ACTIVE = 16,
    AT_TRIAL,
    AT_TRIES,
    AT_NEXT,
    AT_CRC = PST_BOOT_RECORD_BYTES - 4
};

struct record {
    uint64_t sequence;
    struct pst_boot_state state;
};

/* The reflected polynomial of IEEE 802.3. */
static uint32_t crc32_of(const uint8_t *at, size_t len)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < len; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

static void put_number(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_number(const uint8_t *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = bytes; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

static bool decode(const uint8_t raw[PST_BOOT_RECORD_BYTES], struct record *out)
{
    bool sound = memcmp(raw, magic, sizeof magic) == 0 && raw[AT_ACTIVE] <= 1 &&
                 raw[AT_NEXT] <= 1 && raw[AT_TRIAL] <= 1 &&
                 get_number(raw + AT_CRC, 4) == crc32_of(raw, AT_CRC);
    if (!sound)
        return false;
    out->sequence = get_number(raw + AT_SEQUENCE, 8);
    out->state = (struct pst_boot_state){.active = raw[AT_ACTIVE],
                                         .trial = raw[AT_TRIAL] != 0,
                                         .tries_left = raw[AT_TRIES],
                                         .next = raw[AT_NEXT]};
    return true;
}

static void encode(const struct record *record, uint8_t raw[PST_BOOT_RECORD_BYTES])
{
    memset(raw, 0, PST_BOOT_RECORD_BYTES);
    memcpy(raw, magic, sizeof magic);
    put_number(raw + AT_SEQUENCE, record->sequence, 8);
    raw[AT_ACTIVE] = (uint8_t)record->state.active;
    raw[AT_TRIAL] = record->state.trial;
    raw[AT_TRIES] = (uint8_t)record->state.tries_left;
    raw[AT_NEXT] = (uint8_t)record->state.next;
    put_number(raw + AT_CRC, crc32_of(raw, AT_CRC), 4);
}

/* The newest valid record and which of the two places it is in; false when neither is valid. */
static bool newest(int fd, struct record *out, int *place)
{
    bool any = false;
    for (int i = 0; i < 2; i++) {
        uint8_t raw[PST_BOOT_RECORD_BYTES];
        struct record record;
        if (!pst_fd_read_at(fd, (uint64_t)i * PST_BOOT_RECORD_BYTES, raw, sizeof raw) ||
            !decode(raw, &record))
            continue;
        if (!any || record.sequence > out->sequence) {
            *out = record;
            *place = i;
            any = true;
        }
    }
    return any;
}

static enum pst_code open_marker(const struct pst_file_boot *boot, int *fd, struct record *record,
                                 int *place, struct pst_report *why)
{
    *fd = open(boot->path, O_RDWR | O_CLOEXEC);
    if (*fd < 0)
        return pst_refuse_errno(why, errno, boot->path);
    if (!newest(*fd, record, place))
        return pst_refuse(why, PST_BOOT_MARKER,
                          pst_say("one sound record of two in '%s'", boot->path), pst_say("none"));
    return PST_OK;
}

static enum pst_code read_state(void *context, struct pst_boot_state *out, struct pst_report *why)
{
    PST_CLEANUP(pst_fd) int fd = -1;
    struct record record;
    int place;
    enum pst_code rc = open_marker(context, &fd, &record, &place, why);
    if (rc == PST_OK)
        *out = record.state;
    return rc;
}

/* Overwrites the older record, so that the newer one survives a torn write. */
static enum pst_code write_record(int fd, int place, const struct record *record, const char *path,
                                  struct pst_report *why)
{
    uint8_t raw[PST_BOOT_RECORD_BYTES];
    encode(record, raw);
    ssize_t put = pwrite(fd, raw, sizeof raw, (off_t)place * PST_BOOT_RECORD_BYTES);
    if (put != (ssize_t)sizeof raw || fsync(fd) != 0)
        return pst_refuse_errno(why, put < 0 ? errno : EIO, path);
    return PST_OK;
}

/* Reads the marker, lets `change` edit the state and writes it when it said so. */
static enum pst_code change_state(struct pst_file_boot *boot,
                                  bool (*change)(struct pst_boot_state *, int, int), int slot,
                                  int tries, struct pst_report *why)
{
    PST_CLEANUP(pst_fd) int fd = -1;
    struct record record;
    int place;
    enum pst_code rc = open_marker(boot, &fd, &record, &place, why);
    if (rc != PST_OK || !change(&record.state, slot, tries))
        return rc;
    record.sequence++;
    return write_record(fd, 1 - place, &record, boot->path, why);
}

static bool stage(struct pst_boot_state *state, int slot, int tries)
{
    state->next = slot;
    state->tries_left = slot == state->active ? 0 : tries;
    return true;
}

static bool make_good(struct pst_boot_state *state, int slot, int tries)
{
    (void)slot, (void)tries;
    bool changes = state->trial;
    state->trial = false;
    state->tries_left = 0;
    state->next = state->active;
    return changes;
}

static bool go_back(struct pst_boot_state *state, int slot, int tries)
{
    (void)slot, (void)tries;
    if (!state->trial) {
        bool staged = state->next != state->active;
        state->next = state->active;
        state->tries_left = 0;
        return staged;
    }
    state->tries_left = 0;
    return true;
}

/* What a boot loader does: try what is staged, count the tries down, fall back when they are
 * used up. */
static bool restart(struct pst_boot_state *state, int slot, int tries)
{
    (void)slot, (void)tries;
    bool untried = !state->trial && state->next != state->active;
    if (!untried && !state->trial)
        return false;
    if (state->tries_left > 0) {
        state->active = state->next;
        state->trial = true;
        state->tries_left--;
        return true;
    }
    state->active = untried ? state->active : 1 - state->active;
    state->next = state->active;
    state->trial = false;
    return true;
}

static enum pst_code set_next(void *context, int slot, int tries, struct pst_report *why)
{
    struct pst_boot_state state;

    if (slot < 0 || slot > 1 || tries < 1 || tries > 255)
        return pst_refuse(why, PST_BOOT_MARKER, pst_say("slot 0 or 1 and 1 to 255 tries"),
                          pst_say("slot %d and %d tries", slot, tries));
    enum pst_code rc = read_state(context, &state, why);
    if (rc != PST_OK)
        return rc;
    if (state.trial)
        return pst_refuse(why, PST_BOOT_MARKER, pst_say("the trial to end first"),
                          pst_say("slot %d is on trial", state.active));
    return change_state(context, stage, slot, tries, why);
}

static enum pst_code confirm(void *context, struct pst_report *why)
{
    return change_state(context, make_good, 0, 0, why);
}

static enum pst_code revert(void *context, struct pst_report *why)
{
    return change_state(context, go_back, 0, 0, why);
}

static enum pst_code simulate_restart(void *context, struct pst_report *why)
{
    return change_state(context, restart, 0, 0, why);
}

enum pst_code pst_file_boot_open(const char *path, struct pst_file_boot *out,
                                 struct pst_report *why)
{
    struct pst_file_boot boot;
    int len = snprintf(boot.path, sizeof boot.path, "%s", path);
    if (len < 0 || (size_t)len >= sizeof boot.path)
        return pst_refuse_errno(why, ENAMETOOLONG, path);

    if (access(path, F_OK) != 0 && errno == ENOENT) {
        uint8_t both[2 * PST_BOOT_RECORD_BYTES] = {0};
        encode(&(struct record){.sequence = 1}, both);
        enum pst_code rc = pst_file_replace(path, pst_bytes(both, sizeof both), 0600, why);
        if (rc != PST_OK)
            return rc;
    }
    *out = boot;
    return PST_OK;
}

struct pst_boot_port pst_file_boot_port(struct pst_file_boot *boot)
{
    return (struct pst_boot_port){
        .context = boot,
        .read = read_state,
        .set_next = set_next,
        .confirm = confirm,
        .revert = revert,
        .simulate_restart = simulate_restart,
    };
}
