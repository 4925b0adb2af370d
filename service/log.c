/* SPDX-License-Identifier: Apache-2.0 */
#include "service/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_ROOM = 2048 };

void pst_log(enum pst_log_level level, const char *event, const char *format, ...)
{
    char words[LINE_ROOM - 128], line[LINE_ROOM];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    int len = snprintf(line, sizeof line, "<%d>event=%.64s %s\n", (int)level, event, words);
    /* A log that nobody takes stops nothing. */
    ssize_t written = write(STDERR_FILENO, line, (size_t)len);
    (void)written;
}

/* Inside quotes, and unable to end them: what pst_say() made printable, without '"' and '\\'. */
static struct pst_value quoted(struct pst_value value)
{
    for (size_t i = 0; value.at[i] != '\0'; i++)
        if (value.at[i] == '"' || value.at[i] == '\\')
            value.at[i] = '\'';
    return value;
}

void pst_log_report(enum pst_log_level level, const char *event, const struct pst_report *why)
{
    for (size_t i = 0; i < why->count; i++) {
        const struct pst_finding *finding = &why->finding[i];
        pst_log(level, event, "code=%s where=\"%s\" expected=\"%s\" found=\"%s\"",
                pst_code_name(finding->code), quoted(pst_say("%s", finding->where)).at,
                quoted(pst_say("%s", finding->expected)).at,
                quoted(pst_say("%s", finding->found)).at);
    }
}

void pst_log_access(void *context, const struct pst_http_access *access)
{
    (void)context;
    pst_log(access->status >= 500 ? PST_LOG_WARNING : PST_LOG_INFO, "request",
            "id=%s peer=%s method=%s target=\"%s\" status=%d bytes=%llu us=%lld%s",
            access->request_id, access->peer, access->method,
            quoted(pst_say("%.*s", PST_ARGS(access->target))).at, access->status,
            (unsigned long long)access->bytes, (long long)access->duration_us,
            access->broken ? " broken=true" : "");
}
