/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of postern-keys as a table: name, options, what they are for. */
#include "keys/tool/tool.h"

/* clang-format off */
const struct pst_tool_row pst_tool_rows[] = {
    {"new", "NAME --scheme ed25519|ecdsa-sha2-nistp256|rsassa-pss-sha256|sm2-sm3\n"
            "      [--not-before T] [--not-after T | --days N] [--plain | --token URI]",
     {"make a key pair: keys/NAME.key and keys/NAME.pub; or in a token, and keys/NAME.token",
      "生成密钥对：keys/NAME.key 与 keys/NAME.pub；或在令牌内生成，并写入 keys/NAME.token"},
     1, 1, pst_command_new,
     {{"--scheme", TAKES_ONE, true}, {"--not-before", TAKES_ONE, false}, {"--not-after", TAKES_ONE, false},
      {"--days", TAKES_ONE, false}, {"--plain", TAKES_NONE, false},
      {"--token", TAKES_ONE, false}}},
    {"adopt", "NAME --token URI [--not-before T] [--not-after T | --days N]",
     {"give a name to a key that is in a token already", "为令牌中已有的密钥命名"},
     1, 1, pst_command_adopt,
     {{"--token", TAKES_ONE, true}, {"--not-before", TAKES_ONE, false},
      {"--not-after", TAKES_ONE, false}, {"--days", TAKES_ONE, false}}},
    {"renew", "NAME [--not-before T] [--not-after T | --days N]",
     {"give a public key another window, and so another key id", "为公钥设定新的有效期（密钥标识随之改变）"},
     1, 1, pst_command_renew,
     {{"--not-before", TAKES_ONE, false}, {"--not-after", TAKES_ONE, false}, {"--days", TAKES_ONE, false}}},
    {"show", "FILE... [--against FILE]",
     {"say in plain words what a key or a signed file is", "用通俗文字说明密钥或签名文件"},
     1, ARGUMENTS_WORDS_MOST, pst_command_show,
     {{"--against", TAKES_ONE, false}}},
    {"root init", "--threshold M --root NAME... --targets NAME... [--targets-threshold M]\n"
            "      --snapshot PUB --timestamp PUB [--expires T | --days N]\n"
            "      [--fleet FILE [--strand N]]",
     {"draft the first root", "起草第一个根文件"},
     0, 0, pst_command_root_init,
     {{"--threshold", TAKES_ONE, true}, {"--root", TAKES_MANY, true}, {"--targets", TAKES_MANY, true},
      {"--targets-threshold", TAKES_ONE, false}, {"--snapshot", TAKES_ONE, true},
      {"--timestamp", TAKES_ONE, true}, {"--expires", TAKES_ONE, false}, {"--days", TAKES_ONE, false},
      {"--fleet", TAKES_ONE, false}, {"--strand", TAKES_ONE, false}}},
    {"root next", "[--add-root NAME...] [--remove-root KEY...] [--threshold M]\n"
            "      [--add-targets NAME...] [--remove-targets KEY...] [--targets-threshold M]\n"
            "      [--set-snapshot PUB] [--set-timestamp PUB]\n"
            "      [--revoke KEY... --reason leaked|lost|retired] [--retire-scheme S [--from T]]\n"
            "      [--expires T | --days N] [--fleet FILE [--strand N]]",
     {"draft the root after the last signed one", "在最后一个已签名根文件之后起草下一个"},
     0, 0, pst_command_root_next,
     {{"--add-root", TAKES_MANY, false}, {"--remove-root", TAKES_MANY, false},
      {"--threshold", TAKES_ONE, false}, {"--add-targets", TAKES_MANY, false},
      {"--remove-targets", TAKES_MANY, false}, {"--targets-threshold", TAKES_ONE, false},
      {"--set-snapshot", TAKES_ONE, false}, {"--set-timestamp", TAKES_ONE, false},
      {"--revoke", TAKES_MANY, false}, {"--reason", TAKES_ONE, false},
      {"--retire-scheme", TAKES_ONE, false}, {"--from", TAKES_ONE, false},
      {"--expires", TAKES_ONE, false}, {"--days", TAKES_ONE, false},
      {"--fleet", TAKES_ONE, false}, {"--strand", TAKES_ONE, false}}},
    {"targets init", "--product P --role-key NAME... [--threshold M] --assignments PUB\n"
            "      [--allow-sm2] [--expires T | --days N] [--fleet FILE [--strand N]]",
     {"draft targets.json with its first product", "起草含首个产品的 targets.json"},
     0, 0, pst_command_targets_init,
     {{"--product", TAKES_ONE, true}, {"--role-key", TAKES_MANY, true}, {"--threshold", TAKES_ONE, false},
      {"--assignments", TAKES_ONE, true}, {"--allow-sm2", TAKES_NONE, false},
      {"--expires", TAKES_ONE, false}, {"--days", TAKES_ONE, false},
      {"--fleet", TAKES_ONE, false}, {"--strand", TAKES_ONE, false}}},
    {"targets next", "[--product P [--role-key NAME...] [--add-role-key NAME...]\n"
            "      [--remove-role-key KEY...] [--threshold M]] [--assignments PUB] [--remove-product P]\n"
            "      [--allow-sm2] [--expires T | --days N] [--fleet FILE [--strand N]]",
     {"draft targets.json anew: one more product, other keys, a later date", "重新起草 targets.json：增加产品、更换密钥或延期"},
     0, 0, pst_command_targets_next,
     {{"--product", TAKES_ONE, false}, {"--role-key", TAKES_MANY, false},
      {"--add-role-key", TAKES_MANY, false}, {"--remove-role-key", TAKES_MANY, false},
      {"--threshold", TAKES_ONE, false},
      {"--assignments", TAKES_ONE, false}, {"--remove-product", TAKES_ONE, false},
      {"--allow-sm2", TAKES_NONE, false},
      {"--expires", TAKES_ONE, false}, {"--days", TAKES_ONE, false},
      {"--fleet", TAKES_ONE, false}, {"--strand", TAKES_ONE, false}}},
    {"product next", "P [--without VERSION...] [--above N] [--expires T | --days N]",
     {"draft a product's file anew: for other keys, a later date, or without some releases",
      "重新起草产品文件：更换密钥、延期或去掉某些版本"},
     1, 1, pst_command_product_next,
     {{"--without", TAKES_MANY, false}, {"--above", TAKES_ONE, false}, {"--expires", TAKES_ONE, false},
      {"--days", TAKES_ONE, false}}},
    {"sign", "FILE|PACK --key NAME... [--root FILE] [--targets FILE] [--to SIGNATURES]\n"
            "      [--fleet FILE [--strand N]]",
     {"show a draft, say what it changes, and add signatures to it; of a pack: write them to a file",
      "显示草稿及其变更并添加签名；对签名包则将签名写入文件"},
     1, 1, pst_command_sign,
     {{"--key", TAKES_MANY, true}, {"--root", TAKES_ONE, false}, {"--targets", TAKES_ONE, false},
      {"--to", TAKES_ONE, false}, {"--fleet", TAKES_ONE, false}, {"--strand", TAKES_ONE, false}}},
    {"export", "DRAFT... --to PACK [--fleet FILE]",
     {"a folder with drafts and what a holder needs to judge them, for a machine without a network",
      "导出签名包：草稿及判断所需的全部文件，供离线机器使用"},
     1, ARGUMENTS_WORDS_MOST, pst_command_export,
     {{"--to", TAKES_ONE, true}, {"--fleet", TAKES_ONE, false}}},
    {"import", "SIGNATURES... [--fleet FILE [--strand N]]",
     {"verify signatures that come back, and add them to the drafts", "校验带回的签名并并入草稿"},
     1, ARGUMENTS_WORDS_MOST, pst_command_import, {{"--fleet", TAKES_ONE, false}, {"--strand", TAKES_ONE, false}}},
    {"revoke", "KEY --reason leaked|lost [--with NEW] [--metadata DIR]",
     {"the plan for a key that leaked or is lost, and the drafts that it needs", "密钥泄露或丢失时的处置方案与所需草稿"},
     1, 1, pst_command_revoke,
     {{"--reason", TAKES_ONE, true}, {"--with", TAKES_ONE, false}, {"--metadata", TAKES_ONE, false}}},
    {"calendar", "[--at T] [--metadata DIR] [--json | --ics]",
     {"what ends when, who must act; status 3 when something is due within 30 days",
      "各项到期时间与处理人；30 天内有到期事项时退出码为 3"},
     0, 0, pst_command_calendar,
     {{"--at", TAKES_ONE, false}, {"--metadata", TAKES_ONE, false}, {"--json", TAKES_NONE, false},
      {"--ics", TAKES_NONE, false}}},
    {"check", "FILE [--root FILE] [--targets FILE]",
     {"verify a signed file as a terminal would", "像终端一样校验签名文件"},
     1, 1, pst_command_check, {{"--root", TAKES_ONE, false}, {"--targets", TAKES_ONE, false}}},
};

