/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal.h - the terminal port: facts from small files, health checks as programs.
 *
 * A fact's file holds a number (battery: percent) or yes/no/1/0 (the others), as a vendor's
 * daemon, a sysfs attribute or a script writes it. A file that is not configured leaves the fact
 * unknown; one that is configured and cannot be read, or says something else, is noted as
 * terminal.fact-unknown.
 *
 * Memory   texts are borrowed; the struct must stay where it is while the port is in use.
 */
#ifndef PST_AGENT_POSIX_TERMINAL_H
#define PST_AGENT_POSIX_TERMINAL_H

#include "agent/ports.h"

struct pst_posix_terminal {
    const char *battery_file, *mains_file, *busy_file, *tampered_file, *metered_file,
        *window_file;          /* "": none */
    const char *free_path;     /* a path on the file system whose room counts; "": unknown */
    const char *health_folder; /* programs named like the release's checks; "": none */
};

struct pst_terminal_port pst_posix_terminal_port(struct pst_posix_terminal *terminal);

#endif
