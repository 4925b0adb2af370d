/* SPDX-License-Identifier: Apache-2.0 */
/* Against a module that fails and lies; with SoftHSM2 see scenario.keys_pkcs11. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "keys/pkcs11/token.h"
#include "manifests/file.h"
#include "manifests/json.h"
#include "tests/support/check.h"
#include "tests/support/fake_pkcs11.h"
#include "tests/support/scratch.h"

static const char right_pin[] = "12345678";
static const char right_uri[] = "pkcs11:token=fake;object=root-1";

struct scene {
    struct fake_pkcs11 *fake;
    struct pst_scratch scratch;
    char pin_file[300];
    struct pst_token_access access;
    struct pst_private_key *key; /* what the fake signs with */
    uint8_t public[32];
};

static bool sign_as_asked(void *context, const unsigned char *data, unsigned long len,
                          unsigned char out[64])
{
    PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(4096);
    const struct scene *scene = context;
    return pst_private_key_sign(scene->key, pst_bytes(data, len), &hex, NULL) == PST_OK &&
           pst_hex_parse(pst_buf_text(&hex), out, 64);
}

/* Not replaced durably: hundreds of times that would take seconds. */
static void write_pin(struct scene *scene, const char *pin)
{
    PST_CLEANUP(pst_fd) int fd = open(scene->pin_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pst_fd_write(fd, pst_bytes_of(pst_text(pin)), "pin", NULL), PST_OK);
}

static int set_up(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf object = pst_buf(4096);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct scene *scene = calloc(1, sizeof *scene);
    struct fake_pkcs11 *(*plan)(void) = NULL;
    char keyid[65];

    void *library = dlopen(FAKE_PKCS11, RTLD_NOW | RTLD_LOCAL);
    void *symbol = library != NULL ? dlsym(library, "fake_pkcs11") : NULL;
    if (scene == NULL || symbol == NULL)
        return -1;
    memcpy(&plan, &symbol, sizeof symbol);
    scene->fake = plan();
    scene->scratch = pst_scratch();
    pst_scratch_path(&scene->scratch, "pin", scene->pin_file, sizeof scene->pin_file);
    scene->access = (struct pst_token_access){.module = FAKE_PKCS11, .pin.file = scene->pin_file};
    if (pst_private_key_generate("ed25519", &scene->key, NULL) != PST_OK ||
        pst_private_key_describe(scene->key, INT64_MIN, INT64_MAX, &object, keyid, NULL) !=
            PST_OK ||
        pst_json_parse(pst_buf_bytes(&object), &pst_json_small, &json, NULL) != PST_OK ||
        !pst_hex_parse(pst_json_text(pst_json_member(pst_json_member(json, "keyval"), "public")),
                       scene->public, sizeof scene->public))
        return -1;
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    pst_private_key_free(scene->key);
    pst_scratch_cleanup(&scene->scratch);
    free(scene);
    return 0;
}

static void give(struct fake_object *object, unsigned long type, const void *at, size_t len)
{
    struct fake_attribute *attribute = &object->attribute[object->count++];
    attribute->type = type;
    attribute->len = len;
    memcpy(attribute->at, at, len);
}

