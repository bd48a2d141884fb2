"""What a history statement does not prove; printed with every one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.errors import Phrase
from ledger.identifiers import SCHEMES, Scheme, is_natural_person_scheme
from projections.answer import Answer

TRUTH: Final = "truth_not_proved"
SIZE: Final = "complete_at_covered_size"
MAP: Final = "map_root_by_audit"
KNOWN_AT: Final = "known_at_by_node"
SHOWN: Final = "shown_by_node"
PERSON: Final = "person_id_by_node"
COMPROMISES: Final = "compromises_by_node"
UNSHOWN: Final = "unshown_fields_by_node"

LIMITS: Final[Mapping[str, Phrase]] = {
    TRUTH: Phrase(
        "It proves what the node recorded and when, not that it was true or was enforced.",
        "仅证明节点何时记录了何内容，不证明其内容属实或已经执行。",
        "僅證明節點何時記錄了何內容，不證明其內容屬實或已經執行。",
    ),
    SIZE: Phrase(
        "Completeness holds at the covered size of the log only; later entries may exist.",
        "完整性仅就所涵盖的日志大小成立；其后可能另有条目。",
        "完整性僅就所涵蓋的日誌大小成立；其後可能另有條目。",
    ),
    MAP: Phrase(
        "A false root of the map of subjects is caught by an audit, not by this reader.",
        "虚假的主体映射根由审计发现，本声明的读者无法发现。",
        "虛假的主體映射根由稽核發現，本聲明的讀者無法發現。",
    ),
    KNOWN_AT: Phrase(
        "That the instant known_at stands for this tree size rests on the node's word.",
        "知悉时点对应此树大小，系节点单方所述。",
        "知悉時點對應此樹大小，係節點單方所述。",
    ),
    SHOWN: Phrase(
        "Who asked, on which day, and what has been decided on showing it since, rest on the "
        "node's word.",
        "何人于何日查询、其后就展示作出何种决定，系节点单方所述。",
        "何人於何日查詢、其後就展示作出何種決定，係節點單方所述。",
    ),
    COMPROMISES: Phrase(
        "Which keys were declared compromised, and what was dated before that, rests on the "
        "node's word and on the trust file.",
        "哪些密钥已声明泄露、哪些内容早于泄露，系节点单方所述并以信任文件为准。",
        "哪些金鑰已聲明洩露、哪些內容早於洩露，係節點單方所述並以信任檔案為準。",
    ),
    PERSON: Phrase(
        "For a natural person, that the id belongs to the identifier rests on the node's word.",
        "就自然人而言，标识与身份号码的对应关系系节点单方所述。",
        "就自然人而言，識別碼與身分號碼的對應關係係節點單方所述。",
    ),
    UNSHOWN: Phrase(
        "Why a sealed field is not shown (erased, withheld) rests on the node's word.",
        "密封字段未予展示的原因（已删除、未提供）系节点单方所述。",
        "密封欄位未予展示的原因（已刪除、未提供）係節點單方所述。",
    ),
}
"""By code; the codes are stable."""


def limits_of(scheme: str, answer: Answer) -> tuple[str, ...]:
    """The limits of a statement on a subject of ``scheme``, in the order they are printed."""
    limits = [TRUTH, SIZE, MAP, KNOWN_AT, SHOWN, COMPROMISES]
    if is_person(scheme):
        limits.append(PERSON)
    if answer.masked:
        limits.append(UNSHOWN)
    return tuple(limits)


def is_person(scheme: str) -> bool:
    """Whether ids of this scheme can be checked by nobody but the node; unknown ones cannot."""
    known: dict[str, Scheme] = {one: one for one in SCHEMES}
    return scheme not in known or is_natural_person_scheme(known[scheme])
