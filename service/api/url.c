/* SPDX-License-Identifier: Apache-2.0 */
#include "service/api/url.h"

#include <stdio.h>

#include "manifests/utf8.h"

enum { NAME_ROOM = 32, PARAMETERS_MOST = 16 };

bool pst_url_decode(struct pst_text raw, char *out, size_t room)
{
    size_t len = 0;

    for (size_t i = 0; i < raw.len; i++) {
        uint8_t byte = (uint8_t)raw.at[i];
        if (byte == '%') {
            if (raw.len - i < 3 || !pst_hex_parse((struct pst_text){raw.at + i + 1, 2}, &byte, 1))
                return false;
            i += 2;
        }
        if (byte == 0 || len + 1 >= room)
            return false;
        out[len++] = (char)byte;
    }
    out[len] = '\0';
    return pst_utf8_is_plain((struct pst_text){out, len});
}

static enum pst_code bad_path(struct pst_text raw, struct pst_report *why)
{
    return pst_refuse(why, PST_SERVICE_BAD_REQUEST,
                      pst_say("a path of printable UTF-8 that does not climb"),
                      pst_say("'%.*s'", (int)(raw.len < 100 ? raw.len : 100), raw.at));
}

static bool is_good_segment(const char *segment)
{
    return strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0 &&
           strchr(segment, '/') == NULL && strchr(segment, '\\') == NULL;
}

enum pst_code pst_url_path(struct pst_text raw, char *out, size_t room, struct pst_report *why)
{
    struct pst_text rest = raw;
    size_t len = 0;

    if (!pst_take(&rest, "/") || room < 2)
        return bad_path(raw, why);
    out[len++] = '/';
    for (;;) {
        struct pst_text segment = rest;
        bool more = pst_take_until(&rest, '/', &segment);
        if (!pst_url_decode(segment, out + len, room - len) || !is_good_segment(out + len))
            return bad_path(raw, why);
        len += strlen(out + len);
        if (!more)
            return PST_OK;
        if (len + 2 > room)
            return bad_path(raw, why);
        out[len++] = '/';
        out[len] = '\0';
    }
}

static const struct pst_url_parameter *parameter_of(const struct pst_url_parameter *parameters,
                                                    size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(parameters[i].name, name) == 0)
            return &parameters[i];
    return NULL;
}

static enum pst_code read_number(const struct pst_url_parameter *parameter, struct pst_text value,
                                 struct pst_report *why)
{
    struct pst_text rest = value;
    uint64_t number;

    if (!pst_take_number(&rest, (uint64_t)parameter->most, &number) || rest.len > 0 ||
        (int64_t)number < parameter->least)
        return pst_refuse(why, PST_SERVICE_BAD_REQUEST,
                          pst_say("a number from %lld to %lld", (long long)parameter->least,
                                  (long long)parameter->most),
                          pst_say("'%.*s'", PST_ARGS(value)));
    *parameter->number = (int64_t)number;
    return PST_OK;
}

static enum pst_code read_parameter(const struct pst_url_parameter *parameter,
                                    struct pst_text value, struct pst_report *why)
{
    char text[64];

    PST_WITHIN(why, "query/%s", parameter->name);
    if (parameter->number != NULL)
        return pst_url_decode(value, text, sizeof text)
                   ? read_number(parameter, pst_text(text), why)
                   : read_number(parameter, value, why);
    if (!pst_url_decode(value, parameter->text, parameter->room)) {
        parameter->text[0] = '\0';
        return pst_refuse(why, PST_SERVICE_BAD_REQUEST,
                          pst_say("at most %zu bytes of printable UTF-8", parameter->room - 1),
                          pst_say("%zu bytes, or not well formed", value.len));
    }
    return PST_OK;
}

static enum pst_code take_pair(struct pst_text pair, const struct pst_url_parameter *parameters,
                               size_t count, bool *seen, struct pst_report *why)
{
    struct pst_text value = pair, raw_name = pair;
    char name[NAME_ROOM];

    if (!pst_take_until(&value, '=', &raw_name))
        value = (struct pst_text){0};
    const struct pst_url_parameter *parameter =
        pst_url_decode(raw_name, name, sizeof name) ? parameter_of(parameters, count, name) : NULL;
    if (parameter == NULL)
        return pst_refuse(why, PST_SERVICE_BAD_REQUEST, pst_say("a query that this path knows"),
                          pst_say("'%.*s'", (int)(raw_name.len < 64 ? raw_name.len : 64),
                                  raw_name.len > 0 ? raw_name.at : ""));
    if (seen[parameter - parameters])
        return pst_refuse(why, PST_SERVICE_BAD_REQUEST, pst_say("'%s' once", name),
                          pst_say("it twice"));
    seen[parameter - parameters] = true;
    return read_parameter(parameter, value, why);
}

enum pst_code pst_url_query(struct pst_text query, const struct pst_url_parameter *parameters,
                            size_t count, struct pst_report *why)
{
    bool seen[PARAMETERS_MOST] = {false};
    enum pst_code first = PST_OK;
    struct pst_text pair;

    while (query.len > 0) {
        if (!pst_take_until(&query, '&', &pair)) {
            pair = query;
            query = (struct pst_text){0};
        }
        if (pair.len == 0)
            continue;
        enum pst_code code = take_pair(pair, parameters, count, seen, why);
        first = first == PST_OK ? code : first;
    }
    return first;
}
