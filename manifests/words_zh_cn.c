/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words_zh_cn.c - what every finding says in Simplified Chinese.
 *
 * A row is code, title, text, remedies for {merchant, operator, vendor}; the rows stand in the
 * order of codes.h and have the placeholders of words_en.c. Sentences that serve several rows are
 * macros, as there. Values stay as the program wrote them: a text reads well around English ones.
 */
#include "manifests/words.h"

/* clang-format off */
#define NOTHING  "无需处理。"
#define CALL     "请联系服务商，并告知此代码。"
#define KEEP_ON  "无需处理：请让终端保持开机联网，它会自动重试。"
#define OLD_RUNS "终端仍运行旧版本，可以继续收款。"
#define VALUES   "应为 {expected}，实为 {found}。"
#define AGAIN    "请修改所指位置后重新提交。"
#define REBUILD \
    "若属于发布内容，请修正后重新执行 `postern release build` 并签名。"
#define WIDEN(field) \
    "若已在该环境测试通过，" \
    "请放宽 `fits." field "`，增大 `sequence` 后重新签名。"
#define SETTING "请改正配置文件中的该项，然后重启程序。"
#define SWAPPED \
    "请比对源站与各镜像站的文件，并重新执行 `postern publish DIR`。" \
    "若源站无误，说明传输途中有人调包：请执行 `postern rollout pause`。"

