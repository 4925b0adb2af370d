/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/json_places.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/check.h"

struct json_places {
    struct pst_bytes in;
    size_t at;
    size_t *of; /* the place of each byte */
    size_t count, room;
    struct json_place *place;
};

static size_t add_place(struct json_places *places, enum json_part part, const char *path)
{
    if (places->count == places->room) {
        places->room = places->room == 0 ? 64 : 2 * places->room;
        places->place = realloc(places->place, places->room * sizeof *places->place);
        assert_non_null(places->place);
    }
    struct json_place *place = &places->place[places->count];
    place->part = part;
    assert_true(snprintf(place->path, sizeof place->path, "%s", path) < JSON_PATH_ROOM);
    return places->count++;
}

static char peek(const struct json_places *places)
{
    assert_true(places->at < places->in.len);
    return (char)places->in.at[places->at];
}

static void take(struct json_places *places, size_t place)
{
    assert_true(places->at < places->in.len);
    places->of[places->at++] = place;
}

static void take_text(struct json_places *places, size_t place)
{
    assert_int_equal(peek(places), '"');
    do {
        if (peek(places) == '\\')
            take(places, place);
        take(places, place);
    } while (peek(places) != '"');
    take(places, place);
}

static void take_value(struct json_places *places, const char *path);

/* The name is between the quotes as it stands. */
static void take_member(struct json_places *places, const char *path, char child[JSON_PATH_ROOM])
{
    size_t from = places->at + 1;
    take_text(places, SIZE_MAX);
    size_t to = places->at - 1;
    assert_true(snprintf(child, JSON_PATH_ROOM, "%s%s%.*s", path, *path != '\0' ? "/" : "",
                         (int)(to - from), (const char *)places->in.at + from) < JSON_PATH_ROOM);
    size_t place = add_place(places, JSON_NAME, child);
    for (size_t i = from - 1; i <= to; i++)
        places->of[i] = place;
}

static void take_container(struct json_places *places, const char *path, char end)
{
    size_t own = add_place(places, JSON_STRUCTURE, path);
    char child[JSON_PATH_ROOM];

    take(places, own);
    for (size_t i = 0; peek(places) != end; i++) {
        if (i > 0)
            take(places, own);
        if (end == '}') {
            take_member(places, path, child);
            take(places, own);
        } else {
            assert_true(snprintf(child, sizeof child, "%s/%zu", path, i) < JSON_PATH_ROOM);
        }
        take_value(places, child);
    }
    take(places, own);
}

static void take_value(struct json_places *places, const char *path)
{
    char first = peek(places);
    if (first == '{' || first == '[') {
        take_container(places, path, first == '{' ? '}' : ']');
        return;
    }
    size_t own = add_place(places, JSON_VALUE, path);
    if (first == '"')
        take_text(places, own);
    else
        while (places->at < places->in.len && strchr(",]}", peek(places)) == NULL)
            take(places, own);
}

struct json_places *json_places(struct pst_bytes document)
{
    struct json_places *places = calloc(1, sizeof *places);
    assert_non_null(places);
    places->in = document;
    places->of = calloc(document.len, sizeof *places->of);
    assert_non_null(places->of);
    take_value(places, "");
    assert_int_equal(places->at, document.len);
    return places;
}

void json_places_free(struct json_places *places)
{
    if (places == NULL)
        return;
    free(places->of);
    free(places->place);
    free(places);
}

const struct json_place *json_place(const struct json_places *places, size_t at)
{
    return &places->place[places->of[at]];
}
