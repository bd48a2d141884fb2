"""The words of the codes in tables for people; in JSON they stay codes.

Each closed list has its words under the columns in which its codes stand. What is in none of
them (an id, a text that somebody entered, a code of the rule pack) is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.errors import Language, Phrase

RECORD_STATES: Final[Mapping[str, Phrase]] = {
    "withdrawn": Phrase("withdrawn", "已撤销", "已撤銷"),
    "repaired": Phrase("repaired", "已修复", "已修復"),
    "mended": Phrase("put right", "已整改", "已整改"),
    "expired": Phrase("expired", "已届满", "已屆滿"),
    "disputed": Phrase("disputed", "异议中", "異議中"),
    "corrected": Phrase("corrected", "已更正", "已更正"),
    "valid": Phrase("valid", "有效", "有效"),
}

SANCTION_STATES: Final[Mapping[str, Phrase]] = {
    "wrongful": Phrase("ruled wrongful", "错误惩戒", "錯誤懲戒"),
    "lifted": Phrase("lifted", "已解除", "已解除"),
    "ended": Phrase("ended", "已期满", "已期滿"),
    "suspended": Phrase("suspended", "已暂停", "已暫停"),
    "not_started": Phrase("not started", "尚未开始", "尚未開始"),
    "in_force": Phrase("in force", "生效中", "生效中"),
}

ENFORCEMENTS: Final[Mapping[str, Phrase]] = {
    "applied": Phrase("applied", "已执行", "已執行"),
    "never_applied": Phrase("never applied", "未曾执行", "未曾執行"),
    "suspended": Phrase("suspended", "已暂停", "已暫停"),
    "lifted": Phrase("lifted", "已解除", "已解除"),
    "still_enforcing": Phrase("still enforcing", "仍在执行", "仍在執行"),
}

TERM_STATES: Final[Mapping[str, Phrase]] = {
    "due": Phrase("due", "未到期", "未到期"),
    "overdue": Phrase("overdue", "逾期", "逾期"),
    "met": Phrase("met", "已完成", "已完成"),
    "met_late": Phrase("met late", "逾期完成", "逾期完成"),
}

COMMITMENTS: Final[Mapping[str, Phrase]] = {
    "open": Phrase("open", "履行中", "履行中"),
    "kept": Phrase("kept", "已履行", "已履行"),
    "broken": Phrase("broken", "已违背", "已違背"),
}

TIERS: Final[Mapping[str, Phrase]] = {
    "none": Phrase("none", "无", "無"),
    "minor": Phrase("minor", "轻微", "輕微"),
    "general": Phrase("general", "一般", "一般"),
    "serious": Phrase("serious", "严重", "嚴重"),
}

DEADLINES: Final[Mapping[str, Phrase]] = {
    "objection_answer": Phrase("answer to the objection", "异议核实反馈", "異議核實回饋"),
    "publication": Phrase("publication", "公示", "公示"),
    "repair_acceptance": Phrase("acceptance of the repair", "修复受理", "修復受理"),
    "repair_decision": Phrase("decision on the repair", "修复决定", "修復決定"),
    "review": Phrase("review", "复核", "複核"),
    "annulled_publication_end": Phrase(
        "withdrawal after annulment", "决定撤销后撤下公示", "決定撤銷後撤下公示"
    ),
    "enforcement_report": Phrase("enforcement report", "执行反馈", "執行回饋"),
    "correction_notice": Phrase("correction notice", "更正通知", "更正通知"),
}

THINGS: Final[Mapping[str, Phrase]] = {
    "record": Phrase("record", "信用信息", "信用資訊"),
    "sanction": Phrase("sanction", "惩戒措施", "懲戒措施"),
    "objection": Phrase("objection", "异议", "異議"),
    "repair": Phrase("repair", "信用修复", "信用修復"),
    "notice": Phrase("notice", "通知", "通知"),
}

ASPECTS: Final[Mapping[str, Phrase]] = {
    "state": Phrase("state", "状态", "狀態"),
    "enforcement": Phrase("enforcement", "执行情况", "執行情況"),
}

ACTS: Final[Mapping[str, Phrase]] = {
    "objection": Phrase("objection", "异议", "異議"),
    "confirmed": Phrase("confirmed", "核实无误", "核實無誤"),
    "correction": Phrase("correction", "更正", "更正"),
    "withdrawal": Phrase("withdrawal", "撤销", "撤銷"),
    "mended": Phrase("put right", "主动整改", "主動整改"),
    "repair": Phrase("repair", "信用修复", "信用修復"),
    "erasure": Phrase("erasure", "删除", "刪除"),
}

REQUIRED: Final[Mapping[str, Phrase]] = {
    "suspend": Phrase("suspend", "暂停", "暫停"),
    "resume": Phrase("resume", "恢复", "恢復"),
    "lift": Phrase("lift", "解除", "解除"),
    "replace": Phrase("replace", "替换", "替換"),
    "erase": Phrase("erase", "删除", "刪除"),
}

WHY: Final[Mapping[str, Phrase]] = {
    "needs_operator": Phrase(
        "needs an operator", "须由登记的操作人员查询", "須由登記的操作人員查詢"
    ),
    "government_sharing_only": Phrase(
        "shared among government bodies only", "仅限政务共享", "僅限政務共享"
    ),
    "retention_ended": Phrase("retention has ended", "保存期限届满", "保存期限屆滿"),
    "erased": Phrase("erased", "已删除", "已刪除"),
    "withheld": Phrase("withheld", "不予提供", "不予提供"),
    "informant_confidential": Phrase("informant confidential", "举报人保密", "舉報人保密"),
    "attached": Phrase("kept as a file", "以附件留存", "以附件留存"),
}
"""``projections.answer.Why``, and what a list says to a reader who named no operator."""

MASKED: Final[Mapping[str, Phrase]] = {
    "records": Phrase("records", "信用信息", "信用資訊"),
    "sanctions": Phrase("sanctions", "惩戒措施", "懲戒措施"),
    "deadlines": Phrase("deadlines", "办理期限", "辦理期限"),
    "subjects of records": Phrase("subjects of records", "信用信息的主体", "信用資訊的主體"),
    "subjects of deadlines": Phrase("subjects of deadlines", "办理期限的主体", "辦理期限的主體"),
}
"""What lists keep from a reader."""

_STATES: Final[Mapping[str, Phrase]] = {
    **RECORD_STATES, **SANCTION_STATES, **ENFORCEMENTS, **TERM_STATES, **COMMITMENTS,
}  # fmt: skip

COLUMNS: Final[Mapping[str, Mapping[str, Phrase]]] = {
    **dict.fromkeys(("state", "as_imposed", "reported", "before", "after"), _STATES),
    "tier": TIERS,
    "about": THINGS,
    "what": {**ASPECTS, **MASKED},
    "why": WHY,
    "required": REQUIRED,
}
"""By column, in whichever table it stands."""

OF_TABLE: Final[Mapping[tuple[str, str], Mapping[str, Phrase]]] = {
    ("deadlines", "kind"): DEADLINES,
    ("outstanding", "act"): ACTS,
}
"""By table and column, where a column of that name holds a text elsewhere."""


def words_of(title: str, column: str) -> Mapping[str, Phrase]:
    """Code to words, of one column of a table; empty where it holds none."""
    return OF_TABLE.get((title, column)) or COLUMNS.get(column, {})


def in_words(words: Mapping[str, Phrase], value: str, language: Language) -> str:
    """The words of a code; any other value as it is."""
    found = words.get(value)
    return value if found is None else found.message(language)
