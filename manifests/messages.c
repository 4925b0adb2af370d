/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/messages.h"

#include "manifests/document.h"

/* Written bodies are small; a report with all its findings is the largest. */
enum { BODY_MOST = 64 * 1024 };

/* What is opened is an object of this format; PST_OK also when the fields are to say what is
 * wrong. */
static enum pst_code open_body(const struct pst_json *body, const char *format,
                               struct pst_fields *fields, struct pst_report *why)
{
    enum pst_code code = pst_document_format(body, format, /* needs= */ "", why);
    if (code != PST_OK)
        return code;
    *fields = pst_fields_open(body, why);
    (void)pst_fields_text(fields, "format", 64);
    return PST_OK;
}

static enum pst_code close_body(const struct pst_json_out *json, struct pst_buf *written,
                                enum pst_code (*check)(const struct pst_json *body,
                                                       struct pst_report *why),
                                struct pst_buf *out, struct pst_report *why)
{
    if (!pst_json_out_is_whole(json))
        return pst_refuse_growth(why, json->buf);
    return pst_document_finish(written, check, out, why);
}

static void print_if_set(struct pst_json_out *out, const char *name, const char *text)
{
    if (text[0] != '\0')
        pst_out_string(out, name, text);
}

/* ---- enrol */

enum pst_code pst_enrol_parse(const struct pst_json *body, struct pst_enrol *out,
                              struct pst_report *why)
{
    struct pst_enrol enrol = {0};
    struct pst_fields fields;

    PST_WITHIN(why, "enrol");
    enum pst_code code = open_body(body, PST_ENROL_FORMAT, &fields, why);
    if (code != PST_OK)
        return code;
    pst_document_name(&fields, "serial", enrol.serial, sizeof enrol.serial);
    pst_document_name(&fields, "product", enrol.product, sizeof enrol.product);
    pst_document_name(&fields, "keytype", enrol.keytype, sizeof enrol.keytype);
    pst_document_name(&fields, "scheme", enrol.scheme, sizeof enrol.scheme);
    pst_document_keep(pst_fields_raw_text(&fields, "public", sizeof enrol.public_part - 1),
                      enrol.public_part, sizeof enrol.public_part);
    if (pst_document_has(&fields, "code"))
        pst_document_text(&fields, "code", enrol.code, sizeof enrol.code);
    code = pst_fields_close(&fields);
    if (code == PST_OK)
        *out = enrol;
    return code;
}

static enum pst_code check_enrol(const struct pst_json *body, struct pst_report *why)
{
    struct pst_enrol ignored;
    return pst_enrol_parse(body, &ignored, why);
}

enum pst_code pst_enrol_print(const struct pst_enrol *enrol, struct pst_buf *out,
                              struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf written = pst_buf(BODY_MOST);
    struct pst_json_out json = pst_json_out(&written);

    pst_out_open(&json, NULL, '{');
    pst_out_string(&json, "format", PST_ENROL_FORMAT);
    pst_out_string(&json, "serial", enrol->serial);
    pst_out_string(&json, "product", enrol->product);
    pst_out_string(&json, "keytype", enrol->keytype);
    pst_out_string(&json, "scheme", enrol->scheme);
    pst_out_string(&json, "public", enrol->public_part);
    print_if_set(&json, "code", enrol->code);
    pst_out_close(&json, '}');
    return close_body(&json, &written, check_enrol, out, why);
}

/* ---- assignment */

static void read_order(struct pst_fields *up, struct pst_assignment *assignment)
{
    const struct pst_json *json = pst_fields_object(up, "order");
    if (json == NULL)
        return;
    PST_WITHIN(up->why, "order");
    struct pst_fields fields = pst_fields_open(json, up->why);
    pst_document_name(&fields, "rollout", assignment->rollout, sizeof assignment->rollout);
    pst_document_name(&fields, "product", assignment->product, sizeof assignment->product);
    assignment->version = pst_fields_version(&fields, "version");
    pst_document_keep(pst_document_path(&fields, "manifest"), assignment->manifest,
                      sizeof assignment->manifest);
    assignment->downgrade = pst_fields_bool(&fields, "downgrade");
    assignment->has_order = true;
    pst_fields_merge(up, pst_fields_close(&fields));
}

