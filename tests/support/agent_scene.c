/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/agent_scene.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/fetch/blocks.h"
#include "agent/trust/tuf_client.h"
#include "manifests/encoder.h"
#include "tests/support/check.h"

#define SERVICE "https://service.example"

static const char *const mirrors[] = {"https://one.example/", "https://two.example/"};
enum { MIRRORS = 2 };

static void must(enum pst_code code, const char *what, const struct pst_report *why)
{
    if (code != PST_OK)
        fail_msg("cannot %s: %s%s", what, pst_code_name(code), agent_scene_explain(why));
}

const char *agent_scene_explain(const struct pst_report *why)
{
    static char text[8192];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < why->count && len < sizeof text; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "\n  %s%s%s at %s: %s / %s",
                                why->finding[i].noted ? "(noted) " : "",
                                why->finding[i].unverified ? "(unverified) " : "",
                                pst_code_name(why->finding[i].code), why->finding[i].where,
                                why->finding[i].expected, why->finding[i].found);
    return text;
}

bool agent_scene_noted(const struct pst_report *why, enum pst_code code)
{
    bool found = false;
    for (size_t i = 0; i < why->count; i++) {
        if (why->finding[i].code == code && !why->finding[i].noted)
            return false;
        found = found || why->finding[i].code == code;
    }
    return found;
}

/* ---- the service ----------------------------------------------------------------------------- */

static bool path_is(const struct pst_fetch_request *request, const char *path)
{
    return strcmp(request->url + strlen(SERVICE), path) == 0;
}

static int answer(struct pst_buf *body, char content_type[64], const char *text)
{
    snprintf(content_type, 64, "application/json");
    assert_true(pst_buf_add_text(body, text));
    return 200;
}

static void fill_assignment(const struct agent_scene *scene, const char *nonce,
                            struct pst_assignment *out)
{
    const struct agent_scene_service *service = &scene->service;
    *out = service->assignment;
    if (out->terminal[0] == '\0')
        snprintf(out->terminal, sizeof out->terminal, "t-1");
    if (out->nonce[0] == '\0')
        snprintf(out->nonce, sizeof out->nonce, "%s", nonce);
    if (out->issued_s == 0)
        out->issued_s = service->now_s;
    if (out->expires_s == 0)
        out->expires_s = out->issued_s + 3600;
    out->sequence = (int64_t)service->checkins;
    out->has_order = service->has_order;
    if (!out->has_order)
        return;
    snprintf(out->rollout, sizeof out->rollout, "r-1");
    snprintf(out->product, sizeof out->product, "pos-a");
    out->version = scene->release.version;
    pst_release_path(scene->release.product, &scene->release.version, out->manifest,
                     sizeof out->manifest);
}

static void sign_assignment(const struct agent_scene *scene, const char *nonce, struct pst_buf *out)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(65536);
    PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(PST_SIGNATURE_HEX_MOST);
    const struct pst_repo_key *signer = scene->service.signer;
    struct pst_assignment assignment;
    struct pst_report why = {0};

    fill_assignment(scene, nonce, &assignment);
    must(pst_assignment_print(&assignment, &body, &why), "print an assignment", &why);
    must(pst_private_key_sign(signer->private, pst_buf_bytes(&body), &hex, &why), "sign", &why);
    assert_true(pst_buf_add(&hex, "", 1));
    /* The keyid is the right one, whoever signs: that is how a forger would do it. */
    struct pst_envelope_new_signature signature = {scene->assignments_key.id, (const char *)hex.at};
    must(pst_envelope_print(pst_buf_bytes(&body), &signature, 1, out, &why), "wrap", &why);
    if (scene->service.rewrite != NULL)
        scene->service.rewrite(scene->service.rewrite_context, out);
}

static int checkin(struct agent_scene *scene, const struct pst_fetch_request *request,
                   struct pst_buf *body, char content_type[64])
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf envelope = pst_buf(65536);
    struct pst_report why = {0};

    assert_string_equal(request->bearer, "a-token");
    must(pst_json_parse(request->body, &pst_json_small, &json, &why), "read a check-in", &why);
    must(pst_facts_parse(pst_json_member(json, "facts"), &scene->service.facts, &why), "read facts",
         &why);
    scene->service.checkins++;
    sign_assignment(scene, pst_json_text(pst_json_member(json, "nonce")).at, &envelope);
    assert_true(pst_buf_print(body, "{\"poll_seconds\":60,\"assignment\":%.*s}",
                              PST_ARGS(pst_buf_text(&envelope))));
    snprintf(content_type, 64, "application/json; charset=utf-8");
    return 200;
}