const struct pst_option pst_tool_common[] = {
    {"--dir", TAKES_ONE, false}, {"--passphrase-file", TAKES_ONE, false}, {"--module", TAKES_ONE, false},
    {"--lang", TAKES_ONE, false},
    {"--help", TAKES_NONE, false}, {NULL, TAKES_NONE, false},
};
/* clang-format on */

size_t pst_tool_row_count(void)
{
    return PST_COUNT(pst_tool_rows);
}

int pst_tool_find_row(int argc, char *const *argv, const struct pst_tool_row **out)
{
    for (size_t i = 0; i < PST_COUNT(pst_tool_rows); i++) {
        char two[32] = "";
        if (argc > 2)
            snprintf(two, sizeof two, "%.12s %.12s", argv[1], argv[2]);
        *out = &pst_tool_rows[i];
        if (argc > 2 && strcmp(two, pst_tool_rows[i].name) == 0)
            return 2;
        if (argc > 1 && strcmp(argv[1], pst_tool_rows[i].name) == 0)
            return 1;
    }
    *out = NULL;
    return 0;
}

enum pst_code pst_tool_run(const struct pst_tool *tool, int argc, char *const *argv,
                           struct pst_report *why)
{
    struct pst_arguments arguments;
    struct pst_tool inner = *tool;
    const struct pst_tool_row *row = NULL;

    int taken = pst_tool_find_row(argc, argv, &row);
    if (row == NULL)
        return pst_refuse(why, PST_USAGE, pst_say("a command"), pst_say("%s", argv[1]));
    enum pst_code rc =
        pst_arguments_parse(argc - 1 - taken, argv + 1 + taken, row->options, pst_tool_common,
                            row->words_least, row->words_most, &arguments, why);
    inner.arguments = &arguments;
    return rc == PST_OK ? row->run(&inner, why) : rc;
}
