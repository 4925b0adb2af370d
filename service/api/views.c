/* SPDX-License-Identifier: Apache-2.0 */
#include "service/api/views.h"

#include "service/rollout/rollout.h"

enum { SENTENCE_MOST = 4096 };

static void view_words(struct pst_json_out *out, const struct pst_finding *finding,
                       const struct pst_words_book *book)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(SENTENCE_MOST);
    struct pst_words words = pst_words_of(book, finding->code);

    if (!pst_words_fill(book, finding, &text))
        text.len = 0;
    pst_out_string(out, "title", words.title);
    pst_out_text(out, "text", pst_buf_text(&text));
    pst_out_open(out, "remedies", '{');
    for (size_t i = 0; i < PST_COUNT(words.remedy); i++)
        if (words.remedy[i][0] != '\0')
            pst_out_string(out, pst_audience_name((enum pst_audience)i), words.remedy[i]);
    pst_out_close(out, '}');
}

static void view_finding(struct pst_json_out *out, const struct pst_finding *finding,
                         const struct pst_words_book *book)
{
    pst_out_open(out, NULL, '{');
    pst_out_finding_members(out, finding);
    view_words(out, finding, book);
    pst_out_close(out, '}');
}

void pst_view_findings(struct pst_json_out *out, const char *name, const struct pst_report *why,
                       const struct pst_words_book *book)
{
    pst_out_open(out, name, '[');
    for (size_t i = 0; i < why->count; i++)
        view_finding(out, &why->finding[i], book);
    pst_out_close(out, ']');
}

void pst_view_instant(struct pst_json_out *out, const char *name, int64_t at_s)
{
    if (at_s == 0)
        pst_out_null(out, name);
    else
        pst_out_instant(out, name, at_s);
}

/* null for "". */
static void view_text(struct pst_json_out *out, const char *name, const char *value)
{
    pst_out_string(out, name, value[0] != '\0' ? value : NULL);
}

/* null while it has told nothing. */
static void view_schemes(struct pst_json_out *out, const struct pst_terminal_row *row)
{
    if (!row->has_facts) {
        pst_out_null(out, "schemes");
        return;
    }
    pst_out_open(out, "schemes", '[');
    for (size_t i = 0; i < row->facts.scheme_count; i++)
        pst_out_string(out, NULL, row->facts.scheme[i]);
    pst_out_close(out, ']');
}

void pst_view_terminal(struct pst_json_out *out, const struct pst_terminal_row *row)
{
    pst_out_string(out, "id", row->id);
    pst_out_string(out, "serial", row->serial);
    pst_out_string(out, "product", row->product);
    view_text(out, "group", row->group);
    pst_out_string(out, "state", pst_terminal_state_name(row->state));
    pst_view_instant(out, "registered", row->registered_s);
    pst_view_instant(out, "last_seen", row->last_seen_s);
    view_text(out, "model", row->facts.model);
    view_text(out, "os", row->facts.os.text);
    view_text(out, "agent", row->facts.agent.text);
    view_text(out, "region", row->facts.region);
    view_schemes(out, row);
    pst_out_string(out, "progress", pst_progress_name(row->progress));
    view_text(out, "rollout", row->rollout);
}

static void view_serials(struct pst_json_out *out, struct pst_text serials)
{
    struct pst_text serial;

    if (serials.len == 0)
        return;
    pst_out_open(out, "serials", '[');
    while (pst_take_until(&serials, '\n', &serial))
        pst_out_text(out, NULL, serial);
    if (serials.len > 0)
        pst_out_text(out, NULL, serials);
    pst_out_close(out, ']');
}

static void view_filter(struct pst_json_out *out, const struct pst_rollout_row *row)
{
    const struct {
        const char *name, *value;
    } members[] = {
        {"os", row->filter_os},
        {"model", row->filter_model},
        {"region", row->filter_region},
        {"group", row->filter_group},
    };
    pst_out_open(out, "filter", '{');
    for (size_t i = 0; i < PST_COUNT(members); i++)
        if (members[i].value[0] != '\0')
            pst_out_string(out, members[i].name, members[i].value);
    view_serials(out, pst_text(row->filter_serials));
    pst_out_close(out, '}');
}

void pst_view_rollout(struct pst_json_out *out, const struct pst_rollout_row *row)
{
    pst_out_string(out, "id", row->id);
    view_text(out, "name", row->name);
    pst_out_string(out, "product", row->product);
    pst_out_string(out, "version", row->version.text);
    pst_out_string(out, "manifest", row->manifest);
    pst_out_string(out, "state", pst_rollout_state_name(row->state));
    pst_out_integer(out, "percent", row->percent);
    view_filter(out, row);
    pst_out_bool(out, "downgrade", row->downgrade);
    pst_view_instant(out, "created", row->created_s);
    pst_view_instant(out, "started", row->started_s);
    pst_view_instant(out, "changed", row->changed_s);
    pst_out_integer(out, "revision", row->revision);
}

void pst_view_release(struct pst_json_out *out, const struct pst_release_row *row)
{
    struct pst_text deltas = pst_text(row->deltas);

    pst_out_open(out, NULL, '{');
    pst_out_string(out, "product", row->product);
    pst_out_string(out, "version", row->version.text);
    pst_out_integer(out, "sequence", row->sequence);
    pst_view_instant(out, "published", row->published_s);
    pst_out_string(out, "manifest", row->manifest);
    pst_out_hex(out, "sha256", pst_bytes(row->manifest_sha256, sizeof row->manifest_sha256));
    pst_out_integer(out, "full_bytes", row->full_bytes);
    pst_out_verbatim(out, "deltas", pst_bytes_of(deltas.len > 0 ? deltas : pst_text("[]")));
    pst_out_close(out, '}');
}

void pst_view_outcome(struct pst_json_out *out, const struct pst_outcome_row *row,
                      const struct pst_words_book *book)
{
    pst_out_open(out, NULL, '{');
    pst_out_string(out, "terminal", row->terminal);
    pst_out_string(out, "serial", row->serial);
    pst_out_string(out, "progress", pst_progress_name(row->progress));
    view_text(out, "source", row->source);
    pst_out_integer(out, "fetched_bytes", row->fetched_bytes);
    pst_view_instant(out, "at", row->at_s);
    pst_view_findings(out, "findings", &row->findings, book);
    pst_out_close(out, '}');
}

void pst_view_finding_count(struct pst_json_out *out, const struct pst_count_row *row,
                            const struct pst_words_book *book)
{
    enum pst_code code = PST_OK;
    bool known = pst_code_parse(pst_text(row->key), &code);
    struct pst_words words = pst_words_of(book, code);

    pst_out_open(out, NULL, '{');
    pst_out_string(out, "code", row->key);
    pst_out_integer(out, "count", row->count);
    pst_out_string(out, "title", known ? words.title : row->key);
    pst_out_string(out, "remedy", known ? words.remedy[pst_code_audience(code)] : "");
    pst_out_close(out, '}');
}
