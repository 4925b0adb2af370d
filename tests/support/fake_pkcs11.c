/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fake_pkcs11.h"

#include <string.h>

static struct fake_pkcs11 plan;
struct fake_pkcs11 *fake_pkcs11(void);
struct fake_pkcs11 *fake_pkcs11(void)
{
    return &plan;
}

static bool fails(const char *call)
{
    plan.calls++;
    if (plan.fail_at == 0 || plan.calls != plan.fail_at)
        return false;
    plan.failed = call;
    return true;
}
#define ENTER(call)                                                                                \
    do {                                                                                           \
        if (fails(#call))                                                                          \
            return plan.fail_with;                                                                 \
    } while (0)

static const struct fake_attribute *find_attribute(const struct fake_object *object,
                                                   unsigned long type)
{
    for (size_t i = 0; i < object->count; i++)
        if (object->attribute[i].type == type)
            return &object->attribute[i];
    return NULL;
}

static bool has(const struct fake_object *object, const struct fake_attribute *wanted)
{
    const struct fake_attribute *is = find_attribute(object, wanted->type);
    return object->is_there && is != NULL && is->len == wanted->len &&
           memcmp(is->at, wanted->at, wanted->len) == 0;
}

static void copy_attribute(struct fake_attribute *to, const struct ck_attribute *from)
{
    to->type = from->type;
    to->len = from->value_len < FAKE_BYTES ? from->value_len : FAKE_BYTES;
    memcpy(to->at, from->value, to->len);
}

static struct fake_object *object_of(unsigned long handle)
{
    return handle >= 1 && handle <= FAKE_OBJECTS && plan.object[handle - 1].is_there
               ? &plan.object[handle - 1]
               : NULL;
}

ck_rv_t C_Initialize(void *args)
{
    ENTER(C_Initialize);
    plan.initialised++;
    plan.initialised_for_a_null = args == NULL;
    return CKR_OK;
}

ck_rv_t C_Finalize(void *reserved)
{
    (void)reserved;
    plan.initialised--;
    ENTER(C_Finalize);
    return CKR_OK;
}

ck_rv_t C_GetSlotList(unsigned char present, ck_slot_id_t *slots, unsigned long *count)
{
    (void)present;
    ENTER(C_GetSlotList);
    if (plan.lie == FAKE_SLOTS) {
        *count = plan.lie_number;
        return CKR_OK;
    }
    for (unsigned long i = 0; i < plan.tokens; i++)
        slots[i] = FAKE_SLOT + i;
    *count = plan.tokens;
    return CKR_OK;
}

ck_rv_t C_GetTokenInfo(ck_slot_id_t slot, struct ck_token_info *info)
{
    static const char label[] = "fake", serial[] = "0123456789abcdef";
    ENTER(C_GetTokenInfo);
    memset(info, ' ', sizeof *info);
    memcpy(info->label, label, sizeof label - 1);
    memcpy(info->serial_number, serial, sizeof info->serial_number); /* full: no space behind it */
    info->serial_number[15] = (unsigned char)('a' + slot - FAKE_SLOT);
    info->flags = plan.flags;
    return CKR_OK;
}

ck_rv_t C_GetMechanismInfo(ck_slot_id_t slot, ck_mechanism_type_t type,
                           struct ck_mechanism_info *info)
{
    (void)slot;
    ENTER(C_GetMechanismInfo);
    *info = (struct ck_mechanism_info){0, 0, CKF_SIGN | CKF_GENERATE_KEY_PAIR};
    return type == CKM_EDDSA || type == CKM_EC_EDWARDS_KEY_PAIR_GEN ? CKR_OK
                                                                    : CKR_MECHANISM_INVALID;
}

ck_rv_t C_OpenSession(ck_slot_id_t slot, ck_flags_t flags, void *application, ck_notify_t notify,
                      ck_session_handle_t *session)
{
    (void)slot;
    (void)application;
    (void)notify;
    ENTER(C_OpenSession);
    if ((flags & CKF_SERIAL_SESSION) == 0)
        return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
    plan.sessions++;
    plan.writes = (flags & CKF_RW_SESSION) != 0;
    *session = 100;
    return CKR_OK;
}

ck_rv_t C_CloseSession(ck_session_handle_t session)
{
    (void)session;
    plan.sessions--;
    plan.logged_in = plan.logged_in && plan.sessions > 0;
    ENTER(C_CloseSession);
    return CKR_OK;
}

ck_rv_t C_GetSessionInfo(ck_session_handle_t session, struct ck_session_info *info)
{
    (void)session;
    ENTER(C_GetSessionInfo);
    if (plan.writes)
        info->state = plan.logged_in ? CKS_RW_USER_FUNCTIONS : CKS_RW_PUBLIC_SESSION;
    else
        info->state = plan.logged_in ? CKS_RO_USER_FUNCTIONS : CKS_RO_PUBLIC_SESSION;
    return CKR_OK;
}

ck_rv_t C_Login(ck_session_handle_t session, ck_user_type_t user, unsigned char *pin,
                unsigned long len)
{
    (void)session;
    ENTER(C_Login);
    plan.logins++;
    bool on_token = (plan.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
    if (on_token != (pin == NULL))
        return CKR_ARGUMENTS_BAD;
    if (user == CKU_CONTEXT_SPECIFIC && !plan.signing)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (plan.tries == 0)
        return CKR_PIN_LOCKED;
    if (!on_token && (len != strlen(plan.pin) || memcmp(pin, plan.pin, len) != 0)) {
        plan.tries--;
        plan.flags |= CKF_USER_PIN_COUNT_LOW;
        if (plan.tries <= 1)
            plan.flags |= plan.tries == 1 ? CKF_USER_PIN_FINAL_TRY : CKF_USER_PIN_LOCKED;
        return CKR_PIN_INCORRECT;
    }
    plan.logged_in = plan.logged_in || user == CKU_USER;
    return CKR_OK;
}

ck_rv_t C_FindObjectsInit(ck_session_handle_t session, struct ck_attribute *wanted,
                          unsigned long count)
{
    (void)session;
    ENTER(C_FindObjectsInit);
    if (plan.finding)
        return CKR_OPERATION_ACTIVE;
    plan.finding = true;
    plan.find_count = count;
    plan.find_next = 0;
    for (unsigned long i = 0; i < count && i < 4; i++)
        copy_attribute(&plan.find[i], &wanted[i]);
    return CKR_OK;
}

/* Private objects show themselves after the login, where there is one. */
static bool may_see(const struct fake_object *object)
{
    const struct fake_attribute *class_of = find_attribute(object, CKA_CLASS);
    unsigned long private = CKO_PRIVATE_KEY;
    return plan.logged_in || (plan.flags & CKF_LOGIN_REQUIRED) == 0 || class_of == NULL ||
           memcmp(class_of->at, &private, sizeof private) != 0;
}

/* One a call: a caller that asks once only misses the rest. */
ck_rv_t C_FindObjects(ck_session_handle_t session, ck_object_handle_t *out, unsigned long most,
                      unsigned long *count)
{
    (void)session;
    ENTER(C_FindObjects);
    *count = 0;
    if (plan.lie == FAKE_OBJECTS_AT_ONCE || plan.lie == FAKE_OBJECTS_FOR_EVER) {
        out[0] = 1;
        *count = plan.lie == FAKE_OBJECTS_AT_ONCE ? most + 1 : 1;
        return CKR_OK;
    }
    while (*count == 0 && plan.find_next < FAKE_OBJECTS) {
        const struct fake_object *object = &plan.object[plan.find_next++];
        bool fits = object->is_there && may_see(object);
        for (unsigned long i = 0; i < plan.find_count; i++)
            fits = fits && has(object, &plan.find[i]);
        if (fits)
            out[(*count)++] = plan.find_next;
    }
    return CKR_OK;
}

ck_rv_t C_FindObjectsFinal(ck_session_handle_t session)
{
    (void)session;
    ENTER(C_FindObjectsFinal);
    plan.finding = false;
    return CKR_OK;
}

static ck_rv_t lie_about(struct ck_attribute *asked)
{
    asked->value_len = plan.lie == FAKE_ATTRIBUTE_LENGTH   ? 1UL << 20
                       : plan.lie == FAKE_ATTRIBUTE_ABSENT ? CK_UNAVAILABLE_INFORMATION
                                                           : 1;
    return CKR_OK;
}

ck_rv_t C_GetAttributeValue(ck_session_handle_t session, ck_object_handle_t handle,
                            struct ck_attribute *asked, unsigned long count)
{
    const struct fake_object *object = object_of(handle);
    (void)session;
    (void)count;
    ENTER(C_GetAttributeValue);
    if (object == NULL)
        return CKR_OBJECT_HANDLE_INVALID;
    if (plan.lie >= FAKE_ATTRIBUTE_LENGTH && plan.lie <= FAKE_ATTRIBUTE_SHORT &&
        asked->type == plan.lie_number)
        return lie_about(asked);
    const struct fake_attribute *is = find_attribute(object, asked->type);
    if (is == NULL) {
        asked->value_len = CK_UNAVAILABLE_INFORMATION;
        return CKR_ATTRIBUTE_TYPE_INVALID;
    }
    if (is->len > asked->value_len)
        return CKR_BUFFER_TOO_SMALL;
    memcpy(asked->value, is->at, is->len);
    asked->value_len = is->len;
    return CKR_OK;
}

static unsigned long add_object(unsigned long class_of, const struct ck_attribute *from,
                                unsigned long count)
{
    unsigned long key_type = CKK_EC_EDWARDS;
    const struct ck_attribute own[] = {{CKA_CLASS, &class_of, sizeof class_of},
                                       {CKA_KEY_TYPE, &key_type, sizeof key_type},
                                       {CKA_EC_POINT, plan.point, plan.point_len}};
    for (unsigned long i = 0; i < FAKE_OBJECTS; i++) {
        struct fake_object *object = &plan.object[i];
        if (object->is_there)
            continue;
        *object = (struct fake_object){.is_there = true};
        for (unsigned long a = 0; a < (class_of == CKO_PUBLIC_KEY ? 3 : 2); a++)
            copy_attribute(&object->attribute[object->count++], &own[a]);
        for (unsigned long a = 0; a < count; a++) {
            copy_attribute(&object->attribute[object->count], &from[a]);
            if (plan.lie == FAKE_EXTRACTABLE && from[a].type == CKA_EXTRACTABLE)
                object->attribute[object->count].at[0] = 1;
            object->count++;
        }
        return i + 1;
    }
    return 0;
}

ck_rv_t C_GenerateKeyPair(ck_session_handle_t session, struct ck_mechanism *mechanism,
                          struct ck_attribute *for_public, unsigned long public_count,
                          struct ck_attribute *for_private, unsigned long private_count,
                          ck_object_handle_t *public, ck_object_handle_t *private)
{
    (void)session;
    (void)mechanism;
    ENTER(C_GenerateKeyPair);
    if (!plan.writes)
        return CKR_SESSION_READ_ONLY;
    *public = add_object(CKO_PUBLIC_KEY, for_public, public_count);
    *private = add_object(CKO_PRIVATE_KEY, for_private, private_count);
    plan.made += 2;
    return CKR_OK;
}

ck_rv_t C_DestroyObject(ck_session_handle_t session, ck_object_handle_t handle)
{
    struct fake_object *object = object_of(handle);
    (void)session;
    ENTER(C_DestroyObject);
    if (object == NULL)
        return CKR_OBJECT_HANDLE_INVALID;
    object->is_there = false;
    plan.destroyed++;
    return CKR_OK;
}

ck_rv_t C_SignInit(ck_session_handle_t session, struct ck_mechanism *mechanism,
                   ck_object_handle_t key)
{
    (void)session;
    ENTER(C_SignInit);
    if (plan.signing)
        return CKR_OPERATION_ACTIVE;
    if (mechanism->mechanism != CKM_EDDSA || mechanism->parameter != NULL || object_of(key) == NULL)
        return CKR_KEY_HANDLE_INVALID;
    plan.signing = true;
    return CKR_OK;
}

ck_rv_t C_Sign(ck_session_handle_t session, unsigned char *data, unsigned long data_len,
               unsigned char *out, unsigned long *len)
{
    bool was_begun = plan.signing;
    (void)session;
    plan.signing = false;
    ENTER(C_Sign);
    if (!was_begun)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (*len < 64)
        return CKR_BUFFER_TOO_SMALL;
    if (!plan.sign(plan.context, data, data_len, out))
        return CKR_FUNCTION_FAILED;
    if (plan.lie == FAKE_SIGNATURE_BITS)
        out[40] ^= 1;
    *len = plan.lie == FAKE_SIGNATURE_LENGTH ? plan.lie_number : 64;
    return CKR_OK;
}

ck_rv_t C_GetFunctionList(struct ck_function_list **out)
{
    static struct ck_function_list list;
    ENTER(C_GetFunctionList);
    list = (struct ck_function_list){
        .version = {2, 40},
        .C_Initialize = C_Initialize,
        .C_Finalize = C_Finalize,
        .C_GetSlotList = C_GetSlotList,
        .C_GetTokenInfo = C_GetTokenInfo,
        .C_GetMechanismInfo = C_GetMechanismInfo,
        .C_OpenSession = C_OpenSession,
        .C_CloseSession = C_CloseSession,
        .C_GetSessionInfo = C_GetSessionInfo,
        .C_Login = C_Login,
        .C_FindObjectsInit = C_FindObjectsInit,
        .C_FindObjects = C_FindObjects,
        .C_FindObjectsFinal = C_FindObjectsFinal,
        .C_GetAttributeValue = C_GetAttributeValue,
        .C_GenerateKeyPair = C_GenerateKeyPair,
        .C_DestroyObject = C_DestroyObject,
        .C_SignInit = C_SignInit,
        .C_Sign = plan.lie == FAKE_NO_FUNCTION ? NULL : C_Sign,
    };
    if (plan.lie == FAKE_VERSION)
        list.version.major = (unsigned char)plan.lie_number;
    *out = &list;
    return CKR_OK;
}
