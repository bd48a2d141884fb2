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
        "核实反馈：应于 {due_on} 前答复，{answered_on} 答复，逾期 {overdue} 个工作日",
        "核實回饋：應於 {due_on} 前答覆，{answered_on} 答覆，逾期 {overdue} 個工作日",
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
