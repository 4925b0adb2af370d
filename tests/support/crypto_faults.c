/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/crypto_faults.h"

static struct {
    bool counting;
    size_t calls, failing; /* SIZE_MAX: none */
    enum pst_fault_answer answer;
    const struct pst_fault *failed;
} state;

void pst_faults_count(void)
{
    pst_faults_fail(SIZE_MAX, PST_FAULT_MINUS_ONE);
}

void pst_faults_fail(size_t nth, enum pst_fault_answer answer)
{
    state.calls = 0;
    state.failing = nth;
    state.answer = answer;
    state.failed = NULL;
    state.counting = true;
}

size_t pst_faults_end(void)
{
    state.counting = false;
    return state.calls;
}

const struct pst_fault *pst_faults_failed(void)
{
    return state.failed;
}

static bool fails(const struct pst_fault *fault)
{
    if (!state.counting || state.calls++ != state.failing)
        return false;
    state.failed = fault;
    return true;
}

/* The linker gives calls of NAME to __wrap_NAME, and those of __real_NAME to the true one. CMake
 * reads the names from the lines that begin with WRAP_. The library's own types are all pointers to
 * us, for its headers are read in keys/ alone. */
#define WRAP_POINTER(name, told, parameters, arguments)                                            \
    void *__real_##name parameters;                                                                \
    void *__wrap_##name parameters;                                                                \
    void *__wrap_##name parameters                                                                 \
    {                                                                                              \
        static const struct pst_fault fault = {#name, told, PST_FAULT_ZERO};                       \
        return fails(&fault) ? NULL : __real_##name arguments;                                     \
    }
#define WRAP_INT(name, most, told, parameters, arguments)                                          \
    int __real_##name parameters;                                                                  \
    int __wrap_##name parameters;                                                                  \
    int __wrap_##name parameters                                                                   \
    {                                                                                              \
        static const struct pst_fault fault = {#name, told, most};                                 \
        bool failing = fails(&fault);                                                              \
        if (failing && state.answer != PST_FAULT_TWO)                                              \
            return state.answer == PST_FAULT_ZERO ? 0 : -1;                                        \
        int answer = __real_##name arguments;                                                      \
        return failing ? 2 : answer;                                                               \
    }
#define WRAP_STATUS(name, told, parameters, arguments)                                             \
    WRAP_INT(name, PST_FAULT_ANSWERS, told, parameters, arguments)
#define WRAP_LENGTH(name, told, parameters, arguments)                                             \
    WRAP_INT(name, PST_FAULT_TWO, told, parameters, arguments)

/* 0 is the good answer. */
#define WRAP_ABSENCE(name, told, parameters, arguments)                                            \
    WRAP_INT(name, PST_FAULT_ZERO, told, parameters, arguments)

/* clang-format off */
WRAP_POINTER(malloc, PST_NO_MEMORY, (size_t size), (size))
WRAP_POINTER(calloc, PST_NO_MEMORY, (size_t count, size_t size), (count, size))
WRAP_POINTER(realloc, PST_NO_MEMORY, (void *at, size_t size), (at, size))

WRAP_POINTER(EVP_MD_CTX_new, PST_HOST_CRYPTO, (void), ())
WRAP_STATUS(EVP_DigestInit_ex, PST_HOST_CRYPTO, (void *ctx, void *kind, void *engine), (ctx, kind, engine))
WRAP_STATUS(EVP_DigestUpdate, PST_HOST_CRYPTO, (void *ctx, const void *at, size_t len), (ctx, at, len))
WRAP_STATUS(EVP_DigestFinal_ex, PST_HOST_CRYPTO, (void *ctx, void *out, unsigned int *len), (ctx, out, len))
WRAP_STATUS(EVP_MD_CTX_copy_ex, PST_HOST_CRYPTO, (void *out, void *in), (out, in))
WRAP_POINTER(HMAC, PST_HOST_CRYPTO, (void *kind, const void *key, int key_len, const void *at, size_t len, void *out, unsigned int *out_len), (kind, key, key_len, at, len, out, out_len))
WRAP_STATUS(RAND_bytes, PST_HOST_CRYPTO, (void *out, int len), (out, len))

WRAP_POINTER(BIO_new_mem_buf, PST_HOST_CRYPTO, (const void *at, int len), (at, len))
WRAP_STATUS(PEM_read_bio, PST_KEY_MALFORMED, (void *bio, char **name, char **header, void **at, long *len), (bio, name, header, at, len))
WRAP_POINTER(d2i_PUBKEY, PST_KEY_MALFORMED, (void **out, const void **at, long len), (out, at, len))
WRAP_LENGTH(i2d_PUBKEY, PST_HOST_CRYPTO, (void *key, void **out), (key, out))
WRAP_POINTER(EVP_PKEY_new_raw_public_key_ex, PST_HOST_CRYPTO, (void *lib, const char *type, const char *query, const void *at, size_t len), (lib, type, query, at, len))
WRAP_STATUS(EVP_PKEY_get_bits, PST_KEY_MALFORMED, (void *key), (key))
WRAP_STATUS(EVP_PKEY_is_a, PST_KEY_MALFORMED, (void *key, const char *type), (key, type))
WRAP_STATUS(EVP_PKEY_get_utf8_string_param, PST_KEY_MALFORMED, (void *key, const char *name, char *out, size_t room, size_t *len), (key, name, out, room, len))
WRAP_STATUS(EVP_PKEY_set_utf8_string_param, PST_HOST_CRYPTO, (void *key, const char *name, const char *text), (key, name, text))
WRAP_POINTER(EVP_PKEY_CTX_new_from_pkey, PST_HOST_CRYPTO, (void *lib, void *key, const char *query), (lib, key, query))
WRAP_STATUS(EVP_PKEY_get_bn_param, PST_KEY_MALFORMED, (void *key, const char *name, void **out), (key, name, out))
WRAP_ABSENCE(BN_check_prime, PST_KEY_MALFORMED, (void *number, void *ctx, void *told), (number, ctx, told))
WRAP_STATUS(EVP_PKEY_public_check, PST_KEY_MALFORMED, (void *ctx), (ctx))

WRAP_STATUS(EVP_DigestVerifyInit_ex, PST_HOST_CRYPTO, (void *ctx, void **key_ctx, const char *kind, void *lib, const char *query, void *key, void *params), (ctx, key_ctx, kind, lib, query, key, params))
WRAP_STATUS(EVP_DigestVerify, PST_SIGNATURE_INVALID, (void *ctx, const void *signature, size_t signature_len, const void *at, size_t len), (ctx, signature, signature_len, at, len))
WRAP_POINTER(EVP_SIGNATURE_fetch, PST_ALGORITHM_UNKNOWN, (void *lib, const char *name, const char *query), (lib, name, query))
WRAP_POINTER(EVP_MD_fetch, PST_ALGORITHM_UNKNOWN, (void *lib, const char *name, const char *query), (lib, name, query))
WRAP_POINTER(EVP_MD_CTX_get_pkey_ctx, PST_HOST_CRYPTO, (void *ctx), (ctx))
WRAP_STATUS(EVP_PKEY_CTX_set1_id, PST_HOST_CRYPTO, (void *ctx, const void *id, int len), (ctx, id, len))
/* clang-format on */
