/* SPDX-License-Identifier: Apache-2.0 */
/* What a terminal is served: the good world, what is spoilt in it, and the way back. */
#include <stdio.h>

#include "tests/attack/attack.h"
#include "tests/support/check.h"

/* ---- what is good -------------------------------------------------------------------------- */

static void copy_files(struct attack_case *it)
{
    const struct pst_fake_net *net = &it->scene->net;
    struct attack_good *good = it->good;

    for (size_t i = 0; i < good->file_count; i++)
        pst_buf_clear(&good->file[i].content);
    good->file_count = net->file_count;
    for (size_t i = 0; i < net->file_count; i++) {
        struct pst_bytes content = pst_buf_bytes(&net->file[i].content);
        good->file[i] = net->file[i];
        good->file[i].content = pst_buf(content.len + 1);
        assert_true(pst_buf_add(&good->file[i].content, content.at, content.len));
    }
}

static struct pst_repo_role *role_at(struct attack_case *it, size_t which)
{
    struct pst_repo *repo = it->scene->repo;
    struct pst_repo_role *const top[] = {&repo->root, &repo->timestamp, &repo->snapshot,
                                         &repo->targets};
    return which < PST_COUNT(top) ? top[which] : &repo->role[which - PST_COUNT(top)];
}

void attack_good(struct attack_case *it)
{
    struct attack_good *good = it->good;

    copy_files(it);
    good->role_count = 4 + it->scene->repo->role_count;
    for (size_t i = 0; i < good->role_count; i++)
        good->role[i] = *role_at(it, i); /* its bytes are not used */
    good->release = it->scene->release;
    memcpy(good->source, it->scene->source, sizeof good->source);
    good->service = it->scene->service;
    good->terminal = it->scene->terminal;
}

/* ---- spoiling ------------------------------------------------------------------------------ */

struct pst_repo_role *attack_role(struct attack_case *it, enum pst_role_kind kind)
{
    return role_at(it, (size_t)kind);
}

static struct pst_repo_role *spoil(struct attack_case *it, struct pst_repo_role *role)
{
    assert_true(it->spoilt_count < ATTACK_SPOILT);
    it->spoilt[it->spoilt_count++] = role;
    return role;
}

struct pst_repo_role *attack_spoil(struct attack_case *it, enum pst_role_kind kind)
{
    return spoil(it, attack_role(it, kind));
}

struct pst_repo_role *attack_spoil_product(struct attack_case *it)
{
    return spoil(it, it->scene->product);
}

const char *attack_nth_name(size_t which)
{
    if (which < ATTACK_PRODUCT)
        return pst_role_kind_name((enum pst_role_kind)which);
    return which == ATTACK_PRODUCT ? "product" : "assignment";
}

struct pst_repo_role *attack_spoil_nth(struct attack_case *it, size_t which)
{
    return which < ATTACK_PRODUCT ? attack_spoil(it, (enum pst_role_kind)which)
                                  : attack_spoil_product(it);
}

static void rewrite_assignment(void *context, struct pst_buf *envelope)
{
    const struct attack_case *it = context;
    it->tamper(envelope, it->how);
}

void attack_tamper_nth(struct attack_case *it, size_t which, attack_tamper_fn *tamper,
                       const void *how)
{
    it->tamper = tamper;
    it->how = how;
    if (which < ATTACK_ROLES) {
        (void)attack_spoil_nth(it, which);
        return;
    }
    it->scene->service.rewrite = rewrite_assignment;
    it->scene->service.rewrite_context = it;
}

void attack_replace(struct pst_buf *bytes, const char *find, const char *put)
{
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(bytes->max + strlen(put));
    size_t len = strlen(find), at = 0;

    while (at + len <= bytes->len && memcmp(bytes->at + at, find, len) != 0)
        at++;
    if (at + len > bytes->len) /* a change that changes nothing proves nothing */
        fail_msg("'%s' is not there", find);
    assert_true(pst_buf_add(&out, bytes->at, at) && pst_buf_add_text(&out, put) &&
                pst_buf_add(&out, bytes->at + at + len, bytes->len - at - len));
    struct pst_buf before = *bytes;
    *bytes = out;
    out = before;
}

