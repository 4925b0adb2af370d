/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fake_ports.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/check.h"

/* ---- power ----------------------------------------------------------------------------------- */

void pst_fake_power_on(struct pst_fake_power *power, int64_t left)
{
    power->left = left;
    power->out = false;
    power->changes = 0;
}

/* True when this change still succeeds. */
static bool spend(struct pst_fake_power *power)
{
    if (power == NULL)
        return true;
    if (power->left == 0)
        power->out = true;
    if (power->out)
        return false;
    power->left -= power->left > 0;
    power->changes++;
    return true;
}

static bool is_dark(const struct pst_fake_power *power)
{
    return power != NULL && power->out;
}

static enum pst_code dark(enum pst_code code, struct pst_report *why)
{
    return pst_refuse(why, code, pst_say("power"), pst_say("none"));
}

/* ---- clock ----------------------------------------------------------------------------------- */

static int64_t wall_s(void *context)
{
    return ((const struct pst_fake_clock *)context)->wall_s;
}

static int64_t monotonic_ms(void *context)
{
    return ((const struct pst_fake_clock *)context)->monotonic_ms;
}

static void sleep_ms(void *context, int64_t ms)
{
    struct pst_fake_clock *clock = context;
    clock->monotonic_ms += ms;
    clock->wall_s += ms / 1000;
}

struct pst_clock_port pst_fake_clock_port(struct pst_fake_clock *clock)
{
    return (struct pst_clock_port){clock, wall_s, monotonic_ms, sleep_ms};
}

/* ---- network --------------------------------------------------------------------------------- */

void pst_fake_net_clear(struct pst_fake_net *net)
{
    for (size_t i = 0; i < net->file_count; i++)
        pst_buf_clear(&net->file[i].content);
    memset(net, 0, sizeof *net);
}

static struct pst_fake_file *file_of(struct pst_fake_net *net, const char *url)
{
    for (size_t i = 0; i < net->file_count; i++)
        if (strcmp(net->file[i].url, url) == 0)
            return &net->file[i];
    return NULL;
}

void pst_fake_serve(struct pst_fake_net *net, const char *url, struct pst_bytes content)
{
    struct pst_fake_file *file = file_of(net, url);
    if (file == NULL) {
        assert_true(net->file_count < PST_FAKE_FILES && strlen(url) < PST_FAKE_URL_ROOM);
        file = &net->file[net->file_count++];
        snprintf(file->url, sizeof file->url, "%s", url);
    }
    pst_buf_clear(&file->content);
    file->content = pst_buf(content.len + 1);
    assert_true(pst_buf_add(&file->content, content.at, content.len));
}

void pst_fake_remove(struct pst_fake_net *net, const char *url)
{
    struct pst_fake_file *file = file_of(net, url);
    assert_non_null(file);
    pst_buf_clear(&file->content);
    *file = net->file[--net->file_count];
    net->file[net->file_count] = (struct pst_fake_file){.url = ""};
}

void pst_fake_fail(struct pst_fake_net *net, const char *like, enum pst_fake_fault fault,
                   int64_t number, int times)
{
    assert_true(net->rule_count < PST_FAKE_RULES);
    net->rule[net->rule_count++] = (struct pst_fake_rule){like, fault, number, times};
}

void pst_fake_mend(struct pst_fake_net *net)
{
    net->rule_count = 0;
}

size_t pst_fake_asked(const struct pst_fake_net *net, const char *like)
{
    size_t count = 0;
    for (size_t i = 0; i < net->call_count; i++)
        count += strstr(net->call[i].url, like) != NULL;
    return count;
}

static const struct pst_fake_rule *rule_for(struct pst_fake_net *net, const char *url)
{
    for (size_t i = 0; i < net->rule_count; i++) {
        struct pst_fake_rule *rule = &net->rule[i];
        if (rule->times == 0 || strstr(url, rule->like) == NULL)
            continue;
        rule->times -= rule->times > 0;
        return rule;
    }
    return NULL;
}

/* One answer on its way. */
struct delivery {
    const struct pst_fetch_request *request;
    const struct pst_sink *sink;
    struct pst_fetch_answer *answer;
    struct pst_report *why;
};