static int take_report(struct agent_scene_service *service, struct pst_bytes sent,
                       struct pst_buf *body, char content_type[64])
{
    PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL;
    struct pst_report why = {0};

    if (service->refuse_reports != 0) {
        answer(body, content_type, service->problem != NULL ? service->problem : "");
        if (service->problem != NULL)
            snprintf(content_type, 64, "application/problem+json");
        return service->refuse_reports;
    }
    assert_true(service->report_count < AGENT_SCENE_REPORTS);
    struct pst_terminal_report *report = &service->report[service->report_count];
    must(pst_envelope_parse(sent, &pst_json_small, &envelope, &why), "read a report", &why);
    must(pst_terminal_report_parse(envelope->body, report, &why), "read a report", &why);
    assert_string_equal(report->product, "pos-a"); /* the service refuses any other */
    bool fresh = service->report_count == 0 || report->sequence > report[-1].sequence;
    service->report_count += fresh;
    service->repeated += !fresh;
    return answer(body, content_type, "{\"accepted\":1}");
}

static int serve(void *context, const struct pst_fetch_request *request, struct pst_buf *body,
                 char content_type[64])
{
    struct agent_scene *scene = context;

    if (path_is(request, "/v1/enroll"))
        return answer(body, content_type, "{\"terminal\":\"t-1\",\"state\":\"accepted\"}");
    if (path_is(request, "/v1/challenge")) {
        assert_true(
            pst_buf_print(body, "{\"challenge\":\"%s\"}",
                          scene->service.challenge != NULL ? scene->service.challenge : "c.t-1.7"));
        return 200;
    }
    if (path_is(request, "/v1/token"))
        return answer(body, content_type,
                      "{\"token\":\"a-token\",\"expires\":\"2030-01-01T00:10:00Z\"}");
    if (path_is(request, "/v1/checkin"))
        return checkin(scene, request, body, content_type);
    if (path_is(request, "/v1/reports"))
        return take_report(&scene->service, request->body, body, content_type);
    return 404;
}

/* ---- images and sources ---------------------------------------------------------------------- */

/* Half noise, half text: neither incompressible nor nothing. */
static void make_image(struct pst_buf *out, size_t bytes, uint32_t seed)
{
    *out = pst_buf(bytes);
    assert_true(pst_buf_reserve(out, bytes));
    for (size_t i = 0; i < bytes; i++) {
        if (i % 4096 < 1024)
            seed = seed * 1664525u + 1013904223u;
        out->at[i] = i % 4096 < 1024 ? (uint8_t)(seed >> 24) : (uint8_t)('a' + i % 23);
    }
    out->len = bytes;
}

/* Another firmware of the same family: changed here and there. */
static void make_next(const struct pst_buf *base, struct pst_buf *out)
{
    *out = pst_buf(base->len);
    assert_true(pst_buf_add(out, base->at, base->len));
    uint32_t seed = 2;
    for (size_t i = 100; i < out->len; i += 30011)
        out->at[i] ^= 0x55;
    for (size_t i = out->len / 3; i < out->len / 3 + out->len / 32; i++) { /* and new code */
        seed = seed * 1664525u + 1013904223u;
        out->at[i] = (uint8_t)(seed >> 24);
    }
}

static void make_list(const struct pst_buf *content, struct pst_buf *out)
{
    *out = pst_buf(content->len + 64);
    for (size_t at = 0; at < content->len; at += PST_BLOCK_BYTES) {
        size_t len = content->len - at < PST_BLOCK_BYTES ? content->len - at : PST_BLOCK_BYTES;
        uint8_t digest[PST_SHA256_BYTES];
        assert_int_equal(pst_sha256(pst_bytes(content->at + at, len), digest, NULL), PST_OK);
        assert_true(pst_buf_add(out, digest, sizeof digest));
    }
}

