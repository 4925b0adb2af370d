/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "manifests/decide.h"
#include "manifests/file.h"
#include "manifests/json_out.h"
#include "manifests/report_print.h"
#include "service/cli/cli.h"
#include "service/cli/offline_copy.h"

enum { FACTS_BYTES = 65536, OUTPUT_BYTES = 1 << 20 };

struct explaining {
    const struct pst_cli *cli;
    struct pst_report why; /* what reading found, before the decision */
    bool has_facts;
    struct pst_facts facts;
    struct pst_offline_copy copy;
    struct pst_copied_release found;
    struct pst_decision decision;
};

static void explaining_clear(struct explaining *self)
{
    pst_copied_release_clear(&self->found);
    pst_offline_copy_close(&self->copy);
}

static void explaining_cleanup(struct explaining **self)
{
    if (*self != NULL)
        explaining_clear(*self);
    free(*self);
}

/* ---- reading and deciding */

static void read_facts(struct explaining *self)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(FACTS_BYTES);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;

    PST_WITHIN(&self->why, "%s", self->cli->terminal);
    self->has_facts =
        pst_file_read(self->cli->terminal, &bytes, &self->why) == PST_OK &&
        pst_json_parse(pst_buf_bytes(&bytes), &pst_json_small, &json, &self->why) == PST_OK &&
        pst_facts_parse(json, &self->facts, &self->why) == PST_OK;
}

static void read_release(struct explaining *self, int64_t now_s)
{
    const struct pst_cli *cli = self->cli;
    const char *terminal_product = self->has_facts ? self->facts.product : "";

    if (pst_offline_copy_open(cli, terminal_product, &self->copy, &self->why) == PST_OK) {
        const struct pst_copied_release_choice choice = {
            .product = cli->product,
            .version = cli->version,
            .terminal_product = terminal_product,
            .chain = {.pack = self->copy.pack, .now_s = now_s}};
        pst_copied_release_read(&choice, &self->found, &self->why);
    } else if (self->copy.is_manifest) {
        pst_release_file_read(cli->release, &self->found.release, &self->why);
    }
}

/* Of a terminal that nobody can read nothing is known but what is wrong so far. */
static void decide(struct explaining *self, int64_t now_s)
{
    const char *known[PST_FACTS_SCHEMES_MOST], *needed[PST_CHAIN_SCHEMES_MOST];

    if (!self->has_facts) {
        self->decision.verdict = PST_VERDICT_REFUSE;
        self->decision.why = self->why;
        return;
    }
    for (size_t i = 0; i < self->facts.scheme_count; i++)
        known[i] = self->facts.scheme[i];
    const struct pst_decide_in in = {
        .trust = &self->why,
        .release = self->found.release,
        .release_verified = self->found.verified,
        .facts = &self->facts,
        .now_s = now_s,
        .full_on_metered = false,
        .scheme = needed,
        .scheme_count = pst_chain_schemes(&self->found.chain, self->found.product, known,
                                          self->facts.scheme_count, needed)};
    pst_decide(&in, &self->decision);
}

/* ---- for people */

static const struct labels {
    const char *verdict[4]; /* by enum pst_verdict */
    const char *no_release, *for_terminal, *verified, *not_verified, *not_fresh, *fetches;
} labels[] = {
    [PST_LANGUAGE_EN] = {{"install", "nothing to do", "defer", "refuse"},
                         "no release",
                         "for terminal",
                         "signed: ",
                         "the signatures do not bear this out",
                         "; no snapshot and timestamp here, so freshness is not judged",
                         "fetches"},
    [PST_LANGUAGE_ZH_CN] = {{"安装", "无需操作", "暂缓", "拒绝"},
                            "无版本",
                            "终端",
                            "签名：",
                            "签名不足以证明",
                            "；此处没有 snapshot 与 timestamp，未判断新旧",
                            "下载"},
};

static void print_chain(const struct explaining *self, const struct labels *label)
{
    const struct pst_chain *chain = &self->found.chain;

    if (!self->found.verified) {
        printf("%s\n", label->not_verified);
        return;
    }
    printf("%sroot %" PRId64 ", targets %" PRId64 ", %s %" PRId64 "%s\n", label->verified,
           pst_trust_role(chain->trust, PST_ROLE_ROOT)->version, chain->targets.role->version,
           self->found.product, chain->product.role->version, chain->fresh ? "" : label->not_fresh);
}

