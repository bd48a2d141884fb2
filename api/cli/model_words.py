"""The words of ``rebuild`` and ``check`` in three languages."""

from __future__ import annotations

from typing import Final

MODEL_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "rebuilding": ("rebuilding", "正在重建", "正在重建"),
    "checking": ("checking", "正在核对", "正在核對"),
    "rebuilt": (
        "the read models are rebuilt from {position} entries",
        "读模型已由 {position} 个条目重建",
        "讀模型已由 {position} 個條目重建",
    ),
    "models_stopped": (
        "the read models stand before entry {index}, which cannot be read: {reason}",
        "读模型停在条目 {index} 之前，该条目无法读取：{reason}",
        "讀模型停在條目 {index} 之前，該條目無法讀取：{reason}",
    ),
    "models_ok": (
        "all {rows} rows are as the first {position} entries say",
        "全部 {rows} 行均与前 {position} 个条目一致",
        "全部 {rows} 列均與前 {position} 個條目一致",
    ),
    "models_differ": (
        "{count} rows are not as the first {position} entries say; run credit-ledger rebuild",
        "{count} 行与前 {position} 个条目不一致；请运行 credit-ledger rebuild",
        "{count} 列與前 {position} 個條目不一致；請執行 credit-ledger rebuild",
    ),
    "models_unreadable": (
        "entry {index} cannot be read any more: {reason}; run credit-ledger audit",
        "条目 {index} 已无法读取：{reason}；请运行 credit-ledger audit",
        "條目 {index} 已無法讀取：{reason}；請執行 credit-ledger audit",
    ),
    "in_table": ("table", "表", "表"),
    "row_key": ("row", "行", "列"),
    "stored": ("stored", "存储值", "儲存值"),
    "rebuilt_value": ("rebuilt", "重建值", "重建值"),
}
