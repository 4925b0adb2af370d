/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold after every cycle, whatever came from the network. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/trust/tuf_client.h"
#include "tests/attack/internal.h"
#include "tests/support/check.h"

static void broken(struct attack_case *it, const char *which, const char *what)
{
    it->attack->broken++;
    attack_tell(it, which, "%s", what);
}

/* ---- before -------------------------------------------------------------------------------- */

void attack_before(const struct attack_case *it, struct attack_before *out)
{
    const struct agent_scene *scene = it->scene;

    *out = (struct attack_before){.boot = scene->boot.state,
                                  .slot_writes = scene->slots.writes,
                                  .reports = scene->service.report_count,
                                  .repeated = scene->service.repeated};
    for (size_t i = 0; i < scene->metadata.count; i++)
        pst_fake_document_put(&out->metadata, scene->metadata.document[i].name,
                              pst_buf_bytes(&scene->metadata.document[i].content));
}

void attack_before_cleanup(struct attack_before *before)
{
    pst_fake_documents_clear(&before->metadata);
}

/* ---- I1, I2: slots and boot choice --------------------------------------------------------- */

static bool is_whole(const struct agent_scene *scene, int slot)
{
    return agent_scene_slot_holds(scene, slot, &scene->base) ||
           agent_scene_slot_holds(scene, slot, &scene->image);
}

static void check_slots(struct attack_case *it, const struct attack_before *before)
{
    const struct agent_scene *scene = it->scene;
    const struct pst_boot_state *boot = &scene->boot.state;

    if (scene->slots.active_writes != 0)
        broken(it, "I1", "the active slot was written");
    if (boot->active != before->boot.active)
        broken(it, "I1", "another slot is active");
    if (boot->next != before->boot.next && boot->next != boot->active &&
        it->cycle->state != PST_UPDATE_ARMING && it->cycle->state != PST_UPDATE_STAGED)
        broken(it, "I1", "the boot choice moved without an update");
    if (!is_whole(scene, boot->active) || !is_whole(scene, boot->next))
        broken(it, "I2", "a slot that may start holds no signed image");
}

/* ---- I3: trusted files --------------------------------------------------------------------- */

static enum pst_role_kind kind_of(const char *name)
{
    for (int kind = PST_ROLE_ROOT; kind < PST_ROLE_TARGETS; kind++) {
        const char *word = pst_role_kind_name((enum pst_role_kind)kind);
        if (strncmp(name, word, strlen(word)) == 0 && strcmp(name + strlen(word), ".json") == 0)
            return (enum pst_role_kind)kind;
    }
    return PST_ROLE_TARGETS;
}

/* NULL when there is none, or what is there is no such file. */
static struct pst_role *read_kept(const struct pst_fake_documents *documents, const char *name)
{
    const struct pst_buf *bytes = pst_fake_document(documents, name);
    struct pst_role *role = NULL;

    if (bytes == NULL || pst_role_parse(kind_of(name), pst_buf_bytes(bytes), &role, NULL) != PST_OK)
        return NULL;
    return role;
}

/* By the keys of `delegator`, today or in their day. */
static bool is_signed(const struct pst_role *role, const struct pst_role *delegator,
                      const struct pst_role *root, struct pst_text name)
{
    struct pst_verify_in in = {.envelope = role->envelope,
                               .delegator = delegator,
                               .rule = delegator != NULL ? pst_role_rule(delegator, name) : NULL,
                               .root = root,
                               .at_any_time = true};
    return in.rule != NULL && pst_verify(&in, NULL) == PST_OK;
}

static bool is_unchanged(const struct attack_before *before,
                         const struct pst_fake_document *document)
{
    const struct pst_buf *was = pst_fake_document(&before->metadata, document->name);
    return was != NULL && pst_bytes_equal(pst_buf_bytes(was), pst_buf_bytes(&document->content));
}

static void check_version(struct attack_case *it, const struct attack_before *before,
                          const struct pst_fake_document *document, const struct pst_role *role,
                          const struct pst_role *delegator, const struct pst_role *root)
{
    PST_CLEANUP(pst_role) struct pst_role *was = read_kept(&before->metadata, document->name);
    PST_CLEANUP(pst_role) struct pst_role *list = read_kept(&before->metadata, "snapshot.json");
    struct pst_text name = {document->name, strlen(document->name) - strlen(".json")};
    bool listed = kind_of(document->name) == PST_ROLE_TARGETS;

    /* What the keys of today did not sign is no floor (TUF 5.3.11), nor is what it lists: a root
     * that is damaged has no version either. */
    if (listed && list != NULL && !is_signed(list, root, root, pst_text("snapshot")))
        return;
    if (was != NULL && role->version < was->version && is_signed(was, delegator, root, name))
        broken(it, "I3", "the version of a trusted file fell");
}

static void check_document(struct attack_case *it, const struct attack_before *before,
                           const struct pst_fake_document *document)
{
    PST_CLEANUP(pst_role) struct pst_role *root = read_kept(&it->scene->metadata, "root.json");
    PST_CLEANUP(pst_role)
    struct pst_role *targets = read_kept(&it->scene->metadata, "targets.json");
    PST_CLEANUP(pst_role)
    struct pst_role *role = read_kept(&it->scene->metadata, document->name);
    struct pst_text name = {document->name, strlen(document->name) - strlen(".json")};
    bool top = pst_text_is(name, "root") || pst_text_is(name, "timestamp") ||
               pst_text_is(name, "snapshot") || pst_text_is(name, "targets");
    const struct pst_role *delegator = top ? root : targets;

    if (is_unchanged(before, document))
        return;
    if (role == NULL || root == NULL || !is_signed(role, delegator, root, name)) {
        broken(it, "I3", document->name);
        return;
    }
    check_version(it, before, document, role, delegator, root);
}

