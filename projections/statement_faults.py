"""Why no history statement is given, or why a file is none."""

from __future__ import annotations

from ledger.errors import ExitCode, LedgerError, Refusal, UnusableInput
from ledger.log.verdict import Reason, Verdict


class StatementRefuted(LedgerError):
    """Ends a verification; the verdict says why."""

    code = "statement_refuted"
    exit_code = ExitCode.CHECK_FAILED
    en = "the statement is not believed: {reason}"
    zh_cn = "不采信该声明：{reason}"
    zh_tw = "不採信該聲明：{reason}"

    def __init__(self, reason: Reason, **fields: object) -> None:
        super().__init__(reason=reason.value)
        self.verdict = Verdict.of(reason, **fields)


class StatementMalformed(UnusableInput):
    code = "statement_malformed"
    en = "not a history statement: {why}; ask its sender for the original"
    zh_cn = "不是历史声明：{why}；请向发送方索取原件"
    zh_tw = "不是歷史聲明：{why}；請向發送方索取原件"


class StatementUnprovable(LedgerError):
    """Nothing is signed that its reader would refuse."""

    code = "statement_unprovable"
    exit_code = ExitCode.CHECK_FAILED
    en = "no statement is signed: {why}; run credit-ledger audit"
    zh_cn = "未签署声明：{why}；请运行 credit-ledger audit"
    zh_tw = "未簽署聲明：{why}；請執行 credit-ledger audit"


class StatementNeedsReader(Refusal):
    code = "statement_needs_reader"
    en = (
        "no statement is given to the public on this: it would have to show entries in full; "
        "ask with --operator, --purpose and --basis"
    )
    zh_cn = (
        "此项不向公众出具声明：声明须完整列示条目；请以 --operator、--purpose 和 --basis 登记查询"
    )
    zh_tw = (
        "此項不向公眾出具聲明：聲明須完整列示條目；請以 --operator、--purpose 和 --basis 登記查詢"
    )


class StatementWithheld(Refusal):
    code = "statement_withheld"
    en = (
        "no statement is given: it shows entries in full, and this reader may not see all of "
        "entry {index} (government sharing only, or its retention has ended)"
    )
    zh_cn = (
        "不出具声明：声明须完整列示条目，而该查询者不得查看条目 {index} 的全部内容"
        "（仅限政务共享，或保存期限已届满）"
    )
    zh_tw = (
        "不出具聲明：聲明須完整列示條目，而該查詢者不得查看條目 {index} 的全部內容"
        "（僅限政務共享，或保存期限已屆滿）"
    )


class StatementTooLarge(UnusableInput):
    code = "statement_too_large"
    en = (
        "the history is too long for one statement (at most {entries} entries and {size} MiB); "
        "ask with an earlier --known-at"
    )
    zh_cn = (
        "历史过长，无法载入一份声明（至多 {entries} 个条目、{size} MiB）；请使用更早的 --known-at"
    )
    zh_tw = (
        "歷史過長，無法載入一份聲明（至多 {entries} 個條目、{size} MiB）；請使用更早的 --known-at"
    )
