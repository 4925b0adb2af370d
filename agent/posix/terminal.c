/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/posix/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "manifests/fields.h"
#include "manifests/file.h"

enum { FACT_BYTES = 64, LOOK_AGAIN_MS = 20 };

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* ---- facts */

static bool read_word(const char *path, struct pst_buf *bytes, struct pst_text *word)
{
    if (pst_file_read(path, bytes, NULL) != PST_OK)
        return false;
    *word = pst_buf_text(bytes);
    while (word->len > 0 && (unsigned char)word->at[word->len - 1] <= ' ')
        word->len--;
    return true;
}

static enum pst_tri tri_of(struct pst_text word)
{
    static const struct {
        const char *word;
        enum pst_tri value;
    } rows[] = {{"yes", PST_TRI_YES}, {"1", PST_TRI_YES}, {"no", PST_TRI_NO}, {"0", PST_TRI_NO}};
    for (size_t i = 0; i < PST_COUNT(rows); i++)
        if (pst_text_is(word, rows[i].word))
            return rows[i].value;
    return PST_TRI_UNKNOWN;
}

static void note_unknown(const char *path, const char *expected, struct pst_text word,
                         struct pst_report *why)
{
    pst_note(why, PST_FACT_UNKNOWN, pst_say("%s in '%s'", expected, path),
             pst_say("'%.*s'", PST_ARGS(word)));
}

static enum pst_tri read_tri(const char *path, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(FACT_BYTES);
    struct pst_text word = {"", 0};
    if (!is_given(path))
        return PST_TRI_UNKNOWN;
    enum pst_tri value = read_word(path, &bytes, &word) ? tri_of(word) : PST_TRI_UNKNOWN;
    if (value == PST_TRI_UNKNOWN)
        note_unknown(path, "yes or no", word, why);
    return value;
}

static int64_t read_percent(const char *path, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(FACT_BYTES);
    struct pst_text word = {"", 0};
    uint64_t value = 0;
    if (!is_given(path))
        return -1;
    if (read_word(path, &bytes, &word)) {
        struct pst_text rest = word;
        if (pst_take_number(&rest, 100, &value) && rest.len == 0)
            return (int64_t)value;
    }
    note_unknown(path, "0 to 100", word, why);
    return -1;
}

static int64_t free_bytes(const char *path)
{
    struct statvfs facts;
    uint64_t bytes;
    if (!is_given(path) || statvfs(path, &facts) != 0 ||
        __builtin_mul_overflow((uint64_t)facts.f_bavail, (uint64_t)facts.f_frsize, &bytes))
        return -1;
    return bytes > (uint64_t)PST_JSON_INTEGER_MAX ? PST_JSON_INTEGER_MAX : (int64_t)bytes;
}

static void read_facts(void *context, struct pst_facts *into, struct pst_report *why)
{
    const struct pst_posix_terminal *terminal = context;
    PST_WITHIN(why, "facts");
    into->battery_percent = read_percent(terminal->battery_file, why);
    into->mains = read_tri(terminal->mains_file, why);
    into->busy = read_tri(terminal->busy_file, why);
    into->tampered = read_tri(terminal->tampered_file, why);
    into->metered = read_tri(terminal->metered_file, why);
    into->window_open = read_tri(terminal->window_file, why);
    into->free_bytes = free_bytes(terminal->free_path);
}

/* ---- health checks */

static int64_t now_ms(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* True when the child ended by itself in time; otherwise it is killed. */
static bool wait_for(pid_t child, int64_t limit_ms, int *status)
{
    int64_t until_ms = now_ms() + limit_ms;
    while (now_ms() < until_ms) {
        pid_t ended = waitpid(child, status, WNOHANG);
        if (ended == child)
            return true;
        if (ended < 0 && errno != EINTR)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = LOOK_AGAIN_MS * 1000000L}, NULL);
    }
    kill(child, SIGKILL);
    while (waitpid(child, status, 0) < 0 && errno == EINTR)
        continue;
    return false;
}

static enum pst_code run_check(void *context, const char *name, int64_t limit_ms,
                               struct pst_report *why)
{
    const struct pst_posix_terminal *terminal = context;
    char path[PATH_MAX];
    pid_t child;
    int status = 0;

    if (!is_given(terminal->health_folder) || !pst_name_is_safe(pst_text(name)) ||
        !pst_path_join(terminal->health_folder, name, path, sizeof path) || access(path, X_OK) != 0)
        return pst_refuse(why, PST_BOOT_HEALTH, pst_say("a health check '%s'", name),
                          pst_say("no such program on this terminal"));
    char *const arguments[] = {path, NULL};
    char *const environment[] = {NULL};
    int failed = posix_spawn(&child, path, NULL, NULL, arguments, environment);
    if (failed != 0)
        return pst_refuse_errno(why, failed, path);
    if (!wait_for(child, limit_ms, &status))
        return pst_refuse(why, PST_BOOT_HEALTH,
                          pst_say("'%s' to end within %" PRId64 " ms", name, limit_ms),
                          pst_say("it was still running"));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return pst_refuse(why, PST_BOOT_HEALTH, pst_say("'%s' to end with status 0", name),
                          pst_say("%s %d", WIFEXITED(status) ? "status" : "signal",
                                  WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status)));
    return PST_OK;
}

struct pst_terminal_port pst_posix_terminal_port(struct pst_posix_terminal *terminal)
{
    return (struct pst_terminal_port){
        .context = terminal, .read_facts = read_facts, .run_check = run_check};
}
