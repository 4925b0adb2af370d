/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/json_scan.h"

#include "manifests/json_names.h"
#include "manifests/utf8.h"

enum token {
    TOKEN_OPEN_OBJECT,
    TOKEN_CLOSE_OBJECT,
    TOKEN_OPEN_ARRAY,
    TOKEN_CLOSE_ARRAY,
    TOKEN_COLON,
    TOKEN_COMMA,
    TOKEN_TEXT,
    TOKEN_NUMBER,
    TOKEN_WORD,
    TOKEN_END,
    TOKEN_OTHER,
    TOKENS
};

/* What may come next. */
enum state {
    AT_VALUE,         /* at the start, after a colon, after an array's comma */
    AT_FIRST_ELEMENT, /* after '[' */
    AT_FIRST_NAME,    /* after '{' */
    AT_NAME,          /* after an object's comma */
    AT_COLON,         /* after a name */
    AT_ELEMENT_END,   /* after a value in an array */
    AT_MEMBER_END,    /* after a value in an object */
    AT_DOCUMENT_END,  /* after the outermost value */
    STATES
};

static const char *const expected[STATES] = {
    "a value", "a value or ']'", "a name or '}'", "a name",
    "':'",     "',' or ']'",     "',' or '}'",    "the end of the document",
};

enum { FAULTS_MOST = 16 };

struct frame {
    bool is_object;
    size_t first_name; /* index of the object's first name */
};

struct scan {
    struct pst_text in;
    size_t at; /* offset of the next byte */
    const struct pst_json_limits *limits;
    struct pst_report *why;
    enum pst_code first; /* the first fault that did not end the scan */
    size_t faults;       /* how many of them */
    enum state state;
    size_t values;
    size_t depth;
    struct frame frame[PST_JSON_DEPTH_MOST];
    struct pst_json_names names;
};

typedef enum pst_code step(struct scan *scan);

/* Findings stand under "line 3, column 14"; a column is a character. */
static enum pst_code fault(const struct scan *scan, size_t at, enum pst_code code,
                           struct pst_value wanted, struct pst_value found)
{
    size_t line = 1;
    size_t column = 1;
    for (size_t i = 0; i < at; i++) {
        bool inside = ((uint8_t)scan->in.at[i] & 0xc0) == 0x80;
        column += inside ? 0 : 1;
        if (scan->in.at[i] == '\n') {
            line++;
            column = 1;
        }
    }
    PST_WITHIN(scan->why, "line %zu, column %zu", line, column);
    return pst_refuse(scan->why, code, wanted, found);
}

/*
 * A fault after which the rest can still be looked at: answers PST_OK to go on. Only so many, as
 * each one counts lines from the start.
 */
static enum pst_code fault_on(struct scan *scan, size_t at, enum pst_code code,
                              struct pst_value wanted, struct pst_value found)
{
    enum pst_code rc = fault(scan, at, code, wanted, found);
    if (scan->faults++ == 0)
        scan->first = rc;
    return scan->faults == FAULTS_MOST ? scan->first : PST_OK;
}

static struct pst_value what_is_there(const struct scan *scan, size_t at)
{
    if (at >= scan->in.len)
        return pst_say("the end of the document");
    uint8_t byte = (uint8_t)scan->in.at[at];
    if (byte > 0x20 && byte < 0x7f)
        return pst_say("'%c'", byte);
    return pst_say("byte 0x%02x", byte);
}

static enum pst_code bad_syntax(const struct scan *scan, const char *wanted)
{
    return fault(scan, scan->at, PST_BAD_SYNTAX, pst_say("%s", wanted),
                 what_is_there(scan, scan->at));
}

/* Of a long name or number, its beginning says enough. */
static int shown(struct pst_text text)
{
    return text.len > 64 ? 64 : (int)text.len;
}

static enum token token_of(uint8_t byte)
{
    static const char marks[] = "{}[]:,\"";
    const char *mark = byte != 0 ? strchr(marks, byte) : NULL;
    if (mark != NULL)
        return (enum token)(mark - marks);
    if (byte == '-' || (byte >= '0' && byte <= '9'))
        return TOKEN_NUMBER;
    return byte >= 'a' && byte <= 'z' ? TOKEN_WORD : TOKEN_OTHER;
}

static enum token next_token(struct scan *scan)
{
    while (scan->at < scan->in.len && memchr(" \t\n\r", scan->in.at[scan->at], 4) != NULL)
        scan->at++;
    return scan->at < scan->in.len ? token_of((uint8_t)scan->in.at[scan->at]) : TOKEN_END;
}

/* The state that follows a whole value. */
static void after_value(struct scan *scan)
{
    if (scan->depth == 0)
        scan->state = AT_DOCUMENT_END;
    else
        scan->state = scan->frame[scan->depth - 1].is_object ? AT_MEMBER_END : AT_ELEMENT_END;
}

