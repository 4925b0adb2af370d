/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "tests/support/check.h"
#include "tests/support/store_fixture.h"

void pst_store_copy(char *out, size_t room, const char *text)
{
    int len = snprintf(out, room, "%s", text);
    assert_true(len >= 0 && (size_t)len < room);
}

struct pst_version pst_store_version(const char *text)
{
    struct pst_version version;
    assert_int_equal(pst_version_parse(pst_text(text), &version, NULL), PST_OK);
    return version;
}

struct pst_terminal_row pst_store_terminal(unsigned number, const char *product)
{
    struct pst_terminal_row row = {
        .state = PST_TERMINAL_ACCEPTED, .has_key = true, .registered_s = 1700000000 + number};
    snprintf(row.id, sizeof row.id, "t-%024x", number);
    snprintf(row.serial, sizeof row.serial, "SN-%08u", number);
    pst_store_copy(row.product, sizeof row.product, product);
    snprintf(row.group, sizeof row.group, "acme/merchant-%u/store-%u", number % 7, number % 3);
    pst_store_copy(row.keytype, sizeof row.keytype, "ed25519");
    pst_store_copy(row.scheme, sizeof row.scheme, "ed25519");
    snprintf(row.public_part, sizeof row.public_part, "-----BEGIN\n%08x\n-----END", number);
    snprintf((char *)row.key_fingerprint, sizeof row.key_fingerprint, "fingerprint-%u", number);
    snprintf((char *)row.code_sha256, sizeof row.code_sha256, "code-%u", number);
    return row;
}

struct pst_facts pst_store_facts(unsigned number, const char *product)
{
    struct pst_facts facts = {.component_count = 1,
                              .scheme_count = 1,
                              .free_bytes = 1 << 20,
                              .memory_bytes = 1 << 26,
                              .battery_percent = number % 101,
                              .mains = PST_TRI_YES,
                              .busy = PST_TRI_NO,
                              .root_version = 1,
                              .sequence = number};
    snprintf(facts.serial, sizeof facts.serial, "SN-%08u", number);
    pst_store_copy(facts.product, sizeof facts.product, product);
    pst_store_copy(facts.model, sizeof facts.model, "Counter 9");
    pst_store_copy(facts.region, sizeof facts.region, "CN");
    pst_store_copy(facts.group, sizeof facts.group, "acme/merchant-1");
    facts.revision = pst_store_version("1.2");
    facts.os = pst_store_version("5.2.1.20260301");
    facts.agent = pst_store_version("0.1.0");
    pst_store_copy(facts.component[0].name, sizeof facts.component[0].name, "os");
    pst_store_copy(facts.component[0].slot_class, sizeof facts.component[0].slot_class, "rootfs");
    facts.component[0].slot_bytes = 1 << 25;
    facts.component[0].active_bytes = 1 << 24;
    memset(facts.component[0].active_sha256, (int)(number % 251), 32);
    pst_store_copy(facts.scheme[0], sizeof facts.scheme[0], "ed25519");
    return facts;
}

struct pst_rollout_row pst_store_rollout(unsigned number, const char *product)
{
    struct pst_rollout_row row = {.state = PST_ROLLOUT_RUNNING,
                                  .percent = 1 + number % 100,
                                  .downgrade = number % 2 == 1,
                                  .created_s = 1700000000 + number,
                                  .started_s = 1700000100 + number,
                                  .changed_s = 1700000200 + number,
                                  .revision = 1};
    snprintf(row.id, sizeof row.id, "r-%016x", number);
    snprintf(row.name, sizeof row.name, "Night %u", number);
    pst_store_copy(row.product, sizeof row.product, product);
    row.version = pst_store_version("5.3.0");
    snprintf(row.manifest, sizeof row.manifest, "%s/5.3.0/manifest.json", product);
    pst_store_copy(row.filter_os, sizeof row.filter_os, ">=5.0.0 <6.0.0");
    pst_store_copy(row.filter_model, sizeof row.filter_model, "Counter 9");
    pst_store_copy(row.filter_region, sizeof row.filter_region, "CN");
    pst_store_copy(row.filter_group, sizeof row.filter_group, "acme");
    pst_store_copy(row.filter_serials, sizeof row.filter_serials, "SN-1\nSN-2");
    return row;
}

struct pst_release_row pst_store_release(unsigned number, const char *product)
{
    char version[32];
    struct pst_release_row row = {
        .sequence = 1, .published_s = 1700000000 + number, .full_bytes = 1 << 20};

    snprintf(version, sizeof version, "5.%u.0", number);
    row.version = pst_store_version(version);
    pst_store_copy(row.product, sizeof row.product, product);
    snprintf(row.manifest, sizeof row.manifest, "%s/%s/manifest.json", product, version);
    memset(row.manifest_sha256, (int)(number % 251), sizeof row.manifest_sha256);
    pst_store_copy(row.deltas, sizeof row.deltas, "[{\"base\":\"5.0.0\",\"bytes\":4096}]");
    return row;
}

struct pst_token_row pst_store_token(unsigned number)
{
    struct pst_token_row row = {.created_s = 1700000000, .expires_s = 1800000000};
    snprintf(row.id, sizeof row.id, "k-%u", number);
    snprintf(row.name, sizeof row.name, "operator %u", number);
    pst_store_copy(row.role, sizeof row.role, "operator");
    memset(row.secret_sha256, (int)(number % 251), sizeof row.secret_sha256);
    return row;
}

struct pst_terminal_report pst_store_report(unsigned terminal, int64_t sequence,
                                            const char *rollout, enum pst_progress progress)
{
    struct pst_terminal_report report = {.sequence = sequence,
                                         .at_s = 1700000000 + sequence,
                                         .progress = progress,
                                         .fetched_bytes = 4096 * sequence};
    snprintf(report.terminal, sizeof report.terminal, "t-%024x", terminal);
    pst_store_copy(report.rollout, sizeof report.rollout, rollout);
    pst_store_copy(report.product, sizeof report.product, "pos-a");
    pst_store_copy(report.source, sizeof report.source, "delta");
    report.version = pst_store_version("5.3.0");
    return report;
}
