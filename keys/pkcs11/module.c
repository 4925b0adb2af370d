/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/pkcs11/module.h"

#include <dlfcn.h>
#include <stdio.h>

/* A module may leave out what it cannot do; these it must have. */
#define USED(name)                                                                                 \
    {                                                                                              \
#name, offsetof(struct ck_function_list, name)                                             \
    }
static const struct {
    const char *name;
    size_t at;
} used[] = {
    USED(C_Initialize),
    USED(C_Finalize),
    USED(C_GetSlotList),
    USED(C_GetTokenInfo),
    USED(C_GetMechanismInfo),
    USED(C_OpenSession),
    USED(C_CloseSession),
    USED(C_GetSessionInfo),
    USED(C_Login),
    USED(C_FindObjectsInit),
    USED(C_FindObjects),
    USED(C_FindObjectsFinal),
    USED(C_GenerateKeyPair),
    USED(C_GetAttributeValue),
    USED(C_DestroyObject),
    USED(C_SignInit),
    USED(C_Sign),
};
#undef USED

static enum pst_code load(const char *path, void **library, CK_C_GetFunctionList *get,
                          struct pst_report *why)
{
    if (path[0] != '/' || strlen(path) > PST_TOKEN_PATH_MOST)
        return pst_refuse(why, PST_TOKEN_MODULE, pst_say("an absolute path"), pst_say("%s", path));
    /* Modules start threads and register exit handlers: once loaded, one stays mapped. */
    *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (*library == NULL)
        return pst_refuse(why, PST_TOKEN_MODULE, pst_say("a library that can be loaded"),
                          pst_say("%s", dlerror()));
    void *symbol = dlsym(*library, "C_GetFunctionList");
    memcpy(get, &symbol, sizeof symbol); /* ISO C has no cast from data to functions */
    if (*get == NULL)
        return pst_refuse(why, PST_TOKEN_MODULE, pst_say("a PKCS#11 library"),
                          pst_say("one without C_GetFunctionList"));
    return PST_OK;
}

static enum pst_code check_list(const struct ck_function_list *list, struct pst_report *why)
{
    if (list == NULL || list->version.major < 2 || list->version.major > 3)
        return pst_refuse(why, PST_TOKEN_MODULE, pst_say("PKCS#11 2.x or 3.x"),
                          pst_say("version %d", list != NULL ? list->version.major : 0));
    for (size_t i = 0; i < PST_COUNT(used); i++) {
        void (*function)(void);
        memcpy(&function, (const char *)list + used[i].at, sizeof function);
        if (function == NULL)
            return pst_refuse(why, PST_TOKEN_MODULE, pst_say("a module with %s", used[i].name),
                              pst_say("one without"));
    }
    return PST_OK;
}

static enum pst_code initialise(struct pst_token_module *module, struct pst_report *why)
{
    unsigned long rv = module->call->C_Initialize(NULL);

    module->is_ours = rv == CKR_OK;
    if (rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED)
        return PST_OK;
    return pst_refuse(why, PST_TOKEN_MODULE, pst_say("C_Initialize: CKR_OK"),
                      pst_token_answer_name(rv));
}

enum pst_code pst_token_module_open(const char *path, struct pst_token_module *out,
                                    struct pst_report *why)
{
    struct pst_token_module module = {0};
    CK_C_GetFunctionList get = NULL;

    PST_WITHIN(why, "%s", path);
    enum pst_code rc = load(path, &module.library, &get, why);
    if (rc == PST_OK) {
        unsigned long rv = get(&module.call);
        if (rv != CKR_OK)
            rc = pst_refuse(why, PST_TOKEN_MODULE, pst_say("C_GetFunctionList: CKR_OK"),
                            pst_token_answer_name(rv));
    }
    if (rc == PST_OK)
        rc = check_list(module.call, why);
    if (rc == PST_OK)
        rc = initialise(&module, why);
    if (rc == PST_OK) {
        snprintf(module.path, sizeof module.path, "%s", path);
        *out = module;
    } else if (module.library != NULL) {
        (void)dlclose(module.library);
    }
    return rc;
}

void pst_token_module_close(struct pst_token_module *module)
{
    if (module->is_ours)
        (void)module->call->C_Finalize(NULL);
    if (module->library != NULL)
        (void)dlclose(module->library);
    *module = (struct pst_token_module){0};
}
