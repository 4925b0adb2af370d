/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_places.h - which part of a JSON document each of its bytes is: so that a test that damages
 * every byte can say what each damage may lead to.
 *
 *     {"signed":{"version":1}}
 *     sssssssss                  "" is structure, "signed" is the name of "signed" ...
 *
 * Memory   json_places_free(). Errors: a document that is not whole ends the program.
 */
#ifndef PST_TESTS_JSON_PLACES_H
#define PST_TESTS_JSON_PLACES_H

#include "manifests/bytes.h"

enum json_part {
    JSON_STRUCTURE = 1 << 0, /* braces, commas, colons: of the container */
    JSON_NAME = 1 << 1,      /* of a member, with its quotes */
    JSON_VALUE = 1 << 2      /* a text with its quotes, a number, a word */
};

enum { JSON_PATH_ROOM = 300 };

struct json_place {
    enum json_part part;
    char path[JSON_PATH_ROOM]; /* "signed/keys/<keyid>/keyval/public", "signatures/0/sig" */
};

struct json_places;
struct json_places *json_places(struct pst_bytes document);
void json_places_free(struct json_places *places);
const struct json_place *json_place(const struct json_places *places, size_t at);

#endif
