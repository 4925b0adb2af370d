/* SPDX-License-Identifier: Apache-2.0 */
/* A message is of one kind, and prints as it was read. */
#include "manifests/messages.h"

#include "manifests/envelope.h"
#include "tests/support/fuzz_property.h"

enum { MESSAGE_MOST = 1 << 18 };

static enum pst_code enrol(const struct pst_json *json, struct pst_buf *out, bool *written,
                           struct pst_report *why)
{
    struct pst_enrol enrol = {0};
    enum pst_code code = pst_enrol_parse(json, &enrol, why);
    *written = enrol.serial[0] != '\0';
    return code == PST_OK ? pst_enrol_print(&enrol, out, why) : code;
}

static enum pst_code assignment(const struct pst_json *json, struct pst_buf *out, bool *written,
                                struct pst_report *why)
{
    struct pst_assignment assignment = {0};
    enum pst_code code = pst_assignment_parse(json, &assignment, why);
    *written = assignment.terminal[0] != '\0';
    return code == PST_OK ? pst_assignment_print(&assignment, out, why) : code;
}

static enum pst_code report(const struct pst_json *json, struct pst_buf *out, bool *written,
                            struct pst_report *why)
{
    struct pst_terminal_report report = {0};
    enum pst_code code = pst_terminal_report_parse(json, &report, why);
    *written = report.terminal[0] != '\0';
    return code == PST_OK ? pst_terminal_report_print(&report, out, why) : code;
}

/* Each reads a message, says whether it wrote its result, and prints that. */
typedef enum pst_code print_again(const struct pst_json *json, struct pst_buf *out, bool *written,
                                  struct pst_report *why);
static print_again *const kinds[] = {enrol, assignment, report};

/* As it travels: what is printed is canonical, and only in an envelope is that JSON. */
static struct pst_envelope *envelope_around(const struct pst_buf *body)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(MESSAGE_MOST);
    struct pst_envelope *envelope = NULL;

    pst_fuzz_hold(pst_envelope_print(pst_buf_bytes(body), NULL, 0, &text, NULL) == PST_OK,
                  "what is printed goes into an envelope");
    pst_fuzz_hold(pst_envelope_parse(pst_buf_bytes(&text), &pst_json_large, &envelope, NULL) ==
                      PST_OK,
                  "its envelope reads again");
    return envelope;
}

static bool hold_kind(size_t kind, const struct pst_json *json)
{
    PST_CLEANUP(pst_buf) struct pst_buf first = pst_buf(MESSAGE_MOST);
    PST_CLEANUP(pst_buf) struct pst_buf second = pst_buf(MESSAGE_MOST);
    struct pst_report why = {0};
    bool written = false;

    enum pst_code code = kinds[kind](json, &first, &written, &why);
    pst_fuzz_verdict(code, written, &why);
    if (code != PST_OK)
        return false;
    PST_CLEANUP(pst_envelope) struct pst_envelope *again = envelope_around(&first);
    pst_fuzz_hold(kinds[kind](again->body, &second, &written, NULL) == PST_OK,
                  "what is printed reads again");
    pst_fuzz_hold(pst_bytes_equal(pst_buf_bytes(&first), pst_buf_bytes(&second)),
                  "the printed form is a fixed point");
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    size_t accepted = 0;

    if (pst_json_parse(pst_bytes(at, len), &pst_json_small, &json, NULL) != PST_OK)
        return 0;
    for (size_t kind = 0; kind < PST_COUNT(kinds); kind++)
        accepted += hold_kind(kind, json);
    pst_fuzz_hold(accepted <= 1, "a message is of one kind");
    return 0;
}
