/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_ports.h - the agent's ports in memory, with time, faults and power cuts to order.
 *
 *     clock      says what the test says
 *     net        serves files by URL, with Range; faults are rules: the n-th request for a URL like
 *                this goes wrong like that; a log of all that was asked
 *     slots      two buffers; EIO at an offset, a block that gives back other bytes; what was not
 *                synced is lost with the power
 *     boot       what agent/slot/file_boot.c does, without the file
 *     documents  the state port: name -> bytes
 *     power      one count of all that changes something that lasts: at zero it fails, and so
 *                does all that follows, until pst_fake_power_on()
 *
 * Memory   each has a _clear(); the structs must stay where they are while their port is in use.
 */
#ifndef PST_TESTS_FAKE_PORTS_H
#define PST_TESTS_FAKE_PORTS_H

#include "agent/ports.h"

/* ---- power ----------------------------------------------------------------------------------- */

struct pst_fake_power {
    int64_t left; /* changes that still succeed; < 0: all */
    bool out;
    int64_t changes; /* that succeeded since the beginning */
};
/* All succeeds again; the count starts anew with `left`. */
void pst_fake_power_on(struct pst_fake_power *power, int64_t left);

/* ---- clock ----------------------------------------------------------------------------------- */

struct pst_fake_clock {
    int64_t wall_s, monotonic_ms;
};
struct pst_clock_port pst_fake_clock_port(struct pst_fake_clock *clock);

/* ---- network --------------------------------------------------------------------------------- */

enum {
    PST_FAKE_FILES = 256,
    PST_FAKE_RULES = 16,
    PST_FAKE_CALLS = 512,
    PST_FAKE_URL_ROOM = 1000,
    PST_FAKE_PIECE_BYTES = 10007 /* no divisor of a block */
};

struct pst_fake_file {
    char url[PST_FAKE_URL_ROOM];
    struct pst_buf content;
};

enum pst_fake_fault {
    PST_FAKE_STATUS,      /* `number` is the status */
    PST_FAKE_UNREACHABLE, /* no answer at all */
    PST_FAKE_STALL,       /* no more after `number` bytes of the file */
    PST_FAKE_TRUNCATE,    /* the connection ends after `number` bytes of the file */
    PST_FAKE_FLIP,        /* byte `number` of the file is another */
    PST_FAKE_WRONG_RANGE, /* 206, but `number` bytes further on than was asked for */
    PST_FAKE_WHOLE,       /* 200 and everything, whatever range was asked for */
    PST_FAKE_REDIRECT,
    PST_FAKE_HTML,   /* 200 and somebody's login page */
    PST_FAKE_ENDLESS /* 200 and bytes without end */
};

struct pst_fake_rule {
    const char *like; /* part of the URL */
    enum pst_fake_fault fault;
    int64_t number;
    int times; /* so many requests; < 0: all */
};

struct pst_fake_call {
    char method[8];
    char url[PST_FAKE_URL_ROOM];
    int64_t from, to;
    int64_t body_bytes; /* delivered */
};

struct pst_fake_net {
    size_t file_count, rule_count, call_count;
    struct pst_fake_file file[PST_FAKE_FILES];
    struct pst_fake_rule rule[PST_FAKE_RULES];
    struct pst_fake_call call[PST_FAKE_CALLS];
    /* Makes a file that is not there when it is asked for; NULL, or it answers false: 404. */
    void *maker_context;
    bool (*maker)(void *context, const char *url, struct pst_buf *out);
    /* What answers POST; NULL: 404. Writes the body and says the status. */
    void *service_context;
    int (*service)(void *context, const struct pst_fetch_request *request, struct pst_buf *body,
                   char content_type[64]);
};
void pst_fake_net_clear(struct pst_fake_net *net);
/* Serves these bytes, copied, from now on. */
void pst_fake_serve(struct pst_fake_net *net, const char *url, struct pst_bytes content);
void pst_fake_remove(struct pst_fake_net *net, const char *url);
void pst_fake_fail(struct pst_fake_net *net, const char *like, enum pst_fake_fault fault,
                   int64_t number, int times);
void pst_fake_mend(struct pst_fake_net *net); /* no faults any more */
/* How many requests had this in their URL. */
size_t pst_fake_asked(const struct pst_fake_net *net, const char *like);
struct pst_transport_port pst_fake_net_port(struct pst_fake_net *net);

/* ---- slots ----------------------------------------------------------------------------------- */

struct pst_fake_slots {
    const char *component, *slot_class;
    int active;
    int64_t bytes;
    uint8_t *at[2], *synced[2];
    struct pst_fake_power *power; /* may be NULL */
    int64_t io_error_at; /* reads and writes that touch this byte of the inactive slot fail */
    int64_t bad_at; /* this byte gives back another value, once no cache gives what was written */
    bool cached;    /* the inactive slot was written since its cache was dropped */
    int64_t writes;
    int64_t active_writes; /* tried: must stay 0 */
};
void pst_fake_slots_init(struct pst_fake_slots *slots, const char *component,
                         const char *slot_class, int64_t bytes, struct pst_fake_power *power);
void pst_fake_slots_clear(struct pst_fake_slots *slots);
/* As the factory leaves it, or a test wants it. */
void pst_fake_slots_fill(struct pst_fake_slots *slots, int slot, struct pst_bytes content);
/* What was not synced when the power went is gone. */
void pst_fake_slots_lose(struct pst_fake_slots *slots);
struct pst_slot_port pst_fake_slots_port(struct pst_fake_slots *slots);

/* ---- boot control ---------------------------------------------------------------------------- */

struct pst_fake_boot {
    struct pst_boot_state state;
    struct pst_fake_power *power; /* may be NULL */
    bool damaged;
};
struct pst_boot_port pst_fake_boot_port(struct pst_fake_boot *boot);

/* ---- documents ------------------------------------------------------------------------------- */

enum { PST_FAKE_DOCUMENTS = 96 };
struct pst_fake_document {
    char name[512];
    struct pst_buf content;
};
struct pst_fake_documents {
    size_t count;
    struct pst_fake_document document[PST_FAKE_DOCUMENTS];
    struct pst_fake_power *power; /* may be NULL */
    enum pst_code refuse;         /* every replacing fails with this; PST_OK: none does */
    int64_t replaced;             /* how often */
};
void pst_fake_documents_clear(struct pst_fake_documents *documents);
/* NULL when there is none. */
const struct pst_buf *pst_fake_document(const struct pst_fake_documents *documents,
                                        const char *name);
void pst_fake_document_put(struct pst_fake_documents *documents, const char *name,
                           struct pst_bytes content);
struct pst_state_port pst_fake_documents_port(struct pst_fake_documents *documents);

/* ---- the terminal ---------------------------------------------------------------------------- */

struct pst_fake_terminal {
    int64_t battery_percent, free_bytes;
    enum pst_tri mains, busy, tampered, metered, window_open;
    const char *sick; /* the health check that fails; NULL: none */
    size_t checks_run;
};
struct pst_terminal_port pst_fake_terminal_port(struct pst_fake_terminal *terminal);

#endif
