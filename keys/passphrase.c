/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static enum pst_code refuse(struct pst_report *why, const char *expected, const char *found)
{
    return pst_refuse(why, PST_KEY_LOCKED, pst_say("%s", expected), pst_say("%s", found));
}

static enum pst_code check_file(int fd, const char *path, struct pst_report *why)
{
    struct stat facts;

    if (fstat(fd, &facts) != 0)
        return pst_refuse_errno(why, errno, path);
    if (!S_ISREG(facts.st_mode))
        return pst_refuse(why, PST_HOST_NOT_FOUND, pst_say("'%s' to be a regular file", path),
                          pst_say("a folder, a device or a pipe"));
    if (facts.st_uid != geteuid() || (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return pst_refuse(
            why, PST_HOST_PERMISSION, pst_say("'%s' of our own user, with mode 0600", path),
            pst_say("user %ld, mode %04o", (long)facts.st_uid, (unsigned)facts.st_mode & 07777u));
    return PST_OK;
}

/* Takes bytes up to a line feed or the end. One byte at a time, so that nothing is read beyond
 * it. */
static bool read_line(int fd, struct pst_secret *line, bool *ended)
{
    line->len = 0;
    for (;;) {
        char byte = 0;
        ssize_t got = read(fd, &byte, 1);
        if (got < 0 && errno == EINTR)
            continue;
        *ended = got <= 0;
        if (got <= 0 || byte == '\n')
            break;
        if (line->len + 1 >= sizeof line->at || byte == '\0')
            return false;
        line->at[line->len++] = byte;
    }
    line->at[line->len] = '\0';
    return true;
}

static enum pst_code check(const struct pst_secret *line, bool is_new, struct pst_report *why)
{
    if (line->len == 0)
        return refuse(why, "a passphrase", "an empty one");
    if (is_new && line->len < PST_PASSPHRASE_LEAST)
        return pst_refuse(why, PST_KEY_LOCKED,
                          pst_say("a passphrase of at least %d bytes", PST_PASSPHRASE_LEAST),
                          pst_say("%zu bytes", line->len));
    return PST_OK;
}

static enum pst_code read_file(const char *path, bool is_new, struct pst_secret *out,
                               struct pst_report *why)
{
    PST_CLEANUP(pst_secret) struct pst_secret line = {0}, rest = {0};
    PST_CLEANUP(pst_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool ended = false;

    PST_WITHIN(why, "%s", path);
    if (fd < 0)
        return pst_refuse_errno(why, errno, path);
    enum pst_code rc = check_file(fd, path, why);
    if (rc != PST_OK)
        return rc;
    if (!read_line(fd, &line, &ended))
        return refuse(why, "a passphrase of at most 255 bytes, without NUL", "more, or a NUL");
    if (!ended && (!read_line(fd, &rest, &ended) || rest.len > 0 || !ended))
        return refuse(why, "one line", "more behind it");
    rc = check(&line, is_new, why);
    if (rc == PST_OK)
        *out = line;
    return rc;
}

static bool ask_once(int tty, const char *again, const char *asked, const char *of,
                     struct pst_secret *out)
{
    bool ended = false;
    bool good =
        dprintf(tty, "%s%s of %s: ", again, asked, of) > 0 && read_line(tty, out, &ended) && !ended;
    return dprintf(tty, "\n") > 0 && good;
}

static enum pst_code ask(int tty, const char *asked, const char *of, bool is_new,
                         struct pst_secret *out, struct pst_report *why)
{
    PST_CLEANUP(pst_secret) struct pst_secret first = {0}, again = {0};

    if (!ask_once(tty, "", asked, of, &first))
        return refuse(why, "a passphrase of at most 255 bytes", "none that could be read");
    enum pst_code rc = check(&first, is_new, why);
    if (rc != PST_OK)
        return rc;
    if (is_new && (!ask_once(tty, "once more, ", asked, of, &again) || again.len != first.len ||
                   !pst_equal_in_constant_time((const uint8_t *)first.at, (const uint8_t *)again.at,
                                               first.len)))
        return refuse(why, "the same passphrase twice", "two that differ");
    *out = first;
    return PST_OK;
}

/* The echo comes back whatever happens between; a signal that kills leaves it to the shell. */
static enum pst_code ask_without_echo(int tty, const char *asked, const char *of, bool is_new,
                                      struct pst_secret *out, struct pst_report *why)
{
    struct termios before;

    if (tcgetattr(tty, &before) != 0)
        return pst_refuse_errno(why, errno, "/dev/tty");
    struct termios silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    silent.c_lflag |= (tcflag_t)ICANON;
    if (tcsetattr(tty, TCSAFLUSH, &silent) != 0)
        return pst_refuse_errno(why, errno, "/dev/tty");
    enum pst_code rc = ask(tty, asked, of, is_new, out, why);
    (void)tcsetattr(tty, TCSAFLUSH, &before);
    return rc;
}

enum pst_code pst_passphrase_read(const struct pst_passphrase_source *source, const char *of,
                                  bool is_new, struct pst_secret *out, struct pst_report *why)
{
    if (source->file != NULL)
        return read_file(source->file, is_new, out, why);

    PST_CLEANUP(pst_fd)
    int tty = source->never_ask ? -1 : open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    PST_WITHIN(why, "%s", of);
    if (tty < 0)
        return refuse(why, "a passphrase, from a file or typed at a terminal", "neither");
    const char *asked = source->asked != NULL ? source->asked : "passphrase";
    return ask_without_echo(tty, asked, of, is_new, out, why);
}
