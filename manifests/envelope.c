/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/envelope.h"

#include <stdlib.h>

#include "manifests/fields.h"
#include "manifests/json_out.h"
#include "manifests/role_read.h"

/* A signature that is empty or no hex spoils only itself, so any text will do here. */
static struct pst_text read_hex(struct pst_fields *fields)
{
    const struct pst_json *sig = pst_json_member(fields->object, "sig");
    if (sig != NULL && pst_json_type(sig) == PST_JSON_TEXT && pst_json_text(sig).len == 0)
        return pst_text("");
    return pst_fields_raw_text(fields, "sig", PST_SIGNATURE_HEX_MOST);
}

static enum pst_code read_signature(const struct pst_json *json,
                                    struct pst_envelope_signature *signature,
                                    struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(json, why);
    signature->keyid = pst_fields_text(&fields, "keyid", PST_KEYID_MOST);
    signature->hex = read_hex(&fields);
    return pst_fields_close_open(&fields);
}

/* TUF 1.0.34, section 4.2: one signature a keyid. Whoever repeats one tries to be counted twice. */
static enum pst_code refuse_repeated(const struct pst_envelope *envelope, struct pst_report *why)
{
    const struct pst_text last = envelope->signature[envelope->signature_count - 1].keyid;
    for (size_t i = 0; last.len > 0 && i + 1 < envelope->signature_count; i++)
        if (pst_text_equal(envelope->signature[i].keyid, last))
            return pst_refuse(why, PST_SIGNATURE_DUPLICATE, pst_say("one signature of each key"),
                              pst_say("another by %.*s", PST_ARGS(last)));
    return PST_OK;
}

static void read_signatures(struct pst_fields *fields, struct pst_envelope *envelope)
{
    const struct pst_json *list = pst_fields_array(fields, "signatures", 0, SIZE_MAX);
    if (list == NULL)
        return;
    if (pst_json_count(list) > PST_SIGNATURES_MOST) {
        pst_fields_fault(fields, "signatures", PST_TOO_LARGE,
                         pst_say("at most %d signatures", PST_SIGNATURES_MOST),
                         pst_say("%zu", pst_json_count(list)));
        return;
    }
    PST_WITHIN(fields->why, "signatures");
    for (const struct pst_json *at = pst_json_first(list); at != NULL; at = pst_json_next(at)) {
        PST_WITHIN(fields->why, "%zu", envelope->signature_count);
        struct pst_envelope_signature *next = &envelope->signature[envelope->signature_count++];
        pst_fields_merge(fields, read_signature(at, next, fields->why));
        pst_fields_merge(fields, refuse_repeated(envelope, fields->why));
    }
}

enum pst_code pst_envelope_read(struct pst_bytes in, const struct pst_json_limits *limits,
                                struct pst_envelope **out, struct pst_report *why)
{
    PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = calloc(1, sizeof *envelope);
    if (envelope == NULL)
        return pst_no_memory(why, "an envelope");
    enum pst_code code = pst_json_parse(in, limits, &envelope->json, why);
    if (code != PST_OK)
        return code;

    struct pst_fields fields = pst_fields_open(envelope->json, why);
    envelope->body = pst_fields_object(&fields, "signed");
    read_signatures(&fields, envelope);
    if (envelope->body != NULL) {
        /* The canonical form drops blanks and escapes and adds nothing: it is never longer. */
        envelope->canonical = pst_buf(in.len);
        pst_fields_merge(&fields, pst_json_canonical(envelope->body, &envelope->canonical, why));
    }
    code = pst_fields_close_open(&fields);
    if (envelope->body != NULL) {
        *out = envelope;
        envelope = NULL;
    }
    return code;
}

enum pst_code pst_envelope_parse(struct pst_bytes in, const struct pst_json_limits *limits,
                                 struct pst_envelope **out, struct pst_report *why)
{
    PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL;
    enum pst_code code = pst_envelope_read(in, limits, &envelope, why);
    if (code != PST_OK)
        return code;
    *out = envelope;
    envelope = NULL;
    return PST_OK;
}

void pst_envelope_free(struct pst_envelope *envelope)
{
    if (envelope == NULL)
        return;
    pst_buf_clear(&envelope->canonical);
    pst_json_free(envelope->json);
    free(envelope);
}

/*
 * The canonical form keeps control characters raw inside strings (PEM keys hold line feeds), which
 * JSON forbids: they are escaped here. The canonical form of what is read again is the same.
 */
static bool escape_controls(struct pst_bytes body, struct pst_buf *out)
{
    bool in_string = false, escaped = false;
    for (size_t i = 0; i < body.len; i++) {
        uint8_t byte = body.at[i];
        bool added = in_string && byte < 0x20 ? pst_buf_print(out, "\\u%04x", byte)
                                              : pst_buf_add(out, &byte, 1);
        if (!added)
            return false;
        if (byte == '"' && !escaped)
            in_string = !in_string;
        escaped = in_string && byte == '\\' && !escaped;
    }
    return true;
}

/* By itself, so that a body that closes its own object early cannot reach into the envelope. */
static enum pst_code check_body(struct pst_bytes body, struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    return pst_json_parse(body, &pst_json_large, &json, why);
}

static enum pst_code write_envelope(struct pst_bytes body,
                                    const struct pst_envelope_new_signature *signatures,
                                    size_t count, struct pst_buf *buf, struct pst_report *why)
{
    struct pst_json_out json = pst_json_out(buf);
    pst_out_open(&json, NULL, '{');
    pst_out_open(&json, "signatures", '[');
    for (size_t i = 0; i < count; i++) {
        pst_out_open(&json, NULL, '{');
        pst_out_string(&json, "keyid", signatures[i].keyid);
        pst_out_string(&json, "sig", signatures[i].hex);
        pst_out_close(&json, '}');
    }
    pst_out_close(&json, ']');
    pst_out_verbatim(&json, "signed", body);
    pst_out_close(&json, '}');
    if (!pst_json_out_is_whole(&json))
        return pst_refuse_growth(why, buf);
    return PST_OK;
}

enum pst_code pst_envelope_print(struct pst_bytes body,
                                 const struct pst_envelope_new_signature *signatures, size_t count,
                                 struct pst_buf *out, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf escaped = pst_buf(pst_json_large.bytes);
    PST_CLEANUP(pst_buf) struct pst_buf whole = pst_buf(pst_json_large.bytes);
    PST_CLEANUP(pst_envelope) struct pst_envelope *again = NULL;

    if (!escape_controls(body, &escaped))
        return pst_refuse_growth(why, &escaped);
    enum pst_code code = check_body(pst_buf_bytes(&escaped), why);
    if (code == PST_OK)
        code = write_envelope(pst_buf_bytes(&escaped), signatures, count, &whole, why);
    if (code == PST_OK) /* what no reader would take is not written */
        code = pst_envelope_parse(pst_buf_bytes(&whole), &pst_json_large, &again, why);
    if (code == PST_OK && !pst_buf_add(out, whole.at, whole.len))
        return pst_refuse_growth(why, out);
    return code;
}
