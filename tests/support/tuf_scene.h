/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tuf_scene.h - a TUF client and the server that it asks, in memory: what a conformance suite sees.
 *
 *     PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519"); // init was run
 *     tuf_publish(scene, "targets snapshot timestamp");                      // the next of each
 *     tuf_refresh(scene, &why)                                              // a process of its own
 *     tuf_check(scene, "what it proves", "2.root timestamp 2.snapshot 2.targets",
 *               "root=1 snapshot=2 targets=2 timestamp=2");
 *
 * The client is agent/trust/tuf_client.h over fake ports, which is what the verbs `init`, `refresh`
 * and `download` run. Snapshot and timestamp list versions alone, unless a test says otherwise.
 *
 * tuf_check() holds every request to the server's base URL, byte for byte, to GET and to the order
 * given; and every file that was kept to the exact bytes of one that was published.
 *
 * Units    the clock says PST_REPO_NOW unless `now_s` is set.
 * Memory   tuf_scene_free().
 * Errors   a scene that cannot be set up ends the test.
 */
#ifndef PST_TESTS_TUF_SCENE_H
#define PST_TESTS_TUF_SCENE_H

#include "agent/trust/tuf_client.h"
#include "tests/support/fake_ports.h"
#include "tests/support/repo_builder.h"

#define TUF_METADATA "http://127.0.0.1:8001/a%20case%5B%3F%2F%23%5D/metadata/"
#define TUF_TARGETS  "http://127.0.0.1:8001/a%20case%5B%3F%2F%23%5D/targets/"

enum { TUF_PUBLISHED_MOST = 640 };

struct tuf_scene {
    struct pst_repo *repo;
    struct pst_fake_net net;
    struct pst_fake_documents kept; /* the folder of trusted metadata */
    struct pst_fake_documents got;  /* downloads, by target path */
    struct pst_sources sources;
    struct pst_transport_port server, transport;
    struct pst_state_port metadata;
    int64_t now_s;
    struct pst_buf first; /* what init was given last */
    /* What the server does before it answers; NULL: nothing. */
    void (*before)(struct tuf_scene *scene, const char *url);
    int64_t number; /* the test's own */
    struct pst_repo_key key[16];
    size_t key_count;
    size_t published_count;
    uint8_t published[TUF_PUBLISHED_MOST][PST_SHA256_BYTES];
};

/* Version 1 of all roles is published, and its root is the trusted one. */
struct tuf_scene *tuf_scene(const char *scheme);
void tuf_scene_free(struct tuf_scene *scene);
static inline void tuf_scene_cleanup(struct tuf_scene **scene)
{
    tuf_scene_free(*scene);
}

/* One more key of that scheme; the scene's. */
const struct pst_repo_key *tuf_key(struct tuf_scene *scene, const char *scheme);
/* The same with its key object changed, and so with another keyid. */
const struct pst_repo_key *tuf_key_with(struct tuf_scene *scene, const struct pst_repo_key *key,
                                        const char *find, const char *put);
/* These keys alone may sign a top-level role, and do so. */
void tuf_let(struct tuf_scene *scene, enum pst_role_kind kind, int64_t threshold,
             const struct pst_repo_key *const *key, size_t count);
/* NULL when there is none. */
struct pst_repo_role *tuf_role(struct tuf_scene *scene, const char *name);
/* Raises the version of each role named, in this order, signs it, tells the draft of the role that
 * lists it, and serves it. */
void tuf_publish(struct tuf_scene *scene, const char *roles);
/* Serves the bytes of a role, as they stand, as version `version`. */
void tuf_serve(struct tuf_scene *scene, const struct pst_repo_role *role, int64_t version);
/* Lists a target in a role (signed with the next tuf_publish()) and serves it, by its sha256. */
void tuf_add_target(struct tuf_scene *scene, struct pst_repo_role *role, const char *path,
                    const char *content);
void tuf_serve_target(struct tuf_scene *scene, const char *name, const char *content);
/* The terminal starts again with this root alone. */
enum pst_code tuf_init(struct tuf_scene *scene, struct pst_bytes root, struct pst_report *why)
    PST_MUST_CHECK;

/* One process each: the requests are counted anew. `paths` stand apart by blanks; what was
 * downloaded is in `got`. `why` starts empty. */
enum pst_code tuf_refresh(struct tuf_scene *scene, struct pst_report *why) PST_MUST_CHECK;
enum pst_code tuf_download(struct tuf_scene *scene, const char *paths, struct pst_report *why)
    PST_MUST_CHECK;
/* A refresh that the test stands on. */
void tuf_settle(struct tuf_scene *scene);

/* Requests as in "2.root timestamp 1.snapshot 1.%2Fx targets/HASH.name"; kept files as in
 * "root=1 timestamp=2", by name. NULL: not looked at. */
void tuf_check(const struct tuf_scene *scene, const char *name, const char *asked,
               const char *kept);
/* Downloads as in "path=content", by path. */
void tuf_check_got(const struct tuf_scene *scene, const char *name, const char *got);
/* The verdict is `code`, with a finding of it at a place that holds `where`. */
void tuf_check_why(const char *name, const struct pst_report *why, enum pst_code code,
                   const char *where);

/* One row of a table: what happens up to the last refresh or download, and how that ends. */
struct tuf_case {
    const char *name;
    void (*act)(struct tuf_scene *scene);
    const char *find; /* the paths to download; NULL: refresh */
    enum pst_code code;
    const char *where;
    const char *asked, *kept, *got;
};
void tuf_run_cases(const struct tuf_case *cases, size_t count, const char *scheme);

#endif
