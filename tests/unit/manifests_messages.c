/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/messages.h"
#include "tests/support/check.h"
#include "tests/support/schema.h"

enum { BODY_MOST = 1 << 16 };

/* Reads a body and, when `out` is there, writes it again. */
typedef enum pst_code read_and_write(const struct pst_json *body, struct pst_buf *out,
                                     struct pst_report *why);

#define THROUGH(kind)                                                                              \
    static enum pst_code through_##kind(const struct pst_json *body, struct pst_buf *out,          \
                                        struct pst_report *why)                                    \
    {                                                                                              \
        struct pst_##kind message;                                                                 \
        enum pst_code code = pst_##kind##_parse(body, &message, why);                              \
        return code == PST_OK && out != NULL ? pst_##kind##_print(&message, out, why) : code;      \
    }                                                                                              \
    static enum pst_code parse_##kind(struct pst_bytes document, struct pst_report *why)           \
    {                                                                                              \
        PST_CLEANUP(pst_json) struct pst_json *json = NULL;                                        \
        enum pst_code code = pst_json_parse(document, &pst_json_small, &json, why);                \
        return code == PST_OK ? through_##kind(json, NULL, why) : code;                            \
    }
THROUGH(enrol)
THROUGH(assignment)
THROUGH(terminal_report)

static const struct {
    const char *folder, *schema, *full, *other;
    pst_parse_check *parse;
    read_and_write *through;
} kinds[] = {
    {"manifests/examples/enrol", "manifests/schema/enrol.schema.json",
     "manifests/examples/enrol/valid/full.json",
     "manifests/examples/enrol/valid/pem-without-code.json", parse_enrol, through_enrol},
    {"manifests/examples/assignment", "manifests/schema/assignment.schema.json",
     "manifests/examples/assignment/valid/full.json",
     "manifests/examples/assignment/valid/nothing-to-do.json", parse_assignment,
     through_assignment},
    {"manifests/examples/report", "manifests/schema/report.schema.json",
     "manifests/examples/report/valid/full.json", "manifests/examples/report/valid/idle.json",
     parse_terminal_report, through_terminal_report},
};

static struct pst_json *read_json(const char *path)
{
    PST_CLEANUP(pst_buf) struct pst_buf content = pst_test_file(path);
    struct pst_json *json = NULL;
    assert_int_equal(pst_json_parse(pst_buf_bytes(&content), &pst_json_small, &json, NULL), PST_OK);
    return json;
}

static void every_example_gets_the_verdict_of_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(kinds); i++)
        pst_examples_check(kinds[i].folder, kinds[i].parse);
}

static void schema_and_parser_know_the_same_members(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(kinds); i++)
        pst_schema_check(kinds[i].schema, kinds[i].full, kinds[i].parse);
}

static void check_through(const char *path, read_and_write *through)
{
    PST_CLEANUP(pst_json) struct pst_json *json = read_json(path);
    PST_CLEANUP(pst_buf) struct pst_buf canonical = pst_buf(BODY_MOST);
    PST_CLEANUP(pst_buf) struct pst_buf printed = pst_buf(BODY_MOST);
    assert_int_equal(pst_json_canonical(json, &canonical, NULL), PST_OK);
    assert_int_equal(through(json, &printed, NULL), PST_OK);
    if (!pst_bytes_equal(pst_buf_bytes(&canonical), pst_buf_bytes(&printed)))
        fail_msg("%s:\n%.*s\n%.*s", path, PST_ARGS(pst_buf_text(&canonical)),
                 PST_ARGS(pst_buf_text(&printed)));
}

static void what_is_printed_is_the_canonical_form_of_what_was_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(kinds); i++) {
        check_through(kinds[i].full, kinds[i].through);
        check_through(kinds[i].other, kinds[i].through);
    }
}

