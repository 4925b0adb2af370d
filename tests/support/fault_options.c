/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fault_options.h"

#include <arpa/inet.h>
#include <stdio.h>

enum option_kind { KIND_ADDRESS, KIND_TEXT, KIND_NUMBER, KIND_FLAG };

struct option_row {
    const char *name;
    enum option_kind kind;
    size_t at; /* in struct pst_fault_options */
    uint64_t least, most;
    const char *help;
};

#define AT(field) offsetof(struct pst_fault_options, field)
/* clang-format off */
static const struct option_row rows[] = {
    {"--listen", KIND_ADDRESS, AT(listen), 0, 65535, "ADDRESS:PORT to listen on; port 0 takes a free one"},
    {"--to", KIND_ADDRESS, AT(to), 1, 65535, "ADDRESS:PORT of the server behind"},
    {"--port-file", KIND_TEXT, AT(port_file), 0, 0, "FILE to write the port to once it listens"},
    {"--match", KIND_TEXT, AT(match), 0, 0, "TEXT: hurt only requests whose path has it in it"},
    {"--first", KIND_NUMBER, AT(first), 0, 1000000, "K: hurt only the first K that match"},
    {"--flip", KIND_NUMBER, AT(flip), 0, INT64_MAX, "OFFSET of the body's byte whose last bit is turned"},
    {"--truncate", KIND_NUMBER, AT(truncate), 0, INT64_MAX, "N: close after N bytes of the body"},
    {"--reset-after", KIND_NUMBER, AT(reset_after), 0, INT64_MAX, "N: reset the connection after N bytes"},
    {"--stall-after", KIND_NUMBER, AT(stall_after), 0, INT64_MAX, "N: send nothing more after N bytes"},
    {"--rate", KIND_NUMBER, AT(rate), 1, 1000000000, "BYTES a second at most"},
    {"--status", KIND_NUMBER, AT(status), 200, 599, "CODE: answer this, without asking the server"},
    {"--replace", KIND_TEXT, AT(replace), 0, 0, "FILE: answer its content, whole or by range"},
    {"--help", KIND_FLAG, AT(help), 0, 0, "print this"},
};
/* clang-format on */
#undef AT

void pst_fault_options_help(void)
{
    puts("fault-proxy --listen ADDRESS:PORT --to ADDRESS:PORT [faults]\n"
         "Passes HTTP requests on to one server and hurts its answers on the way back.\n");
    for (size_t i = 0; i < PST_COUNT(rows); i++)
        printf("  %-14s %s\n", rows[i].name, rows[i].help);
    puts("\nOffsets and sizes count bytes of the response's body. A connection carries one "
         "request.");
}

static const struct option_row *row_of(const char *name)
{
    for (size_t i = 0; i < PST_COUNT(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static bool parse_number(const struct option_row *row, const char *value, void *into)
{
    struct pst_text rest = pst_text(value);
    uint64_t number = 0;

    if (!pst_take_number(&rest, row->most, &number) || rest.len > 0 || number < row->least) {
        fprintf(stderr, "fault-proxy: %s: '%s' is not a number from %llu to %llu\n", row->name,
                value, (unsigned long long)row->least, (unsigned long long)row->most);
        return false;
    }
    int64_t kept = (int64_t)number;
    memcpy(into, &kept, sizeof kept);
    return true;
}

static bool parse_address(const struct option_row *row, const char *value, void *into)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct pst_text rest = pst_text(value);
    struct pst_text host;
    char name[INET_ADDRSTRLEN] = "";
    uint64_t port = 0;

    bool read = pst_take_until(&rest, ':', &host) && host.len < sizeof name &&
                pst_take_number(&rest, row->most, &port) && rest.len == 0 && port >= row->least;
    if (read)
        memcpy(name, host.at, host.len);
    if (!read || inet_pton(AF_INET, name, &address.sin_addr) != 1) {
        fprintf(stderr,
                "fault-proxy: %s: '%s' is not an address and a port, as in 127.0.0.1:8080\n",
                row->name, value);
        return false;
    }
    address.sin_port = htons((uint16_t)port);
    memcpy(into, &address, sizeof address);
    return true;
}

static bool parse_value(const struct option_row *row, const char *value,
                        struct pst_fault_options *options)
{
    char *into = (char *)options + row->at;

    if (row->kind == KIND_NUMBER)
        return parse_number(row, value, into);
    if (row->kind == KIND_ADDRESS)
        return parse_address(row, value, into);
    memcpy(into, &value, sizeof value);
    return true;
}

/* What each option allows by itself can still make no sense together. */
static bool fits_together(const struct pst_fault_options *options)
{
    bool ok = true;
    int ends = (options->truncate >= 0) + (options->reset_after >= 0) + (options->stall_after >= 0);

    if (options->listen.sin_family != AF_INET || options->to.sin_family != AF_INET) {
        fprintf(stderr, "fault-proxy: --listen and --to are both needed; see --help\n");
        ok = false;
    }
    if (ends > 1) {
        fprintf(stderr, "fault-proxy: --truncate, --reset-after and --stall-after each end a "
                        "response; choose one\n");
        ok = false;
    }
    if (options->status >= 0 && options->replace != NULL) {
        fprintf(stderr, "fault-proxy: --status and --replace each answer by themselves; "
                        "choose one\n");
        ok = false;
    }
    return ok;
}

bool pst_fault_options_parse(int argc, char **argv, struct pst_fault_options *out)
{
    struct pst_fault_options options = {
        .flip = PST_FAULT_OFF,
        .truncate = PST_FAULT_OFF,
        .reset_after = PST_FAULT_OFF,
        .stall_after = PST_FAULT_OFF,
        .rate = PST_FAULT_OFF,
        .status = PST_FAULT_OFF,
        .first = PST_FAULT_OFF,
    };
    bool ok = true;

    for (int i = 1; i < argc; i++) {
        const struct option_row *row = row_of(argv[i]);
        if (row == NULL) {
            fprintf(stderr, "fault-proxy: unknown option '%s'; see --help\n", argv[i]);
            ok = false;
        } else if (row->kind == KIND_FLAG) {
            options.help = true;
        } else if (i + 1 == argc) {
            fprintf(stderr, "fault-proxy: %s wants a value: %s\n", row->name, row->help);
            ok = false;
        } else {
            ok = parse_value(row, argv[++i], &options) && ok;
        }
    }
    if (!ok || (!options.help && !fits_together(&options)))
        return false;
    *out = options;
    return true;
}
