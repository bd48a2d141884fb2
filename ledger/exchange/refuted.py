"""How the judging of a message ends early."""

from __future__ import annotations

from ledger.errors import ExitCode, LedgerError, Phrase
from ledger.log.verdict import Reason, Verdict

BUNDLE_: Phrase = Phrase("the bundle", "共享包", "共享包")
MESSAGE_: Phrase = Phrase("the message", "消息", "訊息")
SUBMISSION_: Phrase = Phrase("the submission", "提交清单", "提交清單")


class MessageRefuted(LedgerError):
    """Ends a judgement, of the whole or of one record; the verdict says why."""

    code = "message_refuted"
    exit_code = ExitCode.CHECK_FAILED
    en = "the message is not believed: {reason}"
    zh_cn = "不采信该消息：{reason}"
    zh_tw = "不採信該訊息：{reason}"

    def __init__(self, reason: Reason, **fields: object) -> None:
        super().__init__(reason=reason.value)
        self.verdict = Verdict.of(reason, **fields)
