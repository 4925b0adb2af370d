/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ports.h - everything that the agent needs from the world, as structs of functions.
 *
 * cycle/, trust/, session/ and fetch/ act through these alone; posix/, http/, slot/ and state/
 * implement them for real, tests/ with time and faults injected. One thread; a port's function
 * returns when it is done.
 */
#ifndef PST_AGENT_PORTS_H
#define PST_AGENT_PORTS_H

#include "manifests/facts.h"

struct pst_clock_port {
    void *context;
    int64_t (*wall_s)(void *context); /* what the terminal believes; may be wrong by decades */
    int64_t (*monotonic_ms)(void *context); /* never goes back */
    void (*sleep_ms)(void *context, int64_t ms);
};

/* One request. Nothing is followed, nothing is remembered between requests. */
struct pst_fetch_request {
    const char *method; /* "GET", "POST", "PUT" */
    const char *url;
    struct pst_bytes body;
    int body_fd;                                         /* -1, or a file that is the body */
    const char *content_type, *bearer, *accept_language; /* NULL: none */
    int64_t from;                           /* Range: bytes=from-to; from < 0: no range */
    int64_t to;                             /* inclusive; < 0: to the end */
    int64_t most_bytes;                     /* of the answer's body; one more is refused */
    int64_t connect_ms, stall_ms, whole_ms; /* time-outs; stall: (almost) no byte for so long */
};
struct pst_fetch_answer {
    int status;                               /* 0: none came */
    int64_t body_bytes;                       /* delivered to the sink */
    int64_t retry_after_s;                    /* -1: not said */
    bool has_range;                           /* Content-Range was there */
    int64_t range_from, range_to, range_size; /* size -1: not said */
    char content_type[64];
    char etag[128];
};
/* Called with each piece of the body; answering false ends the transfer (PST_NET_TRUNCATED). Only
 * bodies of 2xx answers to GET, and of every answer to POST and PUT, are delivered. */
struct pst_sink {
    void *context;
    bool (*take)(void *context, struct pst_bytes piece);
};
struct pst_transport_port {
    void *context;
    /* PST_OK for any HTTP status but a redirect; *answer is filled as far as it came, also on
     * failure. Else network.* (unreachable, tls, stalled, redirect, truncated, forbidden-url). */
    enum pst_code (*fetch)(void *context, const struct pst_fetch_request *request,
                           const struct pst_sink *sink, struct pst_fetch_answer *answer,
                           struct pst_report *why);
};

/* The pair of slots of one component. Slots are 0 and 1; the active one is never written. */
struct pst_slot_port {
    void *context;
    const char *component, *slot_class;
    int64_t (*slot_bytes)(void *context, int slot);
    /* Offsets from the slot's beginning. PST_SLOT_IO with device and offset, PST_SLOT_ACTIVE. */
    enum pst_code (*read)(void *context, int slot, uint64_t at, void *into, size_t len,
                          struct pst_report *why);
    enum pst_code (*write)(void *context, int slot, uint64_t at, struct pst_bytes bytes,
                           struct pst_report *why);
    enum pst_code (*sync)(void *context, int slot, struct pst_report *why);
    /* Forgets cached pages, so that reading back asks the device. */
    void (*drop_cache)(void *context, int slot);
};

/* What the boot loader will do. One marker for all components: they move together. */
struct pst_boot_state {
    int active;     /* slot that runs now */
    bool trial;     /* `active` is on trial: not confirmed yet */
    int tries_left; /* trial boots that are still to come */
    int next; /* slot that will be tried at the next boot; equals `active` when nothing is staged */
};
struct pst_boot_port {
    void *context;
    enum pst_code (*read)(void *context, struct pst_boot_state *out, struct pst_report *why);
    /* The one act that commits a staged flash. Durable when it returns. PST_BOOT_MARKER during a
     * trial: the other slot is then the only good one. */
    enum pst_code (*set_next)(void *context, int slot, int tries, struct pst_report *why);
    enum pst_code (*confirm)(void *context, struct pst_report *why); /* the active slot is good */
    enum pst_code (*revert)(void *context,
                            struct pst_report *why); /* back to the other slot at the next boot */
    /* File boot control only: what a boot loader would do at a restart. NULL elsewhere. */
    enum pst_code (*simulate_restart)(void *context, struct pst_report *why);
};

/* Small documents that outlive a power cut: names are safe names, content is replaced whole. */
struct pst_state_port {
    void *context;
    enum pst_code (*read)(void *context, const char *name, struct pst_buf *out,
                          struct pst_report *why); /* PST_HOST_NOT_FOUND */
    enum pst_code (*replace)(void *context, const char *name, struct pst_bytes content,
                             struct pst_report *why);
    enum pst_code (*remove)(void *context, const char *name,
                            struct pst_report *why); /* fine when not there */
};

/* The terminal as it is now: battery, mains, transaction, tamper, link, window. */
struct pst_terminal_port {
    void *context;
    void (*read_facts)(void *context, struct pst_facts *into,
                       struct pst_report *why); /* unknown stays unknown */
    enum pst_code (*run_check)(void *context, const char *name, int64_t limit_ms,
                               struct pst_report *why);
};

struct pst_ports {
    struct pst_clock_port clock;
    struct pst_transport_port transport;
    size_t slot_count;
    struct pst_slot_port slot[PST_FACTS_COMPONENTS_MOST];
    struct pst_boot_port boot;
    struct pst_state_port state,
        metadata; /* two folders: the agent's own, and the trusted TUF files */
    struct pst_terminal_port terminal;
};

#endif