static enum pst_code give(struct delivery *to, struct pst_bytes bytes)
{
    while (bytes.len > 0) {
        size_t len = bytes.len < PST_FAKE_PIECE_BYTES ? bytes.len : PST_FAKE_PIECE_BYTES;
        if (to->answer->body_bytes + (int64_t)len > to->request->most_bytes)
            return pst_refuse(to->why, PST_TOO_LARGE,
                              pst_say("at most %lld bytes", (long long)to->request->most_bytes),
                              pst_say("more"));
        to->answer->body_bytes += (int64_t)len;
        if (!to->sink->take(to->sink->context, pst_bytes(bytes.at, len)))
            return pst_refuse(to->why, PST_NET_TRUNCATED, pst_say("%s", to->request->url),
                              pst_say("the reader stopped"));
        bytes = pst_bytes(bytes.at + len, bytes.len - len);
    }
    return PST_OK;
}

static enum pst_code give_page(struct delivery *to, const char *page)
{
    to->answer->status = 200;
    snprintf(to->answer->content_type, sizeof to->answer->content_type, "text/html; charset=utf-8");
    return give(to, pst_bytes_of(pst_text(page)));
}

static enum pst_code give_endless(struct delivery *to)
{
    static const uint8_t blanks[4096] = {' '};
    enum pst_code rc = PST_OK;
    to->answer->status = 200;
    while (rc == PST_OK)
        rc = give(to, pst_bytes(blanks, sizeof blanks));
    return rc;
}

/* The file from `from` to `to`, with what the rule does to bodies. */
static enum pst_code give_file(struct delivery *to, const struct pst_buf *content,
                               const struct pst_fake_rule *rule)
{
    int64_t size = (int64_t)content->len, from = to->request->from, end = to->request->to + 1;
    bool part = from >= 0 && (rule == NULL || rule->fault != PST_FAKE_WHOLE);

    if (!part)
        from = 0;
    if (!part || to->request->to < 0 || end > size)
        end = size;
    to->answer->status = part ? 206 : 200;
    snprintf(to->answer->content_type, sizeof to->answer->content_type, "application/octet-stream");
    if (part && from >= size) {
        to->answer->status = 416;
        return PST_OK;
    }
    if (part && rule != NULL && rule->fault == PST_FAKE_WRONG_RANGE) {
        from = from + rule->number < size ? from + rule->number : 0;
        end = size;
    }
    if (part) {
        to->answer->has_range = true;
        to->answer->range_from = from;
        to->answer->range_to = end - 1;
        to->answer->range_size = size;
    }
    bool cut = rule != NULL && (rule->fault == PST_FAKE_STALL || rule->fault == PST_FAKE_TRUNCATE);
    cut = cut && rule->number >= from && rule->number < end;
    if (cut)
        end = rule->number;

    PST_CLEANUP(pst_buf) struct pst_buf copy = pst_buf((size_t)(end - from) + 1);
    assert_true(end == from || pst_buf_add(&copy, content->at + from, (size_t)(end - from)));
    if (copy.at != NULL && rule != NULL && rule->fault == PST_FAKE_FLIP && rule->number >= from &&
        rule->number < end)
        copy.at[rule->number - from] ^= 0x01;
    enum pst_code rc = give(to, pst_buf_bytes(&copy));
    if (rc == PST_OK && cut)
        rc =
            pst_refuse(to->why, rule->fault == PST_FAKE_STALL ? PST_NET_STALLED : PST_NET_TRUNCATED,
                       pst_say("all of %s", to->request->url), pst_say("a part of it"));
    return rc;
}

static enum pst_code answer_get(struct pst_fake_net *net, struct delivery *to,
                                const struct pst_fake_rule *rule)
{
    const struct pst_fake_file *file = file_of(net, to->request->url);
    PST_CLEANUP(pst_buf) struct pst_buf made = pst_buf(8 << 20);

    switch (rule != NULL ? (int)rule->fault : -1) {
    case PST_FAKE_STATUS:
        to->answer->status = (int)rule->number;
        return PST_OK;
    case PST_FAKE_HTML:
        return give_page(to, "<html><body>Welcome to the guest network</body></html>");
    case PST_FAKE_ENDLESS:
        return give_endless(to);
    default:
        break;
    }
    if (file != NULL)
        return give_file(to, &file->content, rule);
    if (net->maker != NULL && net->maker(net->maker_context, to->request->url, &made))
        return give_file(to, &made, rule);
    to->answer->status = 404;
    return PST_OK;
}

static enum pst_code answer_post(struct pst_fake_net *net, struct delivery *to,
                                 const struct pst_fake_rule *rule)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(1 << 20);

    if (rule != NULL && rule->fault == PST_FAKE_HTML)
        return give_page(to, "<html><body>Please log in</body></html>");
    if (rule != NULL && rule->fault == PST_FAKE_ENDLESS)
        return give_endless(to);
    to->answer->status = rule != NULL && rule->fault == PST_FAKE_STATUS ? (int)rule->number : 404;
    if (rule == NULL && net->service != NULL)
        to->answer->status =
            net->service(net->service_context, to->request, &body, to->answer->content_type);
    return give(to, pst_buf_bytes(&body));
}

