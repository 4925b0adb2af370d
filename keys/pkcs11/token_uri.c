/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/pkcs11/token_uri.h"

#include "manifests/utf8.h"

static const char scheme[] = "pkcs11:";

/* Characters that stand for themselves, besides letters and digits (RFC 7512, 2.3). */
static const char in_path[] = "-._~:[]@!$'()*+,=&";
static const char in_query[] = "-._~:[]@!$'()*+,=/?|";

typedef enum pst_code take_value(struct pst_bytes value, struct pst_token_uri *uri,
                                 struct pst_report *why);
static take_value take_id, take_slot, take_type, take_pin_source;

struct attribute {
    const char *name;
    bool is_query;
    size_t at, room;  /* a text of the URI, with its NUL; or `take` */
    take_value *take; /* NULL and no room: refused, because of `instead` */
    const char *instead;
};

#define TEXT(member)                                                                               \
    offsetof(struct pst_token_uri, member), sizeof((struct pst_token_uri *)NULL)->member
static const struct attribute attributes[] = {
    {"token", false, TEXT(token), NULL, NULL},
    {"manufacturer", false, TEXT(manufacturer), NULL, NULL},
    {"model", false, TEXT(model), NULL, NULL},
    {"serial", false, TEXT(serial), NULL, NULL},
    {"object", false, TEXT(object), NULL, NULL},
    {"id", false, 0, 0, take_id, NULL},
    {"slot-id", false, 0, 0, take_slot, NULL},
    {"type", false, 0, 0, take_type, NULL},
    {"module-path", true, TEXT(module_path), NULL, NULL},
    {"pin-source", true, 0, 0, take_pin_source, NULL},
    {"pin-value", true, 0, 0, NULL,
     "a PIN typed, or in a file: here it ends in shell histories and lists of processes"},
    {"module-name", true, 0, 0, NULL, "module-path=/absolute/path, or --module"},
    {"slot-description", false, 0, 0, NULL, "token, serial or slot-id"},
    {"slot-manufacturer", false, 0, 0, NULL, "token, serial or slot-id"},
    {"library-description", false, 0, 0, NULL, "module-path, or --module"},
    {"library-manufacturer", false, 0, 0, NULL, "module-path, or --module"},
    {"library-version", false, 0, 0, NULL, "module-path, or --module"},
};
#undef TEXT

static enum pst_code take_id(struct pst_bytes value, struct pst_token_uri *uri,
                             struct pst_report *why)
{
    if (value.len > sizeof uri->id)
        return pst_refuse(why, PST_OUT_OF_BOUNDS, pst_say("at most %zu bytes", sizeof uri->id),
                          pst_say("%zu bytes", value.len));
    memcpy(uri->id, value.at, value.len);
    uri->id_len = value.len;
    return PST_OK;
}

static enum pst_code take_slot(struct pst_bytes value, struct pst_token_uri *uri,
                               struct pst_report *why)
{
    struct pst_text rest = pst_text_of(value);
    uint64_t slot = 0;

    if (!pst_take_number(&rest, UINT32_MAX, &slot) || rest.len > 0)
        return pst_refuse(why, PST_BAD_SYNTAX, pst_say("a decimal number"),
                          pst_say("'%.*s'", PST_ARGS(pst_text_of(value))));
    uri->slot = slot;
    uri->has_slot = true;
    return PST_OK;
}

static enum pst_code take_type(struct pst_bytes value, struct pst_token_uri *uri,
                               struct pst_report *why)
{
    (void)uri;
    if (pst_text_is(pst_text_of(value), "private"))
        return PST_OK;
    return pst_refuse(why, PST_BAD_SYNTAX, pst_say("private: only such a key can sign"),
                      pst_say("'%.*s'", PST_ARGS(pst_text_of(value))));
}

static enum pst_code take_text(struct pst_bytes value, char *out, size_t room,
                               struct pst_report *why)
{
    struct pst_text text = pst_text_of(value);

    if (!pst_utf8_is_plain(text))
        return pst_refuse(why, PST_BAD_ENCODING, pst_say("printable UTF-8"),
                          pst_say("'%.*s'", PST_ARGS(text)));
    if (text.len >= room)
        return pst_refuse(why, PST_OUT_OF_BOUNDS, pst_say("at most %zu bytes", room - 1),
                          pst_say("%zu bytes", text.len));
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return PST_OK;
}