static void make_source(struct agent_scene *scene, size_t which)
{
    static const char *const paths[][2] = {{"pos-a/5.2.0/os.full", "pos-a/5.2.0/os.full.blocks"},
                                           {"pos-a/5.2.0/os.delta", "pos-a/5.2.0/os.delta.blocks"}};
    struct pst_buf *content = &scene->content[which];
    struct pst_source *source = &scene->source[which];
    struct pst_made_source made;
    struct pst_report why = {0};

    *content = pst_buf(scene->image.len * 2 + 65536);
    must(which == 0 ? pst_encode_full(pst_buf_bytes(&scene->image), NULL, content, &made, &why)
                    : pst_encode_delta(pst_buf_bytes(&scene->base), pst_buf_bytes(&scene->image),
                                       NULL, content, &made, &why),
         "pack an image", &why);
    make_list(content, &scene->list[which]);
    *source = (struct pst_source){
        .path = pst_text(paths[which][0]),
        .format = made.format,
        .length_bytes = (int64_t)content->len,
        .memory_bytes = made.memory_bytes,
        .blocks = {.path = pst_text(paths[which][1]), .size_bytes = PST_BLOCK_BYTES},
        .has_base = which == 1};
    must(pst_sha256(pst_buf_bytes(content), source->sha256, &why), "hash", &why);
    must(pst_sha256(pst_buf_bytes(&scene->list[which]), source->blocks.sha256, &why), "hash", &why);
    if (which == 1) {
        must(pst_version_parse(pst_text("5.1.0"), &source->base_version, &why), "read", &why);
        source->base_size_bytes = (int64_t)scene->base.len;
        must(pst_sha256(pst_buf_bytes(&scene->base), source->base_sha256, &why), "hash", &why);
    }
}

static void make_release(struct agent_scene *scene)
{
    struct pst_release *release = &scene->release;
    struct pst_component *component = &release->component[0];
    struct pst_report why = {0};

    release->product = pst_text("pos-a");
    must(pst_version_parse(pst_text("5.2.0"), &release->version, &why), "read", &why);
    release->sequence = 7;
    release->published_s = PST_REPO_NOW - PST_REPO_DAY;
    release->severity = pst_text("normal");
    release->hardware_count = 1;
    release->hardware[0].model = pst_text("P400");
    release->os_count = 1;
    must(pst_version_range_parse(pst_text(">=5.0.0 <5.2.0"), &release->os[0], &why), "read", &why);
    must(pst_version_parse(pst_text("5.1.0"), &release->security_floor, &why), "read", &why);
    release->component_count = 1;
    component->name = pst_text("os");
    component->slot_class = pst_text("rootfs");
    component->size_bytes = (int64_t)scene->image.len;
    must(pst_sha256(pst_buf_bytes(&scene->image), component->sha256, &why), "hash", &why);
    component->source_count = 2;
    component->source = scene->source;
    release->boot_tries = 3;
    release->confirm_within_s = 60;
    release->check_count = 2;
    release->check[0] = pst_text("payment");
    release->check[1] = pst_text("network");
}

/* ---- publishing ------------------------------------------------------------------------------ */

static void serve_at_both(struct agent_scene *scene, const char *folder, const char *name,
                          struct pst_bytes content)
{
    char url[PST_FAKE_URL_ROOM];
    for (size_t i = 0; i < MIRRORS; i++) {
        snprintf(url, sizeof url, "%s%s/%s", mirrors[i], folder, name);
        pst_fake_serve(&scene->net, url, content);
    }
}

static void serve_role(struct agent_scene *scene, const struct pst_repo_role *role)
{
    char name[300];
    if (role->kind == PST_ROLE_TIMESTAMP)
        snprintf(name, sizeof name, "%s.json", role->name);
    else
        snprintf(name, sizeof name, "%lld.%s.json", (long long)role->version, role->name);
    serve_at_both(scene, "metadata", name, pst_repo_bytes(role));
}

static void serve_target(struct agent_scene *scene, struct pst_text path,
                         const struct pst_buf *content)
{
    char name[300], hex[2 * PST_SHA256_BYTES + 1];
    uint8_t digest[PST_SHA256_BYTES];
    size_t folder = path.len;

    while (folder > 0 && path.at[folder - 1] != '/')
        folder--;
    assert_int_equal(pst_sha256(pst_buf_bytes(content), digest, NULL), PST_OK);
    pst_hex_print(pst_bytes(digest, sizeof digest), hex);
    snprintf(name, sizeof name, "%.*s%s.%.*s", (int)folder, path.at, hex, (int)(path.len - folder),
             path.at + folder);
    serve_at_both(scene, "targets", name, pst_buf_bytes(content));
}

