/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/trust_internal.h"
#include "manifests/envelope.h"
#include "manifests/instant.h"

struct pst_trust_verdict pst_trust_verdict(struct pst_report *why)
{
    return (struct pst_trust_verdict){
        .why = why,
        .first = PST_OK,
        .was_unverified = why != NULL && why->unverified,
    };
}

void pst_trust_verdict_cleanup(struct pst_trust_verdict *verdict)
{
    if (verdict->why != NULL)
        verdict->why->unverified = verdict->was_unverified;
}

void pst_trust_took(struct pst_trust_verdict *verdict, enum pst_code code)
{
    if (verdict->first == PST_OK)
        verdict->first = code;
}

static void distrust(struct pst_trust_verdict *verdict, enum pst_code code)
{
    pst_trust_took(verdict, code);
    if (verdict->why != NULL && code != PST_OK)
        verdict->why->unverified = true;
}

enum pst_code pst_trust_check_expiry(const struct pst_trust *trust, const struct pst_role *role,
                                     struct pst_report *why)
{
    char now[PST_INSTANT_ROOM], expires[PST_INSTANT_ROOM];

    if (trust->now_s < role->expires_s)
        return PST_OK;
    pst_instant_print(trust->now_s, now);
    pst_instant_print(role->expires_s, expires);
    return pst_refuse(why, PST_METADATA_EXPIRED, pst_say("valid until after %s", now),
                      pst_say("expired %s; the time is taken to be %s", expires, now));
}

enum pst_code pst_trust_check_version(int64_t expected, const struct pst_role *role,
                                      struct pst_report *why)
{
    if (role->version == expected)
        return PST_OK;
    return pst_refuse(why, PST_METADATA_WRONG_VERSION, pst_say("version %lld", (long long)expected),
                      pst_say("version %lld", (long long)role->version));
}

static enum pst_code check_digest(enum pst_digest_algorithm algorithm, const uint8_t *expected,
                                  struct pst_bytes bytes, enum pst_code on_mismatch,
                                  struct pst_report *why)
{
    static const struct {
        const char *name;
        size_t len;
    } kinds[] = {
        [PST_SHA256] = {"sha256", PST_SHA256_BYTES}, [PST_SHA512] = {"sha512", PST_SHA512_BYTES}};
    PST_CLEANUP(pst_digest) struct pst_digest digest = {NULL};
    uint8_t found[PST_SHA512_BYTES];
    char expected_hex[2 * PST_SHA512_BYTES + 1], found_hex[2 * PST_SHA512_BYTES + 1];
    size_t len = kinds[algorithm].len;

    enum pst_code rc = pst_digest_begin(&digest, algorithm, why);
    if (rc == PST_OK)
        rc = pst_digest_add(&digest, bytes, why);
    if (rc == PST_OK)
        rc = pst_digest_end(&digest, found, why);
    if (rc != PST_OK || pst_equal_in_constant_time(expected, found, len))
        return rc;
    pst_hex_print(pst_bytes(expected, len), expected_hex);
    pst_hex_print(pst_bytes(found, len), found_hex);
    return pst_refuse(why, on_mismatch, pst_say("%s %s", kinds[algorithm].name, expected_hex),
                      pst_say("%s %s", kinds[algorithm].name, found_hex));
}

enum pst_code pst_trust_check_digests(const struct pst_role_digests *digests,
                                      struct pst_bytes bytes, enum pst_code on_mismatch,
                                      struct pst_report *why)
{
    enum pst_code first = PST_OK, second = PST_OK;

    if (!digests->has_sha256 && !digests->has_sha512)
        return pst_refuse(why, on_mismatch, pst_say("a sha256 or sha512 to compare with"),
                          pst_say("%zu digests of other kinds", digests->listed));
    if (digests->has_sha256)
        first = check_digest(PST_SHA256, digests->sha256, bytes, on_mismatch, why);
    if (digests->has_sha512)
        second = check_digest(PST_SHA512, digests->sha512, bytes, on_mismatch, why);
    return first != PST_OK ? first : second;
}

enum pst_code pst_trust_check_target(const struct pst_role_target *target, struct pst_bytes content,
                                     enum pst_code on_mismatch, struct pst_report *why)
{
    if (content.len != (uint64_t)target->length_bytes)
        return pst_refuse(why, on_mismatch, pst_say("%lld bytes", (long long)target->length_bytes),
                          pst_say("%zu bytes", content.len));
    return pst_trust_check_digests(&target->digests, content, on_mismatch, why);
}

/*
 * TUF 1.0.34, 5.5.2 and 5.6.2: before the signatures, so that a mix of two releases is called so.
 */
static enum pst_code check_listed(const struct pst_role_file *listed, struct pst_bytes bytes,
                                  struct pst_report *why)
{
    enum pst_code rc = PST_OK;

