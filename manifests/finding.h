/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finding.h - one verdict, many findings.
 *
 * A function that can refuse takes a `struct pst_report *why` last. Its return code decides; the
 * report explains: every finding with where, what was expected and what was found. All checks that
 * can still run do run, so a report names all causes, not the first.
 *
 *     if (size > max)
 *         return pst_refuse(why, PST_TOO_LARGE, pst_say("at most %zu bytes", max),
 *                           pst_say("%zu bytes", size));
 *
 *     for (size_t i = 0; i < count; i++) {
 *         PST_WITHIN(why, "components/%zu", i);     // findings below stand under this step
 *         ...
 *     }
 *
 * Memory   fixed size, never allocates: running out of memory can be reported too. Start from {0}.
 * Threads  values only.
 * Errors   control characters, bidirectional overrides and broken UTF-8 in values are replaced by
 *          '?', so nothing from the wire can forge a log line or a terminal's screen.
 * Source   the catalogue of reasons is codes.h; words for people are in words.h.
 */
#ifndef PST_MANIFESTS_FINDING_H
#define PST_MANIFESTS_FINDING_H

#include "manifests/bytes.h"
#include "manifests/codes.h"

enum pst_kind { PST_KIND_NONE, PST_KIND_REFUSAL, PST_KIND_DEFERRAL, PST_KIND_FAULT };
enum pst_audience { PST_AUDIENCE_MERCHANT, PST_AUDIENCE_OPERATOR, PST_AUDIENCE_VENDOR };
enum pst_severity {
    PST_SEVERITY_INFO,
    PST_SEVERITY_WARNING,
    PST_SEVERITY_ERROR,
    PST_SEVERITY_CRITICAL
};

enum { PST_WHERE_BYTES = 128, PST_VALUE_BYTES = 160, PST_REPORT_MOST = 32 };

struct pst_finding {
    enum pst_code code;
    bool unverified; /* learnt from content that did not verify: may speak against, never for */
    bool noted;      /* worth telling, but it did not stop anything (one mirror of two, say) */
    char where[PST_WHERE_BYTES];
    char expected[PST_VALUE_BYTES];
    char found[PST_VALUE_BYTES];
};

struct pst_report {
    size_t count;                /* findings kept */
    size_t omitted;              /* findings that had no room; never one heavier than those kept */
    bool unverified;             /* while set, new findings are marked unverified */
    char place[PST_WHERE_BYTES]; /* where the code is now; see PST_WITHIN */
    struct pst_finding finding[PST_REPORT_MOST];
};

/* One value of a finding; made by pst_say() and passed straight on. */
struct pst_value {
    char at[PST_VALUE_BYTES];
};
struct pst_value pst_say(const char *format, ...) PST_PRINTF(1, 2);

/*
 * Adds a finding at the present place and returns `code`, so that it can end a function. The same
 * finding (code, place and values) is kept once. `why` may be NULL: then only the code is returned.
 * Both take values as pst_say() makes them; the macros only spare copying these.
 */
#define pst_refuse(why, code, expected, found)                                                     \
    pst_refuse_values((why), (code), (struct pst_value[1]){expected}, (struct pst_value[1]){found})
/* The same, but marked as noted: it is told and stops nothing. */
#define pst_note(why, code, expected, found)                                                       \
    pst_note_values((why), (code), (struct pst_value[1]){expected}, (struct pst_value[1]){found})
enum pst_code pst_refuse_values(struct pst_report *why, enum pst_code code,
                                const struct pst_value *expected, const struct pst_value *found);
void pst_note_values(struct pst_report *why, enum pst_code code, const struct pst_value *expected,
                     const struct pst_value *found);
/* PST_NO_MEMORY, with what it was for. */
enum pst_code pst_no_memory(struct pst_report *why, const char *what);
/* What a buffer could not take: PST_NO_MEMORY or PST_TOO_LARGE. */
enum pst_code pst_refuse_growth(struct pst_report *why, const struct pst_buf *buf);
/* The finding for a failed system call: errno -> host.* code, `what` and the system's own words. */
enum pst_code pst_refuse_errno(struct pst_report *why, int error, const char *what);

/* Adds all findings of `from`, each under the present place of `into`; `noted` marks them so. */
void pst_report_append(struct pst_report *into, const struct pst_report *from, bool noted);

bool pst_report_has(const struct pst_report *why, enum pst_code code); /* noted ones too */
/* The first finding that is not merely noted decides: its code, or PST_OK when there is none. */
enum pst_code pst_report_verdict(const struct pst_report *why);
/* A refusal outranks a fault, a fault a deferral: what the whole report amounts to. */
enum pst_kind pst_report_kind(const struct pst_report *why);

/* Until the end of this block, findings stand under one more step of the path. */
#define PST_WITHIN(why, ...)                                                                       \
    PST_CLEANUP(pst_place)                                                                         \
    __attribute__((unused)) struct pst_place PST_PLACE_NAME(__LINE__) =                            \
        pst_place_enter((why), __VA_ARGS__)
#define PST_PLACE_NAME(line)  PST_PLACE_NAME_(line)
#define PST_PLACE_NAME_(line) pst_place_##line

struct pst_place {
    struct pst_report *why;
    size_t len; /* of the place to go back to */
};
struct pst_place pst_place_enter(struct pst_report *why, const char *format, ...) PST_PRINTF(2, 3);
void pst_place_cleanup(struct pst_place *place);

/* Static storage. An unknown number gives "unknown"; an unknown name gives PST_OK and false. */
const char *pst_code_name(enum pst_code code);
bool pst_code_parse(struct pst_text name, enum pst_code *out);
enum pst_kind pst_code_kind(enum pst_code code);
enum pst_audience pst_code_audience(enum pst_code code);
enum pst_severity pst_code_severity(enum pst_code code);
const char *pst_kind_name(enum pst_kind kind);             /* "none", "refusal", ... */
const char *pst_audience_name(enum pst_audience audience); /* "merchant", "operator", "vendor" */
const char *pst_severity_name(enum pst_severity severity); /* "info" ... "critical" */

/* The catalogue in order, for tests, documents and the words: index 0 .. pst_code_count() - 1. */
size_t pst_code_count(void);
enum pst_code pst_code_at(size_t index);

#endif
