/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifests/fields.h"
#include "manifests/file.h"
#include "manifests/json_out.h"
#include "service/cli/offline_build.h"

enum { DAYS_MOST = 3650 };

void pst_build_free(struct pst_build *build)
{
    if (build == NULL)
        return;
    pst_tree_drop(build);
    pst_json_free(build->spec);
    pst_release_free(build->release);
    pst_buf_clear(&build->manifest);
    free(build);
}

/* ---- the command line by itself */

/* "LEFT=FILE"; neither may be empty. */
static bool split(const char *pair, struct pst_text *left, const char **file)
{
    struct pst_text rest = pst_text(pair);
    if (!pst_take_until(&rest, '=', left) || left->len == 0 || rest.len == 0)
        return false;
    *file = rest.at;
    return true;
}

/* "VERSION" or "COMPONENT:VERSION"; `component` is empty when it is not named. */
static bool split_base(struct pst_text left, struct pst_text *component,
                       struct pst_version *version)
{
    *component = (struct pst_text){NULL, 0};
    (void)!pst_take_until(&left, ':', component);
    return pst_version_parse(left, version, NULL) == PST_OK;
}

static void check_image(const char *pair, struct pst_report *why)
{
    struct pst_text left;
    const char *file;
    if (!split(pair, &left, &file) || !pst_name_is_safe(left))
        (void)pst_refuse(why, PST_USAGE, pst_say("--image COMPONENT=FILE"), pst_say("'%s'", pair));
}

static void check_base(const char *pair, struct pst_report *why)
{
    struct pst_text left, component;
    struct pst_version version;
    const char *file;
    if (!split(pair, &left, &file) || !split_base(left, &component, &version))
        (void)pst_refuse(why, PST_USAGE, pst_say("--base [COMPONENT:]VERSION=FILE"),
                         pst_say("'%s'", pair));
}

enum pst_code pst_build_check_arguments(const struct pst_cli *cli, int64_t *days,
                                        struct pst_report *why)
{
    uint64_t given = PST_BUILD_DAYS;
    struct pst_text text = pst_text(cli->days);

    if (cli->out == NULL || cli->out[0] == '\0')
        (void)pst_refuse(why, PST_USAGE, pst_say("--out DIR"), pst_say("none"));
    if (cli->image_count == 0)
        (void)pst_refuse(why, PST_USAGE, pst_say("--image COMPONENT=FILE for each component"),
                         pst_say("none"));
    if (cli->days != NULL &&
        (!pst_take_number(&text, DAYS_MOST, &given) || text.len > 0 || given == 0))
        (void)pst_refuse(why, PST_USAGE, pst_say("--days 1 to %d", DAYS_MOST),
                         pst_say("'%s'", cli->days));
    for (size_t i = 0; i < cli->image_count; i++)
        check_image(cli->image[i], why);
    for (size_t i = 0; i < cli->base_count; i++)
        check_base(cli->base[i], why);
    *days = (int64_t)given;
    return pst_report_verdict(why);
}

/* ---- the manifest that it becomes */

static void out_source(struct pst_json_out *out, const struct pst_build_source *source)
{
    char list[PST_BUILD_PATH_ROOM + 8];

    (void)snprintf(list, sizeof list, "%s.blocks", source->path);
    pst_out_open(out, NULL, '{');
    pst_out_string(out, "path", source->path);
    pst_out_string(out, "format", pst_source_format_name(source->made.format));
    pst_out_integer(out, "length", source->bytes);
    pst_out_hex(out, "sha256", pst_bytes(source->sha256, sizeof source->sha256));
    pst_out_integer(out, "memory", source->made.memory_bytes);
    pst_out_open(out, "blocks", '{');
    pst_out_string(out, "path", list);
    pst_out_integer(out, "size", PST_OFFLINE_BLOCK);
    pst_out_hex(out, "sha256", pst_bytes(source->list_sha256, sizeof source->list_sha256));
    pst_out_close(out, '}');
    if (source->has_base) {
        pst_out_open(out, "base", '{');
        pst_out_string(out, "version", source->base_version.text);
        pst_out_integer(out, "size", source->base_bytes);
        pst_out_hex(out, "sha256", pst_bytes(source->base_sha256, sizeof source->base_sha256));
        pst_out_close(out, '}');
    }
    pst_out_close(out, '}');
}