    if (listed->has_length && bytes.len != (uint64_t)listed->length_bytes)
        rc = pst_refuse(why, PST_METADATA_CORRUPT,
                        pst_say("%lld bytes", (long long)listed->length_bytes),
                        pst_say("%zu bytes", bytes.len));
    if (listed->digests.listed == 0)
        return rc;
    enum pst_code of_digests =
        pst_trust_check_digests(&listed->digests, bytes, PST_METADATA_CORRUPT, why);
    return rc != PST_OK ? rc : of_digests;
}

static void check_signatures(const struct pst_trust *trust, const struct pst_trust_file *file,
                             const struct pst_envelope *envelope, struct pst_trust_verdict *verdict)
{
    struct pst_verify_in in = {
        .envelope = envelope,
        .delegator = file->delegator,
        .rule = file->rule,
        .root = trust->root,
        .now_s = trust->now_s,
        .at_any_time = file->leads_on,
    };

    PST_WITHIN(verdict->why, "%.*s", PST_ARGS(file->name));
    enum pst_code rc = pst_verify(&in, verdict->why);
    verdict->signed_once = rc == PST_OK;
    if (rc != PST_OK && file->local) {
        in.at_any_time = true;
        verdict->signed_once = pst_verify(&in, NULL) == PST_OK;
    }
    distrust(verdict, rc);
}

/* Bytes that are no JSON at all were damaged on the way, or are somebody's login page. */
static void tell_damage(const struct pst_trust_file *file, enum pst_code of_shape,
                        struct pst_bytes bytes, struct pst_trust_verdict *verdict)
{
    PST_WITHIN(verdict->why, "%.*s", PST_ARGS(file->name));
    if (of_shape == PST_BAD_SYNTAX || of_shape == PST_BAD_ENCODING)
        of_shape = pst_refuse(verdict->why, PST_METADATA_CORRUPT, pst_say("a whole signed file"),
                              pst_say("%zu bytes that are none", bytes.len));
    distrust(verdict, of_shape);
}

/* The role's own name comes first in `where`; the parser puts the kind's, which is the same but for
 * delegated roles. */
static enum pst_code parse(const struct pst_trust_file *file, struct pst_bytes bytes,
                           struct pst_role **out, struct pst_report *why)
{
    if (pst_text_is(file->name, pst_role_kind_name(file->kind)))
        return pst_role_parse(file->kind, bytes, out, why);
    PST_WITHIN(why, "%.*s", PST_ARGS(file->name));
    return pst_role_parse(file->kind, bytes, out, why);
}

/*
 * Signatures are judged also where the shape is wrong, as long as there is an envelope: a vendor's
 * mistake and a stranger's forgery want different remedies.
 */
static struct pst_role *parse_and_verify(const struct pst_trust *trust,
                                         const struct pst_trust_file *file, struct pst_bytes bytes,
                                         struct pst_trust_verdict *verdict)
{
    PST_CLEANUP(pst_envelope) struct pst_envelope *bare = NULL;
    struct pst_report shape = {0};
    struct pst_role *role = NULL;

    if (verdict->why != NULL)
        memcpy(shape.place, verdict->why->place, sizeof shape.place);
    enum pst_code rc = parse(file, bytes, &role, &shape);
    const struct pst_envelope *envelope = NULL;
    if (rc == PST_OK)
        envelope = role->envelope;
    else if (pst_envelope_parse(bytes, &pst_json_large, &bare, NULL) == PST_OK)
        envelope = bare;

    if (envelope == NULL)
        tell_damage(file, rc, bytes, verdict);
    else
        check_signatures(trust, file, envelope, verdict);
    pst_trust_took(verdict, rc);
    if (verdict->why != NULL)
        pst_report_append(verdict->why, &shape, false);
    return role;
}

struct pst_role *pst_trust_open(const struct pst_trust *trust, const struct pst_trust_file *file,
                                struct pst_bytes bytes, struct pst_trust_verdict *verdict)
{
    if (bytes.len > file->most_bytes) { /* not worth a parser's time, whatever it is */
        PST_WITHIN(verdict->why, "%.*s", PST_ARGS(file->name));
        pst_trust_took(verdict, pst_refuse(verdict->why, PST_METADATA_TOO_LARGE,
                                           pst_say("at most %zu bytes", file->most_bytes),
                                           pst_say("%zu bytes", bytes.len)));
        return NULL;
    }
    if (file->listed != NULL) {
        PST_WITHIN(verdict->why, "%.*s", PST_ARGS(file->name));
        distrust(verdict, check_listed(file->listed, bytes, verdict->why));
    }
    return parse_and_verify(trust, file, bytes, verdict);
}