static void log_call(struct pst_fake_net *net, const struct pst_fetch_request *request)
{
    assert_true(net->call_count < PST_FAKE_CALLS);
    struct pst_fake_call *call = &net->call[net->call_count++];
    *call = (struct pst_fake_call){.from = request->from, .to = request->to};
    snprintf(call->method, sizeof call->method, "%s", request->method);
    snprintf(call->url, sizeof call->url, "%s", request->url);
}

static enum pst_code fetch(void *context, const struct pst_fetch_request *request,
                           const struct pst_sink *sink, struct pst_fetch_answer *answer,
                           struct pst_report *why)
{
    struct pst_fake_net *net = context;
    struct delivery to = {request, sink, answer, why};
    const struct pst_fake_rule *rule = rule_for(net, request->url);

    log_call(net, request);
    *answer = (struct pst_fetch_answer){.retry_after_s = -1, .range_size = -1};
    if (rule != NULL && rule->fault == PST_FAKE_UNREACHABLE)
        return pst_refuse(why, PST_NET_UNREACHABLE, pst_say("%s", request->url), pst_say("nobody"));
    if (rule != NULL && rule->fault == PST_FAKE_REDIRECT) {
        answer->status = 302;
        return pst_refuse(why, PST_NET_REDIRECT, pst_say("%s", request->url), pst_say("HTTP 302"));
    }
    size_t at = net->call_count - 1;
    enum pst_code rc = strcmp(request->method, "GET") == 0 ? answer_get(net, &to, rule)
                                                           : answer_post(net, &to, rule);
    net->call[at].body_bytes = answer->body_bytes;
    return rc;
}

struct pst_transport_port pst_fake_net_port(struct pst_fake_net *net)
{
    return (struct pst_transport_port){net, fetch};
}

/* ---- slots ----------------------------------------------------------------------------------- */

void pst_fake_slots_init(struct pst_fake_slots *slots, const char *component,
                         const char *slot_class, int64_t bytes, struct pst_fake_power *power)
{
    *slots = (struct pst_fake_slots){.component = component,
                                     .slot_class = slot_class,
                                     .bytes = bytes,
                                     .power = power,
                                     .io_error_at = -1,
                                     .bad_at = -1};
    for (int i = 0; i < 2; i++) {
        slots->at[i] = calloc(1, (size_t)bytes);
        slots->synced[i] = calloc(1, (size_t)bytes);
        assert_true(slots->at[i] != NULL && slots->synced[i] != NULL);
    }
}

void pst_fake_slots_clear(struct pst_fake_slots *slots)
{
    for (int i = 0; i < 2; i++) {
        free(slots->at[i]);
        free(slots->synced[i]);
    }
    memset(slots, 0, sizeof *slots);
}

void pst_fake_slots_fill(struct pst_fake_slots *slots, int slot, struct pst_bytes content)
{
    assert_true(content.len <= (size_t)slots->bytes);
    memset(slots->at[slot], 0, (size_t)slots->bytes);
    memcpy(slots->at[slot], content.at, content.len);
    memcpy(slots->synced[slot], slots->at[slot], (size_t)slots->bytes);
}

void pst_fake_slots_lose(struct pst_fake_slots *slots)
{
    for (int i = 0; i < 2; i++)
        memcpy(slots->at[i], slots->synced[i], (size_t)slots->bytes);
}

static int64_t slot_bytes(void *context, int slot)
{
    (void)slot;
    return ((const struct pst_fake_slots *)context)->bytes;
}

static bool touches(int64_t place, uint64_t at, size_t len)
{
    return place >= 0 && (uint64_t)place >= at && (uint64_t)place < at + len;
}

static enum pst_code io_error(int slot, uint64_t at, struct pst_report *why)
{
    return pst_refuse(why, PST_SLOT_IO, pst_say("slot %d at byte %llu", slot, (long long)at),
                      pst_say("EIO"));
}

static enum pst_code read_slot(void *context, int slot, uint64_t at, void *into, size_t len,
                               struct pst_report *why)
{
    const struct pst_fake_slots *slots = context;