static void read_validity(struct pst_fields *fields, struct pst_assignment *assignment)
{
    assignment->issued_s = pst_fields_instant(fields, "issued");
    assignment->expires_s = pst_fields_instant(fields, "expires");
    if (assignment->expires_s > 0 && assignment->expires_s <= assignment->issued_s)
        pst_fields_fault(
            fields, "expires", PST_INCONSISTENT, pst_say("an instant after 'issued'"),
            pst_say("%lld s before", (long long)(assignment->issued_s - assignment->expires_s)));
}

enum pst_code pst_assignment_parse(const struct pst_json *body, struct pst_assignment *out,
                                   struct pst_report *why)
{
    struct pst_assignment assignment = {0};
    struct pst_fields fields;

    PST_WITHIN(why, "assignment");
    enum pst_code code = open_body(body, PST_ASSIGNMENT_FORMAT, &fields, why);
    if (code != PST_OK)
        return code;
    pst_document_name(&fields, "terminal", assignment.terminal, sizeof assignment.terminal);
    pst_document_text(&fields, "nonce", assignment.nonce, sizeof assignment.nonce);
    read_validity(&fields, &assignment);
    assignment.sequence = pst_fields_integer(&fields, "sequence", 1, PST_JSON_INTEGER_MAX);
    if (pst_document_has(&fields, "order"))
        read_order(&fields, &assignment);
    code = pst_fields_close(&fields);
    if (code == PST_OK)
        *out = assignment;
    return code;
}

static enum pst_code check_assignment(const struct pst_json *body, struct pst_report *why)
{
    struct pst_assignment ignored;
    return pst_assignment_parse(body, &ignored, why);
}

static void print_order(struct pst_json_out *json, const struct pst_assignment *assignment)
{
    pst_out_open(json, "order", '{');
    pst_out_string(json, "rollout", assignment->rollout);
    pst_out_string(json, "product", assignment->product);
    pst_out_string(json, "version", assignment->version.text);
    pst_out_string(json, "manifest", assignment->manifest);
    pst_out_bool(json, "downgrade", assignment->downgrade);
    pst_out_close(json, '}');
}

enum pst_code pst_assignment_print(const struct pst_assignment *assignment, struct pst_buf *out,
                                   struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf written = pst_buf(BODY_MOST);
    struct pst_json_out json = pst_json_out(&written);

    pst_out_open(&json, NULL, '{');
    pst_out_string(&json, "format", PST_ASSIGNMENT_FORMAT);
    pst_out_string(&json, "terminal", assignment->terminal);
    pst_out_string(&json, "nonce", assignment->nonce);
    pst_out_instant(&json, "issued", assignment->issued_s);
    pst_out_instant(&json, "expires", assignment->expires_s);
    pst_out_integer(&json, "sequence", assignment->sequence);
    if (assignment->has_order)
        print_order(&json, assignment);
    pst_out_close(&json, '}');
    return close_body(&json, &written, check_assignment, out, why);
}

/* ---- report */

static const char *const progress_names[] = {
    [PST_PROGRESS_IDLE] = "idle",           [PST_PROGRESS_FETCHING] = "fetching",
    [PST_PROGRESS_STAGED] = "staged",       [PST_PROGRESS_TRIAL] = "trial",
    [PST_PROGRESS_CONFIRMED] = "confirmed", [PST_PROGRESS_REVERTED] = "reverted",
    [PST_PROGRESS_REFUSED] = "refused",     [PST_PROGRESS_DEFERRED] = "deferred",
    [PST_PROGRESS_FAILED] = "failed",       [PST_PROGRESS_FAILED + 1] = NULL,
};
static const char *const sources[] = {"full", "delta", NULL};