static void add_object(struct fake_object *object, unsigned long class_of, const char *label,
                       const struct scene *scene)
{
    static const unsigned char params[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
    unsigned long key_type = CKK_EC_EDWARDS;
    unsigned char yes = 1, no = 0;

    *object = (struct fake_object){.is_there = true};
    give(object, CKA_CLASS, &class_of, sizeof class_of);
    give(object, CKA_KEY_TYPE, &key_type, sizeof key_type);
    give(object, CKA_LABEL, label, strlen(label));
    give(object, CKA_ID, label, strlen(label));
    give(object, CKA_EC_PARAMS, params, sizeof params);
    give(object, CKA_SIGN, &yes, 1);
    give(object, CKA_EXTRACTABLE, &no, 1);
    if (class_of == CKO_PUBLIC_KEY)
        give(object, CKA_EC_POINT, scene->public, sizeof scene->public);
    else if (scene->fake->always_authenticate)
        give(object, CKA_ALWAYS_AUTHENTICATE, &yes, 1);
}

/* A token with one key, unlocked by the PIN in the file. */
static struct fake_pkcs11 *begin(struct scene *scene)
{
    struct fake_pkcs11 *fake = scene->fake;

    *fake = (struct fake_pkcs11){
        .flags = CKF_TOKEN_INITIALIZED | CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED,
        .tokens = 1,
        .tries = 3,
        .sign = sign_as_asked,
        .context = scene,
        .point_len = sizeof scene->public,
    };
    memcpy(fake->pin, right_pin, sizeof right_pin);
    memcpy(fake->point, scene->public, sizeof scene->public);
    add_object(&fake->object[0], CKO_PUBLIC_KEY, "root-1", scene);
    add_object(&fake->object[1], CKO_PRIVATE_KEY, "root-1", scene);
    write_pin(scene, "12345678\n");
    return fake;
}

static enum pst_code open_and_sign(struct scene *scene, const char *text, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(4096);
    PST_CLEANUP(pst_tokens) struct pst_tokens *tokens = NULL;
    PST_CLEANUP(pst_private_key) struct pst_private_key *key = NULL;
    struct pst_token_facts facts;
    struct pst_token_uri uri;

    assert_int_equal(pst_tokens_new(&tokens, NULL), PST_OK);
    assert_int_equal(pst_token_uri_parse(pst_text(text), &uri, NULL), PST_OK);
    enum pst_code rc = pst_token_open(tokens, &uri, &scene->access, &key, &facts, why);
    if (rc == PST_OK)
        rc = pst_private_key_sign(key, pst_bytes("message", 7), &hex, why);
    assert_int_equal(hex.len, rc == PST_OK ? 128 : 0);
    return rc;
}

static enum pst_code make_key(struct scene *scene, const char *text, const char *scheme,
                              struct pst_report *why)
{
    PST_CLEANUP(pst_tokens) struct pst_tokens *tokens = NULL;
    PST_CLEANUP(pst_private_key) struct pst_private_key *key = NULL;
    struct pst_token_facts facts = {.serial = "untouched"};
    struct pst_token_uri uri;

    assert_int_equal(pst_tokens_new(&tokens, NULL), PST_OK);
    assert_int_equal(pst_token_uri_parse(pst_text(text), &uri, NULL), PST_OK);
    enum pst_code rc = pst_token_make(tokens, &uri, scheme, &scene->access, &key, &facts, why);
    assert_int_equal(key != NULL, rc == PST_OK); /* and a refusal writes nothing */
    assert_int_equal(strcmp(facts.serial, "untouched") != 0, rc == PST_OK);
    return rc;
}

/* Whatever happened, nothing is left open. */
static void check_closed(const struct fake_pkcs11 *fake, const char *name)
{
    if (fake->sessions != 0 || fake->initialised != 0)
        fail_msg("%s: %d sessions open, initialised %d times", name, fake->sessions,
                 fake->initialised);
}

static bool is_said(const struct pst_report *why, const char *words)
{
    for (size_t i = 0; i < why->count; i++)
        if (strstr(why->finding[i].expected, words) != NULL ||
            strstr(why->finding[i].found, words) != NULL)
            return true;
    return false;
}

static void a_key_in_a_token_signs_and_everything_is_closed_again(void **state)
{
    struct scene *scene = *state;
    struct fake_pkcs11 *fake = begin(scene);
    struct pst_report why = {0};

    assert_int_equal(open_and_sign(scene, right_uri, &why), PST_OK);
    assert_int_equal(why.count, 0);
    assert_int_equal(fake->logins, 1);
    assert_true(fake->initialised_for_a_null);
    check_closed(fake, "one key");
}

static void two_keys_of_one_token_want_its_pin_once(void **state)
{
    PST_CLEANUP(pst_tokens) struct pst_tokens *tokens = NULL;
    PST_CLEANUP(pst_private_key) struct pst_private_key *one = NULL, *two = NULL;
    struct scene *scene = *state;
    struct fake_pkcs11 *fake = begin(scene);
    struct pst_token_facts facts;
    struct pst_token_uri uri;

    add_object(&fake->object[2], CKO_PUBLIC_KEY, "root-2", scene);
    add_object(&fake->object[3], CKO_PRIVATE_KEY, "root-2", scene);
    assert_int_equal(pst_tokens_new(&tokens, NULL), PST_OK);
    assert_int_equal(pst_token_uri_parse(pst_text(right_uri), &uri, NULL), PST_OK);
    assert_int_equal(pst_token_open(tokens, &uri, &scene->access, &one, &facts, NULL), PST_OK);
    assert_string_equal(facts.uri.object, "root-1");
    assert_string_equal(facts.serial, "0123456789abcdea");
    assert_string_equal(facts.uri.serial, "");
    assert_false(facts.is_extractable);
    assert_int_equal(pst_token_uri_parse(pst_text("pkcs11:id=root-2"), &uri, NULL), PST_OK);
    assert_int_equal(pst_token_open(tokens, &uri, &scene->access, &two, &facts, NULL), PST_OK);
    assert_int_equal(fake->logins, 1);
    assert_int_equal(fake->initialised, 1);
    assert_int_equal(fake->sessions, 2);
    pst_private_key_free(one); /* the other goes on */
    one = NULL;
    assert_int_equal(pst_token_prove(two, NULL), PST_OK);
    assert_int_equal(pst_token_uri_parse(pst_text("pkcs11:object=new"), &uri, NULL), PST_OK);
    assert_int_equal(pst_token_make(tokens, &uri, "ed25519", &scene->access, &one, &facts, NULL),
                     PST_OK);
    pst_private_key_free(one);
    assert_int_equal(pst_token_make(tokens, &uri, "ed25519", &scene->access, &one, &facts, NULL),
                     PST_HOST_EXISTS);
    one = NULL;
    assert_int_equal(fake->logins, 1);
}

/* What may fail without stopping: closing, and a second look at the PIN's tries. */
static bool may_pass(const char *call)
{
    static const char *const harmless[] = {"C_CloseSession", "C_Finalize", "C_GetTokenInfo"};
    for (size_t i = 0; i < PST_COUNT(harmless); i++)
        if (strcmp(call, harmless[i]) == 0)
            return true;
    return false;
}

typedef enum pst_code try_all(struct scene *scene, struct pst_report *why);

static enum pst_code sign_work(struct scene *scene, struct pst_report *why)
{
    return open_and_sign(scene, right_uri, why);
}

static enum pst_code make_work(struct scene *scene, struct pst_report *why)
{
    return make_key(scene, "pkcs11:token=fake;object=new", "ed25519", why);
}

static size_t objects_of(const struct fake_pkcs11 *fake)
{
    size_t count = 0;
    for (size_t i = 0; i < FAKE_OBJECTS; i++)
        count += fake->object[i].is_there;
    return count;
}

static void fail_each_call(struct scene *scene, try_all *work, unsigned long rv, enum pst_code code)
{
    unsigned long calls = 0;
    struct fake_pkcs11 *fake = begin(scene);

    assert_int_equal(work(scene, NULL), PST_OK);
    calls = fake->calls;
    assert_true(calls > 15);
    for (unsigned long n = 1; n <= calls; n++) {
        struct pst_report why = {0};
        char name[96];
        begin(scene);
        size_t before = objects_of(fake);
        fake->fail_at = n;
        fake->fail_with = rv;
        enum pst_code got = work(scene, &why);
        assert_non_null(fake->failed);
        snprintf(name, sizeof name, "call %lu, %s, 0x%lx", n, fake->failed, rv);
        check_closed(fake, name);
        if (got == PST_OK && !may_pass(fake->failed))
            fail_msg("%s: passed", name);
        if (got == PST_OK)
            continue;
        if (!is_said(&why, fake->failed))
            fail_msg("%s: not told", name);
        enum pst_code wanted = strcmp(fake->failed, "C_GetFunctionList") == 0 ||
                                       strcmp(fake->failed, "C_Initialize") == 0
                                   ? PST_TOKEN_MODULE
                               : strcmp(fake->failed, "C_GetTokenInfo") == 0 ? PST_TOKEN_ABSENT
                                                                             : code;
        if (got != wanted)
            fail_msg("%s: %s", name, pst_code_name(got));
        if (objects_of(fake) != before)
            fail_msg("%s: a half-made key is left", name);
    }
}

static void every_call_may_fail_once_with_its_reason_and_nothing_left_behind(void **state)
{
    static const struct {
        unsigned long rv;
        enum pst_code code;
    } answers[] = {
        {CKR_GENERAL_ERROR, PST_TOKEN_FAILED},  {CKR_DEVICE_REMOVED, PST_TOKEN_ABSENT},
        {CKR_HOST_MEMORY, PST_NO_MEMORY},       {CKR_SESSION_HANDLE_INVALID, PST_TOKEN_ABSENT},
        {CKR_VENDOR_DEFINED, PST_TOKEN_FAILED}, {CKR_USER_NOT_LOGGED_IN, PST_KEY_LOCKED},
    };
    for (size_t i = 0; i < PST_COUNT(answers); i++) {
        fail_each_call(*state, sign_work, answers[i].rv, answers[i].code);
        fail_each_call(*state, make_work, answers[i].rv, answers[i].code);
    }
}

static void a_module_that_lies_is_believed_nothing(void **state)
{
    static const struct {
        const char *name;
        enum fake_lie lie;
        unsigned long number;
        enum pst_code code;
    } cases[] = {
        {"no signature", FAKE_SIGNATURE_LENGTH, 0, PST_TOKEN_FAILED},
        {"a short signature", FAKE_SIGNATURE_LENGTH, 63, PST_HOST_CRYPTO},
        {"a long signature", FAKE_SIGNATURE_LENGTH, 65, PST_HOST_CRYPTO},
        {"a signature beyond the buffer", FAKE_SIGNATURE_LENGTH, 1025, PST_TOKEN_FAILED},
        {"a signature without a length", FAKE_SIGNATURE_LENGTH, CK_UNAVAILABLE_INFORMATION,
         PST_TOKEN_FAILED},
        {"a false signature", FAKE_SIGNATURE_BITS, 0, PST_HOST_CRYPTO},
        {"a label beyond the buffer", FAKE_ATTRIBUTE_LENGTH, CKA_LABEL, PST_TOKEN_FAILED},
        {"an id beyond the buffer", FAKE_ATTRIBUTE_LENGTH, CKA_ID, PST_TOKEN_FAILED},
        {"a kind beyond the buffer", FAKE_ATTRIBUTE_LENGTH, CKA_KEY_TYPE, PST_TOKEN_FAILED},
        {"a point beyond the buffer", FAKE_ATTRIBUTE_LENGTH, CKA_EC_POINT, PST_TOKEN_FAILED},
        {"a curve beyond the buffer", FAKE_ATTRIBUTE_LENGTH, CKA_EC_PARAMS, PST_TOKEN_FAILED},
        {"a permission beyond the buffer", FAKE_ATTRIBUTE_LENGTH, CKA_SIGN, PST_TOKEN_FAILED},
        {"no kind", FAKE_ATTRIBUTE_ABSENT, CKA_KEY_TYPE, PST_ALGORITHM_UNKNOWN},
        {"no point", FAKE_ATTRIBUTE_ABSENT, CKA_EC_POINT, PST_KEY_MALFORMED},
        {"no curve", FAKE_ATTRIBUTE_ABSENT, CKA_EC_PARAMS, PST_ALGORITHM_UNKNOWN},
        {"a kind of one byte", FAKE_ATTRIBUTE_SHORT, CKA_KEY_TYPE, PST_TOKEN_FAILED},
        {"a point of one byte", FAKE_ATTRIBUTE_SHORT, CKA_EC_POINT, PST_KEY_MALFORMED},
        {"no slots", FAKE_SLOTS, 0, PST_TOKEN_ABSENT},
        {"more slots than there is room", FAKE_SLOTS, 65, PST_TOKEN_FAILED},
        {"slots without number", FAKE_SLOTS, CK_UNAVAILABLE_INFORMATION, PST_TOKEN_FAILED},
        {"more objects than asked for", FAKE_OBJECTS_AT_ONCE, 0, PST_TOKEN_FAILED},
        {"objects without end", FAKE_OBJECTS_FOR_EVER, 0, PST_TOKEN_FAILED},
        {"an older interface", FAKE_VERSION, 1, PST_TOKEN_MODULE},
        {"an interface to come", FAKE_VERSION, 4, PST_TOKEN_MODULE},
        {"a function left out", FAKE_NO_FUNCTION, 0, PST_TOKEN_MODULE},
    };
    struct scene *scene = *state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_report why = {0};
        struct fake_pkcs11 *fake = begin(scene);
        fake->lie = cases[i].lie;
        fake->lie_number = cases[i].number;
        enum pst_code got = open_and_sign(scene, right_uri, &why);
        if (got != cases[i].code || why.count == 0)
            fail_msg("%s: %s", cases[i].name, pst_code_name(got));
        check_closed(fake, cases[i].name);
    }
}

