/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the names of URLs to files. Nothing of a URL becomes part of a path as it came: a metadata
 * name is taken apart and put together again, and a target's file is found by its digest alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifests/fields.h"
#include "manifests/file.h"
#include "service/repository/repository_internal.h"

enum { DIGEST_HEX = 2 * PST_SHA256_BYTES };

static bool ends_in_json(struct pst_text *name)
{
    static const char ending[] = ".json";
    size_t len = sizeof ending - 1;

    if (name->len <= len || memcmp(name->at + name->len - len, ending, len) != 0)
        return false;
    name->len -= len;
    return true;
}

bool pst_metadata_name_parse(struct pst_text file, struct pst_metadata_name *out)
{
    struct pst_metadata_name name = {.role = file};
    uint64_t version = 0;

    if (pst_text_is(file, "timestamp.json")) {
        *out = (struct pst_metadata_name){0, {file.at, strlen("timestamp")}};
        return true;
    }
    if (!pst_take_number(&name.role, (uint64_t)PST_JSON_INTEGER_MAX, &version) || version == 0 ||
        !pst_take(&name.role, ".") || !ends_in_json(&name.role) || !pst_name_is_safe(name.role) ||
        pst_text_is(name.role, "timestamp"))
        return false;
    name.version = (int64_t)version;
    *out = name;
    return true;
}

enum pst_code pst_repository_path(const struct pst_repository *repository, const char *name,
                                  char out[PATH_MAX], struct pst_report *why)
{
    if (pst_path_join(repository->folder, name, out, PATH_MAX))
        return PST_OK;
    return pst_refuse_errno(why, ENAMETOOLONG, name);
}

enum pst_code pst_metadata_path(const struct pst_repository *repository, const char *file,
                                char out[PATH_MAX], struct pst_report *why)
{
    char name[PST_METADATA_NAME_ROOM + 16];

    (void)snprintf(name, sizeof name, "metadata/%s", file);
    return pst_repository_path(repository, name, out, why);
}

static enum pst_code not_found(struct pst_text path, struct pst_report *why)
{
    return pst_refuse(why, PST_SERVICE_NOT_FOUND, pst_say("the name of a published file"),
                      pst_say("%.*s", PST_ARGS(path)));
}

/* How far a role is published; 0: not at all. */
static int64_t published_version(const struct pst_repository *repository, struct pst_text role)
{
    (void)pthread_rwlock_rdlock(repository->lock);
    const struct pst_signed *part = pst_set_find(repository->set, role);
    int64_t version = part != NULL ? part->role->version : 0;
    (void)pthread_rwlock_unlock(repository->lock);
    return version;
}

static enum pst_code take_facts(struct pst_repository_file *file, struct pst_report *why)
{
    struct stat facts;

    if (fstat(file->fd, &facts) != 0)
        return pst_refuse_errno(why, errno, "a published file");
    if (!S_ISREG(facts.st_mode))
        return pst_refuse(why, PST_HOST_STATE, pst_say("a regular file"), pst_say("none"));
    file->bytes = (uint64_t)facts.st_size;
    return PST_OK;
}

static void print_digest_etag(struct pst_repository_file *file,
                              const uint8_t sha256[PST_SHA256_BYTES])
{
    file->etag[0] = '"';
    pst_hex_print(pst_bytes(sha256, PST_SHA256_BYTES), file->etag + 1);
    memcpy(file->etag + 1 + DIGEST_HEX, "\"", 2);
}

/* The timestamp's name stays while its bytes change, so it is marked by what was opened. */
static enum pst_code mark_by_content(struct pst_repository_file *file, struct pst_report *why)
{
    uint8_t sha256[PST_SHA256_BYTES];

    if (file->bytes > PST_TRUST_TIMESTAMP_BYTES)
        return pst_refuse(why, PST_HOST_STATE,
                          pst_say("at most %d bytes", PST_TRUST_TIMESTAMP_BYTES),
                          pst_say("%llu bytes", (unsigned long long)file->bytes));
    enum pst_code rc = pst_sha256_fd(file->fd, file->bytes, sha256, why);
    if (rc == PST_OK)
        print_digest_etag(file, sha256);
    return rc;
}

static enum pst_code open_metadata(const struct pst_repository *repository, struct pst_text path,
                                   const struct pst_metadata_name *name,
                                   struct pst_repository_file *file, struct pst_report *why)
{
    char made[PST_METADATA_NAME_ROOM], at[PATH_MAX];