    if (is_dark(slots->power))
        return dark(PST_SLOT_IO, why);
    if (at + len > (uint64_t)slots->bytes ||
        (slot != slots->active && touches(slots->io_error_at, at, len)))
        return io_error(slot, at, why);
    memcpy(into, slots->at[slot] + at, len);
    if (slot != slots->active && !slots->cached && touches(slots->bad_at, at, len))
        ((uint8_t *)into)[(uint64_t)slots->bad_at - at] ^= 0x40;
    return PST_OK;
}

static enum pst_code write_slot(void *context, int slot, uint64_t at, struct pst_bytes bytes,
                                struct pst_report *why)
{
    struct pst_fake_slots *slots = context;

    if (slot == slots->active) {
        slots->active_writes++;
        return pst_refuse(why, PST_SLOT_ACTIVE, pst_say("the other slot"), pst_say("%d", slot));
    }
    if (at > (uint64_t)slots->bytes || bytes.len > (uint64_t)slots->bytes - at)
        return pst_refuse(why, PST_SLOT_TOO_SMALL, pst_say("a larger slot"), pst_say("this one"));
    if (!spend(slots->power)) {
        if (slots->power->left == 0) /* torn: the first half is there */
            memcpy(slots->at[slot] + at, bytes.at, bytes.len / 2);
        return dark(PST_SLOT_IO, why);
    }
    if (touches(slots->io_error_at, at, bytes.len))
        return io_error(slot, at, why);
    memcpy(slots->at[slot] + at, bytes.at, bytes.len);
    slots->cached = true;
    slots->writes++;
    return PST_OK;
}

static enum pst_code sync_slot(void *context, int slot, struct pst_report *why)
{
    struct pst_fake_slots *slots = context;
    if (!spend(slots->power))
        return dark(PST_SLOT_IO, why);
    memcpy(slots->synced[slot], slots->at[slot], (size_t)slots->bytes);
    return PST_OK;
}

static void drop_cache(void *context, int slot)
{
    struct pst_fake_slots *slots = context;
    slots->cached = slots->cached && slot == slots->active;
}

struct pst_slot_port pst_fake_slots_port(struct pst_fake_slots *slots)
{
    return (struct pst_slot_port){.context = slots,
                                  .component = slots->component,
                                  .slot_class = slots->slot_class,
                                  .slot_bytes = slot_bytes,
                                  .read = read_slot,
                                  .write = write_slot,
                                  .sync = sync_slot,
                                  .drop_cache = drop_cache};
}

/* ---- boot control ---------------------------------------------------------------------------- */

static enum pst_code read_boot(void *context, struct pst_boot_state *out, struct pst_report *why)
{
    const struct pst_fake_boot *boot = context;
    if (boot->damaged)
        return pst_refuse(why, PST_BOOT_MARKER, pst_say("a sound record"), pst_say("none"));
    *out = boot->state;
    return PST_OK;
}

static enum pst_code set_next(void *context, int slot, int tries, struct pst_report *why)
{
    struct pst_fake_boot *boot = context;
    if (!spend(boot->power))
        return dark(PST_BOOT_MARKER, why);
    boot->state.next = slot;
    boot->state.tries_left = tries;
    return PST_OK;
}

static enum pst_code confirm(void *context, struct pst_report *why)
{
    struct pst_fake_boot *boot = context;
    if (!spend(boot->power))
        return dark(PST_BOOT_MARKER, why);
    boot->state.trial = false;
    boot->state.tries_left = 0;
    boot->state.next = boot->state.active;
    return PST_OK;
}

static enum pst_code revert(void *context, struct pst_report *why)
{
    struct pst_fake_boot *boot = context;
    if (!spend(boot->power))
        return dark(PST_BOOT_MARKER, why);
    boot->state.tries_left = 0;
    if (!boot->state.trial)
        boot->state.next = boot->state.active;
    return PST_OK;
}

static enum pst_code simulate_restart(void *context, struct pst_report *why)
{
    struct pst_boot_state *state = &((struct pst_fake_boot *)context)->state;
    bool staged = !state->trial && state->next != state->active;
    (void)why;

    if (!staged && !state->trial)
        return PST_OK;
    if (state->tries_left > 0) {
        state->active = state->next;
        state->trial = true;
        state->tries_left--;
        return PST_OK;
    }
    state->active = staged ? state->active : 1 - state->active;
    state->next = state->active;
    state->trial = false;
    return PST_OK;
}

struct pst_boot_port pst_fake_boot_port(struct pst_fake_boot *boot)
{
    return (struct pst_boot_port){.context = boot,
                                  .read = read_boot,
                                  .set_next = set_next,
                                  .confirm = confirm,
                                  .revert = revert,
                                  .simulate_restart = simulate_restart};
}

