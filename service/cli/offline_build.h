/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offline_build.h - what `postern release build` has in its hands, from the specification to the
 * tree on disk.
 *
 *     offline_spec.c     specification and command line, all faults at once, before any work
 *     offline_sources.c  a component: packed, made into deltas, each decoded again and compared
 *     offline_role.c     the product's role file with this release in it, not signed yet
 *     offline_tree.c     beside the tree first, then into it
 *     offline_build.c    the order of these, and the table at the end
 *
 * A specification ("postern.release-spec/1") is a release manifest without what the images say:
 * `components` are only {"name", "slot_class"}; `sequence` is 1 and `published` now where they are
 * left out. The manifest's own parser judges it, once with stand-ins for the images and once as it
 * will be signed.
 *
 * Memory   one image, one base and one source at a time, each up to PST_OFFLINE_FILE_MOST.
 * Errors   usage.*, document.*, release.immutable, release.delta-unproven, host.*
 */
#ifndef PST_SERVICE_CLI_OFFLINE_BUILD_H
#define PST_SERVICE_CLI_OFFLINE_BUILD_H

#include "manifests/content.h"
#include "manifests/encoder.h"
#include "service/cli/cli.h"
#include "service/cli/offline.h"

#define PST_RELEASE_SPEC_FORMAT "postern.release-spec/1"

enum { PST_BUILD_PATH_ROOM = 320, PST_BUILD_NAME_ROOM = 65, PST_BUILD_DAYS = 365 };
/* A delta must save this much of the full source, or it is not worth its place on every mirror. */
enum { PST_BUILD_DELTA_PERCENT_MOST = 85 };

struct pst_build_source {
    /* Target path; the list of blocks is at the same path and ".blocks". */
    char path[PST_BUILD_PATH_ROOM];
    struct pst_made_source made;
    int64_t bytes;
    uint8_t sha256[32], list_sha256[32];
    bool has_base;
    struct pst_version base_version;
    int64_t base_bytes;
    uint8_t base_sha256[32];
};

/* Why a delta that was asked for is not in the release. */
enum pst_left_out { PST_LEFT_IN, PST_LEFT_OUT_SAME, PST_LEFT_OUT_LARGE };

struct pst_build_base {
    const char *file;
    struct pst_version version;
    enum pst_left_out left_out;
    int64_t delta_bytes; /* also of one that is too large */
};

struct pst_build_component {
    char name[PST_BUILD_NAME_ROOM];
    const char *file;
    int64_t image_bytes;
    uint8_t sha256[32];
    struct pst_content content;
    size_t base_count, source_count;
    struct pst_build_base base[PST_CLI_PAIRS_MOST];
    struct pst_build_source source[PST_CLI_PAIRS_MOST + 1]; /* the full one is the first */
};

struct pst_build {
    const struct pst_cli *cli;
    int64_t now_s, days;
    struct pst_json *spec;
    char product[PST_BUILD_NAME_ROOM];
    struct pst_version version;
    char version_name[PST_BUILD_NAME_ROOM]; /* as it stands in paths */
    size_t component_count;
    struct pst_build_component component[PST_RELEASE_COMPONENTS_MOST];
    struct pst_buf manifest; /* canonical, as it is written */
    uint8_t manifest_sha256[32];
    struct pst_release *release;
    struct pst_report notes; /* advice: nothing in it stops the build */
    int64_t role_version, role_expires_s;
    /* Where the files are until all are there; "" when there is none. */
    char folder[PST_OFFLINE_PATH_ROOM];
};
void pst_build_free(struct pst_build *build);
static inline void pst_build_cleanup(struct pst_build **build)
{
    pst_build_free(*build);
}

/* What the command line says by itself: PST_USAGE for each thing that makes no sense. */
enum pst_code pst_build_check_arguments(const struct pst_cli *cli, int64_t *days,
                                        struct pst_report *why) PST_MUST_CHECK;
/* Reads the specification, and holds it against the command line and the files that this one
 * names. */
enum pst_code pst_build_read(struct pst_build *build, struct pst_report *why) PST_MUST_CHECK;
/* The manifest of the sources that `build` holds now; `out` is its canonical form. */
enum pst_code pst_build_manifest(const struct pst_build *build, struct pst_buf *out,
                                 struct pst_release **release, struct pst_report *why)
    PST_MUST_CHECK;

/* The source's own place in the repository: "P/VERSION/COMPONENT.full.xz", ".from-BASE.delta",
 * ... */
void pst_build_path(const struct pst_build *build, const struct pst_build_component *component,
                    struct pst_build_source *source);

/* Digests of all images, before anything is made of them. */
enum pst_code pst_build_digests(struct pst_build *build, struct pst_report *why) PST_MUST_CHECK;
/* Makes all sources of a component into build->folder; what its content does to deltas is noted. */
enum pst_code pst_build_sources(struct pst_build *build, struct pst_build_component *component,
                                struct pst_report *why) PST_MUST_CHECK;
/* A file of this release: its name is the last step of its target path. */
enum pst_code pst_build_put(const struct pst_build *build, const char *target_path,
                            struct pst_bytes content, struct pst_report *why) PST_MUST_CHECK;

/*
 * The draft: the targets of --role, or of the role file that the tree holds already, those of this
 * version replaced. A signed one is followed by the next version; a draft stays the same draft.
 */
enum pst_code pst_build_check_role(const struct pst_build *build, struct pst_report *why)
    PST_MUST_CHECK; /* whether the old one can be read and kept */
enum pst_code pst_build_role(struct pst_build *build, struct pst_buf *out, struct pst_report *why)
    PST_MUST_CHECK;

/* The folder beside the one to be; build->folder. */
enum pst_code pst_tree_begin(struct pst_build *build, struct pst_report *why) PST_MUST_CHECK;
/* PST_RELEASE_EXISTS when the tree has this version with other images. */
enum pst_code pst_tree_check(const struct pst_build *build, struct pst_report *why) PST_MUST_CHECK;
/* Everything is in build->folder: into the tree with it, and the draft last. */
enum pst_code pst_tree_finish(struct pst_build *build, struct pst_bytes role,
                              struct pst_report *why) PST_MUST_CHECK;
/* Removes what a build that failed has left. */
void pst_tree_drop(struct pst_build *build);

#endif
