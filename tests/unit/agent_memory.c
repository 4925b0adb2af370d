/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent remembers: written and read again, and damaged in every way. */
#include <stdio.h>

#include "agent/cycle/memory.h"
#include "tests/support/check.h"
#include "tests/support/fake_ports.h"

static struct pst_version version(const char *text)
{
    struct pst_version out;
    assert_int_equal(pst_version_parse(pst_text(text), &out, NULL), PST_OK);
    return out;
}

static struct pst_update_memory full_update(void)
{
    struct pst_update_memory memory = {.state = PST_UPDATE_TRIAL,
                                       .target = 1,
                                       .rollout = "r-7",
                                       .product = "pos-a",
                                       .source = "delta",
                                       .version = version("5.2.0-rc.1+b7"),
                                       .from = version("5.1.0"),
                                       .security_floor = version("5.0.0"),
                                       .sequence = PST_JSON_INTEGER_MAX,
                                       .tries = 10,
                                       .confirm_within_s = 86400,
                                       .fetched_bytes = 123456789,
                                       .check_count = 8};
    for (size_t i = 0; i < memory.check_count; i++)
        snprintf(memory.check[i], PST_NAME_ROOM, "check-%zu", i);
    return memory;
}

static void an_update_is_read_as_it_was_kept(void **state)
{
    struct pst_fake_documents documents = {.count = 0};
    struct pst_state_port port = pst_fake_documents_port(&documents);
    struct pst_update_memory kept = full_update(), found;
    (void)state;
    for (int at = 0; at < PST_UPDATE_STATES; at++) {
        kept.state = (enum pst_update_state)at;
        assert_int_equal(pst_memory_keep_update(&port, &kept, NULL), PST_OK);
        assert_int_equal(pst_memory_load_update(&port, &found, NULL), PST_OK);
        assert_int_equal(found.state, kept.state);
    }
    assert_int_equal(found.target, 1);
    assert_string_equal(found.rollout, "r-7");
    assert_string_equal(found.product, "pos-a");
    assert_string_equal(found.source, "delta");
    assert_string_equal(found.version.text, "5.2.0-rc.1+b7");
    assert_string_equal(found.from.text, "5.1.0");
    assert_string_equal(found.security_floor.text, "5.0.0");
    assert_int_equal(found.sequence, kept.sequence);
    assert_int_equal(found.tries, 10);
    assert_int_equal(found.confirm_within_s, 86400);
    assert_int_equal(found.fetched_bytes, 123456789);
    assert_int_equal(found.check_count, 8);
    assert_string_equal(found.check[7], "check-7");

    kept = (struct pst_update_memory){.state = PST_UPDATE_IDLE};
    assert_int_equal(pst_memory_keep_update(&port, &kept, NULL), PST_OK);
    assert_int_equal(pst_memory_load_update(&port, &found, NULL), PST_OK);
    assert_false(pst_version_is_set(&found.version));
    assert_string_equal(found.rollout, "");
    pst_fake_documents_clear(&documents);
}

/* Every beginning of the document, and every byte another: never a crash, and never half of it. */
static void a_damaged_update_counts_as_none_and_is_noted(void **state)
{
    struct pst_fake_documents documents = {.count = 0};
    struct pst_state_port port = pst_fake_documents_port(&documents);
    struct pst_update_memory kept = full_update(), found;
    PST_CLEANUP(pst_buf) struct pst_buf good = pst_buf(16384);
    (void)state;
    assert_int_equal(pst_memory_keep_update(&port, &kept, NULL), PST_OK);
    const struct pst_buf *bytes = pst_fake_document(&documents, "update");
    assert_true(pst_buf_add(&good, bytes->at, bytes->len));
    for (size_t len = 0; len < good.len; len++) {
        struct pst_report why = {0};
        pst_fake_document_put(&documents, "update", pst_bytes(good.at, len));
        assert_int_equal(pst_memory_load_update(&port, &found, &why), PST_OK);
        assert_int_equal(found.state, PST_UPDATE_IDLE);
        assert_false(pst_version_is_set(&found.version));
        assert_true(pst_report_has(&why, PST_HOST_STATE));
        assert_int_equal(pst_report_verdict(&why), PST_OK);
    }
    for (size_t at = 0; at < good.len; at++) {
        good.at[at] ^= 0x10;
        pst_fake_document_put(&documents, "update", pst_buf_bytes(&good));
        assert_int_equal(pst_memory_load_update(&port, &found, NULL), PST_OK);
        good.at[at] ^= 0x10;
    }
    pst_fake_documents_clear(&documents);
}

