/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys/private_key_internal.h"
#include "manifests/file.h"

static void secret_buf_cleanup(struct pst_buf *buf)
{
    if (buf->room > 0)
        pst_wipe(buf->at, buf->room);
    pst_buf_clear(buf);
}

static enum pst_code check_owner_and_mode(int fd, const char *path, struct pst_report *why,
                                          size_t *size)
{
    struct stat facts;

    if (fstat(fd, &facts) != 0)
        return pst_refuse_errno(why, errno, path);
    if (!S_ISREG(facts.st_mode))
        return pst_refuse(why, PST_KEY_MALFORMED, pst_say("'%s' to be a regular file", path),
                          pst_say("a folder, a device or a pipe"));
    if (facts.st_uid != geteuid())
        return pst_refuse(why, PST_HOST_PERMISSION,
                          pst_say("'%s' to belong to user %ld", path, (long)geteuid()),
                          pst_say("user %ld", (long)facts.st_uid));
    if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return pst_refuse(why, PST_HOST_PERMISSION, pst_say("'%s' with mode 0600", path),
                          pst_say("mode %04o", (unsigned)facts.st_mode & 07777u));
    if (facts.st_size < 0 || facts.st_size > PST_PRIVATE_KEY_FILE_MOST)
        return pst_refuse(why, PST_KEY_MALFORMED,
                          pst_say("'%s' of at most %d bytes", path, PST_PRIVATE_KEY_FILE_MOST),
                          pst_say("%lld bytes", (long long)facts.st_size));
    *size = (size_t)facts.st_size;
    return PST_OK;
}

enum pst_code pst_private_key_read(const char *path, const struct pst_secret *passphrase,
                                   struct pst_private_key **out, struct pst_report *why)
{
    /* Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever. */
    PST_CLEANUP(pst_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    __attribute__((cleanup(secret_buf_cleanup))) struct pst_buf pem =
        pst_buf(PST_PRIVATE_KEY_FILE_MOST);
    size_t size = 0;

    PST_WITHIN(why, "%s", path);
    if (fd < 0)
        return pst_refuse_errno(why, errno, path);
    enum pst_code rc = check_owner_and_mode(fd, path, why, &size);
    if (rc != PST_OK)
        return rc;
    if (!pst_buf_reserve(&pem, size))
        return pst_no_memory(why, "a private key");
    if (!pst_fd_read_at(fd, 0, pem.at, size))
        return pst_refuse_errno(why, EIO, path);
    pem.len = size;
    return pst_private_key_decode(pst_buf_text(&pem), passphrase, out, why);
}

static enum pst_code write_new(const char *path, struct pst_bytes content, struct pst_report *why)
{
    PST_CLEANUP(pst_fd)
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return pst_refuse_errno(why, errno, path);

    enum pst_code rc = pst_fd_write(fd, content, path, why);
    if (rc == PST_OK && (fchmod(fd, S_IRUSR | S_IWUSR) != 0 || fsync(fd) != 0))
        rc = pst_refuse_errno(why, errno, path);
    if (rc == PST_OK)
        rc = pst_folder_sync_of(path, why);
    if (rc != PST_OK)
        unlink(path);
    return rc;
}

enum pst_code pst_private_key_write(const struct pst_private_key *key, const char *path,
                                    const struct pst_secret *passphrase, struct pst_report *why)
{
    __attribute__((cleanup(secret_buf_cleanup))) struct pst_buf pem =
        pst_buf(PST_PRIVATE_KEY_FILE_MOST);

    PST_WITHIN(why, "%s", path);
    if (passphrase != NULL && passphrase->len == 0)
        return pst_refuse(why, PST_KEY_LOCKED, pst_say("a passphrase"), pst_say("an empty one"));
    if (!pst_buf_reserve(&pem, PST_PRIVATE_KEY_FILE_MOST))
        return pst_no_memory(why, "a private key");
    enum pst_code rc = pst_private_key_encode(key, passphrase, &pem, why);
    if (rc == PST_OK)
        rc = write_new(path, pst_buf_bytes(&pem), why);
    return rc;
}