static void a_label_that_the_token_keeps_to_itself_hides_nothing(void **state)
{
    struct scene *scene = *state;
    struct fake_pkcs11 *fake = begin(scene);

    fake->lie = FAKE_ATTRIBUTE_ABSENT;
    fake->lie_number = CKA_LABEL;
    assert_int_equal(open_and_sign(scene, right_uri, NULL), PST_OK);
}

static void a_new_key_cannot_leave_the_token_or_is_not_kept(void **state)
{
    struct scene *scene = *state;
    struct fake_pkcs11 *fake = begin(scene);
    struct pst_report why = {0};

    assert_int_equal(make_work(scene, NULL), PST_OK);
    assert_int_equal(fake->made, 2);
    assert_int_equal(fake->destroyed, 0);
    check_closed(fake, "made");
    begin(scene);
    fake->lie = FAKE_EXTRACTABLE;
    assert_int_equal(make_work(scene, &why), PST_KEY_WEAK);
    assert_int_equal(fake->destroyed, 2);
    check_closed(fake, "extractable");
}

static void what_cannot_be_made_is_not_tried(void **state)
{
    static const struct {
        const char *uri, *scheme;
        enum pst_code code;
    } cases[] = {
        {"pkcs11:token=fake;object=root-1", "ed25519", PST_HOST_EXISTS},
        {"pkcs11:token=fake;object=new;id=root-1", "ed25519", PST_HOST_EXISTS},
        {"pkcs11:token=fake", "ed25519", PST_USAGE},
        {"pkcs11:token=fake;object=new", "sm2-sm3", PST_ALGORITHM_UNKNOWN},
        {"pkcs11:token=fake;object=new", "rot13", PST_ALGORITHM_UNKNOWN},
        {"pkcs11:token=fake;object=new", "rsassa-pss-sha256", PST_ALGORITHM_UNKNOWN},
        {"pkcs11:token=other;object=new", "ed25519", PST_TOKEN_ABSENT},
    };
    struct scene *scene = *state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_report why = {0};
        struct fake_pkcs11 *fake = begin(scene);
        enum pst_code got = make_key(scene, cases[i].uri, cases[i].scheme, &why);
        if (got != cases[i].code || why.count == 0 || fake->made != 0)
            fail_msg("%s, %s: %s", cases[i].uri, cases[i].scheme, pst_code_name(got));
        check_closed(fake, cases[i].uri);
    }
}