/* ---- documents ------------------------------------------------------------------------------- */

void pst_fake_documents_clear(struct pst_fake_documents *documents)
{
    for (size_t i = 0; i < documents->count; i++)
        pst_buf_clear(&documents->document[i].content);
    documents->count = 0;
}

static struct pst_fake_document *document_of(const struct pst_fake_documents *documents,
                                             const char *name)
{
    for (size_t i = 0; i < documents->count; i++)
        if (strcmp(documents->document[i].name, name) == 0)
            return (struct pst_fake_document *)(uintptr_t)&documents->document[i];
    return NULL;
}

const struct pst_buf *pst_fake_document(const struct pst_fake_documents *documents,
                                        const char *name)
{
    const struct pst_fake_document *document = document_of(documents, name);
    return document != NULL ? &document->content : NULL;
}

void pst_fake_document_put(struct pst_fake_documents *documents, const char *name,
                           struct pst_bytes content)
{
    struct pst_fake_document *document = document_of(documents, name);
    if (document == NULL) {
        assert_true(documents->count < PST_FAKE_DOCUMENTS);
        document = &documents->document[documents->count++];
        snprintf(document->name, sizeof document->name, "%s", name);
    }
    pst_buf_clear(&document->content);
    document->content = pst_buf(content.len + 1);
    assert_true(pst_buf_add(&document->content, content.at, content.len));
}

static enum pst_code read_document(void *context, const char *name, struct pst_buf *out,
                                   struct pst_report *why)
{
    const struct pst_fake_documents *documents = context;
    const struct pst_buf *content = pst_fake_document(documents, name);

    if (is_dark(documents->power))
        return dark(PST_HOST_IO, why);
    if (content == NULL)
        return PST_HOST_NOT_FOUND;
    if (!pst_buf_add(out, content->at, content->len))
        return pst_refuse(why, PST_TOO_LARGE, pst_say("at most %zu bytes", out->max),
                          pst_say("%zu", content->len));
    return PST_OK;
}

static enum pst_code replace_document(void *context, const char *name, struct pst_bytes content,
                                      struct pst_report *why)
{
    struct pst_fake_documents *documents = context;

    if (!spend(documents->power))
        return dark(PST_HOST_IO, why);
    if (documents->refuse != PST_OK)
        return pst_refuse(why, documents->refuse, pst_say("to keep '%s'", name), pst_say("no"));
    pst_fake_document_put(documents, name, content);
    documents->replaced++;
    return PST_OK;
}

static enum pst_code remove_document(void *context, const char *name, struct pst_report *why)
{
    struct pst_fake_documents *documents = context;
    struct pst_fake_document *document = document_of(documents, name);

    if (is_dark(documents->power))
        return dark(PST_HOST_IO, why);
    if (document == NULL)
        return PST_OK;
    if (!spend(documents->power))
        return dark(PST_HOST_IO, why);
    pst_buf_clear(&document->content);
    *document = documents->document[--documents->count];
    documents->document[documents->count] = (struct pst_fake_document){.name = ""};
    return PST_OK;
}

struct pst_state_port pst_fake_documents_port(struct pst_fake_documents *documents)
{
    return (struct pst_state_port){documents, read_document, replace_document, remove_document};
}

/* ---- the terminal ---------------------------------------------------------------------------- */

static void read_facts(void *context, struct pst_facts *into, struct pst_report *why)
{
    const struct pst_fake_terminal *terminal = context;
    (void)why;
    into->battery_percent = terminal->battery_percent;
    into->free_bytes = terminal->free_bytes;
    into->mains = terminal->mains;
    into->busy = terminal->busy;
    into->tampered = terminal->tampered;
    into->metered = terminal->metered;
    into->window_open = terminal->window_open;
}

static enum pst_code run_check(void *context, const char *name, int64_t limit_ms,
                               struct pst_report *why)
{
    struct pst_fake_terminal *terminal = context;
    (void)limit_ms;
    terminal->checks_run++;
    if (terminal->sick != NULL && strcmp(terminal->sick, name) == 0)
        return pst_refuse(why, PST_BOOT_HEALTH, pst_say("'%s' to be fine", name), pst_say("not"));
    return PST_OK;
}

struct pst_terminal_port pst_fake_terminal_port(struct pst_fake_terminal *terminal)
{
    return (struct pst_terminal_port){terminal, read_facts, run_check};
}
