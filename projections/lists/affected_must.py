"""What must be done about what rests on a record in doubt, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

from ledger.errors import Phrase
from projections.models.errors import UnreadableValue

Must: TypeAlias = Literal[
    "stop_enforcing",
    "notify",
    "acknowledge",
    "review",
    "ask_enforcer",
    "decide",
    "rule",
    "restore",
    "verify",
    "await_receipt",
    "none",
]

ORDER: Final[tuple[Must, ...]] = (
    "stop_enforcing",
    "notify",
    "acknowledge",
    "review",
    "ask_enforcer",
    "decide",
    "rule",
    "restore",
    "verify",
    "await_receipt",
    "none",
)
"""The worst first: what harms somebody today, what others do not know yet, what is undecided."""

RANK: Final[Mapping[Must, int]] = {must: rank for rank, must in enumerate(ORDER)}

TEXTS: Final[Mapping[Must, Phrase]] = {
    "stop_enforcing": Phrase("stop enforcing, and report it", "停止执行并反馈", "停止執行並回饋"),
    "notify": Phrase("notify the recipient", "通知接收方", "通知接收方"),
    "acknowledge": Phrase("obtain the acknowledgement", "催办确认", "催辦確認"),
    "review": Phrase(
        "review: it is enforced on this record", "复核：正依据该信息执行", "複核：正依據該資訊執行"
    ),
    "ask_enforcer": Phrase(
        "ask the enforcer's node for its state", "向实施方节点查询状态", "向實施方節點查詢狀態"
    ),
    "decide": Phrase("decide the objection", "处理异议", "處理異議"),
    "rule": Phrase("rule whether it was wrongful", "认定是否错误惩戒", "認定是否錯誤懲戒"),
    "restore": Phrase("restore reputation", "恢复信誉", "恢復信譽"),
    "verify": Phrase("verify the record", "核实信息", "核實資訊"),
    "await_receipt": Phrase("obtain the receipt", "催办回执", "催辦回執"),
    "none": Phrase("nothing", "无", "無"),
}

STANDING: Final = frozenset({"valid", "corrected"})
CHANGED: Final = frozenset({"withdrawn", "repaired", "mended", "disputed", "corrected"})
"""States of a record that its recipients must know of."""

STOPPED: Final = frozenset({"suspended", "lifted", "never_applied"})
"""Reports after which nothing is enforced; without one it is presumed to be."""


def of_record(state: str | None) -> Must:
    """``state`` is that of ``record_status``; None: it does not hold on that day."""
    if state in STANDING:
        return "verify"
    return "decide" if state == "disputed" else "none"


def of_sanction(state: str | None, reported: str | None, *, restored: bool) -> Must:
    """``state`` is that of ``sanction_status``; None: it is known from another node only.
    ``restored``: the subject's name was restored by then.

    Raises ``UnreadableValue`` for any other.
    """
    if state is None:
        return "none" if reported in STOPPED else "ask_enforcer"
    if state in {"in_force", "not_started"}:
        return "review"
    if state == "ended":
        return "none"  # at its end a sanction ends by itself
    if reported not in STOPPED:
        return "stop_enforcing"
    then: Mapping[str, Must] = {"suspended": "decide", "lifted": "rule", "wrongful": "restore"}
    if state == "wrongful" and restored:
        return "none"
    if state not in then:
        raise UnreadableValue.of(state)
    return then[state]


def of_recipient(untold: Iterable[str | None], *, waiting: int, receipted: bool) -> Must:
    """``untold``: the states of records that it was given and has no notice of."""
    if any(state in CHANGED for state in untold):
        return "notify"
    if waiting:
        return "acknowledge"
    return "none" if receipted else "await_receipt"
