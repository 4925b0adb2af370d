/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/pkcs11/objects.h"

#include <stdio.h>

enum pst_code pst_token_read(const struct pst_token_session *session, unsigned long object,
                             unsigned long type, struct pst_token_value *out,
                             struct pst_report *why)
{
    struct pst_token_value value = {0};
    struct ck_attribute asked = {type, value.at, sizeof value.at};

    unsigned long rv =
        session->module->call->C_GetAttributeValue(session->handle, object, &asked, 1);
    bool is_absent = rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ||
                     (rv == CKR_OK && asked.value_len == CK_UNAVAILABLE_INFORMATION);
    if (!is_absent &&
        (rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && asked.value_len > sizeof value.at)))
        return pst_refuse(why, PST_TOKEN_FAILED,
                          pst_say("attribute 0x%lx of at most %zu bytes", type, sizeof value.at),
                          pst_say("more"));
    if (!is_absent && rv != CKR_OK)
        return pst_token_answer(why, "C_GetAttributeValue", rv);
    value.len = is_absent ? 0 : asked.value_len;
    *out = value;
    return PST_OK;
}

static enum pst_code read_exactly(const struct pst_token_session *session, unsigned long object,
                                  unsigned long type, void *out, size_t len, struct pst_report *why)
{
    struct pst_token_value value;

    enum pst_code rc = pst_token_read(session, object, type, &value, why);
    if (rc != PST_OK || value.len == 0)
        return rc;
    if (value.len != len)
        return pst_refuse(why, PST_TOKEN_FAILED, pst_say("attribute 0x%lx of %zu bytes", type, len),
                          pst_say("%zu bytes", value.len));
    memcpy(out, value.at, len);
    return PST_OK;
}

enum pst_code pst_token_read_number(const struct pst_token_session *session, unsigned long object,
                                    unsigned long type, unsigned long otherwise, unsigned long *out,
                                    struct pst_report *why)
{
    unsigned long number = otherwise;
    enum pst_code rc = read_exactly(session, object, type, &number, sizeof number, why);
    if (rc == PST_OK)
        *out = number;
    return rc;
}

enum pst_code pst_token_read_bool(const struct pst_token_session *session, unsigned long object,
                                  unsigned long type, bool otherwise, bool *out,
                                  struct pst_report *why)
{
    unsigned char byte = otherwise;
    enum pst_code rc = read_exactly(session, object, type, &byte, sizeof byte, why);
    if (rc == PST_OK)
        *out = byte != 0;
    return rc;
}

/* A module may give fewer than it is asked for, and the rest when asked again. */
static enum pst_code take_found(const struct pst_token_session *session,
                                struct pst_token_objects *out, struct pst_report *why)
{
    for (;;) {
        unsigned long got = 0, room = PST_TOKEN_OBJECTS_MOST - out->count;
        unsigned long more = 0; /* a handle beyond the last one there is room for */
        unsigned long rv = session->module->call->C_FindObjects(
            session->handle, room > 0 ? &out->handle[out->count] : &more, room > 0 ? room : 1,
            &got);
        if (rv != CKR_OK)
            return pst_token_answer(why, "C_FindObjects", rv);
        if (got == 0)
            return PST_OK;
        if (got > room)
            return pst_refuse(why, PST_TOKEN_FAILED,
                              pst_say("at most %d objects that fit", PST_TOKEN_OBJECTS_MOST),
                              pst_say("more"));
        out->count += got;
    }
}

enum pst_code pst_token_find(const struct pst_token_session *session, unsigned long class_of,
                             struct pst_text label, struct pst_bytes id,
                             struct pst_token_objects *out, struct pst_report *why)
{
    struct ck_attribute wanted[3] = {{CKA_CLASS, &class_of, sizeof class_of}};
    unsigned long count = 1;

    if (label.len > 0)
        wanted[count++] = (struct ck_attribute){CKA_LABEL, pst_token_input(label.at), label.len};
    if (id.len > 0)
        wanted[count++] = (struct ck_attribute){CKA_ID, pst_token_input(id.at), id.len};
    *out = (struct pst_token_objects){0};
    unsigned long rv = session->module->call->C_FindObjectsInit(session->handle, wanted, count);
    if (rv != CKR_OK)
        return pst_token_answer(why, "C_FindObjectsInit", rv);
    enum pst_code rc = take_found(session, out, why);
    rv = session->module->call->C_FindObjectsFinal(session->handle);
    return rc == PST_OK ? pst_token_answer(why, "C_FindObjectsFinal", rv) : rc;
}

/* "object=root-1;id=%01" of each, as far as a finding has room. */
static void list_objects(const struct pst_token_session *session,
                         const struct pst_token_objects *objects, char *list, size_t room)
{
    list[0] = '\0';
    for (size_t i = 0; i < objects->count; i++) {
        struct pst_token_value label = {0}, id = {0};
        char hex[2 * 20 + 1];
        size_t len = strlen(list);
        if (pst_token_read(session, objects->handle[i], CKA_LABEL, &label, NULL) != PST_OK ||
            pst_token_read(session, objects->handle[i], CKA_ID, &id, NULL) != PST_OK)
            continue;
        pst_hex_print(pst_bytes(id.at, id.len < 20 ? id.len : 20), hex);
        snprintf(list + len, room - len, "%s'%.*s' (id %s)", len > 0 ? ", " : "",
                 (int)(label.len < 40 ? label.len : 40), (const char *)label.at,
                 id.len > 0 ? hex : "none");
    }
}

enum pst_code pst_token_find_private(const struct pst_token_session *session,
                                     const struct pst_token_uri *uri, unsigned long *out,
                                     struct pst_report *why)
{
    const struct pst_bytes id = pst_bytes(uri->id, uri->id_len), any = {0};
    struct pst_token_objects found;
    char list[PST_VALUE_BYTES];

    enum pst_code rc =
        pst_token_find(session, CKO_PRIVATE_KEY, pst_text(uri->object), id, &found, why);
    if (rc == PST_OK && found.count == 1) {
        *out = found.handle[0];
        return PST_OK;
    }
    bool is_none = rc == PST_OK && found.count == 0;
    if (is_none)
        rc = pst_token_find(session, CKO_PRIVATE_KEY, (struct pst_text){0}, any, &found, why);
    if (rc != PST_OK)
        return rc;
    list_objects(session, &found, list, sizeof list);
    return pst_refuse(
        why, PST_TOKEN_NOT_ONE,
        pst_say("one private key%s%s", uri->object[0] != '\0' ? " " : "", uri->object),
        pst_say("%s%s", is_none ? "none; there is " : "",
                list[0] != '\0' ? list : "no private key at all"));
}
