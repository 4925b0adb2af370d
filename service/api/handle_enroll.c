/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_enroll.c - a terminal makes itself known: proof that it holds its key, then the policy.
 *
 * The policy is a table of what is known of the serial against what the policy asks. A serial that
 * nobody announced and a wrong code have one answer: serials cannot be probed.
 */
#include <stdio.h>

#include "service/api/call.h"

struct enroll_work {
    struct pst_work work; /* first */
    struct pst_enrol enrol;
    uint8_t fingerprint[PST_SHA256_BYTES], code_sha256[PST_SHA256_BYTES];
    uint8_t id_random[12];
    struct pst_terminal_row row;
    bool fresh;
};

static bool is_zero(const uint8_t *at, size_t len)
{
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++)
        any |= at[i];
    return any == 0;
}

static bool code_is_right(const struct enroll_work *work, const struct pst_terminal_row *row)
{
    return work->enrol.code[0] != '\0' && !is_zero(row->code_sha256, sizeof row->code_sha256) &&
           pst_equal_in_constant_time(work->code_sha256, row->code_sha256, sizeof row->code_sha256);
}

static enum pst_code wrong_code(struct pst_report *why)
{
    return pst_refuse(why, PST_SERVICE_UNAUTHORIZED,
                      pst_say("a serial that was announced, with its one-time code"),
                      pst_say("another serial or code"));
}

/* The state that the policy gives to a terminal without a key so far; `row` holds what is known of
 * it. */
static enum pst_code judge(struct enroll_work *work, bool announced, struct pst_terminal_row *row)
{
    struct pst_report *why = &work->work.job.why;
    bool right = announced && code_is_right(work, row);

    if (announced && row->state == PST_TERMINAL_BLOCKED)
        return pst_refuse(why, PST_SERVICE_FORBIDDEN, pst_say("a terminal that is not blocked"),
                          pst_say("a blocked one"));
    if (right || work->work.api->options.enrolment == PST_ENROLMENT_OPEN)
        row->state = PST_TERMINAL_ACCEPTED;
    else if (work->work.api->options.enrolment == PST_ENROLMENT_ACCEPT)
        row->state = PST_TERMINAL_PENDING;
    else
        return wrong_code(why);
    return PST_OK;
}

static void fill_row(struct enroll_work *work, struct pst_terminal_row *row, int64_t now_s)
{
    const struct pst_enrol *enrol = &work->enrol;

    if (row->id[0] == '\0') {
        row->id[0] = 't';
        row->id[1] = '-';
        pst_hex_print(pst_bytes(work->id_random, sizeof work->id_random), row->id + 2);
        row->registered_s = now_s;
    }
    snprintf(row->serial, sizeof row->serial, "%s", enrol->serial);
    snprintf(row->product, sizeof row->product, "%s", enrol->product);
    snprintf(row->keytype, sizeof row->keytype, "%s", enrol->keytype);
    snprintf(row->scheme, sizeof row->scheme, "%s", enrol->scheme);
    snprintf(row->public_part, sizeof row->public_part, "%s", enrol->public_part);
    memcpy(row->key_fingerprint, work->fingerprint, sizeof row->key_fingerprint);
    row->has_key = true;
    memset(row->code_sha256, 0, sizeof row->code_sha256);
}

/* The key is known: the same terminal asks again, or somebody took its key. */
static enum pst_code meet_again(struct enroll_work *work, const struct pst_terminal_row *row)
{
    struct pst_report *why = &work->work.job.why;

    if (strcmp(row->serial, work->enrol.serial) != 0 ||
        strcmp(row->product, work->enrol.product) != 0)
        return pst_refuse(why, PST_SERVICE_CONFLICT, pst_say("a key of its own for each terminal"),
                          pst_say("the key of another serial"));
    if (row->state == PST_TERMINAL_BLOCKED)
        return pst_refuse(why, PST_SERVICE_FORBIDDEN, pst_say("a terminal that is not blocked"),
                          pst_say("a blocked one"));
    work->row = *row;
    return PST_OK;
}

static enum pst_code apply_enroll(struct pst_work *base, struct pst_store *store)
{
    struct enroll_work *work = (struct enroll_work *)base;
    struct pst_report *why = &base->job.why;
    struct pst_terminal_row row = {0};

    enum pst_code code = store->ops->terminal_by_key(store, work->fingerprint, &row, why);
    if (code == PST_OK)
        return meet_again(work, &row);
    if (code != PST_SERVICE_NOT_FOUND)
        return code;
    row = (struct pst_terminal_row){0};
    code =
        store->ops->terminal_by_serial(store, work->enrol.product, work->enrol.serial, &row, why);
    if (code != PST_OK && code != PST_SERVICE_NOT_FOUND)
        return code;
    bool announced = code == PST_OK;
    if (!announced)
        row = (struct pst_terminal_row){0};
    if (announced && row.has_key)
        return pst_refuse(why, PST_SERVICE_CONFLICT,
                          pst_say("the key that this serial enrolled with"),
                          pst_say("another key"));
    code = judge(work, announced, &row);
    if (code != PST_OK)
        return code;
    fill_row(work, &row, pst_api_now(base->api));
    code = store->ops->put_terminal(store, &row, why);
    work->row = row;
    work->fresh = true;
    return code;
}

static void answer_enroll(struct pst_work *base, struct pst_response *response)
{
    struct enroll_work *work = (struct enroll_work *)base;
    struct pst_json_out json = pst_response_json(response, work->fresh ? 201 : 200);

    pst_out_open(&json, NULL, '{');
    pst_out_string(&json, "terminal", work->row.id);
    pst_out_string(&json, "state", pst_terminal_state_name(work->row.state));
    pst_out_close(&json, '}');
    pst_response_json_end(response, base->api, base->request, &json);
}

/* The envelope holds an enrol message that is signed by the key in it. */
static enum pst_code read_enrol(struct pst_bytes body, struct pst_enrol *enrol,
                                uint8_t fingerprint[PST_SHA256_BYTES], struct pst_report *why)
{
    PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL;
    PST_CLEANUP(pst_public_key) struct pst_public_key *key = NULL;

    enum pst_code code = pst_envelope_parse(body, &pst_json_small, &envelope, why);
    if (code == PST_OK)
        code = pst_enrol_parse(envelope->body, enrol, why);
    if (code == PST_OK)
        code = pst_public_key_load(pst_text(enrol->keytype), pst_text(enrol->scheme),
                                   pst_text(enrol->public_part), &key, why);
    if (code == PST_OK)
        code = pst_verify_by_key(envelope, key, why);
    if (code == PST_OK)
        memcpy(fingerprint, pst_public_key_fingerprint(key), PST_SHA256_BYTES);
    return code;
}

void pst_handle_enroll(struct pst_call *call)
{
    struct enroll_work *work = pst_call_work(call, sizeof *work, apply_enroll, answer_enroll);
    if (work == NULL)
        return;
    struct pst_report *why = &work->work.job.why;
    enum pst_code code = read_enrol(call->request->body, &work->enrol, work->fingerprint, why);
    if (code == PST_OK)
        code = pst_sha256(pst_bytes_of(pst_text(work->enrol.code)), work->code_sha256, why);
    if (code == PST_OK)
        code = pst_random(work->id_random, sizeof work->id_random, why);
    if (code == PST_OK)
        pst_call_write(call, &work->work);
    else
        pst_work_done(&work->work, code);
}