static void what_was_made_can_be_taken_back(void **state)
{
    PST_CLEANUP(pst_tokens) struct pst_tokens *tokens = NULL;
    struct scene *scene = *state;
    struct fake_pkcs11 *fake = begin(scene);
    struct pst_private_key *key = NULL;
    struct pst_token_facts facts;
    struct pst_token_uri uri;

    assert_int_equal(pst_tokens_new(&tokens, NULL), PST_OK);
    assert_int_equal(pst_token_uri_parse(pst_text("pkcs11:object=new"), &uri, NULL), PST_OK);
    assert_int_equal(pst_token_make(tokens, &uri, "ed25519", &scene->access, &key, &facts, NULL),
                     PST_OK);
    assert_string_equal(facts.uri.object, "new");
    assert_int_equal(facts.uri.id_len, 16);
    pst_private_key_free(key);
    assert_true(fake->logged_in);
    assert_int_equal(pst_token_unmake(tokens, NULL), PST_OK);
    assert_int_equal(fake->destroyed, 2);
    assert_int_equal(pst_token_unmake(tokens, NULL), PST_OK); /* once */
    assert_int_equal(fake->destroyed, 2);
}

static void a_wrong_pin_is_tried_once_and_the_last_try_is_left_to_a_person(void **state)
{
    struct scene *scene = *state;
    struct fake_pkcs11 *fake = begin(scene);
    static const struct {
        int logins;
        const char *said;
    } runs[] = {
        {1, "CKR_PIN_INCORRECT; few tries are left"},
        {2, "ONE TRY IS LEFT"},
        {2, "nothing was tried"},
        {2, "nothing was tried"},
    };

    write_pin(scene, "87654321\n");
    for (size_t i = 0; i < PST_COUNT(runs); i++) {
        struct pst_report why = {0};
        assert_int_equal(open_and_sign(scene, right_uri, &why), PST_KEY_LOCKED);
        assert_int_equal(fake->logins, runs[i].logins);
        if (!is_said(&why, runs[i].said))
            fail_msg("run %zu: %s", i, why.finding[0].found);
        assert_false(is_said(&why, "87654321"));
        check_closed(fake, "wrong PIN");
    }
}

