/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/decide_scene.h"

#include <stdlib.h>

#include "tests/support/check.h"
#include "tests/support/schema.h"

#define EXAMPLE(kind) "manifests/examples/" kind "/valid/full.json"

static struct pst_json *read_json(const char *path)
{
    PST_CLEANUP(pst_buf) struct pst_buf content = pst_test_file(path);
    struct pst_json *json = NULL;
    assert_int_equal(pst_json_parse(pst_buf_bytes(&content), &pst_json_small, &json, NULL), PST_OK);
    return json;
}

struct scene *scene(void)
{
    PST_CLEANUP(pst_buf) struct pst_buf release = pst_test_file(EXAMPLE("release"));
    PST_CLEANUP(pst_json) struct pst_json *facts = read_json(EXAMPLE("facts"));
    PST_CLEANUP(pst_json) struct pst_json *assignment = read_json(EXAMPLE("assignment"));
    struct scene *scene = calloc(1, sizeof *scene);

    assert_non_null(scene);
    assert_int_equal(pst_release_parse(pst_buf_bytes(&release), &scene->release, NULL), PST_OK);
    assert_int_equal(pst_facts_parse(facts, &scene->facts, NULL), PST_OK);
    assert_int_equal(pst_assignment_parse(assignment, &scene->assignment, NULL), PST_OK);
    scene->in = (struct pst_decide_in){
        .trust = &scene->trust,
        .release = scene->release,
        .release_verified = true,
        .facts = &scene->facts,
        .assignment = &scene->assignment,
        .now_s = scene->assignment.issued_s,
        .full_on_metered = true,
        .scheme = scene->scheme,
    };
    return scene;
}

void scene_cleanup(struct scene **scene)
{
    pst_release_free((*scene)->release);
    free(*scene);
}

void scene_nothing(struct scene *scene)
{
    (void)scene;
}

void scene_trust(struct scene *scene, enum pst_code code)
{
    PST_WITHIN(&scene->trust, "trust");
    (void)pst_refuse(&scene->trust, code, pst_say("trust"), pst_say("a reason against it"));
}

void scene_os(struct scene *scene, const char *first, const char *second)
{
    scene->release->os_count = 2;
    assert_int_equal(pst_version_range_parse(pst_text(first), &scene->release->os[0], NULL), 0);
    assert_int_equal(pst_version_range_parse(pst_text(second), &scene->release->os[1], NULL), 0);
}

void scene_cut(struct scene *scene)
{
    while (scene->release->component_count > 1)
        free(scene->release->component[--scene->release->component_count].source);
}

void scene_install(struct scene *scene)
{
    scene->facts.os = scene->release->version;
    for (size_t i = 0; i < scene->release->component_count; i++) {
        scene->facts.component[i].active_bytes = scene->release->component[i].size_bytes;
        memcpy(scene->facts.component[i].active_sha256, scene->release->component[i].sha256, 32);
    }
}

struct pst_version scene_version(const char *text)
{
    struct pst_version version;
    assert_int_equal(pst_version_parse(pst_text(text), &version, NULL), PST_OK);
    return version;
}

const char *scene_explain(const struct pst_report *why)
{
    static char text[2048];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < why->count && len < sizeof text; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "\n  %s%s at %s: %s / %s",
                                why->finding[i].noted ? "(noted) " : "",
                                pst_code_name(why->finding[i].code), why->finding[i].where,
                                why->finding[i].expected, why->finding[i].found);
    return text;
}