static void documents_that_make_no_sense_count_as_none(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "7",
        "{\"state\":\"flying\"}",
        "{\"state\":\"idle\",\"target\":2,\"sequence\":0,\"tries\":0,\"confirm_within\":0,"
        "\"fetched\":0,\"checks\":[]}",
        "{\"state\":\"idle\",\"target\":0,\"sequence\":0,\"tries\":0,\"confirm_within\":0,"
        "\"fetched\":0,\"checks\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]}",
        "{\"state\":\"idle\",\"target\":0,\"sequence\":-1,\"tries\":0,\"confirm_within\":0,"
        "\"fetched\":0,\"checks\":[]}",
        "{\"state\":\"idle\",\"target\":0,\"sequence\":0,\"tries\":0,\"confirm_within\":0,"
        "\"fetched\":0,\"checks\":[],\"of_a_newer_agent\":1}",
    };
    struct pst_fake_documents documents = {.count = 0};
    struct pst_state_port port = pst_fake_documents_port(&documents);
    (void)state;
    for (size_t i = 0; i < PST_COUNT(texts); i++) {
        struct pst_update_memory found;
        struct pst_report why = {0};
        pst_fake_document_put(&documents, "update", pst_bytes_of(pst_text(texts[i])));
        assert_int_equal(pst_memory_load_update(&port, &found, &why), PST_OK);
        assert_int_equal(found.state, PST_UPDATE_IDLE);
        if (!pst_report_has(&why, PST_HOST_STATE))
            fail_msg("%s is not noted", texts[i]);
    }
    pst_fake_documents_clear(&documents);
}

static void a_document_that_grew_beyond_all_measure_counts_as_none(void **state)
{
    struct pst_fake_documents documents = {.count = 0};
    struct pst_state_port port = pst_fake_documents_port(&documents);
    static const uint8_t zeros[70000];
    struct pst_update_memory found;
    struct pst_report why = {0};
    (void)state;
    pst_fake_document_put(&documents, "update", pst_bytes(zeros, sizeof zeros));
    assert_int_equal(pst_memory_load_update(&port, &found, &why), PST_OK);
    assert_int_equal(pst_report_verdict(&why), PST_OK);
    assert_true(pst_report_has(&why, PST_HOST_STATE));
    pst_fake_documents_clear(&documents);
}

static void slots_are_read_as_they_were_kept(void **state)
{
    struct pst_fake_documents documents = {.count = 0};
    struct pst_state_port port = pst_fake_documents_port(&documents);
    struct pst_slots_memory kept = {.security_floor = version("5.0.0"), .sequence = 9}, found;
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(pst_memory_load_slots(&port, &found, &why), PST_HOST_NOT_FOUND);
    kept.slot[1].version = version("5.2.1.20260301");
    kept.slot[1].component_count = PST_FACTS_COMPONENTS_MOST;
    for (size_t i = 0; i < PST_FACTS_COMPONENTS_MOST; i++) {
        snprintf(kept.slot[1].component[i].name, PST_NAME_ROOM, "part-%zu", i);
        kept.slot[1].component[i].active_bytes = (int64_t)i + 1;
        memset(kept.slot[1].component[i].active_sha256, (int)i, 32);
    }
    assert_int_equal(pst_memory_keep_slots(&port, &kept, NULL), PST_OK);
    assert_int_equal(pst_memory_load_slots(&port, &found, &why), PST_OK);
    assert_int_equal(why.count, 0);
    assert_false(pst_version_is_set(&found.slot[0].version));
    assert_int_equal(found.slot[0].component_count, 0);
    assert_string_equal(found.slot[1].version.text, "5.2.1.20260301");
    assert_int_equal(found.slot[1].component_count, PST_FACTS_COMPONENTS_MOST);
    assert_string_equal(found.slot[1].component[7].name, "part-7");
    assert_int_equal(found.slot[1].component[7].active_bytes, 8);
    assert_memory_equal(found.slot[1].component[7].active_sha256,
                        kept.slot[1].component[7].active_sha256, 32);
    assert_string_equal(found.security_floor.text, "5.0.0");
    assert_int_equal(found.sequence, 9);

    PST_CLEANUP(pst_buf) struct pst_buf good = pst_buf(16384);
    const struct pst_buf *bytes = pst_fake_document(&documents, "slots");
    assert_true(pst_buf_add(&good, bytes->at, bytes->len));
    for (size_t len = 0; len < good.len; len++) {
        struct pst_report damaged = {0};
        pst_fake_document_put(&documents, "slots", pst_bytes(good.at, len));
        assert_int_equal(pst_memory_load_slots(&port, &found, &damaged), PST_HOST_NOT_FOUND);
        assert_true(pst_report_has(&damaged, PST_HOST_STATE));
    }
    pst_fake_documents_clear(&documents);
}

