"""The words of ``liability`` and ``affected``."""

from __future__ import annotations

from typing import Final

TRAIL_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "days_title": (
        "days wrongly enforced: {total}",
        "错误执行天数：{total}",
        "錯誤執行天數：{total}",
    ),
    "trail_asked": (
        "sanction {sanction}, counted up to {known_on} (tree size {tree_size})",
        "惩戒 {sanction}，计至 {known_on}（树大小 {tree_size}）",
        "懲戒 {sanction}，計至 {known_on}（樹大小 {tree_size}）",
    ),
    "no_sanction_rests": (
        "no sanction rests on it",
        "没有惩戒以其为依据",
        "沒有懲戒以其為依據",
    ),
    "answer_late": (
        "the supplier's answer: due {due_on}, given {answered_on}, {overdue} working days late",
        "核实反馈：应不迟于 {due_on} 答复，{answered_on} 答复，逾期 {overdue} 个工作日",
        "核實回饋：應不遲於 {due_on} 答覆，{answered_on} 答覆，逾期 {overdue} 個工作日",
    ),
    "answer_missing": (
        "the supplier's answer: due {due_on}, not given yet, {overdue} working days late",
        "核实反馈：应不迟于 {due_on} 答复，尚未答复，逾期 {overdue} 个工作日",
        "核實回饋：應不遲於 {due_on} 答覆，尚未答覆，逾期 {overdue} 個工作日",
    ),
    "answer_provisional": (
        "provisional: the calendar of working days ends before some of these days",
        "暂定：其中部分日期超出工作日历范围",
        "暫定：其中部分日期超出工作日曆範圍",
    ),
    "withheld_note": (
        "withheld ({why}): {what}; ask with --operator, --purpose and --basis",
        "不予显示（{why}）：{what}；请以 --operator、--purpose、--basis 登记查询",
        "不予顯示（{why}）：{what}；請以 --operator、--purpose、--basis 登記查詢",
    ),
    "report_written": (
        "the report is in {path}",
        "报告写入 {path}",
        "報告寫入 {path}",
    ),
    "subjects": ("subjects", "信用主体", "信用主體"),
    "recipients": ("recipients", "接收方", "接收方"),
    "unacknowledged": (
        "notices not acknowledged",
        "未确认的通知",
        "未確認的通知",
    ),
    "decided_on": ("decided on", "决定日期", "決定日期"),
    "enforcers": ("enforcers", "实施部门", "實施部門"),
    "wave": ("wave", "层", "層"),
    "must": ("to be done", "应办事项", "應辦事項"),
    "recipient": ("recipient", "接收方", "接收方"),
    "required": ("required", "要求", "要求"),
    "notice": ("notice", "通知", "通知"),
    "disclosed_at": ("disclosed at", "共享时刻", "共享時刻"),
    "enforcing": ("enforcing", "仍在执行", "仍在執行"),
    "left_at_least": (
        "{left} records follow{more}; go on with --after {after}",
        "其后还有 {left} 条{more}；用 --after {after} 继续",
        "其後還有 {left} 條{more}；用 --after {after} 繼續",
    ),
    "days": ("days", "天数", "天數"),
    "party": ("party", "承担方", "承擔方"),
    "role": ("role", "角色", "角色"),
    "spans": ("spans", "起讫", "起訖"),
    "trail": ("trail", "经过", "經過"),
    "node": ("node", "节点", "節點"),
    "on": ("on", "日期", "日期"),
    "actor": ("entered by", "录入方", "錄入方"),
    "knowledge": ("who knew what", "知悉情况", "知悉情況"),
    "open": ("still open", "尚未了结", "尚未了結"),
    "about": ("about", "涉及", "涉及"),
}