const char *pst_progress_name(enum pst_progress progress)
{
    return (size_t)progress <= PST_PROGRESS_FAILED ? progress_names[progress] : "unknown";
}

bool pst_progress_parse(struct pst_text name, enum pst_progress *out)
{
    for (size_t i = 0; progress_names[i] != NULL; i++) {
        if (pst_text_is(name, progress_names[i])) {
            *out = (enum pst_progress)i;
            return true;
        }
    }
    return false;
}

static void read_findings(struct pst_fields *fields, struct pst_report *findings)
{
    const struct pst_json *array = pst_fields_array(fields, "findings", 0, PST_REPORT_MOST);
    if (array == NULL)
        return;
    PST_WITHIN(fields->why, "findings");
    pst_fields_merge(fields, pst_findings_parse(array, findings, fields->why));
}

static void read_result(struct pst_fields *fields, struct pst_terminal_report *report)
{
    int progress = pst_fields_choice(fields, "progress", progress_names);
    if (progress >= 0)
        report->progress = (enum pst_progress)progress;
    if (pst_document_has(fields, "source")) {
        int source = pst_fields_choice(fields, "source", sources);
        if (source >= 0)
            pst_document_keep(pst_text(sources[source]), report->source, sizeof report->source);
    }
    report->fetched_bytes = pst_fields_integer(fields, "fetched_bytes", 0, PST_JSON_INTEGER_MAX);
    read_findings(fields, &report->findings);
}

enum pst_code pst_terminal_report_parse(const struct pst_json *body,
                                        struct pst_terminal_report *out, struct pst_report *why)
{
    struct pst_terminal_report report = {0};
    struct pst_fields fields;

    PST_WITHIN(why, "report");
    enum pst_code code = open_body(body, PST_REPORT_FORMAT, &fields, why);
    if (code != PST_OK)
        return code;
    pst_document_name(&fields, "terminal", report.terminal, sizeof report.terminal);
    report.sequence = pst_fields_integer(&fields, "sequence", 1, PST_JSON_INTEGER_MAX);
    report.at_s = pst_fields_instant(&fields, "at");
    if (pst_document_has(&fields, "rollout"))
        pst_document_name(&fields, "rollout", report.rollout, sizeof report.rollout);
    pst_document_name(&fields, "product", report.product, sizeof report.product);
    if (pst_document_has(&fields, "version"))
        report.version = pst_fields_version(&fields, "version");
    read_result(&fields, &report);
    code = pst_fields_close(&fields);
    if (code == PST_OK)
        *out = report;
    return code;
}

static enum pst_code check_report(const struct pst_json *body, struct pst_report *why)
{
    struct pst_terminal_report ignored;
    return pst_terminal_report_parse(body, &ignored, why);
}

enum pst_code pst_terminal_report_print(const struct pst_terminal_report *report,
                                        struct pst_buf *out, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf written = pst_buf(BODY_MOST);
    struct pst_json_out json = pst_json_out(&written);

    pst_out_open(&json, NULL, '{');
    pst_out_string(&json, "format", PST_REPORT_FORMAT);
    pst_out_string(&json, "terminal", report->terminal);
    pst_out_integer(&json, "sequence", report->sequence);
    pst_out_instant(&json, "at", report->at_s);
    print_if_set(&json, "rollout", report->rollout);
    pst_out_string(&json, "product", report->product);
    print_if_set(&json, "version", report->version.text);
    pst_out_string(&json, "progress", pst_progress_name(report->progress));
    print_if_set(&json, "source", report->source);
    pst_out_integer(&json, "fetched_bytes", report->fetched_bytes);
    pst_out_findings(&json, "findings", &report->findings);
    pst_out_close(&json, '}');
    return close_body(&json, &written, check_report, out, why);
}
