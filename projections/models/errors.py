"""What can be wrong with read models."""

from __future__ import annotations

from typing import Final

from ledger.errors import ExitCode, LedgerError, UnusableInput

SHOWN: Final = 80
"""Characters of a value that are shown: somebody may have written any number of them."""


class ReadModelsUnusable(UnusableInput):
    code = "read_models_unusable"
    en = (
        "the read models in {place} cannot be used: {reason}; they hold nothing that the log "
        "does not: remove them and run credit-ledger rebuild"
    )
    zh_cn = (
        "无法使用 {place} 中的读模型：{reason}；其内容均可由日志重建："
        "请将其删除并运行 credit-ledger rebuild"
    )
    zh_tw = (
        "無法使用 {place} 中的讀模型：{reason}；其內容均可由日誌重建："
        "請將其刪除並執行 credit-ledger rebuild"
    )


class ReadModelsDamaged(ReadModelsUnusable):
    """The file is no database, or not a whole one."""

    code = "read_models_damaged"
    en = "the read models in {place} are damaged: {reason}; run credit-ledger rebuild"
    zh_cn = "{place} 中的读模型已损坏：{reason}；请运行 credit-ledger rebuild"
    zh_tw = "{place} 中的讀模型已損壞：{reason}；請執行 credit-ledger rebuild"


class UnreadableValue(UnusableInput):
    code = "read_models_value"
    en = (
        "the read models hold a value that they cannot hold: {value}; credit-ledger check names "
        "the row, credit-ledger rebuild makes it anew"
    )
    zh_cn = (
        "读模型中有不应存在的值：{value}；"
        "credit-ledger check 可指明所在行，credit-ledger rebuild 可予重建"
    )
    zh_tw = (
        "讀模型中有不應存在的值：{value}；"
        "credit-ledger check 可指明所在列，credit-ledger rebuild 可予重建"
    )

    @classmethod
    def of(cls, value: object) -> UnreadableValue:
        """The beginning of ``value`` is told."""
        return cls(value=repr(value)[:SHOWN])


class NoReadModels(UnusableInput):
    code = "no_read_models"
    en = "{place} holds no read models of this log, made by this program; run credit-ledger rebuild"
    zh_cn = "{place} 中没有由本程序生成的本日志读模型；请运行 credit-ledger rebuild"
    zh_tw = "{place} 中沒有由本程式產生的本日誌讀模型；請執行 credit-ledger rebuild"


class ReadModelsBusy(LedgerError):
    code = "read_models_busy"
    exit_code = ExitCode.INTERNAL
    en = "another program has held the read models in {place} for {seconds} seconds; try again"
    zh_cn = "其他程序占用 {place} 中的读模型已达 {seconds} 秒；请重试"
    zh_tw = "其他程式占用 {place} 中的讀模型已達 {seconds} 秒；請重試"


class HelperEnded(LedgerError):
    code = "rebuild_helper_ended"
    exit_code = ExitCode.INTERNAL
    en = "a helper process ended before it had answered; run the command again: it goes on"
    zh_cn = "辅助进程未作应答即终止；请重新运行命令，将从中断处继续"
    zh_tw = "輔助行程未作應答即終止；請重新執行命令，將從中斷處繼續"


class LogChanged(LedgerError):
    """Never where the store keeps its guarantees: rows below a size do not change."""

    code = "log_changed_under_rebuild"
    exit_code = ExitCode.CHECK_FAILED
    en = "the log holds {found} rows below {expected}; run credit-ledger audit"
    zh_cn = "日志在 {expected} 以下共有 {found} 行；请运行 credit-ledger audit"
    zh_tw = "日誌在 {expected} 以下共有 {found} 列；請執行 credit-ledger audit"
