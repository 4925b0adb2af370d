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
    X(SAY_IN_TOKEN,      "in a token, and signs there", "位于令牌中，并在其中签名") \
    X(SAY_TOKEN,         "token",                "令牌") \
    X(SAY_SERIAL,        "serial number",        "序列号") \
    X(SAY_COPIES,        "copies of the private key",  "私钥副本") \
    X(SAY_NO_COPIES,     "none: made in this token, which does not give it out", "无：在此令牌内生成，且不可导出") \
    X(SAY_BROUGHT_IN,    "possible: it was brought into the token from outside", "可能存在：由外部导入令牌") \
    X(SAY_EXTRACTABLE,   "possible: the token gives it out (CKA_EXTRACTABLE)", "可能存在：令牌允许导出（CKA_EXTRACTABLE）") \
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
    X(SAY_FIRST,         "nothing signed before is known here: all of it is new", "此处没有更早的已签名版本：全部内容均为新增") \
    X(SAY_SINCE,         "changes since version", "相对此版本的变更：") \
    X(SAY_BORNE_OUT,     "its signatures hold",  "其签名有效") \
    X(SAY_NOT_BORNE_OUT, "NOT signed by keys that count today: read the whole list above, not only this", "并非由当前有效密钥签署：请通读以上全部内容，勿只看变更") \
    X(SAY_NO_CHANGE,     "nothing changes but the version", "除版本号外没有变更") \
    X(SAY_THRESHOLD,     "threshold",            "签名门限") \
    X(SAY_ROLE_ADDED,    "role added",           "新增角色") \
    X(SAY_ROLE_REMOVED,  "role removed",         "移除角色") \
    X(SAY_KEY_ADDED,     "key added",            "新增密钥") \
    X(SAY_KEY_REMOVED,   "key removed",          "移除密钥") \
    X(SAY_KEY_RENEWED,   "key renewed",          "密钥续期") \
    X(SAY_KEY_REVOKED,   "key revoked",          "吊销密钥") \
    X(SAY_UNREVOKED,     "no longer revoked",    "取消吊销") \
    X(SAY_SCHEME_RETIRED, "scheme retired",      "停用算法") \
    X(SAY_UNRETIRED,     "no longer retired",    "恢复算法") \
    X(SAY_APPEARS,       "release appears",      "新增版本") \
    X(SAY_DISAPPEARS,    "release disappears",   "移除版本") \
    X(SAY_CHANGES,       "release changes",      "版本内容变更") \
    X(SAY_FILE_APPEARS,  "file added",           "新增文件") \
    X(SAY_FILE_GONE,     "file removed",         "移除文件") \
    X(SAY_FILE_CHANGES,  "file changed",         "文件变更") \
    X(SAY_BYTES,         "bytes",                "字节") \
    X(SAY_ANCHOR,        "the chain begins with 1.root.json, SHA-256", "信任链起点 1.root.json 的 SHA-256") \
    X(SAY_ANCHORED,      "roots that this machine knows, the same in the pack", "本机已知且与签名包一致的根文件数") \
    X(SAY_NOT_ANCHORED,  "this machine knows no root: compare the SHA-256 with what reached you another way", "本机没有已知的根文件：请用另一渠道得到的值核对 SHA-256") \
    X(SAY_NOT_YOURS,     "none of the keys given may sign this: passed over", "所给密钥均无权签署此文件：已跳过") \
    X(SAY_STEP,          "step",                 "步骤") \
    X(SAY_DONE,          "done",                 "已完成") \
    X(SAY_TO_DO,         "to do",                "待办") \
    X(SAY_WHO,           "who",                  "由谁") \
    X(SAY_PLAN_OF,       "plan for",             "处置方案：") \
    X(SAY_LEAKED,        "leaked: until it is revoked, whoever has it can sign as its holder", "已泄露：吊销之前，得到它的人可以冒名签署") \
    X(SAY_LOST,          "lost: nobody can sign with it; there is time, as long as enough others are left", "已丢失：无人能再用它签署；其余密钥足够时不必紧急") \
    X(SAY_STOP_ROLLOUTS, "stop handing out what it may have signed", "先停止下发它可能签署过的版本") \
    X(SAY_MAKE_KEY,      "make the key that takes its place", "生成替代密钥") \
    X(SAY_DRAFT_ROOT,    "draft the root that revokes it", "起草吊销它的根文件") \
    X(SAY_SIGN_ROOT,     "sign the root: by the threshold of the old one and of the new one", "签署根文件：须同时满足旧根与新根的门限") \
    X(SAY_DRAFT_TARGETS, "draft targets.json with the new key", "起草使用新密钥的 targets.json") \
    X(SAY_SIGN_TARGETS,  "sign targets.json",    "签署 targets.json") \
    X(SAY_DRAFT_PRODUCT, "draft the product's file anew; look through its list, and leave out what its holders did not sign (--without VERSION)", "重新起草产品文件；逐项核对，去掉并非持有人签署的版本（--without VERSION）") \
    X(SAY_SIGN_PRODUCT,  "sign the product's file with keys that count", "用有效密钥签署产品文件") \
    X(SAY_INSTALL_KEY,   "stop the service, put the new key into its state folder, start it", "停止服务，将新密钥放入其状态目录，再启动") \
    X(SAY_PUBLISH,       "publish everything at once; the service makes new snapshot and timestamp files by itself", "一次发布全部文件；服务会自行生成新的 snapshot 与 timestamp") \
    X(SAY_RESUME,        "go on with rollouts of what is genuine", "恢复真实版本的下发") \
    X(SAY_FROM_THEN,     "from then on", "自此以后") \
    X(SAY_WHEN_OVER,     "a terminal refuses the key (key.revoked) from its next check-in on, before it installs anything; one that is kept from the service installs nothing once its timestamp file has expired", "终端自下一次联系服务起、在安装任何内容之前即拒绝该密钥（key.revoked）；若被隔离无法联系服务，其 timestamp 过期后不再安装任何内容") \
    X(SAY_HOLDERS_ROOT,  "root holders", "根密钥持有人") \
    X(SAY_HOLDERS_TARGETS, "targets holders", "targets 密钥持有人") \
    X(SAY_HOLDERS_PRODUCT, "release holders", "发布密钥持有人") \
    X(SAY_OPERATOR,      "the service's operator", "服务运维人员") \
    X(SAY_NEW_HOLDER,    "the new key's holder", "新密钥持有人") \
    X(SAY_YOU,           "you, here", "您，在此处") \
    X(SAY_NEVER,         "never ends",           "永不到期") \
    X(SAY_OVER,          "OVER",                 "已到期") \
    X(SAY_MUST_ACT,      "must act",             "须处理者") \
    X(SAY_NO_ROLE,       "in no role",           "未担任角色") \
    X(SAY_DUE,           "due within 30 days",   "30 天内到期") \
    X(SAY_NOTHING_DUE,   "nothing is due within 30 days", "30 天内没有到期事项") \
    X(SAY_BY_SIGNERS,    "the keys that signed it end", "签署它的密钥到期") \
    X(SAY_BY_SCHEME,     "its scheme is retired", "其算法停用") \
    X(SAY_LEFT_OF,       "keys left, needed",    "剩余密钥数，所需数") \
    X(SAY_IF_KEY,        "signatures by this key no longer count", "此密钥的签名不再有效") \
    X(SAY_IF_ROOT,       "no terminal installs anything until a newer root is published; they still find it", "在发布更新的根文件之前，任何终端都不再安装；终端仍能找到新根") \
    X(SAY_IF_TARGETS,    "no terminal installs anything", "任何终端都不再安装") \
    X(SAY_IF_PRODUCT,    "no terminal of this product installs anything", "该产品的终端不再安装任何内容") \
    X(SAY_IF_ONLINE,     "no terminal installs anything; the service renews it by itself while it runs", "任何终端都不再安装；服务运行时会自动续期") \
    X(SAY_IF_ROLE,       "nobody can sign this role any more: renew or replace keys before", "此角色将无人能签署：须提前续期或更换密钥") \
    X(SAY_IF_ROOT_ROLE,  "nobody can make a root that terminals follow: each of them would need a visit", "无人能再制作终端认可的根文件：每台终端都须上门处理") \
    X(SAY_IF_SCHEME,     "signatures of this scheme no longer count", "该算法的签名不再有效") \
    X(SAY_IF_IDLE,       "nothing: no role lists it", "无影响：没有角色使用它") \
    X(SAY_USAGE,         "usage",                "用法") \
    X(SAY_COMMANDS,      "commands",             "命令") \
    X(SAY_COMMON,        "every command takes",  "各命令通用选项")
/* clang-format on */

#define PHRASE_ENUM(symbol, en, zh_cn) symbol,
enum pst_phrase { PHRASES(PHRASE_ENUM) };
#undef PHRASE_ENUM

const char *pst_phrase(enum pst_phrase which, enum pst_language language);

#endif