    (void)snprintf(made, sizeof made, "%lld.%.*s.json", (long long)name->version,
                   PST_ARGS(name->role));
    enum pst_code rc =
        pst_metadata_path(repository, name->version == 0 ? "timestamp.json" : made, at, why);
    if (rc != PST_OK)
        return rc;
    file->fd = open(at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file->fd < 0)
        return errno == ENOENT ? not_found(path, why) : pst_refuse_errno(why, errno, made);
    file->content_type = "application/json";
    file->immutable = name->version > 0;
    rc = take_facts(file, why);
    if (rc != PST_OK)
        return rc;
    if (!file->immutable)
        return mark_by_content(file, why);
    (void)snprintf(file->etag, sizeof file->etag, "\"%lld\"", (long long)name->version);
    return PST_OK;
}

static enum pst_code get_metadata(const struct pst_repository *repository, struct pst_text path,
                                  struct pst_text file_name, struct pst_repository_file *file,
                                  struct pst_report *why)
{
    struct pst_metadata_name name;

    if (!pst_metadata_name_parse(file_name, &name))
        return not_found(path, why);
    int64_t version = published_version(repository, name.role);
    if (version == 0 || name.version > version)
        return not_found(path, why);
    return open_metadata(repository, path, &name, file, why);
}

/* "pos-a/1.0.0/<digest>.os.img" -> "pos-a/1.0.0/os.img" and the digest. */
static bool take_target(struct pst_text name, char path[256], uint8_t sha256[PST_SHA256_BYTES])
{
    size_t folder = name.len;

    while (folder > 0 && name.at[folder - 1] != '/')
        folder--;
    struct pst_text last = {name.at + folder, name.len - folder};
    if (last.len <= DIGEST_HEX + 1 || last.at[DIGEST_HEX] != '.' || folder > 255)
        return false;
    char digest[DIGEST_HEX + 1];
    if (!pst_hex_parse((struct pst_text){last.at, DIGEST_HEX}, sha256, PST_SHA256_BYTES))
        return false;
    pst_hex_print(pst_bytes(sha256, PST_SHA256_BYTES), digest);
    if (memcmp(digest, last.at, DIGEST_HEX) != 0) /* one name for one file: caches count names */
        return false;
    int len = snprintf(path, 256, "%.*s%.*s", (int)folder, name.at,
                       (int)(last.len - DIGEST_HEX - 1), last.at + DIGEST_HEX + 1);
    /* A NUL inside would have cut it short. */
    return len > 0 && (size_t)len == name.len - DIGEST_HEX - 1 && strlen(path) == (size_t)len &&
           pst_target_path_is_safe(pst_text(path));
}

static bool is_listed(const struct pst_set *set, struct pst_text path,
                      const uint8_t sha256[PST_SHA256_BYTES], uint64_t *bytes)
{
    const struct pst_role_target *target = set != NULL ? pst_set_target(set, path) : NULL;

    if (target == NULL || !target->digests.has_sha256 ||
        memcmp(target->digests.sha256, sha256, PST_SHA256_BYTES) != 0)
        return false;
    *bytes = (uint64_t)target->length_bytes;
    return true;
}

static enum pst_code get_target(const struct pst_repository *repository, struct pst_text path,
                                struct pst_text name, struct pst_repository_file *file,
                                struct pst_report *why)
{
    char target[256];
    uint8_t sha256[PST_SHA256_BYTES];
    uint64_t bytes = 0;

    if (!take_target(name, target, sha256))
        return not_found(path, why);
    (void)pthread_rwlock_rdlock(repository->lock);
    bool listed = is_listed(repository->set, pst_text(target), sha256, &bytes) ||
                  is_listed(repository->previous, pst_text(target), sha256, &bytes);
    (void)pthread_rwlock_unlock(repository->lock);
    if (!listed)
        return not_found(path, why);
    file->fd = pst_blob_open(repository, sha256);
    if (file->fd < 0)
        return pst_refuse(why, PST_IMAGE_MISSING, pst_say("the blob of '%s'", target),
                          pst_say("none that can be opened"));
    file->immutable = true;
    file->content_type = "application/octet-stream";
    print_digest_etag(file, sha256);
    enum pst_code rc = take_facts(file, why);
    if (rc == PST_OK && file->bytes != bytes)
        rc = pst_refuse(why, PST_IMAGE_CORRUPT, pst_say("%llu bytes", (unsigned long long)bytes),
                        pst_say("%llu bytes", (unsigned long long)file->bytes));
    return rc;
}

enum pst_code pst_repository_get(const struct pst_repository *repository, struct pst_text path,
                                 struct pst_repository_file *out, struct pst_report *why)
{
    struct pst_repository_file file = {.fd = -1};
    struct pst_text name = path;
    enum pst_code rc;

    if (pst_take(&name, "metadata/"))
        rc = get_metadata(repository, path, name, &file, why);
    else if (pst_take(&name, "targets/"))
        rc = get_target(repository, path, name, &file, why);
    else
        rc = not_found(path, why);
    if (rc == PST_OK)
        *out = file;
    else
        pst_fd_cleanup(&file.fd);
    return rc;
}