static void a_token_that_is_locked_or_never_had_a_pin_is_not_tried(void **state)
{
    struct scene *scene = *state;
    struct fake_pkcs11 *fake = begin(scene);

    fake->flags |= CKF_USER_PIN_LOCKED;
    assert_int_equal(open_and_sign(scene, right_uri, NULL), PST_KEY_LOCKED);
    begin(scene);
    fake->flags &= ~CKF_USER_PIN_INITIALIZED;
    assert_int_equal(open_and_sign(scene, right_uri, NULL), PST_KEY_LOCKED);
    assert_int_equal(fake->logins, 0);
}

static void a_slot_whose_token_was_never_set_up_is_passed_over(void **state)
{
    struct scene *scene = *state;
    struct fake_pkcs11 *fake = begin(scene);
    struct pst_report why = {0};

    fake->flags &= ~CKF_TOKEN_INITIALIZED;
    assert_int_equal(open_and_sign(scene, right_uri, &why), PST_TOKEN_ABSENT);
    assert_true(is_said(&why, "no token at all"));
    assert_int_equal(fake->logins, 0);
}

static void a_token_that_needs_no_login_or_has_a_pin_pad_asks_for_no_file(void **state)
{
    struct scene *scene = *state;
    struct fake_pkcs11 *fake = begin(scene);

    assert_int_equal(unlink(scene->pin_file), 0);
    fake->flags &= ~CKF_LOGIN_REQUIRED;
    assert_int_equal(open_and_sign(scene, right_uri, NULL), PST_OK);
    assert_int_equal(fake->logins, 0);
    begin(scene);
    assert_int_equal(unlink(scene->pin_file), 0);
    fake->flags |= CKF_PROTECTED_AUTHENTICATION_PATH | CKF_USER_PIN_FINAL_TRY;
    assert_int_equal(open_and_sign(scene, right_uri, NULL), PST_OK);
    assert_int_equal(fake->logins, 1);
}

