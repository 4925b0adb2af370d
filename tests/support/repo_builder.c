/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/repo_builder.h"

#include <stdio.h>
#include <stdlib.h>

#include "manifests/file.h"
#include "tests/support/repo_shapes.h"

enum { BODY_MOST = 4 * 1024 * 1024, KEYS_MOST = PST_REPO_DELEGATIONS * PST_REPO_SIGNERS };

static void must(enum pst_code code, const char *what, const struct pst_report *why)
{
    if (code == PST_OK)
        return;
    fprintf(stderr, "tests/support/repo_builder.c: cannot %s: %s\n", what, pst_code_name(code));
    for (size_t i = 0; i < why->count; i++)
        fprintf(stderr, "  %s %s: expected %s, found %s\n", pst_code_name(why->finding[i].code),
                why->finding[i].where, why->finding[i].expected, why->finding[i].found);
    exit(1);
}

static void must_hold(bool holds, const char *what)
{
    static const struct pst_report nothing = {0};
    must(holds ? PST_OK : PST_OUT_OF_BOUNDS, what, &nothing);
}

struct pst_repo_key pst_repo_key_between(const char *scheme, int64_t not_before_s,
                                         int64_t not_after_s)
{
    struct pst_repo_key key = {.object = pst_buf(65536)};
    struct pst_report why = {0};

    must(pst_private_key_generate(scheme, &key.private, &why), "make a key", &why);
    must(
        pst_private_key_describe(key.private, not_before_s, not_after_s, &key.object, key.id, &why),
        "describe a key", &why);
    return key;
}

struct pst_repo_key pst_repo_key(const char *scheme)
{
    return pst_repo_key_between(scheme, INT64_MIN, INT64_MAX);
}

struct pst_repo_key pst_repo_key_again(const struct pst_repo_key *key, int64_t not_after_s)
{
    struct pst_repo_key again = {.object = pst_buf(65536)};
    struct pst_report why = {0};

    must(pst_private_key_describe(key->private, INT64_MIN, not_after_s, &again.object, again.id,
                                  &why),
         "describe a key again", &why);
    again.private = key->private;
    again.borrowed = true;
    return again;
}

struct pst_repo_key pst_repo_key_with(const struct pst_repo_key *key, const char *find,
                                      const char *put)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct pst_repo_key with = {
        .object = pst_buf(65536), .private = key->private, .borrowed = true};
    struct pst_report why = {0};

    must_hold(pst_buf_add(&with.object, key->object.at, key->object.len) &&
                  pst_repo_replace(&with.object, find, put),
              find);
    must(pst_json_parse(pst_buf_bytes(&with.object), &pst_json_small, &json, &why), "read a key",
         &why);
    must(pst_keyid_of(json, with.id, &why), "name a key", &why);
    return with;
}

void pst_repo_key_cleanup(struct pst_repo_key *key)
{
    if (!key->borrowed)
        pst_private_key_free(key->private);
    pst_buf_clear(&key->object);
    *key = (struct pst_repo_key){0};
}

void pst_repo_let(struct pst_repo_rule *rule, int64_t threshold,
                  const struct pst_repo_key *const *key, size_t count)
{
    must_hold(count <= PST_REPO_SIGNERS, "let so many keys sign");
    *rule = (struct pst_repo_rule){.key_count = count, .threshold = threshold};
    for (size_t i = 0; i < count; i++)
        rule->key[i] = key[i];
}

void pst_repo_sign_with(struct pst_repo_role *role, const struct pst_repo_key *const *key,
                        size_t count)
{
    must_hold(count <= PST_REPO_SIGNERS, "sign with so many keys");
    role->signer_count = count;
    for (size_t i = 0; i < count; i++)
        role->signer[i] = key[i];
}

void pst_repo_edit(struct pst_repo_role *role, const char *find, const char *put)
{
    must_hold(role->edit_count < PST_REPO_EDITS, "edit so often");
    role->edit[role->edit_count++] = (struct pst_repo_edit){find, put};
}

void pst_repo_spoil(struct pst_repo_role *role, const char *find, const char *put)
{
    must_hold(pst_repo_replace(&role->bytes, find, put), find);
}

