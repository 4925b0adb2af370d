/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_boot.h - boot control in one file: for demonstrations and tests, and the pattern for real
 * ones.
 *
 * The file holds two records of 512 bytes, each with a sequence number and a CRC. A change
 * overwrites the older record and syncs: a torn write leaves the newer one, and the newest valid
 * record counts. With neither valid the terminal keeps running what runs (PST_BOOT_MARKER says
 * so).
 *
 *     offset 0    magic "PSTBOOT1" | sequence u64 | active u8 | trial u8 | tries_left u8 |
 *                 next u8 | zeros | CRC-32 of the 508 bytes before it; all little-endian
 *     offset 512  the same
 *
 * Memory   the struct is the caller's and must stay where it is while the port is in use.
 */
#ifndef PST_AGENT_SLOT_FILE_BOOT_H
#define PST_AGENT_SLOT_FILE_BOOT_H

#include "agent/ports.h"

enum { PST_BOOT_RECORD_BYTES = 512 };

struct pst_file_boot {
    char path[512];
};

/* A file that is not there is made: slot 0 runs, nothing is staged. */
enum pst_code pst_file_boot_open(const char *path, struct pst_file_boot *out,
                                 struct pst_report *why) PST_MUST_CHECK;
struct pst_boot_port pst_file_boot_port(struct pst_file_boot *boot);

#endif
