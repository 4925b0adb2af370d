/* SPDX-License-Identifier: Apache-2.0 */
#include "service/state_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifests/file.h"
#include "manifests/json_out.h"

enum { PUBLIC_BYTES = 4096 };

const char *pst_online_key_name(enum pst_online_key key)
{
    static const char *const names[] = {"snapshot", "timestamp", "assignments"};
    return names[key];
}

static enum pst_code join(const char *folder, const char *name, char out[PST_STATE_PATH_ROOM],
                          struct pst_report *why)
{
    if (pst_path_join(folder, name, out, PST_STATE_PATH_ROOM))
        return PST_OK;
    return pst_refuse(why, PST_TOO_LARGE,
                      pst_say("a path of at most %d bytes", PST_STATE_PATH_ROOM - 1),
                      pst_say("%s/%s", folder, name));
}

static enum pst_code take_lock(const char *folder, int *lock, struct pst_report *why)
{
    char path[PST_STATE_PATH_ROOM];

    enum pst_code code = join(folder, "lock", path, why);
    if (code != PST_OK)
        return code;
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*lock < 0 && errno == ENOENT)
        return pst_refuse(why, PST_HOST_NOT_FOUND,
                          pst_say("a state folder, as `posternd init` makes it"),
                          pst_say("none at %s", folder));
    if (*lock < 0)
        return pst_refuse_errno(why, errno, path);
    if (flock(*lock, LOCK_EX | LOCK_NB) == 0)
        return PST_OK;
    if (errno != EWOULDBLOCK)
        return pst_refuse_errno(why, errno, path);
    return pst_refuse(why, PST_HOST_LOCKED, pst_say("%s for this process alone", folder),
                      pst_say("another process has it"));
}

static enum pst_code make_secret(const char *path, struct pst_report *why)
{
    uint8_t secret[PST_STATE_SECRET_BYTES];

    enum pst_code code = pst_random(secret, sizeof secret, why);
    if (code == PST_OK)
        code = pst_file_replace(path, pst_bytes(secret, sizeof secret), 0600, why);
    pst_wipe(secret, sizeof secret);
    return code;
}

/* A secret that others may read is none. */
static enum pst_code check_private(const char *path, struct pst_report *why)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return pst_refuse_errno(why, errno, path);
    if ((status.st_mode & 077) != 0 || status.st_uid != geteuid())
        return pst_refuse(why, PST_HOST_PERMISSION, pst_say("%s with mode 0600, our own", path),
                          pst_say("mode %04o of user %u", (unsigned)status.st_mode & 07777,
                                  (unsigned)status.st_uid));
    return PST_OK;
}

static enum pst_code read_secret(const char *folder, bool make, uint8_t *out,
                                 struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf content = pst_buf(PST_STATE_SECRET_BYTES + 1);
    char path[PST_STATE_PATH_ROOM];

    enum pst_code code = join(folder, "secret", path, why);
    if (code == PST_OK && make && access(path, F_OK) != 0)
        code = make_secret(path, why);
    if (code == PST_OK)
        code = check_private(path, why);
    if (code == PST_OK)
        code = pst_file_read(path, &content, why);
    if (code != PST_OK)
        return code;
    if (content.len != PST_STATE_SECRET_BYTES)
        return pst_refuse(why, PST_HOST_STATE,
                          pst_say("%d bytes in %s", PST_STATE_SECRET_BYTES, path),
                          pst_say("%zu bytes", content.len));
    memcpy(out, content.at, PST_STATE_SECRET_BYTES);
    pst_wipe(content.at, content.len);
    return PST_OK;
}

static enum pst_code make_key(const char *path, struct pst_report *why)
{
    PST_CLEANUP(pst_private_key) struct pst_private_key *key = NULL;
    enum pst_code code = pst_private_key_generate("ed25519", &key, why);
    return code == PST_OK ? pst_private_key_write(key, path, /* passphrase= */ NULL, why) : code;
}

static enum pst_code read_key(const char *folder, bool make, enum pst_online_key which,
                              struct pst_private_key **out, struct pst_report *why)
{
    char name[64], path[PST_STATE_PATH_ROOM];

    snprintf(name, sizeof name, "keys/%s.key", pst_online_key_name(which));
    enum pst_code code = join(folder, name, path, why);
    if (code == PST_OK && make && access(path, F_OK) != 0)
        code = make_key(path, why);
    return code == PST_OK ? pst_private_key_read(path, /* passphrase= */ NULL, out, why) : code;
}

/* NAME.pub beside NAME.key, in the form that postern-keys takes: what leaves this machine. */
static enum pst_code write_public(const char *folder, enum pst_online_key which,
                                  const struct pst_private_key *key, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf object = pst_buf(PUBLIC_BYTES);
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(2 * PUBLIC_BYTES);
    struct pst_json_out out = pst_json_out(&text);
    char name[64], path[PST_STATE_PATH_ROOM], keyid[65];

    snprintf(name, sizeof name, "keys/%s.pub", pst_online_key_name(which));
    enum pst_code code = join(folder, name, path, why);
    if (code == PST_OK)
        code = pst_private_key_describe(key, INT64_MIN, INT64_MAX, &object, keyid, why);
    if (code != PST_OK)
        return code;
    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "keyid", keyid);
    pst_out_verbatim(&out, "key", pst_buf_bytes(&object));
    pst_out_close(&out, '}');
    if (!pst_json_out_is_whole(&out))
        return pst_no_memory(why, name);
    return pst_file_replace(path, pst_buf_bytes(&text), 0644, why);
}

/* All that is missing or wrong is told, not the first thing only. */
static enum pst_code read_contents(const char *path, bool make, struct pst_state_folder *state,
                                   struct pst_report *why)
{
    enum pst_code first = read_secret(path, make, state->secret, why);

    for (int i = 0; i < PST_ONLINE_KEYS; i++) {
        enum pst_online_key which = (enum pst_online_key)i;
        enum pst_code code = read_key(path, make, which, &state->key[i], why);
        if (code == PST_OK && make)
            code = write_public(path, which, state->key[i], why);
        first = first == PST_OK ? code : first;
    }
    return first;
}

enum pst_code pst_state_folder_open(const char *path, bool make, struct pst_state_folder *out,
                                    struct pst_report *why)
{
    struct pst_state_folder state = {.lock = -1};
    char keys[PST_STATE_PATH_ROOM];

    PST_WITHIN(why, "%s", path);
    enum pst_code code = join(path, "keys", keys, why);
    if (code == PST_OK)
        code = join(path, "postern.db", state.database, why);
    if (code == PST_OK)
        code = join(path, "repository", state.repository, why);
    if (code == PST_OK && make)
        code = pst_folder_make(keys, 0700, why);
    if (code == PST_OK)
        code = take_lock(path, &state.lock, why);
    if (code == PST_OK)
        code = read_contents(path, make, &state, why);
    if (code != PST_OK) {
        pst_state_folder_close(&state);
        return code;
    }
    *out = state;
    return PST_OK;
}

void pst_state_folder_close(struct pst_state_folder *state)
{
    for (int i = 0; i < PST_ONLINE_KEYS; i++)
        pst_private_key_free(state->key[i]);
    pst_wipe(state->secret, sizeof state->secret);
    if (state->lock >= 0)
        close(state->lock);
    *state = (struct pst_state_folder){.lock = -1};
}