static struct pst_repo_role new_role(enum pst_role_kind kind, const char *name,
                                     const struct pst_repo_key *signer)
{
    struct pst_repo_role role = {
        .kind = kind,
        .name = name,
        .version = 1,
        .expires_s = PST_REPO_EXPIRES,
        .bytes = pst_buf(2 * BODY_MOST),
    };
    pst_repo_sign_with(&role, &signer, 1);
    return role;
}

struct pst_repo *pst_repo_new(const char *scheme)
{
    struct pst_repo *repo = calloc(1, sizeof *repo);
    if (repo == NULL)
        abort();

    struct pst_repo_role *const roles[] = {&repo->root, &repo->timestamp, &repo->snapshot,
                                           &repo->targets};
    for (size_t i = 0; i < PST_COUNT(roles); i++) {
        enum pst_role_kind kind = (enum pst_role_kind)i;
        const struct pst_repo_key *key = &repo->key[i];
        repo->key[i] = pst_repo_key(scheme);
        *roles[i] = new_role(kind, pst_role_kind_name(kind), key);
        pst_repo_let(&repo->root.rule[kind], 1, &key, 1);
    }
    pst_repo_target(&repo->targets, "hello.txt", pst_bytes("hello", 5));
    pst_repo_publish(repo);
    return repo;
}

void pst_repo_free(struct pst_repo *repo)
{
    if (repo == NULL)
        return;
    struct pst_repo_role *const roles[] = {&repo->root, &repo->timestamp, &repo->snapshot,
                                           &repo->targets};
    for (size_t i = 0; i < PST_COUNT(roles); i++) {
        pst_buf_clear(&roles[i]->bytes);
        pst_repo_key_cleanup(&repo->key[i]);
    }
    for (size_t i = 0; i < repo->role_count; i++)
        pst_buf_clear(&repo->role[i].bytes);
    free(repo);
}

struct pst_repo_role *pst_repo_role(struct pst_repo *repo, const char *name)
{
    for (size_t i = 0; i < repo->role_count; i++)
        if (strcmp(repo->role[i].name, name) == 0)
            return &repo->role[i];
    return NULL;
}

struct pst_repo_role *pst_repo_add_role(struct pst_repo *repo, const char *name,
                                        const struct pst_repo_key *key)
{
    must_hold(repo->role_count < PST_REPO_ROLES, "have so many roles");
    struct pst_repo_role *role = &repo->role[repo->role_count++];
    *role = new_role(PST_ROLE_TARGETS, name, key);
    return role;
}

static struct pst_repo_delegation *delegate(struct pst_repo_role *delegator, const char *name,
                                            const struct pst_repo_key *key, const char *pattern)
{
    must_hold(delegator->delegation_count < PST_REPO_DELEGATIONS, "delegate so often");
    struct pst_repo_delegation *delegation = &delegator->delegation[delegator->delegation_count++];
    *delegation = (struct pst_repo_delegation){.name = name, .pattern = pattern};
    pst_repo_let(&delegation->rule, 1, &key, 1);
    return delegation;
}

struct pst_repo_role *pst_repo_delegate(struct pst_repo *repo, struct pst_repo_role *delegator,
                                        const char *name, const struct pst_repo_key *key,
                                        const char *pattern, bool terminating)
{
    struct pst_repo_role *role = pst_repo_role(repo, name);

    delegate(delegator, name, key, pattern)->terminating = terminating;
    return role != NULL ? role : pst_repo_add_role(repo, name, key);
}

void pst_repo_delegate_bins(struct pst_repo_role *delegator, const char *prefix, int bits,
                            const struct pst_repo_key *key)
{
    delegate(delegator, prefix, key, "*")->bits = bits;
}

static void sha512(struct pst_bytes content, uint8_t out[PST_SHA512_BYTES])
{
    PST_CLEANUP(pst_digest) struct pst_digest digest = {NULL};
    struct pst_report why = {0};

    must(pst_digest_begin(&digest, PST_SHA512, &why), "hash a file", &why);
    must(pst_digest_add(&digest, content, &why), "hash a file", &why);
    must(pst_digest_end(&digest, out, &why), "hash a file", &why);
}

/* The entry of that name, made if need be. */
static struct pst_repo_file *file_of(struct pst_repo_role *role, const char *name,
                                     struct pst_bytes content)
{
    struct pst_report why = {0};
    size_t i = 0;