static void print_fetches(const struct explaining *self, const struct labels *label)
{
    const struct pst_release *release = self->found.release;

    for (size_t i = 0; release != NULL && i < release->component_count; i++) {
        const struct pst_component *component = &release->component[i];
        const struct pst_source *source = &component->source[self->decision.source[i]];
        printf("%s %.*s  %s  %" PRId64 " / %" PRId64 " bytes\n", label->fetches,
               PST_ARGS(source->path), pst_source_format_name(source->format), source->length_bytes,
               component->size_bytes);
    }
}

static void print_text(const struct explaining *self)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PST_REPORT_PRINT_MOST);
    const struct labels *label = &labels[self->cli->language];
    const struct pst_release *release = self->found.release;

    printf("%s: ", label->verdict[self->decision.verdict]);
    if (release != NULL)
        printf("%.*s %s", PST_ARGS(release->product), release->version.text);
    else
        printf("%s", label->no_release);
    if (self->has_facts)
        printf(", %s %s (%s, OS %s)", label->for_terminal, self->facts.serial, self->facts.model,
               self->facts.os.text);
    printf("\n");
    print_chain(self, label);
    if (self->decision.verdict == PST_VERDICT_INSTALL)
        print_fetches(self, label);
    if (pst_report_print(&self->decision.why, self->cli->language, /* with_remedies= */ true,
                         &text))
        printf("%.*s", PST_ARGS(pst_buf_text(&text)));
}

/* ---- for programs */

static void out_sources(struct pst_json_out *out, const struct explaining *self)
{
    const struct pst_release *release = self->found.release;

    pst_out_open(out, "sources", '[');
    bool installs = release != NULL && self->decision.verdict == PST_VERDICT_INSTALL;
    for (size_t i = 0; installs && i < release->component_count; i++) {
        const struct pst_source *source = &release->component[i].source[self->decision.source[i]];
        pst_out_open(out, NULL, '{');
        pst_out_text(out, "component", release->component[i].name);
        pst_out_text(out, "path", source->path);
        pst_out_string(out, "format", pst_source_format_name(source->format));
        pst_out_integer(out, "bytes", source->length_bytes);
        pst_out_close(out, '}');
    }
    pst_out_close(out, ']');
}

static bool print_json(const struct explaining *self)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(OUTPUT_BYTES);
    struct pst_json_out out = pst_json_out(&bytes);
    const struct pst_release *release = self->found.release;

    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "verdict", pst_verdict_name(self->decision.verdict));
    if (release != NULL)
        pst_out_text(&out, "product", release->product);
    else
        pst_out_null(&out, "product");
    pst_out_string(&out, "version", release != NULL ? release->version.text : NULL);
    pst_out_string(&out, "serial", self->has_facts ? self->facts.serial : NULL);
    pst_out_bool(&out, "verified", self->found.verified);
    pst_out_bool(&out, "fresh", self->found.chain.fresh);
    pst_out_integer(&out, "fetch_bytes", self->decision.fetch_bytes);
    out_sources(&out, self);
    pst_out_findings(&out, "findings", &self->decision.why);
    pst_out_close(&out, '}');
    if (!pst_json_out_is_whole(&out))
        return false;
    printf("%.*s\n", PST_ARGS(pst_buf_text(&bytes)));
    return true;
}

int pst_cli_explain(struct pst_cli *cli)
{
    PST_CLEANUP(explaining) struct explaining *self = calloc(1, sizeof *self);
    int64_t now_s = (int64_t)time(NULL);

    if (self == NULL)
        return 1;
    if (cli->release == NULL || cli->terminal == NULL) {
        fputs("usage: postern explain --release DIR|BUNDLE|URL|MANIFEST --terminal FACTS.json\n",
              stderr);
        return 2;
    }
    self->cli = cli;
    read_facts(self);
    read_release(self, now_s);
    decide(self, now_s);
    if (!cli->json)
        print_text(self);
    else if (!print_json(self))
        return 1;
    return self->decision.verdict == PST_VERDICT_INSTALL ? 0 : 1;
}