/* RFC 7512 would also run a command ("|prog"): what a URI says is never run here. */
static enum pst_code take_pin_source(struct pst_bytes value, struct pst_token_uri *uri,
                                     struct pst_report *why)
{
    struct pst_text text = pst_text_of(value);

    if (!pst_take(&text, "file://"))
        (void)pst_take(&text, "file:");
    if (text.len == 0 || text.at[0] != '/') /* not told: it may be the PIN itself */
        return pst_refuse(why, PST_BAD_SYNTAX, pst_say("the absolute path of a file"),
                          pst_say("something else"));
    return take_text(pst_bytes_of(text), uri->pin_source, sizeof uri->pin_source, why);
}

static bool is_plain(char c, const char *others)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(others, c) != NULL);
}

static enum pst_code decode(struct pst_text text, const char *others, struct pst_buf *out,
                            struct pst_report *why)
{
    struct pst_text rest = text;
    while (rest.len > 0) {
        uint8_t byte = (uint8_t)rest.at[0];
        bool escaped = byte == '%';
        if (escaped &&
            (rest.len < 3 || !pst_hex_parse((struct pst_text){rest.at + 1, 2}, &byte, 1)))
            return pst_refuse(why, PST_BAD_ENCODING, pst_say("two hex digits after each %%"),
                              pst_say("'%.*s'", rest.len < 3 ? (int)rest.len : 3, rest.at));
        if (!escaped && !is_plain((char)byte, others))
            return pst_refuse(why, PST_BAD_ENCODING, pst_say("%%%02X", byte),
                              pst_say("'%c' as it is", byte));
        if (!pst_buf_add(out, &byte, 1))
            return pst_no_memory(why, "a pkcs11: URI");
        rest.at += escaped ? 3 : 1;
        rest.len -= escaped ? 3 : 1;
    }
    if (out->len > 0)
        return PST_OK;
    return pst_refuse(why, PST_BAD_SYNTAX, pst_say("a value, or no such word at all"),
                      pst_say("nothing behind '='"));
}

static const struct attribute *find(struct pst_text name)
{
    for (size_t i = 0; i < PST_COUNT(attributes); i++)
        if (pst_text_is(name, attributes[i].name))
            return &attributes[i];
    return NULL;
}

static enum pst_code check_name(struct pst_text name, const struct attribute *attribute,
                                bool is_query, bool seen[], struct pst_report *why)
{
    if (attribute == NULL)
        return pst_refuse(why, PST_UNKNOWN_FIELD,
                          pst_say("token, manufacturer, model, serial, slot-id, object, id, type; "
                                  "behind '?' module-path, pin-source"),
                          pst_say("'%.*s'", PST_ARGS(name)));
    if (attribute->instead != NULL)
        return pst_refuse(why, PST_UNKNOWN_FIELD, pst_say("%s", attribute->instead),
                          pst_say("%s", attribute->name));
    if (attribute->is_query != is_query)
        return pst_refuse(why, PST_BAD_SYNTAX,
                          pst_say("%s %s '?'", attribute->name, is_query ? "before" : "behind"),
                          pst_say("it %s '?'", is_query ? "behind" : "before"));
    bool *twice = &seen[attribute - attributes];
    if (*twice)
        return pst_refuse(why, PST_DUPLICATE_FIELD, pst_say("%s once", attribute->name),
                          pst_say("twice"));
    *twice = true;
    return PST_OK;
}

/* `word` is "name=value". Its value is only told once it is known not to be a PIN. */
static enum pst_code take_word(struct pst_text word, bool is_query, bool seen[],
                               struct pst_token_uri *uri, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf value = pst_buf(PST_TOKEN_URI_MOST);
    struct pst_text rest = word, name;

    if (!pst_take_until(&rest, '=', &name))
        return pst_refuse(why, PST_BAD_SYNTAX,
                          pst_say("name=value between the '%c'", is_query ? '&' : ';'),
                          pst_say("a word without '='"));
    const struct attribute *attribute = find(name);
    enum pst_code rc = check_name(name, attribute, is_query, seen, why);
    if (rc != PST_OK)
        return rc;
    PST_WITHIN(why, "%s", attribute->name);
    rc = decode(rest, is_query ? in_query : in_path, &value, why);
    if (rc != PST_OK)
        return rc;
    if (attribute->take != NULL)
        return attribute->take(pst_buf_bytes(&value), uri, why);
    return take_text(pst_buf_bytes(&value), (char *)uri + attribute->at, attribute->room, why);
}

