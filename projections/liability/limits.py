"""What a trail does not prove, and what is still open; printed with every one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.errors import Phrase
from projections.liability.model import Limit

NO_VERDICT: Final = "no_verdict"
AS_REPORTED: Final = "enforcement_as_reported"
CLOCKS: Final = "days_by_each_nodes_clock"
KEYS: Final = "compromised_keys_as_they_stand"
PRESUMED: Final = "enforcement_presumed"
CONTRADICTED: Final = "reports_contradict"
OTHER_DAY: Final = "report_names_another_day"
NOT_AT_HAND: Final = "entries_of_a_node_missing"
SURMISED: Final = "told_by_acknowledgement"
NO_SUPPLIER: Final = "supplier_not_at_hand"
NO_ACT: Final = "act_not_at_hand"
RULING_SILENT: Final = "ruling_names_no_record"
PROVISIONAL: Final = "working_days_provisional"

TEXTS: Final[Mapping[str, Phrase]] = {
    NO_VERDICT: Phrase(
        "The shares are evidence for the authority that decides, not a verdict.",
        "各方天数仅供有权机关认定时作为证据，不是裁决。",
        "各方天數僅供有權機關認定時作為證據，不是裁決。",
    ),
    AS_REPORTED: Phrase(
        "Whether a measure was in fact enforced is known only from what its enforcer reported.",
        "措施是否实际执行，仅依据实施部门的反馈。",
        "措施是否實際執行，僅依據實施部門的回饋。",
    ),
    CLOCKS: Phrase(
        "A day is that on which an entry was recorded by the clock of its node, in UTC+8.",
        "日期为条目按所在节点时钟记录之日（UTC+8）。",
        "日期為條目按所在節點時鐘記錄之日（UTC+8）。",
    ),
    KEYS: Phrase(
        "An entry is taken as it stands, also where its key was declared compromised.",
        "条目按其原样采信，即使其密钥已被声明泄露。",
        "條目按其原樣採信，即使其金鑰已被聲明洩露。",
    ),
    PRESUMED: Phrase(
        "The enforcer has reported nothing since the measure began or resumed: it is presumed "
        "to be enforced.",
        "自措施开始或恢复以来实施部门未作反馈：推定为正在执行。",
        "自措施開始或恢復以來實施部門未作回饋：推定為正在執行。",
    ),
    CONTRADICTED: Phrase(
        "The enforcer's reports contradict each other on whether the measure was ever applied.",
        "实施部门关于措施是否曾执行的反馈相互矛盾。",
        "實施部門關於措施是否曾執行的回饋相互矛盾。",
    ),
    OTHER_DAY: Phrase(
        "A report names another day than that on which it was entered; the day of entry counts.",
        "反馈所载日期与录入日期不同；以录入日期为准。",
        "回饋所載日期與錄入日期不同；以錄入日期為準。",
    ),
    NOT_AT_HAND: Phrase(
        "The entries of a node that the record passed are not at hand; what it knew is told by "
        "others.",
        "信息所经某一节点的条目不在手边；其知悉情况由他方条目所述。",
        "資訊所經某一節點的條目不在手邊；其知悉情況由他方條目所述。",
    ),
    SURMISED: Phrase(
        "When a node was told is known from its acknowledgement only: on that day at the latest.",
        "某一节点何时获知，仅由其确认可知：最迟为确认之日。",
        "某一節點何時獲知，僅由其確認可知：最遲為確認之日。",
    ),
    NO_SUPPLIER: Phrase(
        "The entry of a record under the sanction is not at hand; its supplier is not known here.",
        "惩戒所依据的某条信息的条目不在手边；此处不知其提供单位。",
        "懲戒所依據的某條資訊的條目不在手邊；此處不知其提供單位。",
    ),
    NO_ACT: Phrase(
        "The sanction was suspended or lifted for a cause whose entry is not at hand.",
        "惩戒的暂停或解除所依据的条目不在手边。",
        "懲戒的暫停或解除所依據的條目不在手邊。",
    ),
    RULING_SILENT: Phrase(
        "A ruling names no faulty record; those withdrawn or corrected away are taken for it.",
        "认定未指明错误信息；以已撤销或更正的信息为准。",
        "認定未指明錯誤資訊；以已撤銷或更正的資訊為準。",
    ),
    PROVISIONAL: Phrase(
        "The calendar of working days ends before some that were counted for the answer: there "
        "Mondays to Fridays count, and the number is provisional.",
        "核实反馈所计部分日期超出工作日历范围：该部分按周一至周五计算，天数为暂定。",
        "核實回饋所計部分日期超出工作日曆範圍：該部分按週一至週五計算，天數為暫定。",
    ),
}
"""By code; the codes are stable."""


def limit(code: str) -> Limit:
    """A limit that has its texts."""
    if code not in TEXTS:
        raise KeyError(code)
    return Limit(code)
