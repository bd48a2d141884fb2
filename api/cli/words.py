"""The command line's own words in three languages."""

from __future__ import annotations

import os
from typing import Final

from api.cli.across_words import ACROSS_WORDS
from api.cli.exchange_words import EXCHANGE_WORDS
from api.cli.follow_words import FOLLOW_WORDS
from api.cli.message_words import MESSAGE_WORDS
from api.cli.model_words import MODEL_WORDS
from api.cli.trail_words import TRAIL_WORDS
from api.cli.trust_words import TRUST_WORDS
from api.cli.witness_words import WITNESS_WORDS
from ledger.errors import Language

LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh-CN", "zh-TW")

WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "founded": (
        "node {node} is founded in {home}",
        "节点 {node} 已建立于 {home}",
        "節點 {node} 已建立於 {home}",
    ),
    "key_made": (
        "key {keyid} is in {path}, its public half in {path}.pub",
        "密钥 {keyid} 已写入 {path}，公钥在 {path}.pub",
        "金鑰 {keyid} 已寫入 {path}，公鑰在 {path}.pub",
    ),
    "key_rotated": (
        "key {keyid} signs from now on; it replaces {old}",
        "密钥 {keyid} 自此启用签署，替换 {old}",
        "金鑰 {keyid} 自此啟用簽署，取代 {old}",
    ),
    "key_requested": (
        "key {keyid} asks for the approval of {quorum} roots: {path}",
        "密钥 {keyid} 申请 {quorum} 个根密钥批准：{path}",
        "金鑰 {keyid} 申請 {quorum} 個根金鑰核准：{path}",
    ),
    "key_approved": (
        "key {keyid} of node {node}, whose log has {size} entries, is approved: {path}",
        "已批准节点 {node}（日志 {size} 个条目）的密钥 {keyid}：{path}",
        "已核准節點 {node}（日誌 {size} 個條目）的金鑰 {keyid}：{path}",
    ),
    "key_retired": (
        "key {keyid} is retired",
        "密钥 {keyid} 已停用",
        "金鑰 {keyid} 已停用",
    ),
    "key_compromised": (
        "key {keyid} is declared compromised; what it signed before leaf {covered} stands",
        "密钥 {keyid} 已声明泄露；叶 {covered} 之前其所签条目仍然有效",
        "金鑰 {keyid} 已聲明洩露；葉 {covered} 之前其所簽條目仍然有效",
    ),
    "key_signs_on": (
        (
            "{keyid} still signs for this node: run `credit-ledger key rotate` now, then declare it "
            "again: under its own word nothing is covered, whatever others dated"
        ),
        (
            "{keyid} 仍在为本节点签署：请立即执行 `credit-ledger key rotate`，然后再次声明："
            "仅凭其自身声明，他人所证日期一概不计"
        ),
        (
            "{keyid} 仍在為本節點簽署：請立即執行 `credit-ledger key rotate`，然後再次聲明："
            "僅憑其自身聲明，他人所證日期一概不計"
        ),
    ),
    "witness_key_compromised": (
        (
            "witness key {keyid} is declared compromised: export the trust file anew for the "
            "partners; where it is in use, run `credit-ledger key rotate --witness`"
        ),
        (
            "见证密钥 {keyid} 已声明泄露：请为伙伴重新导出信任文件；"
            "若仍在使用，请运行 `credit-ledger key rotate --witness`"
        ),
        (
            "見證金鑰 {keyid} 已聲明洩露：請為夥伴重新匯出信任檔案；"
            "若仍在使用，請執行 `credit-ledger key rotate --witness`"
        ),
    ),
    "keys": ("keys", "密钥", "金鑰"),
    "key": ("key", "密钥", "金鑰"),
    "purposes": ("purposes", "用途", "用途"),
    "from": ("from", "起", "起"),
    "until": ("until", "止", "止"),
    "compromised_since": ("compromised since", "泄露自", "洩露自"),
    "admitted": ("{code} is admitted: {roles}", "{code} 已接入：{roles}", "{code} 已接入：{roles}"),
    "signed": (
        "{rows} rows signed for {supplier}: {path}",
        "已为 {supplier} 签署 {rows} 行：{path}",
        "已為 {supplier} 簽署 {rows} 列：{path}",
    ),
    "reading": ("reading {file}", "读取 {file}", "讀取 {file}"),
    "importing": ("importing", "导入", "匯入"),
    "auditing": ("auditing", "审计", "稽核"),
    "rows": ("rows", "行", "列"),
    "accepted": ("accepted", "已归集", "已歸集"),
    "already_recorded": ("already recorded", "此前已归集", "此前已歸集"),
    "rejected": ("rejected", "退回", "退回"),
    "rejects_file": ("rejects file", "退回文件", "退回檔案"),
    "moved_aside": (
        "the rejects file of an earlier run is now {path}",
        "先前的退回文件已移至 {path}",
        "先前的退回檔案已移至 {path}",
    ),
    "unknown_columns": (
        "columns not kept: {columns}",
        "未保留的列：{columns}",
        "未保留的欄：{columns}",
    ),
    "ignored_sheets": (
        "sheets not read: {sheets}",
        "未读取的工作表：{sheets}",
        "未讀取的工作表：{sheets}",
    ),
    "row": ("row", "行号", "列號"),
    "reason": ("reason", "原因", "原因"),
    "message": ("message", "说明", "說明"),
    "line": ("line", "行", "列"),
    "applied": ("applied {count} lines", "已执行 {count} 行", "已執行 {count} 列"),
    "refused": ("refused", "拒绝", "拒絕"),
    "not_proved": (
        "what it does not prove:",
        "其不证明以下事项：",
        "其不證明以下事項：",
    ),
    "statement_written": (
        "the signed statement is in {path}; what it does not prove:",
        "已签署的声明写入 {path}；其不证明以下事项：",
        "已簽署的聲明寫入 {path}；其不證明以下事項：",
    ),
    "nothing_held": (
        "nothing to show",
        "没有可显示的信息",
        "沒有可顯示的資訊",
    ),
    "asked": (
        "in force on {valid_at}, as known at {known_at} (tree size {tree_size})",
        "生效时点 {valid_at}，知悉时点 {known_at}（树大小 {tree_size}）",
        "生效時點 {valid_at}，知悉時點 {known_at}（樹大小 {tree_size}）",
    ),
    "as_of_last": (
        "known_at is later than the last entry; answered as of that entry",
        "知悉时点晚于最后条目；按最后条目回答",
        "知悉時點晚於最後條目；按最後條目回答",
    ),
    "records": ("records", "信用信息", "信用資訊"),
    "sanctions": ("sanctions", "惩戒措施", "懲戒措施"),
    "timeline": ("timeline", "时间线", "時間線"),
    "masked": ("not shown", "未显示", "未顯示"),
    "record": ("record", "信用信息", "信用資訊"),
    "item": ("item", "目录项", "目錄項"),
    "state": ("state", "状态", "狀態"),
    "since": ("since", "起始", "起始"),
    "because": ("because of entries", "依据条目", "依據條目"),
    "sanction": ("sanction", "惩戒", "懲戒"),
    "measure": ("measure", "措施", "措施"),
    "starts_on": ("starts on", "开始", "開始"),
    "ends_on": ("ends on", "结束", "結束"),
    "enforcement": ("enforcement", "执行反馈", "執行回饋"),
    "entry": ("entry", "条目", "條目"),
    "type": ("type", "类型", "類型"),
    "recorded_at": ("recorded at", "记录时刻", "記錄時刻"),
    "facts": ("facts", "内容", "內容"),
    "what": ("what", "内容", "內容"),
    "why": ("why", "原因", "原因"),
    "audit_ok": (
        "{entries} entries, no fault",
        "共 {entries} 个条目，未发现问题",
        "共 {entries} 個條目，未發現問題",
    ),
    "audit_faults": (
        "{entries} entries, {faults} faults",
        "共 {entries} 个条目，发现 {faults} 处问题",
        "共 {entries} 個條目，發現 {faults} 處問題",
    ),
    "kind": ("kind", "类型", "類型"),
    "detail": ("detail", "详情", "詳情"),
    "pack": (
        "rule pack {id} version {version}, in force from {day}, digest {digest}",
        "规则包 {id} 版本 {version}，自 {day} 起生效，摘要 {digest}",
        "規則包 {id} 版本 {version}，自 {day} 起生效，摘要 {digest}",
    ),
    "findings": ("findings", "检查结果", "檢查結果"),
    "notices": (
        "{count} notices, such as rules that are not verified; --all lists them",
        "另有 {count} 条提示（如未核实的规则）；用 --all 列出",
        "另有 {count} 條提示（如未核實的規則）；用 --all 列出",
    ),
    "pack_ok": ("the rule pack is sound", "规则包检查通过", "規則包檢查通過"),
    "adopted": ("adopted", "已采用", "已採用"),
    "in_force": ("in force", "生效期间", "生效期間"),
    "source": ("source", "来源", "來源"),
    "verified": ("verified", "已核实", "已核實"),
    "proved": (
        "{path} proves entry {index} in the log of size {size}",
        "{path} 证明条目 {index} 在大小为 {size} 的日志中",
        "{path} 證明條目 {index} 在大小為 {size} 的日誌中",
    ),
    "trust_exported": (
        "{path} describes node {node}, {keys} keys; hand it over in a way that can be trusted",
        "{path} 描述节点 {node}（{keys} 个密钥）；请以可信方式交付",
        "{path} 描述節點 {node}（{keys} 個金鑰）；請以可信方式交付",
    ),
    "verdict": (
        "{verdict} ({reason}): {detail}",
        "{verdict}（{reason}）：{detail}",
        "{verdict}（{reason}）：{detail}",
    ),
    "interrupted": (
        "interrupted; what was recorded stays, and the command may be given again",
        "已中断；已记录的内容保留，可再次执行该命令",
        "已中斷；已記錄的內容保留，可再次執行該命令",
    ),
    "exporting": ("exporting", "导出", "匯出"),
    "exported": (
        "{size} entries: {folder} ({written} files written, {same} unchanged)",
        "{size} 个条目：{folder}（写入 {written} 个文件，{same} 个未变）",
        "{size} 個條目：{folder}（寫入 {written} 個檔案，{same} 個未變）",
    ),
    "exported_entries": (
        (
            "{folder} holds entries and sealed details: it is for authorised auditors only, "
            "and readable by its owner alone"
        ),
        "{folder} 含条目和密封内容：仅供获授权的审计人员使用，仅所有者可读",
        "{folder} 含條目和密封內容：僅供獲授權的稽核人員使用，僅擁有者可讀",
    ),
    "proving": ("proving the copy", "验证副本", "驗證副本"),
    "restoring": ("restoring", "恢复", "還原"),
    "standing": ("the log and what is known of it", "日志及其已知情况", "日誌及其已知情況"),
    "entries": ("entries", "条目数", "條目數"),
    "store": ("store", "存储", "儲存"),
    "store_remembers": ("the store's own count", "存储自身计数", "儲存自身計數"),
    "mark": ("high-water mark", "高水位标记", "高水位標記"),
    "last_checkpoint": ("last own checkpoint", "自身最新检查点", "自身最新檢查點"),
    "lost": ("lost", "缺失", "缺失"),
    "mark_present": ("{file}", "{file}", "{file}"),
    "mark_missing": ("{file} is missing", "{file} 缺失", "{file} 缺失"),
    "mark_unreadable": ("{file} cannot be read", "{file} 无法读取", "{file} 無法讀取"),
    "mark_foreign": (
        "{file} is of {origin} in store {store}",
        "{file} 属于 {origin}（存储 {store}）",
        "{file} 屬於 {origin}（儲存 {store}）",
    ),
    "last_recorded": (
        "the last one recorded at {at}",
        "最后一条记录于 {at}",
        "最後一條記錄於 {at}",
    ),
    "lost_leaves": (
        "leaves {first} to {last}, recorded after {after}",
        "叶 {first} 至 {last}，记录于 {after} 之后",
        "葉 {first} 至 {last}，記錄於 {after} 之後",
    ),
    "standing_whole": (
        "nothing is lost as far as is known here; the node writes",
        "就此处所知没有缺失；本节点可写入",
        "就此處所知沒有缺失；本節點可寫入",
    ),
    "standing_behind": (
        (
            "the store is behind: nothing is written; get a copy from an auditor "
            "(tiles export --with-entries) and run reconcile --from FOLDER"
        ),
        (
            "存储已落后，不予写入；请向审计人员索取副本（tiles export --with-entries），"
            "再运行 reconcile --from 目录"
        ),
        (
            "儲存已落後，不予寫入；請向稽核人員索取副本（tiles export --with-entries），"
            "再執行 reconcile --from 目錄"
        ),
    ),
    "standing_no_mark": (
        (
            "without its mark a restored backup cannot be told from the whole log: nothing is "
            "written; run reconcile --against FILE with a checkpoint that a partner keeps, or "
            "--from FOLDER with an auditor's copy"
        ),
        (
            "缺少标记则无法分辨是否为恢复的旧备份，不予写入；请用合作方保存的检查点运行 "
            "reconcile --against 文件，或用审计副本运行 --from 目录"
        ),
        (
            "缺少標記則無法分辨是否為還原的舊備份，不予寫入；請用合作方保存的檢查點執行 "
            "reconcile --against 檔案，或用稽核副本執行 --from 目錄"
        ),
    ),
    "standing_contradicted": (
        (
            "the store is not the log that its mark or its own checkpoint speaks of: nothing is "
            "written; keep it as it is and run credit-ledger audit"
        ),
        "存储与其标记或自身检查点所述日志不符，不予写入；请保持原样并运行 credit-ledger audit",
        "儲存與其標記或自身檢查點所述日誌不符，不予寫入；請保持原樣並執行 credit-ledger audit",
    ),
    "believed": (
        (
            "the store holds the {size} entries of the checkpoint; entries from {size} on rest on "
            "the store alone: that none was lost after them it cannot prove"
        ),
        "存储含有该检查点的 {size} 个条目；自 {size} 起的条目仅凭存储本身，无法证明其后没有缺失",
        "儲存含有該檢查點的 {size} 個條目；自 {size} 起的條目僅憑儲存本身，無法證明其後沒有缺失",
    ),
    "restored": (
        "leaves {first} to {last} are back, recorded from {since} to {until}",
        "叶 {first} 至 {last} 已恢复，记录于 {since} 至 {until}",
        "葉 {first} 至 {last} 已還原，記錄於 {since} 至 {until}",
    ),
    "restored_none": (
        "the copy was verified; the store lacks none of its {size} entries",
        "副本已验证；其 {size} 个条目存储中均有",
        "副本已驗證；其 {size} 個條目儲存中均有",
    ),
    "restored_unchecked": (
        (
            "sealed details of {count} entries could not be checked: their data keys are not in the "
            "home; restore the key store"
        ),
        "{count} 个条目的密封内容无法核对：其数据密钥不在本目录；请恢复密钥库",
        "{count} 個條目的密封內容無法核對：其資料金鑰不在本目錄；請還原金鑰庫",
    ),
    "only_read": ("note: {why}", "注意：{why}", "注意：{why}"),
    "internal": (
        "internal error: {error}; the trace is in {path}",
        "内部错误：{error}；详细记录见 {path}",
        "內部錯誤：{error}；詳細記錄見 {path}",
    ),
    "error": ("error: {message}", "错误：{message}", "錯誤：{message}"),
    **EXCHANGE_WORDS,
    **WITNESS_WORDS,
    **TRUST_WORDS,
    **TRAIL_WORDS,
    **MODEL_WORDS,
    **FOLLOW_WORDS,
    **MESSAGE_WORDS,
    **ACROSS_WORDS,
}


def choose(option: str | None, environment: dict[str, str] | None = None) -> Language:
    """``--lang``, else ``CREDIT_LEDGER_LANG``, else the locale, else English."""
    known = dict(os.environ if environment is None else environment)
    for name in (option, known.get("CREDIT_LEDGER_LANG"), known.get("LC_ALL"), known.get("LANG")):
        text = (name or "").replace("_", "-").split(".")[0].lower()
        if text in {"zh-tw", "zh-hk", "zh-mo", "zh-hant"}:
            return "zh-TW"
        if text.startswith("zh"):
            return "zh-CN"
        if text.startswith("en"):
            return "en"
    return "en"


def say(language: Language, word: str, **fields: object) -> str:
    """The words of ``word`` in ``language``, with ``fields`` put in."""
    return WORDS[word][LANGUAGES.index(language)].format(**fields)