/* As the specification has it - the parser will judge that - and what the image says beside it. */
static void out_component(struct pst_json_out *out, const struct pst_json *spec,
                          const struct pst_build_component *component)
{
    if (pst_json_type(spec) != PST_JSON_OBJECT) {
        pst_out_json(out, NULL, spec);
        return;
    }
    pst_out_open(out, NULL, '{');
    for (const struct pst_json *member = pst_json_first(spec); member != NULL;
         member = pst_json_next(member))
        if (!pst_text_is(pst_json_name(member), "image") &&
            !pst_text_is(pst_json_name(member), "sources")) /* told already */
            pst_out_json(out, pst_json_name(member).at, member);
    pst_out_open(out, "image", '{');
    pst_out_hex(out, "sha256", pst_bytes(component->sha256, sizeof component->sha256));
    pst_out_integer(out, "size", component->image_bytes);
    pst_out_close(out, '}');
    pst_out_open(out, "sources", '[');
    for (size_t i = 0; i < component->source_count; i++)
        out_source(out, &component->source[i]);
    pst_out_close(out, ']');
    pst_out_close(out, '}');
}

static void out_components(struct pst_json_out *out, const struct pst_build *build,
                           const struct pst_json *spec)
{
    if (pst_json_type(spec) != PST_JSON_ARRAY ||
        pst_json_count(spec) > PST_COUNT(build->component)) {
        pst_out_json(out, "components", spec);
        return;
    }
    size_t i = 0;
    pst_out_open(out, "components", '[');
    for (const struct pst_json *one = pst_json_first(spec); one != NULL; one = pst_json_next(one))
        out_component(out, one, &build->component[i++]);
    pst_out_close(out, ']');
}

static void out_manifest(struct pst_json_out *out, const struct pst_build *build)
{
    pst_out_open(out, NULL, '{');
    pst_out_string(out, "format", PST_RELEASE_FORMAT);
    for (const struct pst_json *member = pst_json_first(build->spec); member != NULL;
         member = pst_json_next(member)) {
        struct pst_text name = pst_json_name(member);
        if (pst_text_is(name, "components"))
            out_components(out, build, member);
        else if (!pst_text_is(name, "format"))
            pst_out_json(out, name.at, member);
    }
    if (pst_json_member(build->spec, "sequence") == NULL)
        pst_out_integer(out, "sequence", 1);
    if (pst_json_member(build->spec, "published") == NULL)
        pst_out_instant(out, "published", build->now_s);
    pst_out_close(out, '}');
}

enum pst_code pst_build_manifest(const struct pst_build *build, struct pst_buf *out,
                                 struct pst_release **release, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf written = pst_buf(2 * PST_RELEASE_BYTES_MOST);
    PST_CLEANUP(pst_release) struct pst_release *read = NULL;
    struct pst_json_out json = pst_json_out(&written);

    out_manifest(&json, build);
    if (!pst_json_out_is_whole(&json))
        return pst_refuse(why, PST_TOO_LARGE, pst_say("at most %d bytes", PST_RELEASE_BYTES_MOST),
                          pst_say("a release manifest beyond that"));
    enum pst_code rc = pst_release_parse(pst_buf_bytes(&written), &read, why);
    if (rc == PST_OK)
        rc = pst_json_canonical(read->json, out, why);
    if (rc == PST_OK) {
        *release = read;
        read = NULL;
    }
    return rc;
}

/* ---- what the specification names */

/* A name that may stand in a path, or one that does: what is wrong with it is told where it
 * stands. */
static void keep_name(struct pst_text name, char out[PST_BUILD_NAME_ROOM])
{
    if (!pst_name_is_safe(name))
        name = pst_text("x");
    (void)snprintf(out, PST_BUILD_NAME_ROOM, "%.*s", PST_ARGS(name));
}

/* The '+' of build metadata becomes '_', as in pst_release_path(). */
static void keep_version_name(const char *version, char out[PST_BUILD_NAME_ROOM])
{
    keep_name(pst_text("x"), out);
    if (strlen(version) >= PST_BUILD_NAME_ROOM)
        return;
    size_t len = 0;
    for (; version[len] != '\0'; len++)
        out[len] = version[len] == '+' ? '_' : version[len];
    out[len] = '\0';
}