static enum pst_code count_value(struct scan *scan)
{
    if (scan->values == scan->limits->values)
        return fault(scan, scan->at, PST_TOO_LARGE,
                     pst_say("at most %zu values", scan->limits->values), pst_say("more"));
    scan->values++;
    return PST_OK;
}

static enum pst_code open_container(struct scan *scan, bool is_object)
{
    size_t most = scan->limits->depth;
    if (most > PST_JSON_DEPTH_MOST)
        most = PST_JSON_DEPTH_MOST;
    enum pst_code rc = count_value(scan);
    if (rc != PST_OK)
        return rc;
    if (scan->depth == most)
        return fault(scan, scan->at, PST_TOO_LARGE, pst_say("at most %zu levels of nesting", most),
                     pst_say("more"));
    scan->frame[scan->depth++] = (struct frame){is_object, scan->names.count};
    scan->state = is_object ? AT_FIRST_NAME : AT_FIRST_ELEMENT;
    scan->at++;
    return PST_OK;
}

static enum pst_code open_object(struct scan *scan)
{
    return open_container(scan, true);
}

static enum pst_code open_array(struct scan *scan)
{
    return open_container(scan, false);
}

static enum pst_code close_array(struct scan *scan)
{
    scan->depth--;
    scan->at++;
    after_value(scan);
    return PST_OK;
}

static enum pst_code close_object(struct scan *scan)
{
    size_t first = scan->frame[scan->depth - 1].first_name;
    struct pst_text raw;
    enum pst_code rc = PST_OK;

    pst_json_names_sort(&scan->names, first);
    for (size_t i = first; rc == PST_OK && pst_json_names_twice(&scan->names, &i, &raw);)
        rc = fault_on(scan, (size_t)(raw.at - scan->in.at), PST_DUPLICATE_FIELD,
                      pst_say("each name once"), pst_say("'%.*s' again", shown(raw), raw.at));
    scan->names.count = first;
    return rc == PST_OK ? close_array(scan) : rc;
}

/* How far the escape behind the backslash at `at` goes, backslash included; 0 when it is none. */
static size_t escape_len(const struct scan *scan, size_t at, uint32_t *unit)
{
    const char *text = scan->in.at + at;
    size_t left = scan->in.len - at;
    uint8_t two[2];

    *unit = 1; /* all but "\u" give a character that is fine */
    if (left < 2 || text[0] != '\\' || text[1] == '\0' || strchr("\"\\/bfnrtu", text[1]) == NULL)
        return 0;
    if (text[1] != 'u')
        return 2;
    if (left < 6 || !pst_hex_parse((struct pst_text){text + 2, 4}, two, 2))
        return 0;
    *unit = (uint32_t)two[0] << 8 | two[1];
    return 6;
}