static void a_key_that_wants_the_pin_each_time_gets_it(void **state)
{
    struct scene *scene = *state;
    struct fake_pkcs11 *fake = begin(scene);

    fake->always_authenticate = true;
    add_object(&fake->object[1], CKO_PRIVATE_KEY, "root-1", scene);
    assert_int_equal(open_and_sign(scene, right_uri, NULL), PST_OK);
    assert_int_equal(fake->logins, 2);
}

static void the_pin_source_of_the_uri_comes_first(void **state)
{
    struct scene *scene = *state;
    struct fake_pkcs11 *fake = begin(scene);
    char uri[600];

    scene->access.pin.file = "/nowhere/pin";
    assert_int_equal(open_and_sign(scene, right_uri, NULL), PST_HOST_NOT_FOUND);
    snprintf(uri, sizeof uri, "%s?pin-source=%s", right_uri, scene->pin_file);
    enum pst_code rc = open_and_sign(scene, uri, NULL);
    scene->access.pin.file = scene->pin_file;
    assert_int_equal(rc, PST_OK);
    check_closed(fake, "pin-source");
}

static void not_exactly_one_is_refused_with_those_that_there_are(void **state)
{
    static const struct {
        const char *name, *uri;
        unsigned long tokens;
        enum pst_code code;
        const char *said[2];
    } cases[] = {
        {"no such key", "pkcs11:object=root-9", 1, PST_TOKEN_NOT_ONE, {"none; there is", "root-2"}},
        {"two of one label", "pkcs11:object=twin", 1, PST_TOKEN_NOT_ONE, {"twin", "id 6f6e65"}},
        {"any key of four", "pkcs11:token=fake", 1, PST_TOKEN_NOT_ONE, {"root-1", "root-2"}},
        {"two tokens", right_uri, 2, PST_TOKEN_NOT_ONE, {"slot 7", "slot 8"}},
        {"no such token", "pkcs11:token=other", 1, PST_TOKEN_ABSENT, {"'other'", "'fake'"}},
        {"no such slot", "pkcs11:slot-id=9", 1, PST_TOKEN_ABSENT, {"slot 7", "fake"}},
        {"no token at all", right_uri, 0, PST_TOKEN_ABSENT, {"'fake'", "no token at all"}},
    };
    struct scene *scene = *state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct fake_pkcs11 *fake = begin(scene);
        struct pst_report why = {0};
        fake->tokens = cases[i].tokens;
        add_object(&fake->object[2], CKO_PRIVATE_KEY, "root-2", scene);
        add_object(&fake->object[3], CKO_PRIVATE_KEY, "twin", scene);
        add_object(&fake->object[4], CKO_PRIVATE_KEY, "twin", scene);
        memcpy(fake->object[3].attribute[3].at, "one", fake->object[3].attribute[3].len = 3);
        enum pst_code got = open_and_sign(scene, cases[i].uri, &why);
        if (got != cases[i].code || !is_said(&why, cases[i].said[0]) ||
            !is_said(&why, cases[i].said[1]))
            fail_msg("%s: %s, %s, %s", cases[i].name, pst_code_name(got), why.finding[0].expected,
                     why.finding[0].found);
        check_closed(fake, cases[i].name);
    }
    begin(scene)->tokens = 2;
    assert_int_equal(open_and_sign(scene, "pkcs11:serial=0123456789abcdeb;object=root-1", NULL),
                     PST_OK);
}

