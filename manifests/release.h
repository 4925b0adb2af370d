/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release.h - the release manifest, "postern.release/1": everything that a decision depends on.
 *
 * The file is P/<version>/manifest.json in the repository; role P's signature covers it by its
 * hash. Schema and examples: manifests/schema/release.schema.json, manifests/examples/release/.
 *
 * The format is closed: a member that it does not have is refused (PST_UNKNOWN_FIELD), and every
 * fault is reported in one run. Of another format, or a newer number of this one, nothing is
 * judged: PST_METADATA_FORMAT_UNKNOWN, alone, names it and the agent that its `fits.agent` asks
 * for.
 *
 * Units    sizes in bytes, instants in seconds UTC, percentages 0..100.
 * Memory   pst_release_free(); texts are borrowed from the document it owns.
 * Threads  a release is immutable once parsed.
 * Errors   those of json.h and fields.h; PST_INCONSISTENT from pst_release_check();
 *          PST_METADATA_FORMAT_UNKNOWN.
 * Source   RFC 9124's elements; DESIGN: "The release manifest".
 */
#ifndef PST_MANIFESTS_RELEASE_H
#define PST_MANIFESTS_RELEASE_H

#include "manifests/json.h"
#include "manifests/version.h"

#define PST_RELEASE_FORMAT "postern.release/1"

enum {
    PST_RELEASE_HARDWARE_MOST = 32,
    PST_RELEASE_REGIONS_MOST = 32,
    PST_RELEASE_RANGES_MOST = 16,
    PST_RELEASE_COMPONENTS_MOST = 8,
    PST_RELEASE_SOURCES_MOST = 32,
    PST_RELEASE_CHECKS_MOST = 8,
    PST_RELEASE_NOTE_MOST = 4096, /* bytes of a note, which is one paragraph without line feeds */
    PST_RELEASE_MODEL_MOST = 64,  /* bytes of a hardware model's name */
    PST_RELEASE_BLOCK_BYTES = 65536,
    PST_RELEASE_SECONDS_MOST = 86400, /* expected duration, and time to confirm in */
    PST_RELEASE_BYTES_MOST = 1 << 20
};
#define PST_IMAGE_BYTES_MOST    (INT64_C(1) << 40)
#define PST_RELEASE_MEMORY_MOST (INT64_C(1) << 32) /* of a decoder */

struct pst_hardware_fit {
    struct pst_text model;
    struct pst_version_range revisions; /* count 0: any revision */
};

enum pst_source_format {
    PST_SOURCE_RAW,  /* "raw": the image itself */
    PST_SOURCE_ZSTD, /* "zstd": zstd frames; any zstd tool reads it */
    PST_SOURCE_XZ,   /* "xz": xz streams; any xz tool reads it */
    PST_SOURCE_DELTA /* "postern.delta/1" */
};
const char *pst_source_format_name(enum pst_source_format format); /* "unknown" for no format */
bool pst_source_format_is_delta(enum pst_source_format format);

struct pst_blocks {
    struct pst_text path; /* of the list: 32 bytes SHA-256 a block, one after the other */
    int64_t size_bytes;   /* of a block: 65536; the last block may be shorter */
    uint8_t sha256[32];   /* of the list */
};

struct pst_source {
    struct pst_text path; /* target path in the repository, beneath "<product>/" */
    enum pst_source_format format;
    int64_t length_bytes; /* raw: that of the image */
    uint8_t sha256[32];   /* raw: that of the image */
    int64_t memory_bytes; /* the decoder needs this much, exactly */
    struct pst_blocks blocks;
    /* Deltas, and only they, have a base; it is never the image itself. */
    bool has_base;
    struct pst_version base_version;
    int64_t base_size_bytes;
    uint8_t base_sha256[32];
};

