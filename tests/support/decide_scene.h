/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide_scene.h - a release, a terminal and an order that fit each other, for a test to spoil.
 *
 * Made of manifests/examples/{release,facts,assignment}/valid/full.json; pst_decide(&scene->in,
 * ...) says INSTALL.
 */
#ifndef PST_TESTS_DECIDE_SCENE_H
#define PST_TESTS_DECIDE_SCENE_H

#include <stdio.h>

#include "manifests/decide.h"

struct scene {
    struct pst_release *release;
    struct pst_facts facts;
    struct pst_assignment assignment;
    struct pst_report trust;
    const char *scheme[1]; /* not asked for until in.scheme_count is set */
    struct pst_decide_in in;
};

struct scene *scene(void);
void scene_cleanup(struct scene **scene);

void scene_nothing(struct scene *scene);
/* Adds a finding of this code under "trust". */
void scene_trust(struct scene *scene, enum pst_code code);
/* Replaces fits.os. */
void scene_os(struct scene *scene, const char *first, const char *second);
/* The release has its first component only. */
void scene_cut(struct scene *scene);
/* The terminal runs the release. */
void scene_install(struct scene *scene);

struct pst_version scene_version(const char *text);
#define scene_text(array, text) ((void)snprintf((array), sizeof(array), "%s", (text)))

/* All findings as text, in static storage. */
const char *scene_explain(const struct pst_report *why);

#endif