static void a_key_without_its_public_half_or_the_right_to_sign_is_refused(void **state)
{
    struct scene *scene = *state;
    struct fake_pkcs11 *fake = begin(scene);

    fake->object[0].is_there = false;
    assert_int_equal(open_and_sign(scene, right_uri, NULL), PST_KEY_MALFORMED);
    begin(scene);
    add_object(&fake->object[2], CKO_PUBLIC_KEY, "root-1", scene);
    assert_int_equal(open_and_sign(scene, right_uri, NULL), PST_TOKEN_NOT_ONE);
    begin(scene);
    fake->object[1].attribute[5].at[0] = 0; /* CKA_SIGN */
    assert_int_equal(open_and_sign(scene, right_uri, NULL), PST_KEY_WRONG_ROLE);
    begin(scene);
    fake->object[0].attribute[7].at[3] ^= 4; /* another public key, or none */
    assert_int_not_equal(open_and_sign(scene, right_uri, NULL), PST_OK);
}

static void a_module_that_is_none_is_told(void **state)
{
    static const struct {
        const char *path, *said;
    } cases[] = {
        {NULL, "--module"},
        {"libsofthsm2.so", "absolute path"},
        {"/nowhere/module.so", "/nowhere/module.so"},
        {"/dev/null", "/dev/null"},
        {PLAIN_LIBRARY, "C_GetFunctionList"},
    };
    struct scene *scene = *state;
    begin(scene);
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_report why = {0};
        scene->access.module = cases[i].path;
        enum pst_code got = open_and_sign(scene, right_uri, &why);
        scene->access.module = FAKE_PKCS11;
        if (got != PST_TOKEN_MODULE || !is_said(&why, cases[i].said))
            fail_msg("%s: %s, %s", cases[i].path, pst_code_name(got), why.finding[0].found);
    }
}