    while (i < role->file_count && strcmp(role->file[i].name, name) != 0)
        i++;
    must_hold(i < PST_REPO_FILES, "list so many files");
    struct pst_repo_file *file = &role->file[i];
    if (i == role->file_count)
        role->file_count++;
    snprintf(file->name, sizeof file->name, "%s", name);
    file->length_bytes = (int64_t)content.len;
    must(pst_sha256(content, file->sha256, &why), "hash a file", &why);
    sha512(content, file->sha512);
    return file;
}

void pst_repo_target(struct pst_repo_role *role, const char *path, struct pst_bytes content)
{
    (void)file_of(role, path, content);
}

void pst_repo_list(struct pst_repo_role *in, const struct pst_repo_role *role)
{
    char name[300];
    snprintf(name, sizeof name, "%s.json", role->name);
    file_of(in, name, pst_repo_bytes(role))->version = role->version;
}

/* What pst_role_print() takes, with room for what it points to. */
struct draft {
    struct pst_role_draft draft;
    struct pst_role_draft_key key[KEYS_MOST];
    struct pst_role_draft_rule rule[PST_REPO_DELEGATIONS];
    const char *keyid[PST_REPO_DELEGATIONS][PST_REPO_SIGNERS];
    const char *pattern[PST_REPO_DELEGATIONS][1 + PST_REPO_PATTERNS];
    struct pst_role_draft_file file[PST_REPO_FILES];
};

static void add_key(struct draft *draft, const struct pst_repo_key *key)
{
    for (size_t i = 0; i < draft->draft.key_count; i++)
        if (strcmp(draft->key[i].id, key->id) == 0)
            return;
    draft->key[draft->draft.key_count++] =
        (struct pst_role_draft_key){key->id, pst_buf_bytes(&key->object)};
}

static void add_rule(struct draft *draft, const char *name, const struct pst_repo_rule *rule)
{
    size_t at = draft->draft.rule_count++;

    for (size_t i = 0; i < rule->key_count; i++) {
        draft->keyid[at][i] = rule->key[i]->id;
        add_key(draft, rule->key[i]);
    }
    draft->rule[at] = (struct pst_role_draft_rule){
        .name = name,
        .threshold = rule->threshold,
        .keyid = draft->keyid[at],
        .keyid_count = rule->key_count,
    };
}

static void add_delegation(struct draft *draft, const struct pst_repo_delegation *delegation)
{
    size_t at = draft->draft.rule_count, count = 1;

    add_rule(draft, delegation->name, &delegation->rule);
    draft->pattern[at][0] = delegation->pattern;
    for (size_t i = 0; i < PST_REPO_PATTERNS && delegation->also[i] != NULL; i++)
        draft->pattern[at][count++] = delegation->also[i];
    draft->rule[at].pattern = draft->pattern[at];
    draft->rule[at].pattern_count = count;
    draft->rule[at].terminating = delegation->terminating;
}

static void fill(struct draft *draft, const struct pst_repo_role *role)
{
    draft->draft = (struct pst_role_draft){
        .kind = role->kind,
        .version = role->version,
        .expires_s = role->expires_s,
        .key = draft->key,
        .rule = draft->rule,
        .file = draft->file,
        .file_count = role->file_count,
        .retired = role->retired,
        .retired_count = role->retired_count,
        .revoked = role->revoked,
        .revoked_count = role->revoked_count,
    };
    for (size_t i = 0; role->kind == PST_ROLE_ROOT && i < PST_COUNT(role->rule); i++)
        add_rule(draft, pst_role_kind_name((enum pst_role_kind)i), &role->rule[i]);
    for (size_t i = 0; i < role->delegation_count; i++)
        add_delegation(draft, &role->delegation[i]);
    for (size_t i = 0; i < role->file_count; i++) {
        draft->file[i] = (struct pst_role_draft_file){
            .name = role->file[i].name,
            .version = role->file[i].version,
            .length_bytes = role->file[i].length_bytes,
        };
        memcpy(draft->file[i].sha256, role->file[i].sha256, sizeof draft->file[i].sha256);
    }
}

static void print_body(const struct pst_repo_role *role, struct pst_buf *body)
{
    struct draft *draft = calloc(1, sizeof *draft);
    struct pst_report why = {0};

    if (draft == NULL)
        abort();
    fill(draft, role);
    must(pst_role_print(&draft->draft, body, &why), "draft a role", &why);
    free(draft);
}

/* By hand, because pst_envelope_print() refuses what a test wants: keyids twice, bodies out of
 * shape. */
