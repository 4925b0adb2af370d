/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/fields.h"
#include "manifests/json_out.h"

void pst_out_finding_members(struct pst_json_out *out, const struct pst_finding *finding)
{
    enum pst_code code = finding->code;

    pst_out_string(out, "code", pst_code_name(code));
    pst_out_integer(out, "number", code);
    pst_out_string(out, "kind", pst_kind_name(pst_code_kind(code)));
    pst_out_string(out, "audience", pst_audience_name(pst_code_audience(code)));
    pst_out_string(out, "severity", pst_severity_name(pst_code_severity(code)));
    pst_out_string(out, "where", finding->where);
    pst_out_string(out, "expected", finding->expected);
    pst_out_string(out, "found", finding->found);
    pst_out_bool(out, "noted", finding->noted);
    pst_out_bool(out, "unverified", finding->unverified);
}

void pst_out_findings(struct pst_json_out *out, const char *name, const struct pst_report *why)
{
    pst_out_open(out, name, '[');
    for (size_t i = 0; i < why->count; i++) {
        pst_out_open(out, NULL, '{');
        pst_out_finding_members(out, &why->finding[i]);
        pst_out_close(out, '}');
    }
    pst_out_close(out, ']');
}

/* A value may be empty or left out, and a long one is cut: a report is not lost for its wording. */
static struct pst_text read_value(struct pst_fields *fields, const char *name)
{
    const struct pst_json *member = pst_json_member(fields->object, name);
    if (!pst_fields_has(fields, name))
        return pst_text("");
    if (pst_json_type(member) != PST_JSON_TEXT)
        pst_fields_fault(fields, name, PST_WRONG_TYPE, pst_say("a text"),
                         pst_say("%s", pst_json_type_name(pst_json_type(member))));
    return pst_json_text(member);
}

static bool read_flag(struct pst_fields *fields, const char *name)
{
    return pst_fields_has(fields, name) && pst_fields_bool(fields, name);
}

static struct pst_value cut(struct pst_text text)
{
    size_t most = PST_VALUE_BYTES - 1;
    return pst_say("%.*s", (int)(text.len < most ? text.len : most), text.at);
}

static enum pst_code parse_finding(const struct pst_json *item, struct pst_report *out,
                                   struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(item, why);
    struct pst_text name = pst_fields_text(&fields, "code", PST_VALUE_BYTES - 1);
    struct pst_value where = cut(read_value(&fields, "where"));
    struct pst_value expected = cut(read_value(&fields, "expected"));
    struct pst_value found = cut(read_value(&fields, "found"));
    bool noted = read_flag(&fields, "noted");
    bool unverified = read_flag(&fields, "unverified");
    enum pst_code rc = pst_fields_close_open(&fields);
    if (rc != PST_OK)
        return rc;

    enum pst_code code = PST_OK;
    if (!pst_code_parse(name, &code) || code == PST_OK) {
        out->omitted++; /* a newer agent's reason: counted, as its meaning is not known here */
        return PST_OK;
    }
    PST_WITHIN(out, "%s", where.at);
    out->unverified = unverified;
    if (noted)
        pst_note(out, code, expected, found);
    else
        (void)pst_refuse(out, code, expected, found);
    return PST_OK;
}

enum pst_code pst_findings_parse(const struct pst_json *array, struct pst_report *out,
                                 struct pst_report *why)
{
    struct pst_report read = {0};
    enum pst_code first = PST_OK;
    size_t i = 0;

    if (pst_json_type(array) != PST_JSON_ARRAY)
        return pst_refuse(why, PST_WRONG_TYPE, pst_say("an array"),
                          pst_say("%s", pst_json_type_name(pst_json_type(array))));
    for (const struct pst_json *item = pst_json_first(array); item != NULL;
         item = pst_json_next(item), i++) {
        PST_WITHIN(why, "%zu", i);
        enum pst_code rc = parse_finding(item, &read, why);
        if (first == PST_OK)
            first = rc;
    }
    if (first != PST_OK)
        return first;
    read.unverified = false;
    *out = read;
    return PST_OK;
}
