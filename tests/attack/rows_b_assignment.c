/* SPDX-License-Identifier: Apache-2.0 */
/* Orders that were given to somebody else, or before. */
#include <stdio.h>

#include "tests/attack/rows.h"
#include "tests/support/check.h"

/* ---- B11 ----------------------------------------------------------------------------------- */

static void replace_text(char *out, size_t room, const char *text)
{
    snprintf(out, room, "%s", text);
}

static void keep_first(void *context, struct pst_buf *envelope)
{
    struct pst_buf *first = context;

    if (first->len == 0) {
        assert_true(pst_buf_add(first, envelope->at, envelope->len));
        return;
    }
    envelope->len = 0;
    assert_true(pst_buf_add(envelope, first->at, first->len));
}

/* This terminal's own, from before: the nonce is another, and in time it is over as well. */
static void replayed(struct attack *attack)
{
    PST_CLEANUP(pst_buf) struct pst_buf first = pst_buf(65536);
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "its own, again");

    it.scene->service.rewrite = keep_first;
    it.scene->service.rewrite_context = &first;
    it.scene->terminal.battery_percent = 10;
    it.scene->release.needs.battery_percent = 50;
    attack_publish(&it);
    (void)attack_cycle(&it);
    attack_holds(&it, it.cycle->progress == PST_PROGRESS_DEFERRED, "not deferred:%s",
                 agent_scene_explain(&it.cycle->why));
    it.scene->terminal.battery_percent = 90;
    attack_refused(&it, PST_ASSIGNMENT_REPLAYED);
    attack_again(&it, "its own, an hour later");
    it.scene->clock.wall_s = it.scene->service.now_s = PST_REPO_NOW + 3600;
    attack_refused(&it, PST_ASSIGNMENT_REPLAYED, PST_ASSIGNMENT_EXPIRED);
    it.scene->service.rewrite = NULL;
    attack_mended(&it);
}

static void for_another(struct attack *attack, const char *terminal)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "for %s", terminal);
    struct pst_assignment *assignment = &it.scene->service.assignment;

    replace_text(assignment->terminal, sizeof assignment->terminal, terminal);
    attack_refused(&it, PST_ASSIGNMENT_OTHER);
    attack_again(&it, "for %s, recorded", terminal);
    replace_text(assignment->nonce, sizeof assignment->nonce, "00112233445566778899aabbccddeeff");
    attack_refused(&it, PST_ASSIGNMENT_OTHER, PST_ASSIGNMENT_REPLAYED);
    attack_mended(&it);
}

/* The product of another tenant of the same service: genuine, and for other terminals. */
static void of_another_tenant(struct attack *attack)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "another tenant's product");
    PST_CLEANUP(pst_repo_key) struct pst_repo_key key = pst_repo_key("ed25519");
    struct agent_scene *scene = it.scene;
    struct pst_repo_role *ours = scene->product;

    scene->product =
        pst_repo_delegate(scene->repo, &scene->repo->targets, "pos-b", &key, "pos-b/*/*", true);
    scene->release.product = pst_text("pos-b");
    scene->release.component[0].source_count = 1;
    scene->source[0].path = pst_text("pos-b/5.2.0/os.full");
    scene->source[0].blocks.path = pst_text("pos-b/5.2.0/os.full.blocks");
    attack_publish(&it);
    attack_refused(&it, PST_PRODUCT, PST_ASSIGNMENT_MISMATCH);
    scene->product = ours;
}

/* A terminal that was sold: its new owner's service and mirrors are not those that it trusts. */
static void moved(struct attack *attack)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "another owner's service");
    PST_CLEANUP(agent_scene) struct agent_scene *theirs = agent_scene(20000);
    struct pst_fake_net *net = &it.scene->net;

    theirs->repo->timestamp.version = theirs->repo->snapshot.version = 9;
    agent_scene_publish(theirs);
    while (net->file_count > 0)
        pst_fake_remove(net, net->file[0].url);
    for (size_t i = 0; i < theirs->net.file_count; i++)
        pst_fake_serve(net, theirs->net.file[i].url, pst_buf_bytes(&theirs->net.file[i].content));
    it.scene->service.signer = &theirs->assignments_key;
    attack_refused(&it, PST_KEY_UNKNOWN, PST_SIGNATURE_THRESHOLD);
    attack_mended(&it);
}

void attack_b11(struct attack *attack)
{
    replayed(attack);
    for_another(attack, "t-2");
    for_another(attack, "T-1");
    for_another(attack, "t-11");
    of_another_tenant(attack);
    moved(attack);
}
