/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phrases.h - the tool's own few words in each language; what is wrong is said by
 * manifests/words.h.
 */
#ifndef PST_KEYS_TOOL_PHRASES_H
#define PST_KEYS_TOOL_PHRASES_H

#include "manifests/words.h"

/* clang-format off */
#define PHRASES(X) \
    X(SAY_FILE,          "file",                 "文件") \
    X(SAY_ROLE,          "role",                 "角色") \
    X(SAY_VERSION,       "version",              "版本") \
    X(SAY_EXPIRES,       "expires",              "到期") \
    X(SAY_DAYS_LEFT,     "days left",            "剩余天数") \
    X(SAY_EXPIRED,       "EXPIRED",              "已过期") \
    X(SAY_NOT_YET,       "not yet valid",        "尚未生效") \
    X(SAY_KEYID,         "key id",               "密钥标识") \
    X(SAY_KEY,           "key",                  "密钥") \
    X(SAY_SCHEME,        "scheme",               "签名算法") \
    X(SAY_VALID_FROM,    "valid from",           "生效时间") \
    X(SAY_VALID_UNTIL,   "valid until",          "失效时间") \
    X(SAY_NO_LIMIT,      "no limit",             "不限") \
    X(SAY_PRIVATE,       "private key",          "私钥") \
    X(SAY_PLAIN,         "not encrypted: whoever reads the file can sign", "未加密：能读取此文件者即可签名") \
    X(SAY_ENCRYPTED,     "encrypted with a passphrase", "已用口令加密") \
    X(SAY_SIGNERS,       "signatures needed for", "需要签名的角色") \
    X(SAY_DELEGATION,    "delegation",           "委派") \
    X(SAY_PATHS,         "paths",                "路径") \
    X(SAY_TARGETS,       "targets",              "目标文件数") \
    X(SAY_FILES,         "lists",                "列出") \
    X(SAY_REVOKED,       "revoked key",          "已吊销密钥") \
    X(SAY_RETIRED,       "retired scheme",       "已停用算法") \
    X(SAY_SIGNATURE,     "signature by",         "签名者") \
    X(SAY_COUNTS,        "counts",               "有效") \
    X(SAY_UNSIGNED,      "nobody has signed yet", "尚无签名") \
    X(SAY_NOT_JUDGED,    "not judged: who may sign it is not known here", "未判定：此处不知谁可签署") \
    X(SAY_MISSING,       "signatures still missing", "尚缺签名数") \
    X(SAY_COMPLETE,      "signed by enough",     "签名已足够") \
    X(SAY_BY_PREVIOUS,   "by the keys of version", "由此版本的密钥：") \
    X(SAY_WRITTEN,       "written",              "已写入") \
    X(SAY_SIGNING,       "signing",              "正在签署") \
    X(SAY_NEXT,          "next",                 "下一步") \
    X(SAY_IN_ORDER,      "in order",             "检查通过") \
    X(SAY_USAGE,         "usage",                "用法") \
    X(SAY_COMMANDS,      "commands",             "命令") \
    X(SAY_COMMON,        "every command takes",  "各命令通用选项")
/* clang-format on */

#define PHRASE_ENUM(symbol, en, zh_cn) symbol,
enum pst_phrase { PHRASES(PHRASE_ENUM) };
#undef PHRASE_ENUM

const char *pst_phrase(enum pst_phrase which, enum pst_language language);

#endif