static void an_order_reaches_the_struct(void **state)
{
    (void)state;
    PST_CLEANUP(pst_json) struct pst_json *json = read_json(kinds[1].full);
    struct pst_assignment a;
    assert_int_equal(pst_assignment_parse(json, &a, NULL), PST_OK);
    assert_string_equal(a.terminal, "t-7f3a");
    assert_string_equal(a.nonce, "b5d1e0c44a");
    assert_int_equal(a.expires_s - a.issued_s, 8 * 3600);
    assert_int_equal(a.sequence, 12);
    assert_true(a.has_order);
    assert_string_equal(a.rollout, "r-5");
    assert_string_equal(a.product, "meridian-p400");
    assert_string_equal(a.version.text, "5.3.0");
    assert_string_equal(a.manifest, "meridian-p400/5.3.0/manifest.json");
    assert_false(a.downgrade);
}

static void a_reports_findings_keep_code_values_and_marks(void **state)
{
    (void)state;
    PST_CLEANUP(pst_json) struct pst_json *json = read_json(kinds[2].full);
    struct pst_terminal_report report;
    assert_int_equal(pst_terminal_report_parse(json, &report, NULL), PST_OK);
    assert_int_equal(report.progress, PST_PROGRESS_REFUSED);
    assert_string_equal(report.source, "delta");
    assert_int_equal(report.findings.count, 2);
    assert_int_equal(report.findings.finding[0].code, PST_OS_TOO_OLD);
    assert_string_equal(report.findings.finding[0].found, "4.9.0");
    assert_true(report.findings.finding[1].unverified);
}

static void what_would_not_be_read_is_not_printed(void **state)
{
    (void)state;
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(BODY_MOST);
    struct pst_assignment assignment = {
        .terminal = "t", .nonce = "n", .sequence = 1, .issued_s = 9, .expires_s = 9};
    struct pst_enrol enrol = {.serial = "../x"};
    struct pst_report why = {0};
    assert_int_equal(pst_assignment_print(&assignment, &out, &why), PST_INCONSISTENT);
    assert_int_equal(pst_enrol_print(&enrol, &out, &why), PST_BAD_SYNTAX);
    assert_int_equal(out.len, 0);
}

static void a_full_report_of_findings_fits_a_message(void **state)
{
    (void)state;
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(BODY_MOST);
    struct pst_terminal_report report = {.terminal = "t", .sequence = 1, .product = "p"};
    char wide[PST_VALUE_BYTES];
    memset(wide, '"', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    for (int i = 0; i < PST_REPORT_MOST; i++) {
        PST_WITHIN(&report.findings, "%d%.120s", i, wide);
        (void)pst_refuse(&report.findings, PST_OS_TOO_OLD, pst_say("%s", wide),
                         pst_say("%s", wide));
    }
    assert_int_equal(report.findings.count, PST_REPORT_MOST);
    assert_int_equal(pst_terminal_report_print(&report, &out, NULL), PST_OK);
}

static void every_progress_has_a_name_that_is_read_again(void **state)
{
    (void)state;
    for (int i = PST_PROGRESS_IDLE; i <= PST_PROGRESS_FAILED; i++) {
        enum pst_progress progress = PST_PROGRESS_FAILED;
        const char *name = pst_progress_name((enum pst_progress)i);
        assert_true(pst_progress_parse(pst_text(name), &progress));
        assert_int_equal(progress, i);
    }
    enum pst_progress untouched = PST_PROGRESS_TRIAL;
    assert_false(pst_progress_parse(pst_text("unknown"), &untouched));
    assert_int_equal(untouched, PST_PROGRESS_TRIAL);
    assert_string_equal(pst_progress_name((enum pst_progress)(PST_PROGRESS_FAILED + 1)), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_gets_the_verdict_of_its_name),
        cmocka_unit_test(schema_and_parser_know_the_same_members),
        cmocka_unit_test(what_is_printed_is_the_canonical_form_of_what_was_read),
        cmocka_unit_test(an_order_reaches_the_struct),
        cmocka_unit_test(a_reports_findings_keep_code_values_and_marks),
        cmocka_unit_test(what_would_not_be_read_is_not_printed),
        cmocka_unit_test(a_full_report_of_findings_fits_a_message),
        cmocka_unit_test(every_progress_has_a_name_that_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