struct pst_component {
    struct pst_text name;       /* "os", "secure-processor", "app" */
    struct pst_text slot_class; /* which pair of slots takes it; no two components have the same */
    int64_t size_bytes;         /* of the image */
    uint8_t sha256[32];
    size_t source_count; /* >= 1 */
    struct pst_source *source;
};

struct pst_needs {
    int64_t free_bytes;
    int64_t battery_percent; /* 0: any */
    bool mains, idle;
    bool metered_allowed;
    struct pst_text backup_hook; /* empty: none */
    int64_t expected_s;          /* 0: not said */
};

struct pst_release {
    struct pst_json *json;
    struct pst_text product;
    struct pst_version version;
    int64_t sequence; /* of the manifest; only grows for one version */
    int64_t published_s;
    struct pst_text notes_en, notes_zh_cn; /* may be empty */
    struct pst_text severity;              /* "low", "normal", "high", "critical" */

    size_t hardware_count; /* fits.hardware: >= 1, each model once */
    struct pst_hardware_fit hardware[PST_RELEASE_HARDWARE_MOST];
    size_t os_count; /* fits.os: >= 1 ranges; any of them will do; no two overlap */
    struct pst_version_range os[PST_RELEASE_RANGES_MOST];
    struct pst_version agent_least;       /* not set: any */
    struct pst_version_range bootloader;  /* count 0: any */
    struct pst_version_range data_schema; /* count 0: any */
    size_t region_count;                  /* 0: any */
    struct pst_text region[PST_RELEASE_REGIONS_MOST];

    /* Once this release is confirmed, the terminal never goes below it again. Not set: none; never
     * above `version`. */
    struct pst_version security_floor;
    /* Versions above this one from which going down to it is permitted; `os` need not hold them. */
    size_t downgrade_count;
    struct pst_version_range downgrade_from[PST_RELEASE_RANGES_MOST];
    /* Versions below this one, from which it must not be skipped on the way to a later release. It
     * is the planner's to obey: pst_decide() sees one release and cannot tell. */
    size_t bridge_count;
    struct pst_version_range bridge_for[PST_RELEASE_RANGES_MOST];

    size_t component_count; /* >= 1, names unique */
    struct pst_component component[PST_RELEASE_COMPONENTS_MOST];
    struct pst_needs needs;

    int64_t boot_tries; /* 1..10 */
    int64_t confirm_within_s;
    size_t check_count;
    struct pst_text
        check[PST_RELEASE_CHECKS_MOST]; /* names of health checks that the terminal knows */
};

enum pst_code pst_release_parse(struct pst_bytes in, struct pst_release **out,
                                struct pst_report *why) PST_MUST_CHECK;
void pst_release_free(struct pst_release *release);
static inline void pst_release_cleanup(struct pst_release **release)
{
    pst_release_free(*release);
}
/*
 * Whether the parts fit each other: ranges of one list that overlap, a floor above the version,
 * ranges of downgrade_from or bridge_for on the wrong side of it, a name, model or slot class
 * twice, a raw source that is not the image, a delta from the image to itself, paths not beneath
 * the product, one path with two contents. All are told. Parsing does this too.
 */
enum pst_code pst_release_check(const struct pst_release *release, struct pst_report *why)
    PST_MUST_CHECK;
/*
 * Adds the manifest as canonical JSON; `json` of the struct does not matter. parse(print(x)) is x:
 * what pst_release_parse() would refuse is refused here, with its findings, and nothing is added.
 */
enum pst_code pst_release_print(const struct pst_release *release, struct pst_buf *out,
                                struct pst_report *why) PST_MUST_CHECK;

/* The bytes of a source's list of blocks: 32 for each. */
int64_t pst_source_list_bytes(const struct pst_source *source);

/*
 * "P/<version>/manifest.json"; cut and terminated. The '+' of build metadata, which no path may
 * hold, becomes '_', which no version holds: so two versions never share a path.
 */
const char *pst_release_path(struct pst_text product, const struct pst_version *version, char *out,
                             size_t room);

#endif