static void wrap(const struct pst_repo_role *role, const struct pst_buf *body,
                 const struct pst_envelope_new_signature *signature, size_t count,
                 struct pst_buf *out)
{
    bool ok = pst_buf_add_text(out, "{\"signatures\":[");
    for (size_t i = 0; i < count; i++)
        ok = ok && pst_buf_print(out, "%s{\"keyid\":\"%s\",\"sig\":\"%s\"}", i > 0 ? "," : "",
                                 signature[i].keyid, signature[i].hex);
    ok = ok && pst_buf_add_text(out, "],\"signed\":") &&
         pst_repo_add_as_json(pst_buf_bytes(body), role->spaced, out);
    must_hold(ok && pst_buf_add(out, "}", 2), "wrap a body"); /* with a NUL behind it */
    out->len--;
}

void pst_repo_sign(struct pst_repo_role *role)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(BODY_MOST);
    struct pst_envelope_new_signature signature[2 * PST_REPO_SIGNERS];
    struct pst_buf hex[PST_REPO_SIGNERS];
    struct pst_report why = {0};
    size_t count = 0;

    print_body(role, &body);
    must_hold(pst_repo_shape(role, &body), "bring a body into the shape that a test wants");
    for (size_t i = 0; i < role->signer_count; i++) {
        hex[i] = pst_buf(PST_SIGNATURE_HEX_MOST);
        must(pst_private_key_sign(role->signer[i]->private, pst_buf_bytes(&body), &hex[i], &why),
             "sign", &why);
        must_hold(pst_buf_add(&hex[i], "", 1), "end a signature");
        signature[count++] =
            (struct pst_envelope_new_signature){role->signer[i]->id, (const char *)hex[i].at};
    }
    for (size_t i = 0; i < role->extra_count; i++)
        signature[count++] = role->extra[i];
    pst_buf_clear(&role->bytes);
    wrap(role, &body, signature, count, &role->bytes);
    for (size_t i = 0; i < role->signer_count; i++)
        pst_buf_clear(&hex[i]);
}

void pst_repo_publish(struct pst_repo *repo)
{
    pst_repo_sign(&repo->root);
    for (size_t i = 0; i < repo->role_count; i++) {
        pst_repo_sign(&repo->role[i]);
        pst_repo_list(&repo->snapshot, &repo->role[i]);
    }
    pst_repo_sign(&repo->targets);
    pst_repo_list(&repo->snapshot, &repo->targets);
    pst_repo_sign(&repo->snapshot);
    pst_repo_list(&repo->timestamp, &repo->snapshot);
    pst_repo_sign(&repo->timestamp);
}

void pst_repo_publish_next(struct pst_repo *repo)
{
    repo->targets.version++;
    repo->snapshot.version++;
    repo->timestamp.version++;
    pst_repo_publish(repo);
}

/* As a server's names: upper-case hex for all but letters, digits and "_.-~" (TUF clients agree).
 * */
static void print_name(const struct pst_repo_role *role, char *out, size_t room)
{
    size_t len = 0;

    if (role->kind != PST_ROLE_TIMESTAMP)
        len = (size_t)snprintf(out, room, "%lld.", (long long)role->version);
    for (const char *at = role->name; *at != '\0' && len + 4 < room; at++) {
        bool plain = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~",
                            *at) != NULL;
        len += (size_t)snprintf(out + len, room - len, plain ? "%c" : "%%%02X",
                                plain ? *at : (unsigned char)*at);
    }
    snprintf(out + len, room - len, ".json");
}

static void write_role(const struct pst_repo_role *role, const char *folder)
{
    char name[800], path[4096];
    struct pst_report why = {0};

    print_name(role, name, sizeof name);
    must_hold(pst_path_join(folder, name, path, sizeof path), "fit a path");
    must(pst_file_replace(path, pst_repo_bytes(role), 0644, &why), "write a role", &why);
}

void pst_repo_write(const struct pst_repo *repo, const char *folder)
{
    const struct pst_repo_role *const roles[] = {&repo->root, &repo->targets, &repo->snapshot,
                                                 &repo->timestamp};
    struct pst_report why = {0};

    must(pst_folder_make(folder, 0755, &why), "make a folder", &why);
    for (size_t i = 0; i < repo->role_count; i++)
        write_role(&repo->role[i], folder);
    for (size_t i = 0; i < PST_COUNT(roles); i++)
        write_role(roles[i], folder);
}