static void a_key_in_a_token_is_written_to_no_file(void **state)
{
    PST_CLEANUP(pst_tokens) struct pst_tokens *tokens = NULL;
    PST_CLEANUP(pst_private_key) struct pst_private_key *key = NULL;
    struct scene *scene = *state;
    struct pst_token_facts facts;
    struct pst_token_uri uri;
    char path[300];

    begin(scene);
    pst_scratch_path(&scene->scratch, "copy.key", path, sizeof path);
    assert_int_equal(pst_tokens_new(&tokens, NULL), PST_OK);
    assert_int_equal(pst_token_uri_parse(pst_text(right_uri), &uri, NULL), PST_OK);
    assert_int_equal(pst_token_open(tokens, &uri, &scene->access, &key, &facts, NULL), PST_OK);
    assert_int_equal(pst_private_key_write(key, path, NULL, NULL), PST_KEY_MALFORMED);
    assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_in_a_token_signs_and_everything_is_closed_again),
        cmocka_unit_test(two_keys_of_one_token_want_its_pin_once),
        cmocka_unit_test(every_call_may_fail_once_with_its_reason_and_nothing_left_behind),
        cmocka_unit_test(a_module_that_lies_is_believed_nothing),
        cmocka_unit_test(a_label_that_the_token_keeps_to_itself_hides_nothing),
        cmocka_unit_test(a_new_key_cannot_leave_the_token_or_is_not_kept),
        cmocka_unit_test(what_cannot_be_made_is_not_tried),
        cmocka_unit_test(what_was_made_can_be_taken_back),
        cmocka_unit_test(a_wrong_pin_is_tried_once_and_the_last_try_is_left_to_a_person),
        cmocka_unit_test(a_token_that_is_locked_or_never_had_a_pin_is_not_tried),
        cmocka_unit_test(a_slot_whose_token_was_never_set_up_is_passed_over),
        cmocka_unit_test(a_token_that_needs_no_login_or_has_a_pin_pad_asks_for_no_file),
        cmocka_unit_test(a_key_that_wants_the_pin_each_time_gets_it),
        cmocka_unit_test(the_pin_source_of_the_uri_comes_first),
        cmocka_unit_test(not_exactly_one_is_refused_with_those_that_there_are),
        cmocka_unit_test(a_key_without_its_public_half_or_the_right_to_sign_is_refused),
        cmocka_unit_test(a_module_that_is_none_is_told),
        cmocka_unit_test(a_key_in_a_token_is_written_to_no_file),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