static void check_trusted(struct attack_case *it, const struct attack_before *before)
{
    const struct pst_fake_documents *metadata = &it->scene->metadata;
    for (size_t i = 0; i < metadata->count; i++)
        check_document(it, before, &metadata->document[i]);
    for (size_t i = 0; i < before->metadata.count; i++)
        if (pst_fake_document(metadata, before->metadata.document[i].name) == NULL)
            broken(it, "I3", "a trusted file is gone");
}

/* ---- I5: reports --------------------------------------------------------------------------- */

static void check_reports(struct attack_case *it, const struct attack_before *before)
{
    const struct agent_scene_service *service = &it->scene->service;
    size_t told = service->report_count - before->reports;
    bool reached = it->cycle->poll_s > 0 && service->refuse_reports == 0;
    bool something = it->cycle->progress != PST_PROGRESS_IDLE;
    enum pst_code of_cycle[ATTACK_CODES_MOST] = {PST_OK}, of_report[ATTACK_CODES_MOST] = {PST_OK};

    if (it->reports_may_fail)
        return;
    if (service->repeated != before->repeated)
        broken(it, "I5", "a report was told twice");
    if (told > 1 || (reached && something && told != 1)) {
        broken(it, "I5", told > 1 ? "more than one report" : "no report");
        return;
    }
    if (told == 0)
        return;
    const struct pst_terminal_report *report = &service->report[service->report_count - 1];
    attack_reasons(&it->cycle->why, of_cycle);
    attack_reasons(&report->findings, of_report);
    if (report->progress != it->cycle->progress ||
        memcmp(of_cycle, of_report, sizeof of_cycle) != 0)
        broken(it, "I5", "the report is not what the cycle found");
}

/* ---- I6: ceilings -------------------------------------------------------------------------- */

static int64_t ceiling_of(const char *url)
{
    static const struct {
        const char *like;
        int64_t bytes;
    } ceilings[] = {
        {"timestamp.json", PST_TRUST_TIMESTAMP_BYTES},
        {".root.json", PST_TRUST_ROOT_BYTES},
        {".snapshot.json", PST_TRUST_SNAPSHOT_BYTES},
        {"/metadata/", PST_TRUST_TARGETS_BYTES},
        {"manifest.json", PST_RELEASE_BYTES_MOST},
        {"/targets/", INT64_MAX},
        {"service.example", 1 << 20},
    };
    for (size_t i = 0; i < PST_COUNT(ceilings); i++)
        if (strstr(url, ceilings[i].like) != NULL)
            return ceilings[i].bytes;
    return 0;
}

static void check_ceilings(struct attack_case *it)
{
    const struct agent_scene *scene = it->scene;
    int64_t images = 0, images_most = (int64_t)(scene->content[0].len + scene->content[1].len +
                                                scene->list[0].len + scene->list[1].len +
                                                it->kept_content.len + it->kept_list.len);

    if (scene->net.call_count > it->requests_most)
        broken(it, "I6", "more requests than it may take");
    for (size_t i = 0; i < scene->net.call_count; i++) {
        const struct pst_fake_call *call = &scene->net.call[i];
        if (call->body_bytes > ceiling_of(call->url))
            broken(it, "I6", call->url);
        if (strstr(call->url, ".os.") != NULL)
            images += call->body_bytes;
    }
    if (images > 2 * images_most) /* each file once more, from the other mirror */
        broken(it, "I6", "more bytes of images than there are");
    for (size_t i = 0; i < scene->metadata.count; i++)
        if (scene->metadata.document[i].content.len > PST_TRUST_TARGETS_BYTES)
            broken(it, "I6", scene->metadata.document[i].name);
    for (size_t i = 0; i < scene->state.count; i++)
        if (scene->state.document[i].content.len > 65536)
            broken(it, "I6", scene->state.document[i].name);
}

/* ---- I8: secrets --------------------------------------------------------------------------- */

static bool has(struct pst_bytes in, const char *secret)
{
    size_t len = strlen(secret);
    for (size_t at = 0; at + len <= in.len; at++)
        if (memcmp(in.at + at, secret, len) == 0)
            return true;
    return false;
}

static void check_secret(struct attack_case *it, struct pst_bytes in, const char *where)
{
    if (has(in, "a-token") || has(in, "PRIVATE KEY"))
        broken(it, "I8", where);
}

static void check_secrets(struct attack_case *it)
{
    const struct agent_scene *scene = it->scene;
    for (size_t i = 0; i < it->cycle->why.count; i++) {
        const struct pst_finding *finding = &it->cycle->why.finding[i];
        check_secret(it, pst_bytes_of(pst_text(finding->where)), "a finding's place");
        check_secret(it, pst_bytes_of(pst_text(finding->expected)), "a finding");
        check_secret(it, pst_bytes_of(pst_text(finding->found)), "a finding");
    }
    for (size_t i = 0; i < scene->state.count; i++)
        check_secret(it, pst_buf_bytes(&scene->state.document[i].content),
                     scene->state.document[i].name);
}

void attack_check_invariants(struct attack_case *it, const struct attack_before *before)
{
    check_slots(it, before);
    check_trusted(it, before);
    check_reports(it, before);
    check_ceilings(it);
    check_secrets(it);
}