static bool is_high(uint32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(uint32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

static enum pst_code take_escape(struct scan *scan)
{
    uint32_t unit;
    uint32_t second = 0;
    size_t len = escape_len(scan, scan->at, &unit);

    if (len == 0)
        return fault(scan, scan->at, PST_BAD_SYNTAX, pst_say("an escape that JSON knows"),
                     pst_say("another after '\\'"));
    if (is_high(unit))
        len += escape_len(scan, scan->at + len, &second);
    if (is_low(unit) || is_high(unit) != is_low(second))
        return fault(scan, scan->at, PST_BAD_ENCODING, pst_say("a pair of surrogates"),
                     pst_say("one alone"));
    if (unit == 0)
        return fault(scan, scan->at, PST_BAD_ENCODING, pst_say("a text without U+0000"),
                     pst_say("\\u0000"));
    scan->at += len;
    return PST_OK;
}

static enum pst_code take_character(struct scan *scan)
{
    uint8_t byte = (uint8_t)scan->in.at[scan->at];
    if (byte == '\\')
        return take_escape(scan);
    if (byte < 0x20)
        return bad_syntax(scan, "no control character in a text");
    if (byte < 0x80) {
        scan->at++;
        return PST_OK;
    }
    struct pst_text rest = {scan->in.at + scan->at, scan->in.len - scan->at};
    uint32_t rune;
    size_t len = pst_utf8_take(&rest, &rune);
    if (len == 0)
        return fault(scan, scan->at, PST_BAD_ENCODING, pst_say("UTF-8"),
                     what_is_there(scan, scan->at));
    scan->at += len;
    return PST_OK;
}

static enum pst_code take_string(struct scan *scan, struct pst_text *raw)
{
    size_t from = ++scan->at;
    while (scan->at < scan->in.len && scan->in.at[scan->at] != '"') {
        enum pst_code rc = take_character(scan);
        if (rc != PST_OK)
            return rc;
    }
    if (scan->at == scan->in.len)
        return bad_syntax(scan, "the end of a text");
    *raw = (struct pst_text){scan->in.at + from, scan->at - from};
    scan->at++;
    return PST_OK;
}

static enum pst_code take_text(struct scan *scan)
{
    struct pst_text raw;
    enum pst_code rc = count_value(scan);
    if (rc == PST_OK)
        rc = take_string(scan, &raw);
    after_value(scan);
    return rc;
}

static enum pst_code take_name(struct scan *scan)
{
    struct pst_text raw = {NULL, 0};
    enum pst_code rc = take_string(scan, &raw);
    if (rc != PST_OK)
        return rc;
    if (!pst_json_names_add(&scan->names, raw))
        return pst_no_memory(scan->why, "the names of a JSON document");
    scan->state = AT_COLON;
    return PST_OK;
}

/*
 * "-0", "007", "1.0", "1e3", 2^53: each is read differently by some reader, so none is let through.
 */
static bool is_plain_integer(struct pst_text text)
{
    uint64_t value = 0;
    bool negative = pst_take(&text, "-");
    return pst_take_number(&text, (uint64_t)PST_JSON_INTEGER_MAX, &value) && text.len == 0 &&
           !(negative && value == 0);
}

static enum pst_code take_number(struct scan *scan)
{
    size_t from = scan->at;
    enum pst_code rc = count_value(scan);
    if (rc != PST_OK)
        return rc;
    while (scan->at < scan->in.len && memchr("+-.0123456789Ee", scan->in.at[scan->at], 15) != NULL)
        scan->at++;
    struct pst_text text = {scan->in.at + from, scan->at - from};
    if (!is_plain_integer(text))
        rc = fault_on(scan, from, PST_BAD_SYNTAX,
                      pst_say("an integer from -2^53+1 to 2^53-1 in plain digits"),
                      pst_say("%.*s", shown(text), text.at));
    after_value(scan);
    return rc;
}

static enum pst_code take_word(struct scan *scan)
{
    static const char *const words[] = {"true", "false", "null"};
    struct pst_text rest = {scan->in.at + scan->at, scan->in.len - scan->at};
    enum pst_code rc = count_value(scan);
    if (rc != PST_OK)
        return rc;
    for (size_t i = 0; i < PST_COUNT(words); i++) {
        if (pst_take(&rest, words[i])) {
            scan->at = scan->in.len - rest.len;
            after_value(scan);
            return PST_OK;
        }
    }
    return bad_syntax(scan, "a value");
}

static enum pst_code take_colon(struct scan *scan)
{
    scan->at++;
    scan->state = AT_VALUE;
    return PST_OK;
}

static enum pst_code take_comma(struct scan *scan)
{
    scan->at++;
    scan->state = scan->state == AT_MEMBER_END ? AT_NAME : AT_VALUE;
    return PST_OK;
}

/* The grammar of RFC 8259. A cell left out is a token that may not stand there. */
#define VALUES                                                                                     \
    [TOKEN_OPEN_OBJECT] = open_object, [TOKEN_OPEN_ARRAY] = open_array, [TOKEN_TEXT] = take_text,  \
    [TOKEN_NUMBER] = take_number, [TOKEN_WORD] = take_word
static step *const steps[STATES][TOKENS] = {
    [AT_VALUE] = {VALUES},
    [AT_FIRST_ELEMENT] = {VALUES, [TOKEN_CLOSE_ARRAY] = close_array},
    [AT_FIRST_NAME] = {[TOKEN_TEXT] = take_name, [TOKEN_CLOSE_OBJECT] = close_object},
    [AT_NAME] = {[TOKEN_TEXT] = take_name},
    [AT_COLON] = {[TOKEN_COLON] = take_colon},
    [AT_ELEMENT_END] = {[TOKEN_COMMA] = take_comma, [TOKEN_CLOSE_ARRAY] = close_array},
    [AT_MEMBER_END] = {[TOKEN_COMMA] = take_comma, [TOKEN_CLOSE_OBJECT] = close_object},
};
#undef VALUES

static enum pst_code walk(struct scan *scan)
{
    for (;;) {
        enum token token = next_token(scan);
        if (scan->state == AT_DOCUMENT_END && token == TOKEN_END)
            return scan->first;
        step *take = steps[scan->state][token];
        if (take == NULL)
            return bad_syntax(scan, expected[scan->state]);
        enum pst_code rc = take(scan);
        if (rc != PST_OK)
            return rc;
    }
}

enum pst_code pst_json_scan(struct pst_bytes in, const struct pst_json_limits *limits,
                            struct pst_report *why)
{
    struct scan scan = {.in = pst_text_of(in), .limits = limits, .why = why};
    if (in.len > limits->bytes)
        return pst_refuse(why, PST_TOO_LARGE, pst_say("at most %zu bytes", limits->bytes),
                          pst_say("%zu bytes", in.len));
    if (pst_text_starts(scan.in, "\xef\xbb\xbf"))
        return fault(&scan, 0, PST_BAD_ENCODING, pst_say("UTF-8 without byte order mark"),
                     pst_say("a byte order mark"));

    scan.names = pst_json_names(limits->values);
    enum pst_code rc = walk(&scan);
    pst_json_names_clear(&scan.names);
    return rc;
}