static void read_component(struct pst_build *build, const struct pst_json *json,
                           struct pst_report *why)
{
    static const char *const made_here[] = {"image", "sources"};
    struct pst_build_component *component = &build->component[build->component_count];

    PST_WITHIN(why, "release/components/%zu", build->component_count);
    build->component_count++;
    keep_name(pst_json_text(pst_json_member(json, "name")), component->name);
    for (size_t i = 0; i < PST_COUNT(made_here); i++)
        if (pst_json_member(json, made_here[i]) != NULL)
            (void)pst_refuse(why, PST_UNKNOWN_FIELD,
                             pst_say("only name and slot_class: the rest is made from --image"),
                             pst_say("'%s'", made_here[i]));
}

static void read_names(struct pst_build *build, struct pst_report *why)
{
    const struct pst_json *components = pst_json_member(build->spec, "components");
    struct pst_text version = pst_json_text(pst_json_member(build->spec, "version"));

    keep_name(pst_json_text(pst_json_member(build->spec, "product")), build->product);
    if (pst_version_parse(version, &build->version, NULL) != PST_OK)
        build->version = (struct pst_version){.text = "x"};
    keep_version_name(build->version.text, build->version_name);
    if (pst_json_type(components) != PST_JSON_ARRAY ||
        pst_json_count(components) > PST_COUNT(build->component))
        return; /* the parser will tell */
    for (const struct pst_json *one = pst_json_first(components); one != NULL;
         one = pst_json_next(one))
        read_component(build, one, why);
}

static struct pst_build_component *find_component(struct pst_build *build, struct pst_text name)
{
    for (size_t i = 0; i < build->component_count; i++)
        if (pst_text_is(name, build->component[i].name))
            return &build->component[i];
    return NULL;
}