static bool is_spoilt(const struct attack_case *it, const struct pst_repo_role *role)
{
    for (size_t i = 0; i < it->spoilt_count; i++)
        if (it->spoilt[i] == role)
            return true;
    return false;
}

static void sign(struct attack_case *it, struct pst_repo_role *role)
{
    pst_repo_sign(role);
    if (it->tamper != NULL && is_spoilt(it, role))
        it->tamper(&role->bytes, it->how);
}

/* What the last version said is gone; roots stay, for terminals walk through all of them. */
static void withdraw_metadata(struct pst_fake_net *net)
{
    for (size_t i = net->file_count; i-- > 0;)
        if (strstr(net->file[i].url, "/metadata/") != NULL &&
            strstr(net->file[i].url, ".root.json") == NULL)
            pst_fake_remove(net, net->file[i].url);
}

void attack_publish_as_it_is(struct attack_case *it)
{
    struct pst_repo *repo = it->scene->repo;

    agent_scene_list(it->scene);
    sign(it, &repo->root);
    for (size_t i = 0; i < repo->role_count; i++) {
        sign(it, &repo->role[i]);
        pst_repo_list(&repo->snapshot, &repo->role[i]);
    }
    sign(it, &repo->targets);
    pst_repo_list(&repo->snapshot, &repo->targets);
    sign(it, &repo->snapshot);
    pst_repo_list(&repo->timestamp, &repo->snapshot);
    sign(it, &repo->timestamp);
    withdraw_metadata(&it->scene->net);
    agent_scene_serve(it->scene);
}

void attack_publish(struct attack_case *it)
{
    struct pst_repo *repo = it->scene->repo;

    repo->root.version += is_spoilt(it, &repo->root);
    attack_publish_again(it);
}

void attack_publish_again(struct attack_case *it)
{
    struct pst_repo *repo = it->scene->repo;

    it->scene->product->version++;
    repo->targets.version++;
    repo->snapshot.version++;
    repo->timestamp.version++;
    attack_publish_as_it_is(it);
}

/* ---- mending ------------------------------------------------------------------------------- */

static void serve_good_files(struct attack_case *it)
{
    struct pst_fake_net *net = &it->scene->net;

    while (net->file_count > 0)
        pst_fake_remove(net, net->file[0].url);
    for (size_t i = 0; i < it->good->file_count; i++)
        pst_fake_serve(net, it->good->file[i].url, pst_buf_bytes(&it->good->file[i].content));
    pst_fake_mend(net);
}

/* As it was when it was good, with a version that nobody has seen yet; roots were not taken. */
static void restore_role(struct attack_case *it, size_t which)
{
    struct pst_repo_role *role = role_at(it, which);
    struct pst_buf bytes = role->bytes;
    int64_t version = role->version;

    *role = it->good->role[which];
    role->bytes = bytes;
    if (role->kind != PST_ROLE_ROOT && version > role->version)
        role->version = version;
    if (role->expires_s < it->scene->clock.wall_s + PST_REPO_DAY)
        role->expires_s = it->scene->clock.wall_s + 30 * PST_REPO_DAY;
}

static void restore_service(struct attack_case *it)
{
    struct agent_scene_service *service = &it->scene->service;
    const struct agent_scene_service *good = &it->good->service;

    service->has_order = good->has_order;
    service->assignment = good->assignment;
    service->signer = good->signer;
    service->rewrite = good->rewrite;
    service->refuse_reports = good->refuse_reports;
    service->problem = good->problem;
    service->challenge = good->challenge;
}

void attack_mended(struct attack_case *it)
{
    serve_good_files(it);
    it->scene->repo->role_count = it->good->role_count - 4;
    for (size_t i = 0; i < it->good->role_count; i++)
        restore_role(it, i);
    it->scene->release = it->good->release;
    memcpy(it->scene->source, it->good->source, sizeof it->scene->source);
    it->scene->terminal = it->good->terminal;
    restore_service(it);
    it->spoilt_count = 0;
    it->tamper = NULL;
    attack_publish(it);
    attack_converges(it);
}