static enum pst_code take_words(struct pst_text words, bool is_query, bool seen[],
                                struct pst_token_uri *uri, struct pst_report *why)
{
    enum pst_code first = PST_OK;
    while (words.len > 0) {
        struct pst_text word = words;
        bool more = pst_take_until(&words, is_query ? '&' : ';', &word);
        enum pst_code rc = take_word(word, is_query, seen, uri, why);
        first = first == PST_OK ? rc : first;
        if (!more)
            break;
        if (words.len == 0 && first == PST_OK)
            first = pst_refuse(why, PST_BAD_SYNTAX,
                               pst_say("name=value behind each '%c'", is_query ? '&' : ';'),
                               pst_say("nothing"));
    }
    return first;
}

enum pst_code pst_token_uri_parse(struct pst_text text, struct pst_token_uri *out,
                                  struct pst_report *why)
{
    struct pst_token_uri uri = {0};
    struct pst_text rest = text, path;
    bool seen[PST_COUNT(attributes)] = {false};

    PST_WITHIN(why, "pkcs11 URI");
    if (text.len > PST_TOKEN_URI_MOST)
        return pst_refuse(why, PST_OUT_OF_BOUNDS, pst_say("at most %d bytes", PST_TOKEN_URI_MOST),
                          pst_say("%zu bytes", text.len));
    if (!pst_take(&rest, scheme))
        return pst_refuse(
            why, PST_BAD_SYNTAX, pst_say("pkcs11:token=...;object=..."),
            pst_say("'%.*s'", text.len < 20 ? (int)text.len : 20, text.len > 0 ? text.at : ""));
    path = rest;
    bool has_query = pst_take_until(&rest, '?', &path);
    enum pst_code rc = take_words(path, false, seen, &uri, why);
    enum pst_code of_query = has_query ? take_words(rest, true, seen, &uri, why) : PST_OK;
    rc = rc != PST_OK ? rc : of_query;
    if (rc == PST_OK && uri.module_path[0] != '\0' && uri.module_path[0] != '/')
        rc = pst_refuse(why, PST_BAD_SYNTAX, pst_say("module-path with an absolute path"),
                        pst_say("'%s'", uri.module_path));
    if (rc == PST_OK)
        *out = uri;
    return rc;
}

/* Every byte of an id is escaped: it is no text. */
static bool print_word(const char *name, struct pst_bytes value, bool is_text, struct pst_buf *out)
{
    if (value.len == 0)
        return true;
    bool good = pst_buf_print(out, "%s=", name);
    for (size_t i = 0; i < value.len && good; i++)
        good = is_text && is_plain((char)value.at[i], in_path)
                   ? pst_buf_add(out, &value.at[i], 1)
                   : pst_buf_print(out, "%%%02X", value.at[i]);
    return good && pst_buf_add_text(out, ";");
}

enum pst_code pst_token_uri_print(const struct pst_token_uri *uri, struct pst_buf *out,
                                  struct pst_report *why)
{
    bool good = pst_buf_add_text(out, scheme);
    for (size_t i = 0; i < PST_COUNT(attributes) && good; i++)
        if (!attributes[i].is_query && attributes[i].room > 0)
            good =
                print_word(attributes[i].name,
                           pst_bytes_of(pst_text((const char *)uri + attributes[i].at)), true, out);
    if (good && uri->has_slot)
        good = pst_buf_print(out, "slot-id=%llu;", (unsigned long long)uri->slot);
    good = good && print_word("id", pst_bytes(uri->id, uri->id_len), false, out) &&
           pst_buf_add_text(out, "type=private");
    return good ? PST_OK : pst_no_memory(why, "a pkcs11: URI");
}