void agent_scene_serve(struct agent_scene *scene)
{
    const struct pst_repo *repo = scene->repo;
    serve_role(scene, &repo->root);
    serve_role(scene, &repo->timestamp);
    serve_role(scene, &repo->snapshot);
    serve_role(scene, &repo->targets);
    for (size_t i = 0; i < repo->role_count; i++)
        serve_role(scene, &repo->role[i]);
    for (size_t i = 0; i < scene->release.component[0].source_count; i++) {
        serve_target(scene, scene->source[i].path, &scene->content[i]);
        serve_target(scene, scene->source[i].blocks.path, &scene->list[i]);
    }
}

void agent_scene_list(struct agent_scene *scene)
{
    char path[PST_TEXT_ROOM];
    struct pst_report why = {0};

    pst_buf_clear(&scene->manifest);
    scene->manifest = pst_buf(PST_RELEASE_BYTES_MOST);
    must(pst_release_print(&scene->release, &scene->manifest, &why), "print the manifest", &why);
    if (scene->edit != NULL)
        scene->edit(scene->edit_context, &scene->manifest);
    pst_release_path(scene->release.product, &scene->release.version, path, sizeof path);
    pst_repo_target(scene->product, path, pst_buf_bytes(&scene->manifest));
    serve_target(scene, pst_text(path), &scene->manifest);
}

void agent_scene_publish(struct agent_scene *scene)
{
    agent_scene_list(scene);
    pst_repo_publish(scene->repo);
    agent_scene_serve(scene);
}

void agent_scene_publish_next(struct agent_scene *scene)
{
    agent_scene_list(scene);
    scene->product->version++;
    pst_repo_publish_next(scene->repo);
    agent_scene_serve(scene);
}

void agent_scene_sign_product_with(struct agent_scene *scene, const struct pst_repo_key *key)
{
    pst_repo_let(&scene->repo->targets.delegation[0].rule, 1, &key, 1);
    pst_repo_sign_with(scene->product, &key, 1);
}

/* ---- the terminal ---------------------------------------------------------------------------- */

static void make_ports(struct agent_scene *scene)
{
    scene->clock.wall_s = PST_REPO_NOW;
    scene->state.power = scene->metadata.power = scene->boot.power = &scene->power;
    pst_fake_power_on(&scene->power, -1);
    scene->terminal = (struct pst_fake_terminal){.battery_percent = 90,
                                                 .free_bytes = 1 << 30,
                                                 .mains = PST_TRI_YES,
                                                 .busy = PST_TRI_NO,
                                                 .tampered = PST_TRI_NO,
                                                 .metered = PST_TRI_NO,
                                                 .window_open = PST_TRI_YES};
    scene->ports = (struct pst_ports){.clock = pst_fake_clock_port(&scene->clock),
                                      .transport = pst_fake_net_port(&scene->net),
                                      .slot_count = 1,
                                      .slot = {pst_fake_slots_port(&scene->slots)},
                                      .boot = pst_fake_boot_port(&scene->boot),
                                      .state = pst_fake_documents_port(&scene->state),
                                      .metadata = pst_fake_documents_port(&scene->metadata),
                                      .terminal = pst_fake_terminal_port(&scene->terminal)};
}

static void set_text(char *out, size_t room, const char *text)
{
    snprintf(out, room, "%s", text);
}

static void make_facts(struct pst_facts *facts, int64_t base_bytes)
{
    struct pst_report why = {0};

    *facts = (struct pst_facts){.component_count = 1, .memory_bytes = 64 << 20};
    set_text(facts->serial, sizeof facts->serial, "SN-1");
    set_text(facts->product, sizeof facts->product, "pos-a");
    set_text(facts->model, sizeof facts->model, "P400");
    set_text(facts->component[0].name, PST_NAME_ROOM, "os");
    set_text(facts->component[0].slot_class, PST_NAME_ROOM, "rootfs");
    facts->component[0].active_bytes = base_bytes;
    must(pst_version_parse(pst_text("1.0.0"), &facts->revision, &why), "read", &why);
    must(pst_version_parse(pst_text("5.1.0"), &facts->os, &why), "read", &why);
    must(pst_version_parse(pst_text("0.1.0"), &facts->agent, &why), "read", &why);
}

