/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/pkcs11/module.h"

/* Those that tell something; of the others the number. */
static const struct answer {
    unsigned long rv;
    const char *name;
    enum pst_code code;
    const char *words;
} answers[] = {
    {CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT", PST_KEY_LOCKED, "the PIN is wrong"},
    {CKR_PIN_INVALID, "CKR_PIN_INVALID", PST_KEY_LOCKED, "the PIN has characters it cannot have"},
    {CKR_PIN_LEN_RANGE, "CKR_PIN_LEN_RANGE", PST_KEY_LOCKED, "the PIN is too short or too long"},
    {CKR_PIN_EXPIRED, "CKR_PIN_EXPIRED", PST_KEY_LOCKED, "the PIN must be changed first"},
    {CKR_PIN_LOCKED, "CKR_PIN_LOCKED", PST_KEY_LOCKED, "locked after too many wrong PINs"},
    {CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN", PST_KEY_LOCKED, "nobody is logged in"},
    {CKR_USER_PIN_NOT_INITIALIZED, "CKR_USER_PIN_NOT_INITIALIZED", PST_KEY_LOCKED,
     "the token has no user PIN yet"},
    {CKR_USER_ANOTHER_ALREADY_LOGGED_IN, "CKR_USER_ANOTHER_ALREADY_LOGGED_IN", PST_KEY_LOCKED,
     "somebody else is logged in"},
    {CKR_SLOT_ID_INVALID, "CKR_SLOT_ID_INVALID", PST_TOKEN_ABSENT, "the slot is gone"},
    {CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT", PST_TOKEN_ABSENT, "no token in the slot"},
    {CKR_TOKEN_NOT_RECOGNIZED, "CKR_TOKEN_NOT_RECOGNIZED", PST_TOKEN_ABSENT,
     "a token that the module does not know"},
    {CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED", PST_TOKEN_ABSENT, "the token went away"},
    {CKR_SESSION_HANDLE_INVALID, "CKR_SESSION_HANDLE_INVALID", PST_TOKEN_ABSENT,
     "the session is lost"},
    {CKR_SESSION_CLOSED, "CKR_SESSION_CLOSED", PST_TOKEN_ABSENT, "the session is lost"},
    {CKR_CRYPTOKI_NOT_INITIALIZED, "CKR_CRYPTOKI_NOT_INITIALIZED", PST_TOKEN_ABSENT,
     "the module has forgotten us"},
    {CKR_HOST_MEMORY, "CKR_HOST_MEMORY", PST_NO_MEMORY, "the module is out of memory"},
    {CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID", PST_ALGORITHM_UNKNOWN,
     "the token has no such mechanism"},
    {CKR_CURVE_NOT_SUPPORTED, "CKR_CURVE_NOT_SUPPORTED", PST_ALGORITHM_UNKNOWN,
     "the token does not know this curve"},
    {CKR_DOMAIN_PARAMS_INVALID, "CKR_DOMAIN_PARAMS_INVALID", PST_ALGORITHM_UNKNOWN,
     "the token does not know this curve"},
    {CKR_KEY_SIZE_RANGE, "CKR_KEY_SIZE_RANGE", PST_ALGORITHM_UNKNOWN,
     "the token cannot have keys of this size"},
    {CKR_TOKEN_WRITE_PROTECTED, "CKR_TOKEN_WRITE_PROTECTED", PST_TOKEN_FAILED,
     "the token cannot be written to"},
    {CKR_SESSION_READ_ONLY, "CKR_SESSION_READ_ONLY", PST_TOKEN_FAILED,
     "the token cannot be written to"},
    {CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY", PST_TOKEN_FAILED, "the token is full"},
    {CKR_SESSION_COUNT, "CKR_SESSION_COUNT", PST_TOKEN_FAILED, "the token has no session left"},
    {CKR_DATA_LEN_RANGE, "CKR_DATA_LEN_RANGE", PST_TOKEN_FAILED,
     "more than the token signs at once"},
    {CKR_KEY_FUNCTION_NOT_PERMITTED, "CKR_KEY_FUNCTION_NOT_PERMITTED", PST_TOKEN_FAILED,
     "the key may not sign, or not this way"},
    {CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR", PST_TOKEN_FAILED, "no more is said"},
    {CKR_FUNCTION_FAILED, "CKR_FUNCTION_FAILED", PST_TOKEN_FAILED, "no more is said"},
    {CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR", PST_TOKEN_FAILED, "the token is broken or busy"},
    {CKR_FUNCTION_NOT_SUPPORTED, "CKR_FUNCTION_NOT_SUPPORTED", PST_TOKEN_FAILED,
     "the module cannot do this"},
    {CKR_ARGUMENTS_BAD, "CKR_ARGUMENTS_BAD", PST_TOKEN_FAILED, "the module refuses the call"},
    {CKR_ATTRIBUTE_VALUE_INVALID, "CKR_ATTRIBUTE_VALUE_INVALID", PST_TOKEN_FAILED,
     "the token does not take keys of this make"},
    {CKR_TEMPLATE_INCONSISTENT, "CKR_TEMPLATE_INCONSISTENT", PST_TOKEN_FAILED,
     "the token does not take keys of this make"},
};

static const struct answer *find(unsigned long rv)
{
    for (size_t i = 0; i < PST_COUNT(answers); i++)
        if (answers[i].rv == rv)
            return &answers[i];
    return NULL;
}

struct pst_value pst_token_answer_name(unsigned long rv)
{
    const struct answer *answer = find(rv);
    return answer != NULL ? pst_say("%s", answer->name) : pst_say("CKR 0x%08lx", rv);
}

enum pst_code pst_token_answer(struct pst_report *why, const char *call, unsigned long rv)
{
    const struct answer *answer = find(rv);

    if (rv == CKR_OK)
        return PST_OK;
    if (answer == NULL)
        return pst_refuse(why, PST_TOKEN_FAILED, pst_say("%s: CKR_OK", call),
                          pst_say("CKR 0x%08lx", rv));
    return pst_refuse(why, answer->code, pst_say("%s: CKR_OK", call),
                      pst_say("%s: %s", answer->name, answer->words));
}
