/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_slot.h - the two slots of a component, as files or block devices.
 *
 * A regular file stands for a device of fixed size: it is made, and grown without using space, up
 * to the configured size. The active slot is opened for reading only, so that even a fault in the
 * code above cannot write to it.
 *
 * Units    bytes, offsets from the slot's beginning.
 * Memory   the struct is the caller's and must stay where it is while the port is in use.
 * Errors   PST_SLOT_IO (naming device and offset), PST_SLOT_ACTIVE, PST_SLOT_TOO_SMALL, host.*
 */
#ifndef PST_AGENT_SLOT_FILE_SLOT_H
#define PST_AGENT_SLOT_FILE_SLOT_H

#include "agent/ports.h"

struct pst_file_slots_options {
    const char *component, *slot_class;
    const char *path[2];
    int64_t slot_bytes; /* of regular files; a block device has its own */
    int active;         /* as the boot port says */
};

struct pst_file_slots {
    struct pst_file_slots_options options; /* texts are borrowed */
    int fd[2];
    int64_t bytes[2];
};

enum pst_code pst_file_slots_open(const struct pst_file_slots_options *options,
                                  struct pst_file_slots *out, struct pst_report *why)
    PST_MUST_CHECK;
void pst_file_slots_close(struct pst_file_slots *slots);
struct pst_slot_port pst_file_slots_port(struct pst_file_slots *slots);

#endif