static void identity_and_time_are_read_as_they_were_kept(void **state)
{
    struct pst_fake_documents documents = {.count = 0};
    struct pst_state_port port = pst_fake_documents_port(&documents);
    static const char *const damaged[] = {"",
                                          "{",
                                          "{}",
                                          "[]",
                                          "{\"terminal\":7,\"floor\":\"x\"}",
                                          "{\"terminal\":\"../x\",\"floor\":null}"};
    char terminal[PST_NAME_ROOM];
    int64_t floor_s = -1;
    (void)state;
    assert_int_equal(pst_memory_load_terminal(&port, terminal, NULL), PST_OK);
    assert_string_equal(terminal, "");
    assert_int_equal(pst_memory_load_floor(&port, &floor_s, NULL), PST_OK);
    assert_int_equal(floor_s, 0);
    assert_int_equal(pst_memory_keep_terminal(&port, "t-1", NULL), PST_OK);
    assert_int_equal(pst_memory_keep_floor(&port, 1893456000, NULL), PST_OK);
    assert_int_equal(pst_memory_load_terminal(&port, terminal, NULL), PST_OK);
    assert_string_equal(terminal, "t-1");
    assert_int_equal(pst_memory_load_floor(&port, &floor_s, NULL), PST_OK);
    assert_int_equal(floor_s, 1893456000);
    for (size_t i = 0; i < PST_COUNT(damaged); i++) {
        pst_fake_document_put(&documents, "identity", pst_bytes_of(pst_text(damaged[i])));
        pst_fake_document_put(&documents, "time", pst_bytes_of(pst_text(damaged[i])));
        assert_int_equal(pst_memory_load_terminal(&port, terminal, NULL), PST_OK);
        assert_string_equal(terminal, "");
        assert_int_equal(pst_memory_load_floor(&port, &floor_s, NULL), PST_OK);
        assert_int_equal(floor_s, 0);
    }
    pst_fake_documents_clear(&documents);
}

static void what_cannot_be_kept_or_read_is_told(void **state)
{
    struct pst_fake_power power = {.out = true};
    struct pst_fake_documents documents = {.power = &power};
    struct pst_state_port port = pst_fake_documents_port(&documents);
    struct pst_update_memory memory = full_update();
    struct pst_slots_memory slots = {.sequence = 0};
    struct pst_report why = {0};
    int64_t floor_s;
    (void)state;
    assert_int_equal(pst_memory_keep_update(&port, &memory, &why), PST_HOST_IO);
    assert_int_equal(pst_memory_load_update(&port, &memory, &why), PST_HOST_IO);
    assert_int_equal(pst_memory_load_slots(&port, &slots, &why), PST_HOST_IO);
    assert_int_equal(pst_memory_load_floor(&port, &floor_s, &why), PST_HOST_IO);
    assert_true(pst_report_has(&why, PST_HOST_IO));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_is_read_as_it_was_kept),
        cmocka_unit_test(a_damaged_update_counts_as_none_and_is_noted),
        cmocka_unit_test(documents_that_make_no_sense_count_as_none),
        cmocka_unit_test(a_document_that_grew_beyond_all_measure_counts_as_none),
        cmocka_unit_test(slots_are_read_as_they_were_kept),
        cmocka_unit_test(identity_and_time_are_read_as_they_were_kept),
        cmocka_unit_test(what_cannot_be_kept_or_read_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
