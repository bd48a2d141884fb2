"""What people read of a trail, in three languages: roles, kinds, acts, what is open.

Each table is keyed by the stable codes of ``projections.liability.model``; a code without a
phrase is shown as it is, so that nothing of a trail is ever left out for want of a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from ledger.errors import Phrase

Chinese: TypeAlias = Literal["zh-CN", "zh-TW"]
"""Which Chinese stands beside the English."""

ROLES: Final[Mapping[str, Phrase]] = {
    "supplier": Phrase("supplier", "信息提供单位", "資訊提供單位"),
    "node": Phrase("node owing the notice", "应通知节点", "應通知節點"),
    "enforcer": Phrase("enforcer", "实施部门", "實施部門"),
    "registrar": Phrase("registrar", "平台", "平台"),
    "initiator": Phrase("initiator", "发起部门", "發起部門"),
    "approver": Phrase("approver", "批准人", "核准人"),
    "reviewer": Phrase("reviewer", "复核", "複核"),
    "operator": Phrase("operator", "经办人", "經辦人"),
    "subject": Phrase("the subject", "信用主体", "信用主體"),
}

KINDS: Final[Mapping[str, Phrase]] = {
    **ROLES,
    "supplier": Phrase("supplier", "提供单位", "提供單位"),
    "sanction": Phrase("sanction", "惩戒措施", "懲戒措施"),
    "record": Phrase("record", "信用信息", "信用資訊"),
    "submission": Phrase("submission", "报送", "報送"),
    "node": Phrase("node", "节点", "節點"),
    "notice": Phrase("notice", "通知", "通知"),
    "acknowledgement": Phrase("acknowledgement", "确认", "確認"),
}
"""Of vertices."""

ACTS: Final[Mapping[str, Phrase]] = {
    "subject_opened": Phrase("subject opened", "建档", "建檔"),
    "identifier_corrected": Phrase("identifier corrected", "重错码更正", "重錯碼更正"),
    "record_collected": Phrase("record collected", "归集", "歸集"),
    "record_received": Phrase("record received", "接收", "接收"),
    "notice_served": Phrase("subject told", "告知", "告知"),
    "record_published": Phrase("record published", "公示", "公示"),
    "publication_ended": Phrase("publication ended", "终止公示", "終止公示"),
    "record_disclosed": Phrase("record disclosed", "共享", "共享"),
    "disclosure_receipted": Phrase("disclosure receipted", "回执", "回執"),
    "sanction_imposed": Phrase("sanction imposed", "惩戒", "懲戒"),
    "sanction_suspended": Phrase("sanction suspended", "暂停执行", "暫停執行"),
    "sanction_resumed": Phrase("sanction resumed", "恢复执行", "恢復執行"),
    "sanction_lifted": Phrase("sanction lifted", "解除", "解除"),
    "enforcement_reported": Phrase("enforcement reported", "执行反馈", "執行回饋"),
    "objection_filed": Phrase("objection filed", "异议", "異議"),
    "objection_answered": Phrase("supplier answered", "核实反馈", "核實回饋"),
    "record_confirmed": Phrase("record confirmed", "信息属实", "資訊屬實"),
    "objection_decided": Phrase("objection decided", "异议处理", "異議處理"),
    "correction_notified": Phrase("correction notified", "更正通知", "更正通知"),
    "notice_received": Phrase("notice received", "收到通知", "收到通知"),
    "correction_acknowledged": Phrase("correction acknowledged", "更正确认", "更正確認"),
    "enforcement_status_received": Phrase("enforcement status received", "执行情况", "執行情況"),
    "correction_given_up": Phrase("correction given up", "更正通知中止", "更正通知中止"),
    "record_corrected": Phrase("record corrected", "更正", "更正"),
    "record_withdrawn": Phrase("record withdrawn", "撤销", "撤銷"),
    "record_mended": Phrase("wrong put right", "主动整改", "主動整改"),
    "repair_requested": Phrase("repair requested", "申请信用修复", "申請信用修復"),
    "repair_accepted": Phrase("repair accepted", "受理信用修复", "受理信用修復"),
    "repair_decided": Phrase("repair decided", "信用修复决定", "信用修復決定"),
    "sanction_ruled_wrongful": Phrase("ruled wrongful", "错误惩戒认定", "錯誤懲戒認定"),
    "ruling_reversed": Phrase("ruling reversed", "认定撤销", "認定撤銷"),
    "restitution_made": Phrase("reputation restored", "恢复信誉", "恢復信譽"),
    "personal_data_erased": Phrase("personal data erased", "个人信息删除", "個人資訊刪除"),
    "applied": Phrase("applied", "已执行", "已執行"),
    "never_applied": Phrase("never applied", "未曾执行", "未曾執行"),
    "suspended": Phrase("suspended", "已暂停", "已暫停"),
    "lifted": Phrase("lifted", "已解除", "已解除"),
    "still_enforcing": Phrase("still enforcing", "仍在执行", "仍在執行"),
}
"""What happened in a step, or what a party knew of; and what an enforcer reports."""

EDGES: Final[Mapping[str, Phrase]] = {
    "supplied": Phrase("supplied", "提供", "提供"),
    "submitted": Phrase("submitted", "报送", "報送"),
    "contains": Phrase("contains", "包含", "包含"),
    "entered": Phrase("entered", "录入", "錄入"),
    "acted_for": Phrase("acted for", "代表", "代表"),
    "disclosed": Phrase("disclosed", "共享", "共享"),
    "served": Phrase("told the subject of", "告知", "告知"),
    "initiated": Phrase("initiated", "发起", "發起"),
    "approved": Phrase("approved", "批准", "核准"),
    "enforces": Phrase("enforces", "实施", "實施"),
    "rests_on": Phrase("rests on", "依据", "依據"),
    "reported": Phrase("reported on", "反馈", "回饋"),
    "objection_kept": Phrase("kept an objection to", "异议", "異議"),
    "notified": Phrase("notified", "通知", "通知"),
    "acknowledged": Phrase("acknowledged", "确认", "確認"),
    "about": Phrase("about", "关于", "關於"),
    "suspended": Phrase("suspended", "暂停", "暫停"),
    "lifted": Phrase("lifted", "解除", "解除"),
    "corrected": Phrase("corrected", "更正", "更正"),
    "withdrew": Phrase("withdrew", "撤销", "撤銷"),
    "mended": Phrase("accepted as put right", "整改", "整改"),
    "ruled": Phrase("ruled wrongful", "认定", "認定"),
    "reversed": Phrase("reversed the ruling on", "改判", "改判"),
    "restored": Phrase("restored reputation after", "恢复", "恢復"),
}
"""Of the first vertex to the second."""

OPEN: Final[Mapping[str, Phrase]] = {
    "not_acknowledged": Phrase("notice not acknowledged", "通知未确认", "通知未確認"),
    "still_enforcing": Phrase("still being enforced", "仍在执行", "仍在執行"),
    "not_ruled": Phrase(
        "no ruling yet: the days are those of the whole sanction",
        "尚无认定：天数按全部惩戒期间计",
        "尚無認定：天數按全部懲戒期間計",
    ),
    "answer_overdue": Phrase("the supplier's answer is overdue", "核实反馈逾期", "核實回饋逾期"),
    "disputed": Phrase("the record is disputed", "信息处于异议中", "資訊處於異議中"),
    "ruling_reversed": Phrase("the ruling was reversed", "认定已撤销", "認定已撤銷"),
    "restitution_missing": Phrase("reputation not restored", "尚未恢复信誉", "尚未恢復信譽"),
}


def phrase(table: Mapping[str, Phrase], code: str) -> Phrase:
    """The phrase of ``code``; the code itself where it has none."""
    found = table.get(code)
    if found is None:
        plain = code.replace("_", " ").replace("{", "{{").replace("}", "}}")
        return Phrase(plain, plain, plain)
    return found


def both(table: Mapping[str, Phrase], code: str, chinese: Chinese) -> str:
    """Chinese and English of ``code`` on one line."""
    found = phrase(table, code)
    one, other = found.message(chinese), found.message("en")
    return one if one == other else f"{one} {other}"
