/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codes.h - the catalogue of findings: every reason that Postern can give, once.
 *
 * A row is (symbol, number, name, kind, audience, severity). Names and numbers leave the process -
 * in reports, HTTP bodies, audit rows, hawkBit's status code - and so are never changed and never
 * reused; a new reason takes a new number. The words for people (text and remedies, en and zh-CN)
 * are in words_en.c and words_zh_cn.c, and a test holds the three lists equal.
 *
 *   kind      REFUSAL   no, until something changes          audience  who can mend it first:
 *             DEFERRAL  not now; asked again by itself                  MERCHANT, OPERATOR, VENDOR
 *             FAULT     this host could not
 *   severity  INFO      worth knowing, nothing is stopped
 *             WARNING   stopped for now, or one source of several
 *             ERROR     stopped until somebody acts
 *             CRITICAL  an attack, or a part that is breaking
 */
#ifndef PST_MANIFESTS_CODES_H
#define PST_MANIFESTS_CODES_H

/* clang-format off */
#define PST_CODES(X) \
    X(PST_OK,                        0, "ok",                          NONE,     OPERATOR, INFO)     \
    /* who signed: signature.* */ \
    X(PST_SIGNATURE_MISSING,       100, "signature.missing",           REFUSAL,  VENDOR,   ERROR)    \
    X(PST_SIGNATURE_INVALID,       101, "signature.invalid",           REFUSAL,  VENDOR,   CRITICAL) \
    X(PST_SIGNATURE_THRESHOLD,     102, "signature.threshold",         REFUSAL,  VENDOR,   ERROR)    \
    X(PST_ALGORITHM_UNKNOWN,       103, "signature.algorithm-unknown", REFUSAL,  VENDOR,   ERROR)    \
    X(PST_ALGORITHM_RETIRED,       104, "signature.algorithm-retired", REFUSAL,  VENDOR,   ERROR)    \
    X(PST_SIGNATURE_DUPLICATE,     105, "signature.duplicate",         REFUSAL,  VENDOR,   CRITICAL) \
    /* the keys: key.* */ \
    X(PST_KEY_UNKNOWN,             120, "key.unknown",                 REFUSAL,  VENDOR,   ERROR)    \
    X(PST_KEY_EXPIRED,             121, "key.expired",                 REFUSAL,  VENDOR,   ERROR)    \
    X(PST_KEY_NOT_YET_VALID,       122, "key.not-yet-valid",           REFUSAL,  VENDOR,   WARNING)  \
    X(PST_KEY_REVOKED,             123, "key.revoked",                 REFUSAL,  VENDOR,   CRITICAL) \
    X(PST_KEY_MALFORMED,           124, "key.malformed",               REFUSAL,  VENDOR,   ERROR)    \
    X(PST_KEY_WEAK,                125, "key.weak",                    REFUSAL,  VENDOR,   ERROR)    \
    X(PST_KEY_LOCKED,              126, "key.locked",                  REFUSAL,  OPERATOR, ERROR)    \
    X(PST_KEY_WRONG_ROLE,          127, "key.wrong-role",              REFUSAL,  OPERATOR, ERROR)    \
    X(PST_KEY_ID_MISMATCH,         128, "key.id-mismatch",             REFUSAL,  VENDOR,   CRITICAL) \
    /* the repository's files: metadata.* */ \
    X(PST_METADATA_MISSING,        140, "metadata.missing",            REFUSAL,  OPERATOR, ERROR)    \
    X(PST_METADATA_CORRUPT,        141, "metadata.corrupt",            REFUSAL,  OPERATOR, ERROR)    \
    X(PST_METADATA_FORMAT_UNKNOWN, 142, "metadata.format-unknown",     REFUSAL,  OPERATOR, ERROR)    \
    X(PST_METADATA_TOO_LARGE,      143, "metadata.too-large",          REFUSAL,  OPERATOR, CRITICAL) \
    X(PST_METADATA_WRONG_ROLE,     144, "metadata.wrong-role",         REFUSAL,  OPERATOR, CRITICAL) \
    X(PST_METADATA_WRONG_VERSION,  145, "metadata.wrong-version",      REFUSAL,  OPERATOR, CRITICAL) \
    X(PST_METADATA_ROLLBACK,       146, "metadata.rollback",           REFUSAL,  OPERATOR, CRITICAL) \
    X(PST_METADATA_EXPIRED,        147, "metadata.expired",            REFUSAL,  OPERATOR, ERROR)    \
    X(PST_METADATA_NOT_LISTED,     148, "metadata.not-listed",         REFUSAL,  OPERATOR, ERROR)    \
    X(PST_METADATA_LIMIT,          149, "metadata.limit",              REFUSAL,  OPERATOR, WARNING)  \
    /* any JSON document, signed or not: document.* */ \
    X(PST_BAD_SYNTAX,              160, "document.bad-syntax",         REFUSAL,  OPERATOR, ERROR)    \
    X(PST_BAD_ENCODING,            161, "document.bad-encoding",       REFUSAL,  OPERATOR, ERROR)    \
    X(PST_DUPLICATE_FIELD,         162, "document.duplicate-field",    REFUSAL,  OPERATOR, ERROR)    \
    X(PST_MISSING_FIELD,           163, "document.missing-field",      REFUSAL,  OPERATOR, ERROR)    \
    X(PST_UNKNOWN_FIELD,           164, "document.unknown-field",      REFUSAL,  OPERATOR, ERROR)    \
    X(PST_WRONG_TYPE,              165, "document.wrong-type",         REFUSAL,  OPERATOR, ERROR)    \
    X(PST_OUT_OF_BOUNDS,           166, "document.out-of-bounds",      REFUSAL,  OPERATOR, ERROR)    \
    X(PST_EMPTY_RANGE,             167, "document.empty-range",        REFUSAL,  OPERATOR, ERROR)    \
    X(PST_TOO_LARGE,               168, "document.too-large",          REFUSAL,  OPERATOR, ERROR)    \
    X(PST_INCONSISTENT,            169, "document.inconsistent",       REFUSAL,  OPERATOR, ERROR)    \
    /* time: clock.* */ \
    X(PST_CLOCK_UNTRUSTED,         180, "clock.untrusted",             FAULT,    MERCHANT, WARNING)  \
    /* does it fit this terminal: compat.* */ \
    X(PST_OS_TOO_OLD,              200, "compat.os-too-old",           REFUSAL,  OPERATOR, ERROR)    \
    X(PST_OS_TOO_NEW,              201, "compat.os-too-new",           REFUSAL,  OPERATOR, ERROR)    \
    X(PST_OS_NOT_LISTED,           202, "compat.os-not-listed",        REFUSAL,  OPERATOR, ERROR)    \
    X(PST_HARDWARE_MODEL,          203, "compat.hardware-model",       REFUSAL,  OPERATOR, ERROR)    \
    X(PST_HARDWARE_REVISION,       204, "compat.hardware-revision",    REFUSAL,  OPERATOR, ERROR)    \
    X(PST_AGENT_TOO_OLD,           205, "compat.agent-too-old",        REFUSAL,  OPERATOR, ERROR)    \
    X(PST_BOOTLOADER,              206, "compat.bootloader",           REFUSAL,  OPERATOR, ERROR)    \
    X(PST_DATA_SCHEMA,             207, "compat.data-schema",          REFUSAL,  OPERATOR, ERROR)    \
    X(PST_REGION,                  208, "compat.region",               REFUSAL,  OPERATOR, ERROR)    \
    X(PST_PRODUCT,                 209, "compat.product",              REFUSAL,  OPERATOR, ERROR)    \
    X(PST_COMPONENT_MISSING,       210, "compat.component-missing",    REFUSAL,  VENDOR,   ERROR)    \
    X(PST_BRIDGE_REQUIRED,         211, "compat.bridge-required",      REFUSAL,  OPERATOR, ERROR)    \
    X(PST_ALREADY_INSTALLED,       212, "compat.already-installed",    DEFERRAL, OPERATOR, INFO)     \
    /* going to an older release on purpose: downgrade.* */ \
    X(PST_DOWNGRADE_NOT_PERMITTED, 220, "downgrade.not-permitted",     REFUSAL,  OPERATOR, ERROR)    \
    X(PST_DOWNGRADE_FLOOR,         221, "downgrade.security-floor",    REFUSAL,  VENDOR,   ERROR)    \
    /* sources made from a base: delta.* */ \
    X(PST_DELTA_BASE,              240, "delta.base-mismatch",         REFUSAL,  OPERATOR, WARNING)  \
    X(PST_DELTA_FORMAT,            241, "delta.format-unknown",        REFUSAL,  OPERATOR, WARNING)  \
    X(PST_DELTA_MALFORMED,         242, "delta.malformed",             REFUSAL,  VENDOR,   CRITICAL) \
    X(PST_DELTA_MEMORY,            243, "delta.memory",                REFUSAL,  OPERATOR, WARNING)  \
    X(PST_DELTA_NO_SOURCE,         244, "delta.no-source",             REFUSAL,  OPERATOR, ERROR)    \
    /* the bytes to flash: image.* */ \
    X(PST_IMAGE_CORRUPT,           260, "image.corrupt",               REFUSAL,  OPERATOR, ERROR)    \
    X(PST_IMAGE_MISSING,           261, "image.missing",               REFUSAL,  OPERATOR, ERROR)    \
    X(PST_IMAGE_DIGEST,            262, "image.digest-mismatch",       REFUSAL,  VENDOR,   CRITICAL) \
    X(PST_IMAGE_SIZE,              263, "image.size-mismatch",         REFUSAL,  VENDOR,   CRITICAL) \
    /* where it is flashed: slot.* */ \
    X(PST_SLOT_READBACK,           280, "slot.readback-mismatch",      FAULT,    MERCHANT, CRITICAL) \
    X(PST_SLOT_IO,                 281, "slot.io-error",               FAULT,    MERCHANT, CRITICAL) \
    X(PST_SLOT_ACTIVE,             282, "slot.active",                 FAULT,    VENDOR,   CRITICAL) \
    X(PST_SLOT_TOO_SMALL,          283, "slot.too-small",              REFUSAL,  VENDOR,   ERROR)    \
    /* starting it: boot.* */ \
    X(PST_BOOT_MARKER,             300, "boot.marker-corrupt",         FAULT,    VENDOR,   ERROR)    \
    X(PST_BOOT_REVERTED,           301, "boot.reverted",               FAULT,    VENDOR,   ERROR)    \
    X(PST_BOOT_HEALTH,             302, "boot.health-failed",          FAULT,    VENDOR,   ERROR)    \
    /* the terminal as it is now: terminal.* */ \
    X(PST_BATTERY_LOW,             320, "terminal.battery-low",        DEFERRAL, MERCHANT, INFO)     \
    X(PST_NO_MAINS,                321, "terminal.no-mains",           DEFERRAL, MERCHANT, INFO)     \
    X(PST_BUSY,                    322, "terminal.busy",               DEFERRAL, MERCHANT, INFO)     \
    X(PST_TAMPERED,                323, "terminal.tampered",           REFUSAL,  VENDOR,   CRITICAL) \
    X(PST_NO_SPACE,                324, "terminal.no-space",           DEFERRAL, MERCHANT, WARNING)  \
    X(PST_WINDOW_CLOSED,           325, "terminal.window-closed",      DEFERRAL, OPERATOR, INFO)     \
    X(PST_METERED,                 326, "terminal.metered",            DEFERRAL, OPERATOR, INFO)     \
    X(PST_FACT_UNKNOWN,            327, "terminal.fact-unknown",       DEFERRAL, OPERATOR, WARNING)  \
    /* on the way: network.* */ \
    X(PST_NET_UNREACHABLE,         340, "network.unreachable",         FAULT,    MERCHANT, WARNING)  \
    X(PST_NET_TLS,                 341, "network.tls",                 FAULT,    OPERATOR, ERROR)    \
    X(PST_NET_STATUS,              342, "network.http-status",         FAULT,    OPERATOR, WARNING)  \
    X(PST_NET_STALLED,             343, "network.stalled",             FAULT,    MERCHANT, WARNING)  \
    X(PST_NET_REDIRECT,            344, "network.redirect",            FAULT,    OPERATOR, ERROR)    \
    X(PST_NET_CAPTIVE,             345, "network.captive-portal",      FAULT,    MERCHANT, ERROR)    \
    X(PST_NET_RANGE,               346, "network.range",               FAULT,    OPERATOR, WARNING)  \
    X(PST_NET_TRUNCATED,           347, "network.truncated",           FAULT,    MERCHANT, WARNING)  \
    X(PST_NET_FORBIDDEN,           348, "network.forbidden-url",       REFUSAL,  OPERATOR, ERROR)    \
    /* the update service: service.* */ \
    X(PST_SERVICE_MAINTENANCE,     360, "service.maintenance",         DEFERRAL, OPERATOR, INFO)     \
    X(PST_SERVICE_UNAUTHORIZED,    361, "service.unauthorized",        REFUSAL,  OPERATOR, ERROR)    \
    X(PST_SERVICE_NOT_ACCEPTED,    362, "service.not-accepted",        DEFERRAL, OPERATOR, WARNING)  \
    X(PST_SERVICE_FORBIDDEN,       363, "service.forbidden",           REFUSAL,  OPERATOR, ERROR)    \
    X(PST_SERVICE_NOT_FOUND,       364, "service.not-found",           REFUSAL,  OPERATOR, ERROR)    \
    X(PST_SERVICE_CONFLICT,        365, "service.conflict",            REFUSAL,  OPERATOR, ERROR)    \
    X(PST_SERVICE_BAD_REQUEST,     366, "service.bad-request",         REFUSAL,  OPERATOR, ERROR)    \
    X(PST_SERVICE_OVERLOADED,      367, "service.overloaded",          DEFERRAL, OPERATOR, WARNING)  \
    X(PST_SERVICE_STORE,           368, "service.store",               FAULT,    OPERATOR, CRITICAL) \
    X(PST_SERVICE_METHOD,          369, "service.method",              REFUSAL,  OPERATOR, ERROR)    \
    /* the service's word to one terminal: assignment.* */ \
    X(PST_ASSIGNMENT_NONE,         380, "assignment.none",             DEFERRAL, OPERATOR, INFO)     \
    X(PST_ASSIGNMENT_OTHER,        381, "assignment.not-for-terminal", REFUSAL,  OPERATOR, CRITICAL) \
    X(PST_ASSIGNMENT_EXPIRED,      382, "assignment.expired",          REFUSAL,  OPERATOR, WARNING)  \
    X(PST_ASSIGNMENT_REPLAYED,     383, "assignment.replayed",         REFUSAL,  OPERATOR, CRITICAL) \
    X(PST_ASSIGNMENT_WITHDRAWN,    384, "assignment.withdrawn",        DEFERRAL, OPERATOR, INFO)     \
    X(PST_ASSIGNMENT_MISMATCH,     385, "assignment.mismatch",         REFUSAL,  VENDOR,   CRITICAL) \
    /* this machine: host.* */ \
    X(PST_NO_MEMORY,               400, "host.no-memory",              FAULT,    OPERATOR, ERROR)    \
    X(PST_HOST_IO,                 401, "host.io-error",               FAULT,    OPERATOR, ERROR)    \
    X(PST_HOST_DISK_FULL,          402, "host.disk-full",              FAULT,    OPERATOR, ERROR)    \
    X(PST_HOST_PERMISSION,         403, "host.permission",             FAULT,    OPERATOR, ERROR)    \
    X(PST_HOST_NOT_FOUND,          404, "host.not-found",              FAULT,    OPERATOR, ERROR)    \
    X(PST_HOST_PORT,               405, "host.port-in-use",            FAULT,    OPERATOR, ERROR)    \
    X(PST_HOST_STATE,              406, "host.state-corrupt",          FAULT,    OPERATOR, ERROR)    \
    X(PST_HOST_LOCKED,             407, "host.locked",                 FAULT,    OPERATOR, WARNING)  \
    X(PST_HOST_CRYPTO,             408, "host.crypto",                 FAULT,    OPERATOR, ERROR)    \
    X(PST_HOST_STATE_NEWER,        409, "host.state-newer",            REFUSAL,  OPERATOR, ERROR)    \
    X(PST_HOST_COMMAND,            410, "host.command-failed",         FAULT,    VENDOR,   ERROR)    \
    X(PST_HOST_EXISTS,             411, "host.exists",                 REFUSAL,  OPERATOR, ERROR)    \
    X(PST_HOST_STOPPED,            412, "host.stopped",                FAULT,    OPERATOR, INFO)     \
    /* what an operator wrote: config.*, usage.* */ \
    X(PST_CONFIG_SYNTAX,           420, "config.bad-syntax",           REFUSAL,  OPERATOR, ERROR)    \
    X(PST_CONFIG_UNKNOWN,          421, "config.unknown-setting",      REFUSAL,  OPERATOR, ERROR)    \
    X(PST_CONFIG_MISSING,          422, "config.missing-setting",      REFUSAL,  OPERATOR, ERROR)    \
    X(PST_CONFIG_VALUE,            423, "config.bad-value",            REFUSAL,  OPERATOR, ERROR)    \
    X(PST_USAGE,                   440, "usage.bad-arguments",         REFUSAL,  OPERATOR, ERROR)    \
    /* publishing and rolling out: release.*, rollout.* */ \
    X(PST_RELEASE_EXISTS,          460, "release.immutable",           REFUSAL,  OPERATOR, ERROR)    \
    X(PST_RELEASE_INCOMPLETE,      461, "release.incomplete",          REFUSAL,  OPERATOR, ERROR)    \
    X(PST_RELEASE_UNPROVEN,        462, "release.delta-unproven",      FAULT,    OPERATOR, CRITICAL) \
    X(PST_RELEASE_COMPRESSED,      463, "release.content-compressed",  REFUSAL,  VENDOR,   WARNING)  \
    X(PST_ROLLOUT_STATE,           480, "rollout.wrong-state",         REFUSAL,  OPERATOR, ERROR)    \
    /* a repository in one file: bundle.* */ \
    X(PST_BUNDLE_DAMAGED,          500, "bundle.damaged",              REFUSAL,  OPERATOR, ERROR)    \
    X(PST_BUNDLE_FORMAT_UNKNOWN,   501, "bundle.format-unknown",       REFUSAL,  OPERATOR, ERROR)    \
    /* keys held in a PKCS#11 token: token.* */ \
    X(PST_TOKEN_MODULE,            520, "token.module",                FAULT,    OPERATOR, ERROR)    \
    X(PST_TOKEN_ABSENT,            521, "token.absent",                FAULT,    OPERATOR, ERROR)    \
    X(PST_TOKEN_NOT_ONE,           522, "token.not-one-key",           REFUSAL,  OPERATOR, ERROR)    \
    X(PST_TOKEN_FAILED,            523, "token.failed",                FAULT,    OPERATOR, ERROR)
/* clang-format on */

#define PST_CODE_ENUM(symbol, number, name, kind, audience, severity) symbol = number,
enum pst_code { PST_CODES(PST_CODE_ENUM) };
#undef PST_CODE_ENUM

#endif