static void check_file(const char *path, struct pst_report *why)
{
    PST_CLEANUP(pst_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat facts;

    if (fd < 0 || fstat(fd, &facts) != 0)
        (void)pst_refuse_errno(why, errno, path);
    else if (!S_ISREG(facts.st_mode) || facts.st_size == 0)
        (void)pst_refuse(why, PST_USAGE, pst_say("a regular file that is not empty"),
                         pst_say("'%s'", path));
}

static void take_image(struct pst_build *build, const char *pair, struct pst_report *why)
{
    struct pst_text name;
    const char *file;

    PST_WITHIN(why, "--image %s", pair);
    if (!split(pair, &name, &file))
        return;
    check_file(file, why);
    struct pst_build_component *component = find_component(build, name);
    if (component == NULL)
        (void)pst_refuse(why, PST_USAGE, pst_say("a component of the specification"),
                         pst_say("'%.*s'", PST_ARGS(name)));
    else if (component->file != NULL)
        (void)pst_refuse(why, PST_USAGE, pst_say("one image for each component"),
                         pst_say("another for '%s'", component->name));
    else
        component->file = file;
}

static void add_base(struct pst_build_component *component, const struct pst_version *version,
                     const char *file, struct pst_report *why)
{
    for (size_t i = 0; i < component->base_count; i++) {
        if (pst_version_compare(&component->base[i].version, version) != 0)
            continue;
        (void)pst_refuse(why, PST_USAGE, pst_say("each base version once"),
                         pst_say("%s again for '%s'", version->text, component->name));
        return;
    }
    component->base[component->base_count++] =
        (struct pst_build_base){.file = file, .version = *version};
}

static void take_base(struct pst_build *build, const char *pair, struct pst_report *why)
{
    struct pst_text left, name;
    struct pst_version version;
    const char *file;

    PST_WITHIN(why, "--base %s", pair);
    if (!split(pair, &left, &file) || !split_base(left, &name, &version))
        return;
    check_file(file, why);
    struct pst_build_component *component = name.len > 0 ? find_component(build, name)
                                            : build->component_count == 1 ? &build->component[0]
                                                                          : NULL;
    if (component != NULL)
        add_base(component, &version, file, why);
    else if (name.len > 0)
        (void)pst_refuse(why, PST_USAGE, pst_say("a component of the specification"),
                         pst_say("'%.*s'", PST_ARGS(name)));
    else
        (void)pst_refuse(
            why, PST_USAGE,
            pst_say("--base COMPONENT:VERSION=FILE where there are several components"),
            pst_say("'%s'", pair));
}

/* ---- a trial */

/* Stand-ins: nothing that the parser could compare is right or wrong with them, only names and
 * paths are real. */
static void stand_in(struct pst_build *build)
{
    for (size_t i = 0; i < build->component_count; i++) {
        struct pst_build_component *component = &build->component[i];
        component->image_bytes = 1;
        memset(component->sha256, 0x5a, sizeof component->sha256);
        component->source_count = component->base_count + 1;
        for (size_t k = 0; k < component->source_count; k++) {
            struct pst_build_source *source = &component->source[k];
            *source =
                (struct pst_build_source){.made = {k == 0 ? PST_SOURCE_ZSTD : PST_SOURCE_DELTA, 0},
                                          .bytes = 1,
                                          .has_base = k > 0,
                                          .base_bytes = 1};
            if (k > 0)
                source->base_version = component->base[k - 1].version;
            pst_build_path(build, component, source);
            memset(source->sha256, 0x5a, sizeof source->sha256);
            memset(source->list_sha256, 0x5a, sizeof source->list_sha256);
            memset(source->base_sha256, 0xff, sizeof source->base_sha256);
        }
    }
}

static enum pst_code try_manifest(struct pst_build *build, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf manifest = pst_buf(PST_RELEASE_BYTES_MOST);
    PST_CLEANUP(pst_release) struct pst_release *release = NULL;

    stand_in(build);
    enum pst_code rc = pst_build_manifest(build, &manifest, &release, why);
    for (size_t i = 0; i < build->component_count; i++)
        build->component[i].source_count = 0;
    return rc;
}

void pst_build_path(const struct pst_build *build, const struct pst_build_component *component,
                    struct pst_build_source *source)
{
    static const char *const ends[] = {
        [PST_SOURCE_RAW] = "full.img",
        [PST_SOURCE_ZSTD] = "full.zst",
        [PST_SOURCE_XZ] = "full.xz",
        [PST_SOURCE_DELTA] = "from-",
    };
    char base[PST_BUILD_NAME_ROOM] = "";
    bool delta = pst_source_format_is_delta(source->made.format);

    if (delta)
        keep_version_name(source->base_version.text, base);
    (void)snprintf(source->path, sizeof source->path, "%s/%s/%s.%s%s%s", build->product,
                   build->version_name, component->name, ends[source->made.format], base,
                   delta ? ".delta" : "");
}

static enum pst_code open_spec(struct pst_build *build, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_RELEASE_BYTES_MOST);
    const char *path = build->cli->argument[0];

    PST_WITHIN(why, "%s", path);
    enum pst_code rc = pst_file_read(path, &bytes, why);
    if (rc == PST_OK)
        rc = pst_json_parse(pst_buf_bytes(&bytes), &pst_json_large, &build->spec, why);
    if (rc != PST_OK)
        return rc;
    struct pst_fields fields = pst_fields_open(build->spec, why);
    struct pst_text format = pst_fields_text(&fields, "format", 64);
    if (format.len > 0 && !pst_text_is(format, PST_RELEASE_SPEC_FORMAT))
        pst_fields_fault(&fields, "format", PST_METADATA_FORMAT_UNKNOWN,
                         pst_say("%s", PST_RELEASE_SPEC_FORMAT), pst_say("%.*s", PST_ARGS(format)));
    return pst_fields_close_open(&fields);
}

enum pst_code pst_build_read(struct pst_build *build, struct pst_report *why)
{
    enum pst_code rc = open_spec(build, why);
    if (pst_json_type(build->spec) != PST_JSON_OBJECT || rc == PST_METADATA_FORMAT_UNKNOWN)
        return rc;

    read_names(build, why);
    for (size_t i = 0; i < build->cli->image_count; i++)
        take_image(build, build->cli->image[i], why);
    for (size_t i = 0; i < build->cli->base_count; i++)
        take_base(build, build->cli->base[i], why);
    for (size_t i = 0; i < build->component_count; i++)
        if (build->component[i].file == NULL)
            (void)pst_refuse(why, PST_USAGE, pst_say("--image %s=FILE", build->component[i].name),
                             pst_say("no image for this component"));
    (void)!try_manifest(build, why);
    return pst_report_verdict(why);
}