const struct pst_words pst_words_zh_cn[] = {
    {PST_OK, "一切正常",
     "所有检查均已通过。",
     {NOTHING, NOTHING, NOTHING}},

    {PST_SIGNATURE_MISSING, "缺少签名",
     "{where} 没有签名：" VALUES,
     {"",
      "请确认发布的是已签名文件而非草稿，"
      "然后重新执行 `postern publish DIR`。",
      "请用该角色的密钥签名（`postern-keys sign`）后重新交付。"}},
    {PST_SIGNATURE_INVALID, "签名不符",
     "{where} 的签名与内容不符：文件可正常读取，但签名后被改动，"
     "或由其他密钥签署（应为 {expected}，实为 {found}）。",
     {"",
      "请执行 `postern rollout pause`，保留该文件，"
      "在厂商核对之前按篡改处理。"
      "这不是传输损坏（那会报 metadata.corrupt）。",
      "请与原始文件比对：若确系本厂文件，重新签名（`postern-keys sign`）；"
      "若不是，追查是谁改动的。"}},
    {PST_SIGNATURE_THRESHOLD, "签名数不足",
     "{where} 的有效签名未达阈值：需要 {expected}，实有 {found}。",
     {"",
      "`postern terminal why ID` 会列出每个未计入的签名及原因，请转交厂商。",
      "请由更多密钥持有人签名（`postern-keys sign`）。"
      "过期、吊销、未知的密钥不计入，每把密钥只计一次。"}},
    {PST_ALGORITHM_UNKNOWN, "签名算法未知",
     "{where} 使用了本软件不认识的签名算法：" VALUES,
     {"",
      "请先升级代理程序；`postern status` 可统计受影响的终端。",
      "请改用现网所有代理程序都支持的算法签名，"
      "或先发布新版代理程序。"}},
    {PST_ALGORITHM_RETIRED, "签名算法已停用",
     "{where} 使用的签名算法已停用：" VALUES,
     {"",
      "请执行 `postern rollout pause`，等待厂商重新签名。",
      "请为该角色轮换到现行算法的密钥，"
      "并重新签名（`postern-keys sign`）。"}},
    {PST_SIGNATURE_DUPLICATE, "同一密钥重复签名",
     "同一把密钥对 {where} 多次签名，只计一次（应为 {expected}，"
     "实为 {found}）。",
     {"",
      "若同时有 signature.threshold，请执行 `postern rollout pause`，"
      "并请厂商补足签名。",
      "请删除重复的签名，由另一位密钥持有人签名。若非有意为之，"
      "请查明谁能接触签名工具。"}},

    {PST_KEY_UNKNOWN, "密钥不受信任",
     "{where} 的签名密钥不受信任：" VALUES,
     {"",
      "请用 `postern-keys show` 比对密钥 ID。若仅少数终端如此，"
      "说明其根文件不同，请检查它们的信任锚。",
      "请用该角色名单内的密钥签名，"
      "或在新版根文件（或上级角色）中加入此密钥。"}},
    {PST_KEY_EXPIRED, "签名密钥已过期",
     "{where} 的签名密钥已过其自身有效期：" VALUES,
     {"",
      "与终端时钟（clock.untrusted）和文件日期（metadata.expired）无关。"
      "请用 `postern-keys show` 查看日期，执行 `postern rollout pause`，"
      "并请厂商重新签名。",
      "请轮换密钥：在新版根文件（或上级角色）中列入新密钥，"
      "再用它重新签名（`postern-keys sign`）。"}},
    {PST_KEY_NOT_YET_VALID, "密钥尚未生效",
     "{where} 的签名密钥尚未到生效日期：" VALUES,
     {"",
      "请执行 `postern rollout pause`，"
      "到 `postern-keys show` 所示生效日再执行 `postern rollout resume`。"
      "若仅个别终端如此，是其时钟偏慢。",
      "请在密钥生效后再发布，或改用当前有效的密钥签名。"}},
    {PST_KEY_REVOKED, "密钥已吊销",
     "{where} 上有已吊销密钥的签名：" VALUES,
     {"",
      "请对该密钥签署过的所有版本执行 `postern rollout cancel`，"
      "并向厂商确认密钥是否泄露。",
      "请勿再用此密钥。核查它签过的内容，"
      "用接替的密钥为正版固件重新签名。"}},
    {PST_KEY_MALFORMED, "密钥无法读取",
     "{where} 的密钥无法读取：" VALUES,
     {"",
      "请用 `postern-keys show` 检查该文件；若已损坏，请从来源重新复制。",
      "请按所指格式重新导出公钥，列入名单后重新签名。"}},
    {PST_KEY_WEAK, "密钥强度不足",
     "{where} 的密钥强度不足：要求 {expected}，实为 {found}。",
     {"",
      "请执行 `postern rollout pause`，等待厂商用更强的密钥签名。",
      "请生成更强的密钥（ed25519，或 3072 位及以上的 RSA），"
      "完成轮换后重新签名。"}},
    {PST_KEY_LOCKED, "密钥无法解锁",
     "{where} 的私钥无法解锁：" VALUES,
     {"",
      "请检查口令（或 PIN 以及与 HSM 的连接）后重试。口令遗失无法找回，"
      "只能轮换密钥。",
      "请由阈值内的其他密钥持有人签名，并轮换此密钥。"}},
    {PST_KEY_WRONG_ROLE, "密钥属于其他角色",
     "该密钥不属于 {where} 所指的角色：" VALUES,
     {"",
      "请使用 `postern-keys show` 为该角色列出的密钥；"
      "名单只能通过重新签署根文件或上级角色来更改。",
      ""}},
    {PST_KEY_ID_MISMATCH, "密钥 ID 不符",
     "{where} 的密钥与所列的密钥 ID 不一致：" VALUES,
     {"",
      "请勿发布此文件，并通过其他渠道向厂商核对密钥指纹。",
      "请按 `postern-keys show` 算出的 ID 列入并重新签名；若原始文件无误，"
      "则此份是伪造的。"}},

    {PST_METADATA_MISSING, "签名文件缺失",
     "找不到签名文件（{where}）：" VALUES,
     {"",
      "请用完整目录执行 `postern publish DIR`，"
      "再检查各镜像站和缓存是否有此文件。",
      ""}},
    {PST_METADATA_CORRUPT, "签名文件损坏",
     "{where} 在传输或存储中损坏：" VALUES,
     {"",
      "请比对源站与各镜像站的文件，清空缓存并执行 `postern publish DIR`，"
      "终端会自动重新获取。若文件完好而签名不符，"
      "则会报 signature.invalid。",
      ""}},
    {PST_METADATA_FORMAT_UNKNOWN, "文件格式过新",
     "{where} 的格式本软件无法读取：" VALUES,
     {"",
      "请先升级代理程序（或本服务）；"
      "`postern status` 可统计受影响的终端。",
      "请先发布能读取此格式的代理程序，或同时提供旧格式。"}},
    {PST_METADATA_TOO_LARGE, "签名文件过大",
     "{where} 超过签名文件的大小上限：允许 {expected}，实为 {found}。",
     {"",
      "请用 `postern terminal why ID` 查看来源："
      "可能是代理服务器或攻击者在发送无尽数据。"
      "若自己的文件确实这么大，请厂商拆分。",
      ""}},
    {PST_METADATA_WRONG_ROLE, "文件属于其他角色",
     "{where} 的内容属于其他角色：" VALUES,
     {"", SWAPPED, ""}},
    {PST_METADATA_WRONG_VERSION, "版本与清单不符",
     "{where} 的版本与签名清单所列不一致：" VALUES,
     {"",
      "两次发布的文件混在了一起。请清空缓存并执行 `postern publish DIR`，"
      "使文件配套。",
      ""}},
    {PST_METADATA_ROLLBACK, "比已信任的更旧",
     "{where} 比已信任的版本更旧：" VALUES,
     {"",
      "有镜像站、缓存或恢复的备份在提供旧文件，请更新它。若都不是，"
      "则有人在重放旧文件：请执行 `postern rollout pause` 并调查。",
      ""}},
    {PST_METADATA_EXPIRED, "签名文件已过期",
     "{where} 已过文件自身所写的有效期：" VALUES,
     {"",
      "密钥与时钟均无问题（否则报 key.expired、clock.untrusted）。"
      "若为 timestamp、snapshot，请用 `postern status` 确认服务在运行并签名；"
      "其他文件请重新签名，再执行 `postern publish DIR`。",
      "请为该角色设定更晚的日期并重新签名（`postern-keys sign`），"
      "密钥可不变。"}},
    {PST_METADATA_NOT_LISTED, "不在签名清单中",
     "{where} 不在签名清单中：" VALUES,
     {"",
      "请核对所请求的产品和版本；若无误，"
      "请对该版本执行 `postern publish DIR`。",
      "请将其加入产品角色的清单并重新签名。"}},
    {PST_METADATA_LIMIT, "达到上限",
     "读取 {where} 时达到上限而停止：允许 {expected}，实为 {found}。",
     {"",
      "已获取的部分会保留，下次签到继续。若一直如此，"
      "说明根文件或角色链过长，请联系厂商。",
      ""}},

    {PST_BAD_SYNTAX, "文档格式错误",
     "{where} 无法解析：" VALUES,
     {"", AGAIN, REBUILD}},
    {PST_BAD_ENCODING, "不是 UTF-8 文本",
     "{where} 不是规范的 UTF-8 文本：" VALUES,
     {"", "请保存为不带 BOM 和控制字符的 UTF-8 文件后重新提交。", REBUILD}},
    {PST_DUPLICATE_FIELD, "字段重复",
     "{where} 处有字段重复出现：" VALUES,
     {"", "请确认以哪个值为准，删除另一个后重新提交。", REBUILD}},
    {PST_MISSING_FIELD, "缺少字段",
     "{where} 处缺少字段：" VALUES,
     {"", "请补上该字段后重新提交。", REBUILD}},
    {PST_UNKNOWN_FIELD, "未知字段",
     "{where} 处有无法识别的字段：" VALUES,
     {"",
      "请检查拼写（区分大小写）。若该字段属于新版本，"
      "请先升级本程序。",
      REBUILD}},
    {PST_WRONG_TYPE, "值类型错误",
     "{where} 处的值类型不对：" VALUES,
     {"", AGAIN, REBUILD}},
    {PST_OUT_OF_BOUNDS, "值超出范围",
     "{where} 处的值超出范围：允许 {expected}，实为 {found}。",
     {"", AGAIN, REBUILD}},
    {PST_EMPTY_RANGE, "版本范围为空",
     "{where} 处的版本范围不含任何版本：" VALUES,
     {"", "请先写下限再写上限，如 `>=5.2.0 <6.0.0`，然后重新提交。", REBUILD}},
    {PST_TOO_LARGE, "内容过大",
     "{where} 过大：允许 {expected}，实为 {found}。",
     {"", "请缩短或拆分后重新提交。", REBUILD}},
    {PST_INCONSISTENT, "前后矛盾",
     "{where} 处的两项内容互相矛盾：" VALUES,
     {"", AGAIN, REBUILD}},

    {PST_CLOCK_UNTRUSTED, "时钟不可信",
     "终端时钟不可信：应为 {expected}，实为 {found}；与密钥和文件无关。",
     {"请让终端保持开机联网，它会自动校时。若每次断电后都出现，"
      "说明时钟电池已耗尽，" CALL,
      "请勿为此轮换密钥。请检查门店能否访问时间服务器；若仅此一台，"
      "请安排更换时钟电池。",
      ""}},

    {PST_OS_TOO_OLD, "系统版本过低",
     "终端系统版本低于此固件的要求：需要 {expected}，实为 {found}。",
     {"",
      "请先用 `postern rollout start` 下发适用的中间版本，"
      "可事先用 `postern explain` 验证。",
      WIDEN("os")}},
    {PST_OS_TOO_NEW, "系统版本过高",
     "终端系统比此固件适用的更新：需要 {expected}，实为 {found}。",
     {"",
      "请为这些终端选用更新的版本，"
      "或在发布计划的筛选条件中排除它们。",
      WIDEN("os")}},
    {PST_OS_NOT_LISTED, "系统版本不适用",
     "终端系统不在此固件的任何适用范围内：需要 {expected}，实为 {found}。",
     {"", "请用 `postern explain` 找到适用的版本并先行下发。", WIDEN("os")}},
    {PST_HARDWARE_MODEL, "硬件型号不符",
     "此固件不适用于该硬件型号：需要 {expected}，实为 {found}。",
     {"",
      "请为该终端下发其自身型号的版本；若台账中的产品登记有误，"
      "请更正。",
      WIDEN("hardware")}},
    {PST_HARDWARE_REVISION, "硬件版本不符",
     "此固件不适用于该硬件版本：需要 {expected}，实为 {found}。",
     {"",
      "请将该硬件版本的终端移出发布计划，并向厂商询问适用的版本。",
      WIDEN("hardware")}},
    {PST_AGENT_TOO_OLD, "代理程序过旧",
     "终端上的更新代理程序对此固件而言过旧：需要 {expected}，"
     "实为 {found}。",
     {"",
      "请先下发新版代理程序，再执行 `postern rollout resume`。",
      "若旧代理程序也能胜任，请调低 `fits.agent`，"
      "增大 `sequence` 后重新签名。"}},
    {PST_BOOTLOADER, "引导程序不符",
     "终端的引导程序与此固件不匹配：需要 {expected}，实为 {found}。",
     {"",
      "请先下发更新引导程序的版本；若没有，则需返修处理。",
      WIDEN("bootloader")}},
    {PST_DATA_SCHEMA, "数据格式不符",
     "此固件无法沿用终端上的数据：需要格式 {expected}，实为 {found}。",
     {"",
      "请先下发负责转换数据的过渡版本。",
      "请发布能转换此数据的版本，或放宽 `fits.data_schema`。"}},
    {PST_REGION, "地区不符",
     "此固件不面向该终端所在地区：需要 {expected}，实为 {found}。",
     {"",
      "请选用该地区的版本；若台账中的地区有误，请更正。",
      WIDEN("regions")}},
    {PST_PRODUCT, "产品不符",
     "此固件属于其他产品线：" VALUES,
     {"", "请核对发布计划与终端台账中的产品，改正有误的一方。", ""}},
    {PST_COMPONENT_MISSING, "组件无对应插槽",
     "终端上没有安放此固件某个组件的插槽：需要 {expected}，实为 {found}。",
     {"",
      "请将代理程序配置中的插槽与 `postern-agent status` 的输出比对。",
      "请核对清单中的插槽类别与该机型，为其构建不含此组件的版本。"}},
    {PST_BRIDGE_REQUIRED, "须先装过渡版本",
     "升级到此版本不得跳过过渡版本：需要 {expected}，实为 {found}。",
     {"", "请先用 `postern rollout start` 下发过渡版本，再下发此版本。", ""}},
    {PST_ALREADY_INSTALLED, "已是此版本",
     "终端已运行此版本（{found}）。",
     {NOTHING, NOTHING, ""}},

    {PST_DOWNGRADE_NOT_PERMITTED, "不允许降级",
     "此版本比已安装的旧，且未允许降级：" VALUES,
     {"",
      "请执行 `postern rollout cancel`。若确需降级，"
      "请厂商提供允许降级的清单。",
      "请在 `downgrade_from` 中写明已安装版本，增大 `sequence` 后重新签名。"}},
    {PST_DOWNGRADE_FLOOR, "低于安全底线",
     "此版本低于该终端的安全底线版本：" VALUES,
     {"",
      "请执行 `postern rollout cancel`，改选不低于底线的版本。",
      "任何清单都不能突破底线："
      "请将所需功能重新构建为高于底线的版本。"}},

    {PST_DELTA_BASE, "差分基准不符",
     "{where} 的差分包所依据的基准与已安装镜像不同：" VALUES,
     {"",
      "若该版本有全量镜像则无需处理，终端会自动改用；"
      "否则请厂商提供基于已安装版本的差分包。",
      "请增加基于该版本的差分包（`postern release build`）。"
      "若版本相同而摘要不同，说明插槽内容被改动过。"}},
    {PST_DELTA_FORMAT, "差分格式未知",
     "代理程序不支持 {where} 的差分包格式：" VALUES,
     {"",
      "若有其他来源，终端会自动改用；请升级其代理程序以支持此格式。",
      "请增加全量镜像或旧格式的差分包（`postern release build`）。"}},
    {PST_DELTA_MALFORMED, "差分包内容违规",
     "{where} 的差分包传输完好，但内容不符合格式规则：" VALUES,
     {"",
      "请执行 `postern rollout pause` 并通知厂商：签名时内容即如此。",
      "请撤回该差分包，查明其生成过程，"
      "并用 `postern release build` 重新构建。"}},
    {PST_DELTA_MEMORY, "差分解码内存不足",
     "{where} 的差分包解码所需内存超过代理程序的限额：" VALUES,
     {"",
      "在允许时终端会改用全量镜像。若硬件允许，"
      "可调高代理程序的内存限额。",
      "请用更小的窗口构建差分包，"
      "或增加全量镜像（`postern release build`）。"}},
    {PST_DELTA_NO_SOURCE, "无可用来源",
     "{where} 的差分包和全量镜像都不适用于该终端：" VALUES,
     {"",
      "`postern terminal why ID` 会说明每个来源不可用的原因；请据此处理，"
      "或请厂商提供全量镜像。",
      "请增加全量镜像，或基于其已安装版本的差分包"
      "（`postern release build`）。"}},

    {PST_IMAGE_CORRUPT, "数据块传输损坏",
     "{where} 的一个数据块在传输中损坏：应为 {expected}，实为 {found}；"
     "将重新获取。",
     {"",
      "若反复出现，请将该镜像站的文件与源站比对，"
      "清空缓存并重新执行 `postern publish DIR`。",
      ""}},
    {PST_IMAGE_MISSING, "镜像文件缺失",
     "服务器上没有镜像文件（{where}）：" VALUES,
     {"",
      "请用完整目录执行 `postern publish DIR`，并确认各镜像站均已同步。",
      ""}},
    {PST_IMAGE_DIGEST, "解码结果不符",
     "{where} 的数据块均完好，但解码结果与签名的镜像不一致：" VALUES,
     {OLD_RUNS,
      "请执行 `postern rollout pause`。若仅一台如此，"
      "是其基准镜像或内存有问题，见 `postern terminal why ID`。",
      "请用准确的基准执行 `postern release build` 重新生成差分包，"
      "比对摘要后重新签名。"}},
    {PST_IMAGE_SIZE, "镜像大小不符",
     "{where} 的大小与签名所载不一致：" VALUES,
     {"",
      "请执行 `postern rollout pause` 并通知厂商。",
      "请用 `postern release build` 重新构建；"
      "大小与内容必须出自同一次构建。"}},

    {PST_SLOT_READBACK, "闪存老化",
     "{where} 的闪存读回内容与写入不一致：" VALUES,
     {OLD_RUNS "但存储部件正在老化，请勿拖延：" CALL,
      "下载与签名均无误。若 `postern terminal why ID` 显示不止一次，"
      "请安排换机。",
      ""}},
    {PST_SLOT_IO, "存储故障",
     "{where} 的存储无法读写：" VALUES,
     {"请将终端关机再开机一次。若此代码再次出现，" CALL,
      "请用 `postern terminal why ID` 查看设备与数据块；若重复出现，请换机。",
      ""}},
    {PST_SLOT_ACTIVE, "插槽正在使用",
     "要写入的插槽（{where}）正在运行，因此未作改动：" VALUES,
     {"",
      "请执行 `postern rollout pause`，"
      "并将代理程序的插槽配置与 `postern-agent status` 比对。",
      "请修正该机型的插槽映射或引导控制："
      "代理程序必须能识别正在运行的插槽。"}},
    {PST_SLOT_TOO_SMALL, "插槽空间不足",
     "镜像放不进 {where} 的插槽：" VALUES,
     {"",
      "请将这些终端移出发布计划。",
      "请缩小镜像，或先发布扩大分区的过渡版本。"}},

    {PST_BOOT_MARKER, "启动标记损坏",
     "{where} 处指示启动插槽的标记已损坏：" VALUES,
     {"",
      "终端仍用当前插槽运行。请在终端上执行 `postern-agent status`，"
      "并将输出发给厂商。",
      "请查明是否有其他程序改写引导环境，或其闪存已老化，"
      "然后重写两份标记。"}},
    {PST_BOOT_REVERTED, "已回退到旧版本",
     "新版本未能启动，终端已回退到旧版本：" VALUES,
     {OLD_RUNS,
      "请执行 `postern rollout pause` 并查看 `postern terminal why ID`；若多台如此，"
      "请通知厂商。",
      "请在该硬件版本上复现试启动，修正镜像后以新版本发布。"}},
    {PST_BOOT_HEALTH, "自检未通过",
     "新版本已试启动，但 {where} 自检未通过：" VALUES,
     {OLD_RUNS,
      "请执行 `postern rollout pause`；`postern terminal why ID` 会指出检查项，"
      "请确认其对象（主机、打印机、读卡器）正常。",
      "请修正镜像或 `confirm` 中的检查项，以新版本发布。"}},

    {PST_BATTERY_LOW, "电量不足",
     "电量不足，无法更新：需要 {expected}，实为 {found}。",
     {"请将终端接上充电器并保持开机，最好充一整夜。", "", ""}},
    {PST_NO_MAINS, "未接电源",
     "更新需要接通电源：" VALUES,
     {"请接上电源并保持开机，最好整夜不断电。", "", ""}},
    {PST_BUSY, "终端使用中",
     "终端正在使用，更新将等待：" VALUES,
     {"请照常收款。打烊后请让终端保持开机并接通电源。", "", ""}},
    {PST_TAMPERED, "防拆报警",
     "终端的防拆保护已触发：" VALUES,
     {"请立即停用此终端收款，并马上联系服务商。",
      "请停用并回收该终端，不要再尝试更新。",
      "请在安全场所检查终端；恢复封签和密钥后方可更新。"}},
    {PST_NO_SPACE, "空间不足",
     "可用空间不足，无法更新：需要 {expected}，实为 {found}。",
     {"请做日终结算上传当日单据，并保持开机。若此代码仍在，" CALL,
      "请安排清理终端上的旧日志和应用数据。",
      ""}},
    {PST_WINDOW_CLOSED, "不在更新时段",
     "当前不在允许更新的时段：" VALUES,
     {"请让终端夜间保持开机并接通电源。",
      "无需处理，下一时段会自动再试。若多晚错过，"
      "请放宽发布计划的时段。",
      ""}},
    {PST_METERED, "按流量计费网络",
     "当前网络按流量计费，更新不得使用：" VALUES,
     {"如有 Wi-Fi 或网线，请为终端接上。",
      "请等待不计费的网络；或核对流量后在发布计划中允许使用计费网"
      "络。",
      ""}},
    {PST_FACT_UNKNOWN, "终端状态不明",
     "终端无法提供此固件要求的状态信息（{where}）：" VALUES,
     {"",
      "请在终端上执行 `postern-agent check`，"
      "并修正其配置中提供该信息的文件或命令。",
      ""}},

    {PST_NET_UNREACHABLE, "无法连接",
     "终端无法连接更新服务器（{where}）：" VALUES,
     {"请检查网线或 Wi-Fi，并看其他设备能否上网。若只有终端不能，" CALL,
      "若多台如此，请检查 DNS、防火墙和服务器；"
      "`postern status` 可确认服务是否运行。",
      ""}},
    {PST_NET_TLS, "安全连接失败",
     "与 {where} 的安全连接失败：" VALUES,
     {"",
      "请检查服务器证书的到期日、主机名、证书链，"
      "以及代理程序配置的 CA。若同时有 clock.untrusted，请先解决时钟。",
      ""}},
    {PST_NET_STATUS, "服务器应答异常",
     "{where} 的应答无法使用：" VALUES,
     {"",
      "请在服务器或代理服务器的日志中查找此应答；终端会自动重试。",
      ""}},
    {PST_NET_STALLED, "网络过慢",
     "从 {where} 的下载停滞不前：" VALUES,
     {"请让终端开机、接电并靠近路由器，它会从中断处继续。",
      "若多台同时如此，请检查服务器和镜像站的带宽。",
      ""}},
    {PST_NET_REDIRECT, "被转到其他地址",
     "{where} 要求转到别处，终端不会跟随：" VALUES,
     {"",
      "请在代理程序配置中填写最终地址，"
      "或取消服务器、代理服务器上的跳转。",
      ""}},
    {PST_NET_CAPTIVE, "网络要求登录",
     "{where} 的应答是一个网络登录页面：" VALUES,
     {"此网络需先登录或同意条款。请换用其他网络，"
      "或请网络管理人员放行该终端。",
      "请门店将终端接入无登录页面的网络。",
      ""}},
    {PST_NET_RANGE, "不支持分段下载",
     "{where} 未按要求提供文件的分段：" VALUES,
     {"",
      "请在该镜像站或代理服务器上启用分段（Range），"
      "或将其移出代理程序的来源列表。",
      ""}},
    {PST_NET_TRUNCATED, "下载中断",
     "从 {where} 的下载中断：" VALUES,
     {KEEP_ON "若每晚如此，请检查网线或 Wi-Fi。",
      "若多台在同一大小处中断，请检查代理服务器或镜像站的限制。",
      ""}},
    {PST_NET_FORBIDDEN, "地址不允许",
     "{where} 处的地址不允许使用：" VALUES,
     {"", "请改用 https 地址（普通 http 仅限本机），并修正配置。", ""}},

    {PST_SERVICE_MAINTENANCE, "服务维护中",
     "更新服务正在维护：" VALUES,
     {KEEP_ON, "无需处理，维护结束后终端会自动恢复连接。", ""}},
    {PST_SERVICE_UNAUTHORIZED, "未通过身份验证",
     "服务无法确认请求者的身份：" VALUES,
     {"",
      "请使用有效的令牌；若已失效，请向管理员申请新的。若来自终端，"
      "请重新注册该终端。",
      ""}},
    {PST_SERVICE_NOT_ACCEPTED, "等待接纳",
     "终端已注册，但尚未被接纳：" VALUES,
     {"", "请将其序列号与台账核对，并在终端列表中接纳。", ""}},
    {PST_SERVICE_FORBIDDEN, "权限不足",
     "您无权执行此操作：" VALUES,
     {"", "请向管理员申请所需的角色或范围，或改用具备权限的令牌。", ""}},
    {PST_SERVICE_NOT_FOUND, "查无此项",
     "服务中没有此名称的内容（{where}）：" VALUES,
     {"", "请检查拼写；`postern status` 会列出现有内容。", ""}},
    {PST_SERVICE_CONFLICT, "状态已变化",
     "请求与 {where} 的当前状态冲突：" VALUES,
     {"", "请先查看当前状态（`postern status`），再决定是否重新提交。", ""}},
    {PST_SERVICE_BAD_REQUEST, "请求有误",
     "请求的 {where} 处有误：" VALUES,
     {"",
      "请修正所指部分后重新提交。若由终端发出，请升级其代理程序。",
      ""}},
    {PST_SERVICE_OVERLOADED, "服务繁忙",
     "服务当前过于繁忙：" VALUES,
     {KEEP_ON,
      "终端稍后会自动再来。若持续繁忙，请执行 `postern rollout pause`，"
      "并检查服务器的负载和磁盘。",
      ""}},
    {PST_SERVICE_STORE, "数据库故障",
     "服务无法使用其数据库：" VALUES,
     {KEEP_ON,
      "请检查服务器磁盘空间和数据库日志。已确认的数据不会丢失，"
      "恢复之前终端会保留其报告。",
      ""}},
    {PST_SERVICE_METHOD, "请求方法不支持",
     "{where} 不支持此类请求：" VALUES,
     {"",
      "请使用所列的请求方法；可能是命令行工具与服务器版本不一致。",
      ""}},

    {PST_ASSIGNMENT_NONE, "暂无更新任务",
     "该终端没有被分配任何版本。",
     {NOTHING,
      "若本应有任务，请用 `postern status` 确认发布计划正在运行，"
      "且筛选条件和百分比包含该终端。",
      ""}},
    {PST_ASSIGNMENT_OTHER, "指令属于其他终端",
     "{where} 的更新指令是发给其他终端的：" VALUES,
     {"",
      "请排查是否有克隆终端，或代理服务器混淆了应答："
      "查看 `postern terminal why ID`，并暂停这两台终端。",
      ""}},
    {PST_ASSIGNMENT_EXPIRED, "指令已过期",
     "发给该终端的更新指令已失效：" VALUES,
     {"",
      "下次签到会下发新指令。若反复出现，请检查服务端时钟，"
      "并确认没有代理服务器缓存签到应答。",
      ""}},
    {PST_ASSIGNMENT_REPLAYED, "收到旧指令",
     "收到的指令比已接受的更旧：" VALUES,
     {"",
      "请检查是否有代理服务器缓存，或服务曾从备份恢复。若都没有，"
      "则有人在重放旧指令：请执行 `postern rollout pause`。",
      ""}},
    {PST_ASSIGNMENT_WITHDRAWN, "指令已撤回",
     "更新在安装之前已被撤回：" VALUES,
     {NOTHING,
      "若属有意则无需处理；否则请执行 `postern rollout resume` 或 "
      "`postern rollout start`。",
      ""}},
    {PST_ASSIGNMENT_MISMATCH, "指令与发布不符",
     "指令所指内容与厂商为 {where} 签名的不一致：" VALUES,
     {"",
      "请执行 `postern rollout cancel`，"
      "用 `postern publish DIR` 发布厂商文件后重新开始。",
      "请将清单摘要与已发布的比对：同一版本绝不能有两份内容。"}},

    {PST_NO_MEMORY, "内存不足",
     "本机内存已耗尽：需要 {expected}，实为 {found}。",
     {"", "请关闭不需要的程序，或提高本程序的内存上限，然后重试。", ""}},
    {PST_HOST_IO, "读写失败",
     "本机读写失败（{expected}）：{found}。",
     {"", "请检查磁盘和系统日志；若均正常，请重试。", ""}},
    {PST_HOST_DISK_FULL, "磁盘已满",
     "本机磁盘空间不足（{expected}）：{found}。",
     {"",
      "请释放该磁盘的空间（或提高配额），再执行同一命令；"
      "不会留下半成品。",
      ""}},
    {PST_HOST_PERMISSION, "没有权限",
     "系统不允许此操作（{expected}）：{found}。",
     {"",
      "请以文件所有者身份运行，或修正所有者、权限位或只读挂载。",
      ""}},
    {PST_HOST_NOT_FOUND, "找不到文件",
     "文件或目录不存在（{expected}）：{found}。",
     {"", "请检查路径拼写和启动时所在的目录。", ""}},
    {PST_HOST_PORT, "端口被占用",
     "网络端口已被其他程序占用（{expected}）：{found}。",
     {"",
      "请结束占用的程序（`ss -ltnp` 可查看），或在配置中改用其他端口。",
      ""}},
    {PST_HOST_STATE, "本地状态损坏",
     "{where} 保存的状态已损坏：" VALUES,
     {"",
      "代理程序会从内置信任锚重新开始：请执行 `postern-agent once`。"
      "若在服务器上，请恢复最近的备份。",
      ""}},
    {PST_HOST_LOCKED, "已在运行",
     "另一个进程正在处理同一份数据：" VALUES,
     {"",
      "请等待其结束，或结束那个进程；"
      "已退出进程遗留的锁会被自动接管。",
      ""}},
    {PST_HOST_CRYPTO, "密码库故障",
     "本机的密码库出错：" VALUES,
     {"",
      "请检查 OpenSSL 的安装与配置（FIPS 模式、provider），然后重试。",
      ""}},
    {PST_HOST_STATE_NEWER, "状态来自新版本",
     "{where} 的状态由更新的版本写入：" VALUES,
     {"", "请重新安装那个较新的版本；数据未被改动。", ""}},
    {PST_HOST_COMMAND, "外部命令失败",
     "配置中的命令执行失败（{where}）：" VALUES,
     {"",
      "请在终端上手动执行该命令，并将输出转交厂商。",
      "请修正该机型的命令或脚本：须在时限内结束且退出码为 0。"}},
    {PST_HOST_EXISTS, "同名项已存在",
     "同名内容已存在，未作改动（{expected}）：{found}。",
     {"", "请换用其他名称；若旧的不再需要，请自行删除。", ""}},
    {PST_HOST_STOPPED, "已按要求停止",
     "操作在完成前被停止（{expected}）：{found}。未保留任何结果。",
     {"", "方便时请重新开始。", ""}},

    {PST_CONFIG_SYNTAX, "配置格式错误",
     "配置的 {where} 处无法解析：" VALUES,
     {"", SETTING, ""}},
    {PST_CONFIG_UNKNOWN, "未知配置项",
     "配置的 {where} 处有未知配置项：" VALUES,
     {"", "请检查拼写或删除该项，然后重启程序。", ""}},
    {PST_CONFIG_MISSING, "缺少配置项",
     "配置的 {where} 处缺少配置项：" VALUES,
     {"", "请在配置文件中补上该项，然后重启程序。", ""}},
    {PST_CONFIG_VALUE, "配置值无效",
     "配置的 {where} 处的值无法使用：" VALUES,
     {"", SETTING, ""}},
    {PST_USAGE, "参数错误",
     "命令的用法不对：" VALUES,
     {"", "请加 --help 运行该命令，并改正参数。", ""}},

    {PST_RELEASE_EXISTS, "已发布版本不可改",
     "此版本已发布，且内容不同（{where}）：" VALUES,
     {"",
      "请将改动后的内容以新版本号发布；已发布的保持不变。",
      "请提高版本号并重新执行 `postern release build`。"
      "同一版本只能以更大的 `sequence` 增加来源。"}},
    {PST_RELEASE_INCOMPLETE, "发布内容不全",
     "发布内容缺少其所列的文件（{where}）：" VALUES,
     {"",
      "请补上所指文件并重新执行 `postern publish DIR`；目前未发布任何内容。",
      "请重新执行 `postern release build`，并交付完整目录。"}},
    {PST_RELEASE_UNPROVEN, "差分包验证失败",
     "{where} 的差分包应用到基准后得不到目标镜像，因此未签名：" VALUES,
     {"",
      "请重新执行 `postern release build`。若再次失败，"
      "请检测本机的内存和磁盘，并换机构建。",
      "请确认基准和目标是实际出厂的镜像，再重新构建差分包。"}},
    {PST_RELEASE_COMPRESSED, "内容已压缩",
     "{where} 的镜像中有大量内容已被压缩，差分包无法在其中找到终端已有的部分：" VALUES,
     {"",
      "请在下一次发布前向厂商索取内容未压缩的镜像。",
      "请以不压缩的方式构建镜像：squashfs 使用 `mksquashfs -noI -noD -noF -noX`，或改用 ext4、"
      "默认设置的 EROFS；内核、initramfs 和固件卷同样处理。下载内容仍会被压缩，"
      "而差分包只占其中一小部分。若闪存空间不足，则除下载量较大外并无其他问题。"}},
    {PST_ROLLOUT_STATE, "当前状态不允许",
     "发布计划的当前状态不允许此操作：" VALUES,
     {"",
      "请用 `postern status` 查看状态：运行中的可暂停，已暂停的可恢复；"
      "已取消的须用 `postern rollout start` 新建。",
      ""}},
    {PST_BUNDLE_DAMAGED, "升级包损坏",
     "升级包在复制时损坏或被截断（{where}）：" VALUES,
     {"",
      "请从制作处重新复制升级包并比对校验和；若再次发生，请更换 U 盘。",
      ""}},
    {PST_BUNDLE_FORMAT_UNKNOWN, "不是升级包",
     "{where} 不是本版本可读的升级包：" VALUES,
     {"", "请用 `postern release bundle` 制作；若格式较新，请先升级终端代理。", ""}},
    {PST_TOKEN_MODULE, "令牌库不可用",
     "{where} 的 PKCS#11 库无法使用：" VALUES,
     {"", "请用 `--module` 或 POSTERN_PKCS11_MODULE 指定令牌厂商的库。", ""}},
    {PST_TOKEN_ABSENT, "找不到令牌",
     "{where} 的令牌不在或已断开：" VALUES,
     {"", "请插入令牌或接通 HSM，然后重新执行命令。没有产生任何签名。", ""}},
    {PST_TOKEN_NOT_ONE, "密钥不唯一或不存在",
     "{where} 的 pkcs11: URI 未恰好对应一个密钥：" VALUES,
     {"",
      "请写明 `token=`、`serial=`、`object=` 或 `id=`；"
      "可用 `pkcs11-tool --login -O` 查看已有密钥。",
      ""}},
    {PST_TOKEN_FAILED, "令牌报告错误",
     "令牌未能完成操作（{where}）：" VALUES,
     {"", "请在令牌厂商手册中查阅该 CKR_ 名称。没有产生任何签名。", ""}},
};
/* clang-format on */

const size_t pst_words_zh_cn_count = PST_COUNT(pst_words_zh_cn);
