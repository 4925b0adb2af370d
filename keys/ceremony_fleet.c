/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/ceremony_fleet.h"

#include <stdio.h>
#include <stdlib.h>

#include "manifests/fields.h"
#include "manifests/file.h"
#include "manifests/instant.h"

enum { FLEET_BYTES = 1 << 20 };

void pst_ceremony_fleet_free(struct pst_ceremony_fleet *fleet)
{
    free(fleet);
}

static enum pst_code read_schemes(const struct pst_json *array, struct pst_ceremony_class *out,
                                  struct pst_report *why)
{
    const struct pst_json *one = pst_json_first(array);

    for (; one != NULL; one = pst_json_next(one)) {
        struct pst_text name = pst_json_text(one);
        if (name.len == 0 || name.len >= PST_NAME_ROOM)
            return pst_refuse(why, PST_WRONG_TYPE, pst_say("names of signature schemes"),
                              pst_say("%s", pst_json_type_name(pst_json_type(one))));
        snprintf(out->scheme[out->scheme_count++], PST_NAME_ROOM, "%.*s", PST_ARGS(name));
    }
    return PST_OK;
}

static enum pst_code read_class(const struct pst_json *json, struct pst_ceremony_class *out,
                                struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(json, why);
    struct pst_text product = pst_fields_name(&fields, "product");

    snprintf(out->product, sizeof out->product, "%.*s", PST_ARGS(product));
    out->terminals = pst_fields_integer(&fields, "terminals", 1, PST_JSON_INTEGER_MAX);
    pst_fields_merge(
        &fields,
        read_schemes(pst_fields_array(&fields, "schemes", 0, PST_FACTS_SCHEMES_MOST), out, why));
    return pst_fields_close(&fields);
}

static enum pst_code read_classes(const struct pst_json *array, struct pst_ceremony_fleet *out,
                                  struct pst_report *why)
{
    const struct pst_json *one = pst_json_first(array);
    enum pst_code first = PST_OK;
    int64_t sum = 0;

    for (; one != NULL; one = pst_json_next(one)) {
        struct pst_ceremony_class *class = &out->class[out->class_count];
        PST_WITHIN(why, "classes/%zu", out->class_count++);
        enum pst_code rc = read_class(one, class, why);
        if (rc == PST_OK && class->terminals > PST_JSON_INTEGER_MAX - sum)
            rc = pst_refuse(why, PST_OUT_OF_BOUNDS, pst_say("fewer terminals in all"),
                            pst_say("%lld", (long long)class->terminals));
        sum += rc == PST_OK ? class->terminals : 0;
        first = first == PST_OK ? rc : first;
    }
    return first;
}

static enum pst_code read_document(const struct pst_json *json, struct pst_ceremony_fleet *out,
                                   struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(json, why);
    struct pst_text format = pst_fields_text(&fields, "format", PST_NAME_ROOM);

    if (format.len > 0 && !pst_text_is(format, PST_CEREMONY_FLEET_FORMAT))
        return pst_refuse(why, PST_METADATA_FORMAT_UNKNOWN,
                          pst_say("%s", PST_CEREMONY_FLEET_FORMAT),
                          pst_say("%.*s", PST_ARGS(format)));
    out->at_s = pst_fields_instant(&fields, "at");
    out->untold = pst_fields_integer(&fields, "untold", 0, PST_JSON_INTEGER_MAX);
    pst_fields_merge(
        &fields,
        read_classes(pst_fields_array(&fields, "classes", 0, PST_CEREMONY_CLASSES_MOST), out, why));
    return pst_fields_close(&fields);
}

enum pst_code pst_ceremony_fleet_read(const char *path, struct pst_ceremony_fleet **out,
                                      struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf file = pst_buf(FLEET_BYTES);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    PST_CLEANUP(pst_ceremony_fleet) struct pst_ceremony_fleet *fleet = calloc(1, sizeof *fleet);

    if (fleet == NULL)
        return pst_no_memory(why, "the fleet's schemes");
    PST_WITHIN(why, "%s", path);
    enum pst_code rc = pst_file_read(path, &file, why);
    if (rc == PST_OK)
        rc = pst_json_parse(pst_buf_bytes(&file), &pst_json_large, &json, why);
    if (rc == PST_OK)
        rc = read_document(json, fleet, why);
    if (rc != PST_OK)
        return rc;
    fleet->may_strand = -1;
    *out = fleet;
    fleet = NULL;
    return PST_OK;
}

static bool verifies(const struct pst_ceremony_class *class, struct pst_text scheme)
{
    for (size_t i = 0; i < class->scheme_count; i++)
        if (pst_text_is(scheme, class->scheme[i]))
            return true;
    return false;
}

void pst_ceremony_strand(struct pst_ceremony_stranding *stranding, struct pst_text product,
                         struct pst_text scheme, const char *place)
{
    const struct pst_ceremony_fleet *fleet = stranding->fleet;
    int64_t concerned = 0, stranded = 0;
    char at[PST_INSTANT_ROOM];

    for (size_t i = 0; fleet != NULL && i < fleet->class_count; i++) {
        const struct pst_ceremony_class *class = &fleet->class[i];
        if (product.len > 0 && !pst_text_is(product, class->product))
            continue;
        concerned += class->terminals;
        if (verifies(class, scheme))
            continue;
        stranded += class->terminals;
        stranding->is_stranded[i] = true;
    }
    if (stranded == 0)
        return;
    PST_WITHIN(&stranding->causes, "%s", place);
    (void)pst_refuse(&stranding->causes, PST_ALGORITHM_UNKNOWN,
                     pst_say("a scheme that all %lld terminals%s%.*s verify", (long long)concerned,
                             product.len > 0 ? " of " : "", PST_ARGS(product)),
                     pst_say("%.*s, which would strand %lld (told by %s)", PST_ARGS(scheme),
                             (long long)stranded, pst_instant_print(fleet->at_s, at)));
}

enum pst_code pst_ceremony_strand_verdict(const struct pst_ceremony_stranding *stranding,
                                          struct pst_report *why)
{
    const struct pst_ceremony_fleet *fleet = stranding->fleet;
    int64_t stranded = 0;

    for (size_t i = 0; fleet != NULL && i < fleet->class_count; i++)
        stranded += stranding->is_stranded[i] ? fleet->class[i].terminals : 0;
    if (stranded == 0)
        return PST_OK;
    bool is_meant = fleet->may_strand == stranded;
    if (why != NULL)
        pst_report_append(why, &stranding->causes, is_meant);
    if (!is_meant && fleet->may_strand >= 0)
        (void)pst_refuse(why, PST_ALGORITHM_UNKNOWN,
                         pst_say("--strand %lld, as many as there are", (long long)stranded),
                         pst_say("--strand %lld", (long long)fleet->may_strand));
    return is_meant ? PST_OK : PST_ALGORITHM_UNKNOWN;
}
