/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishing through the interface: what was uploaded becomes visible together, in repository and
 * listings; and a crash between the two is made good at the next start.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "service/api/publisher.h"
#include "tests/support/check.h"
#include "tests/support/publishing.h"
#include "tests/support/service_fixture.h"

struct scene {
    struct publishing *publishing;
    struct pst_service service;
};

static int start(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->publishing = publishing();
    pst_service_start_on(&scene->service, PST_ENROLMENT_CODE, scene->publishing->repository);
    *state = scene;
    return 0;
}

static int stop(void **state)
{
    struct scene *scene = *state;
    pst_service_stop(&scene->service);
    publishing_free(scene->publishing);
    free(scene);
    return 0;
}

/* POSTs the items that were added. */
static int publish(struct scene *scene, const char *token)
{
    struct publishing *p = scene->publishing;
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(65536);
    struct pst_json_out json = pst_json_out(&body);

    pst_out_open(&json, NULL, '{');
    pst_out_open(&json, "metadata", '[');
    for (size_t i = 0; i < p->item_count; i++) {
        pst_out_open(&json, NULL, '{');
        pst_out_string(&json, "name", p->item[i].name);
        pst_out_hex(&json, "sha256", pst_bytes(p->item[i].sha256, sizeof p->item[i].sha256));
        pst_out_close(&json, '}');
    }
    pst_out_close(&json, ']');
    pst_out_close(&json, '}');
    assert_true(pst_json_out_is_whole(&json) && pst_buf_add(&body, "", 1));
    p->item_count = 0;
    return pst_service_call(&scene->service, PST_POST, "/api/v1/publish", token,
                            (const char *)body.at);
}

static void a_publish_is_visible_in_repository_listing_and_rollout(void **state)
{
    struct scene *scene = *state;
    struct pst_service *service = &scene->service;
    const char *token = service->token[PST_ACCESS_OPERATOR];

    publishing_release(scene->publishing,
                       &(struct made_spec){.version = "1.0.0", .sequence = 1, .image = 'a'});
    publishing_sign(scene->publishing, PUBLISH_TARGETS | PUBLISH_PRODUCT);
    int status = publish(scene, token);
    if (status != 200)
        fail_msg("%d: %.*s", status, PST_ARGS(pst_buf_text(&service->response.body)));
    assert_true(pst_text_is(pst_service_text(service, "releases.0.version"), "1.0.0"));
    assert_true(pst_json_integer(pst_service_member(service, "timestamp")) > 0);

    publishing_release(scene->publishing, &publishing_second);
    publishing_sign(scene->publishing, PUBLISH_PRODUCT);
    assert_int_equal(publish(scene, token), 200);
    publishing_must_walk(scene->publishing, "1.1.0");
    assert_int_equal(
        pst_service_call(service, PST_GET, "/api/v1/releases?product=pos-a", token, NULL), 200);
    assert_int_equal(pst_json_count(pst_service_member(service, "releases")), 2);
    assert_int_equal(pst_service_call(service, PST_GET, "/api/v1/products", token, NULL), 200);
    assert_true(pst_text_is(pst_service_text(service, "products.0.name"), "pos-a"));
    assert_int_equal(pst_json_integer(pst_service_member(service, "products.0.releases")), 2);
    assert_int_equal(pst_service_call(service, PST_POST, "/api/v1/rollouts", token,
                                      "{\"product\":\"pos-a\",\"version\":\"1.1.0\"}"),
                     201);
    assert_true(pst_text_is(pst_service_text(service, "manifest"), "pos-a/1.1.0/manifest.json"));
    assert_int_equal(
        pst_service_call(service, PST_GET, "/repo/metadata/timestamp.json", NULL, NULL), 200);
    assert_string_equal(pst_service_header(service, "Cache-Control"), "no-cache");
}

static void a_publish_that_is_refused_changes_nothing(void **state)
{
    struct scene *scene = *state;
    struct pst_service *service = &scene->service;
    const char *token = service->token[PST_ACCESS_OPERATOR];

    publishing_release(scene->publishing,
                       &(struct made_spec){.version = "1.0.0", .sequence = 1, .image = 'a'});
    publishing_sign(scene->publishing, PUBLISH_TARGETS | PUBLISH_PRODUCT);
    scene->publishing->item[0].sha256[0] ^= 1; /* never uploaded */
    int status = publish(scene, token);
    assert_in_range(status, 400, 499);
    assert_true(pst_json_count(pst_service_member(service, "findings")) > 0);
    assert_int_equal(pst_service_call(service, PST_GET, "/api/v1/releases", token, NULL), 200);
    assert_int_equal(pst_json_count(pst_service_member(service, "releases")), 0);
    assert_int_equal(
        pst_service_call(service, PST_GET, "/repo/metadata/timestamp.json", NULL, NULL), 404);
}

static void what_a_crash_left_out_of_the_store_comes_back_at_start(void **state)
{
    struct scene *scene = *state;
    struct pst_service *service = &scene->service;
    const char *token = service->token[PST_ACCESS_VIEWER];
    struct pst_report why = {0};
    size_t recovered = 0;

    publishing_first(scene->publishing); /* in the repository alone */
    assert_int_equal(pst_service_call(service, PST_GET, "/api/v1/releases", token, NULL), 200);
    assert_int_equal(pst_json_count(pst_service_member(service, "releases")), 0);
    for (size_t round = 0; round < 2; round++) {
        publishing_must(pst_publisher_recover(scene->publishing->repository, service->writer,
                                              service->reader, &recovered, &why),
                        &why);
        assert_int_equal(recovered, round == 0 ? 1 : 0);
        assert_int_equal(pst_service_call(service, PST_GET, "/api/v1/releases", token, NULL), 200);
        assert_int_equal(pst_json_count(pst_service_member(service, "releases")), 1);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(a_publish_is_visible_in_repository_listing_and_rollout),
        CASE(a_publish_that_is_refused_changes_nothing),
        CASE(what_a_crash_left_out_of_the_store_comes_back_at_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
