"""The words of ``status``, ``sanctions``, ``periods``, ``deadlines``, ``quality`` and ``diff``."""

from __future__ import annotations

from typing import Final

FOLLOW_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "yes": ("yes", "是", "是"),
    "no": ("no", "否", "否"),
    "adverse_counts": (
        "adverse records: {total} ({states})",
        "不良信用记录：{total} 条（{states}）",
        "不良信用紀錄：{total} 條（{states}）",
    ),
    "no_adverse_since": (
        "last standing adverse decision: {day}",
        "最近一次仍然有效的不良信用决定：{day}",
        "最近一次仍然有效的不良信用決定：{day}",
    ),
    "clean": (
        "no adverse record in three years",
        "三年内无不良信用记录",
        "三年內無不良信用紀錄",
    ),
    "not_clean": (
        "an adverse record in the last three years",
        "三年内有不良信用记录",
        "三年內有不良信用紀錄",
    ),
    "not_told_clean": (
        "whether there was an adverse record in three years is not told to this reader",
        "三年内有无不良信用记录不向此查询者提供",
        "三年內有無不良信用紀錄不向此查詢者提供",
    ),
    "stopped_at": (
        (
            "warning: what follows is told as of tree size {position}: entry {index} cannot be "
            "followed ({reason}); run credit-ledger audit"
        ),
        (
            "警告：以下内容截至树大小 {position}：条目 {index} 无法继续处理（{reason}）；"
            "请运行 credit-ledger audit"
        ),
        (
            "警告：以下內容截至樹大小 {position}：條目 {index} 無法繼續處理（{reason}）；"
            "請執行 credit-ledger audit"
        ),
    ),
    "left": (
        "{left} more lines follow: give --after {after}",
        "其后还有 {left} 行：请用 --after {after}",
        "其後還有 {left} 列：請用 --after {after}",
    ),
    "in_knowledge": (
        "what was learned of {valid_at}",
        "关于 {valid_at} 的认知变化",
        "關於 {valid_at} 的認知變化",
    ),
    "in_force_between": (
        "what changed in force from {first} to {last}",
        "自 {first} 至 {last} 的效力变化",
        "自 {first} 至 {last} 的效力變化",
    ),
    "nothing_differs": ("nothing", "无", "無"),
    "entered": ("entries that became known", "其间新知悉的条目", "其間新知悉的條目"),
    "subject": ("subject", "主体", "主體"),
    "tier": ("tier", "等级", "等級"),
    "adverse": ("adverse", "不良", "不良"),
    "initiator": ("initiator", "发起单位", "發起單位"),
    "enforcer": ("enforcer", "执行单位", "執行單位"),
    "as_imposed": ("as imposed", "当时状态", "當時狀態"),
    "ruled_on": ("ruled wrongful on", "认定错误日", "認定錯誤日"),
    "commitments": ("commitments", "信用承诺", "信用承諾"),
    "commitment": ("commitment", "承诺", "承諾"),
    "made_to": ("made to", "承诺对象", "承諾對象"),
    "made_on": ("made on", "承诺日", "承諾日"),
    "due_on": ("due on", "到期日", "到期日"),
    "overdue": ("overdue", "逾期", "逾期"),
    "incentives": ("incentives", "守信激励", "守信激勵"),
    "incentive": ("incentive", "激励", "激勵"),
    "granted_by": ("granted by", "授予单位", "授予單位"),
    "valid_from": ("from", "起", "起"),
    "valid_until": ("until", "止", "止"),
    "periods": ("periods", "期限", "期限"),
    "id": ("id", "标识", "識別碼"),
    "suspensions": ("suspended", "暂停期间", "暫停期間"),
    "suspended_days": ("days suspended", "暂停天数", "暫停天數"),
    "earliest_repair": ("earliest repair", "最早可修复日", "最早可修復日"),
    "publication_until": ("published until", "公示截止", "公示截止"),
    "retention_until": ("retained until", "保存截止", "保存截止"),
    "deadlines": ("deadlines", "办理期限", "辦理期限"),
    "organisation": ("body", "单位", "單位"),
    "base_on": ("counted from", "起算日", "起算日"),
    "working_days": ("working days", "工作日", "工作日"),
    "provisional": ("provisional", "暂定", "暫定"),
    "met_on": ("met on", "完成日", "完成日"),
    "publications": ("publications", "公示信息", "公示資訊"),
    "published_from": ("published from", "公示起", "公示起"),
    "published_until": ("published until", "公示止", "公示止"),
    "per_enforcer": ("measures by enforcer", "各执行单位的惩戒措施", "各執行單位的懲戒措施"),
    "reported": ("last report", "最近反馈", "最近回饋"),
    "many": ("number", "数量", "數量"),
    "suppliers": ("suppliers", "提供单位", "提供單位"),
    "supplier": ("supplier", "提供单位", "提供單位"),
    "organ": ("organ", "决定机关", "決定機關"),
    "collected": ("records", "归集数", "歸集數"),
    "code_errors": ("wrong codes", "错码数", "錯碼數"),
    "code_error_per_mille": ("wrong codes ‰", "错码率‰", "錯碼率‰"),
    "within_limit": ("below 1‰", "低于1‰", "低於1‰"),
    "corrected": ("corrected", "更正数", "更正數"),
    "withdrawn": ("withdrawn", "撤销数", "撤銷數"),
    "answers": ("answers", "核实反馈数", "核實回饋數"),
    "late_answers": ("late answers", "逾期反馈数", "逾期回饋數"),
    "before": ("before", "之前", "之前"),
    "after": ("after", "之后", "之後"),
    "entries_of": ("entries", "条目", "條目"),
}