static void make_agent(struct agent_scene *scene)
{
    struct pst_report why = {0};
    struct pst_sources *sources = &scene->agent.sources;
    static const char *const urls[2][MIRRORS] = {
        {"https://one.example/metadata/", "https://two.example/metadata/"},
        {"https://one.example/targets/", "https://two.example/targets/"}};

    must(pst_private_key_generate("ed25519", &scene->key, &why), "make a key", &why);
    scene->agent.ports = &scene->ports;
    scene->agent.service = SERVICE;
    scene->agent.enrol_code = "";
    scene->agent.key = scene->key;
    scene->agent.build_s = PST_REPO_NOW - 60 * PST_REPO_DAY;
    sources->count = MIRRORS;
    sources->limits = (struct pst_fetch_limits){1000, 1000, 10000};
    for (size_t i = 0; i < MIRRORS; i++) {
        sources->metadata[i] = urls[0][i];
        sources->targets[i] = urls[1][i];
    }
    make_facts(&scene->agent.facts, (int64_t)scene->base.len);
}

static void make_repo(struct agent_scene *scene)
{
    scene->repo = pst_repo_new("ed25519");
    scene->product_key = pst_repo_key("ed25519");
    scene->assignments_key = pst_repo_key("ed25519");
    scene->stranger = pst_repo_key("ed25519");
    scene->product = pst_repo_delegate(scene->repo, &scene->repo->targets, "pos-a",
                                       &scene->product_key, "pos-a/*/*", true);
    (void)pst_repo_delegate(scene->repo, &scene->repo->targets, "assignments",
                            &scene->assignments_key, "assignments/*", true);
}

struct agent_scene *agent_scene(size_t image_bytes)
{
    struct agent_scene *scene = calloc(1, sizeof *scene);
    struct pst_report why = {0};

    assert_non_null(scene);
    make_image(&scene->base, image_bytes, 1);
    make_next(&scene->base, &scene->image);
    make_source(scene, 0);
    make_source(scene, 1);
    make_release(scene);
    make_repo(scene);
    pst_fake_slots_init(&scene->slots, "os", "rootfs", (int64_t)image_bytes + 4096, &scene->power);
    pst_fake_slots_fill(&scene->slots, 0, pst_buf_bytes(&scene->base));
    make_ports(scene);
    make_agent(scene);
    scene->service.now_s = PST_REPO_NOW;
    scene->service.has_order = true;
    scene->service.signer = &scene->assignments_key;
    scene->service.report = calloc(AGENT_SCENE_REPORTS, sizeof *scene->service.report);
    assert_non_null(scene->service.report);
    scene->net.service_context = scene;
    scene->net.service = serve;
    agent_scene_publish(scene);
    must(pst_tuf_init(&scene->ports.metadata, pst_repo_bytes(&scene->repo->root), PST_REPO_NOW,
                      &why),
         "trust the root", &why);
    return scene;
}

void agent_scene_free(struct agent_scene *scene)
{
    if (scene == NULL)
        return;
    pst_fake_net_clear(&scene->net);
    pst_fake_slots_clear(&scene->slots);
    pst_fake_documents_clear(&scene->state);
    pst_fake_documents_clear(&scene->metadata);
    pst_private_key_free(scene->key);
    pst_repo_free(scene->repo);
    pst_repo_key_cleanup(&scene->product_key);
    pst_repo_key_cleanup(&scene->assignments_key);
    pst_repo_key_cleanup(&scene->stranger);
    struct pst_buf *const bufs[] = {&scene->base,       &scene->image,   &scene->content[0],
                                    &scene->content[1], &scene->list[0], &scene->list[1],
                                    &scene->manifest};
    for (size_t i = 0; i < PST_COUNT(bufs); i++)
        pst_buf_clear(bufs[i]);
    free(scene->service.report);
    free(scene);
}

void agent_scene_once(struct agent_scene *scene, struct pst_cycle *cycle)
{
    struct pst_report why = {0};
    must(pst_agent_once(&scene->agent, false, cycle, &why), "run a cycle", &why);
}

void agent_scene_restart(struct agent_scene *scene)
{
    const struct pst_boot_port *boot = &scene->ports.boot;
    assert_int_equal(boot->simulate_restart(boot->context, NULL), PST_OK);
    scene->slots.active = scene->boot.state.active;
}

void agent_scene_power_on(struct agent_scene *scene, int64_t left)
{
    pst_fake_power_on(&scene->power, left);
    pst_fake_slots_lose(&scene->slots);
    agent_scene_restart(scene);
}

bool agent_scene_slot_holds(const struct agent_scene *scene, int slot,
                            const struct pst_buf *content)
{
    return memcmp(scene->slots.at[slot], content->at, content->len) == 0;
}
