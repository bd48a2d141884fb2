"""The words of ``report`` and of what crosses a border, in three languages."""

from __future__ import annotations

from typing import Final

ACROSS_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "export_assessed": (
        "assessment {assessment}: {items} may be given to {to} from {from_} until {until}",
        "出境评估 {assessment}：自 {from_} 至 {until} 可向 {to} 提供 {items}",
        "出境評估 {assessment}：自 {from_} 至 {until} 可向 {to} 提供 {items}",
    ),
    "report_attached": (
        "report {report} is attached: {size} bytes, digest {digest}; nothing rests on it",
        "报告 {report} 已附存：{size} 字节，摘要 {digest}；不作为任何惩戒的依据",
        "報告 {report} 已附存：{size} 位元組，摘要 {digest}；不作為任何懲戒的依據",
    ),
    "foreign_report_written": (
        "{path}: report {reference} of {issuer}, as it was given",
        "{path}：{issuer} 出具的报告 {reference}，保持原样",
        "{path}：{issuer} 出具的報告 {reference}，保持原樣",
    ),
    "passed": (
        "given to and received from other nodes",
        "向其他节点提供和从其他节点接收",
        "向其他節點提供和從其他節點接收",
    ),
    "passed_given": ("given to", "提供给", "提供給"),
    "passed_received": ("received from", "接收自", "接收自"),
    "direction": ("direction", "方向", "方向"),
    "purpose": ("purpose", "目的", "目的"),
    "legal_basis": ("legal basis", "法律依据", "法律依據"),
    "fields": ("sealed fields", "密封字段", "密封欄位"),
    "assessment": ("export assessment", "出境评估", "出境評估"),
    "nothing_passed": (
        "nothing was given to another node or received from one",
        "未向其他节点提供，也未从其他节点接收",
        "未向其他節點提供，也未從其他節點接收",
    ),
}
