"""A credit report of another jurisdiction, attached to its subject as it was given.

Nothing is read out of it, so nothing of it can be wrong here: it is no record, and what
rests on records cannot name it. Its bytes are kept unchanged, so that a signature in them
can be verified later by whatever tools its issuer's signature needs.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from ledger.commands.subject_commands import AttachReport
from ledger.entry import Secret
from ledger.errors import LedgerError, Refusal, UnusableInput
from ledger.events.across import MAX_REPORT_BYTES, REPORT_CONTENT, ForeignReportReceived
from ledger.signing import base64text
from ledger.subject.aggregate import Subject, require_sealable
from ledger.subject.context import Context, require_not_before, require_order

_MAX_TEXT: Final = (MAX_REPORT_BYTES + 2) // 3 * 4
"""Characters of the largest report in base64."""


class ReportUnusable(UnusableInput):
    code = "report_unusable"
    en = (
        "the report is not there as base64 of 1 to {limit} bytes in the sealed field content; "
        "ask its issuer for a smaller form of it"
    )
    zh_cn = "密封字段 content 须为报告的 base64，长度 1 至 {limit} 字节；请向出具方索取较小的文件"
    zh_tw = "密封欄位 content 須為報告的 base64，長度 1 至 {limit} 位元組；請向出具方索取較小的檔案"


class ReportHeld(Refusal):
    code = "report_held"
    en = "the same report, byte for byte, is attached already as {report}; nothing was written"
    zh_cn = "完全相同的报告已作为 {report} 附存，未作更改"
    zh_tw = "完全相同的報告已作為 {report} 附存，未作更改"


def report_key(report: str) -> str:
    """The name of the data key of a report: it can be erased by itself."""
    return f"report:{report}"


def attach_report(subject: Subject, command: AttachReport, context: Context) -> str:
    """The id of the report, whose bytes the context brings to be sealed."""
    subject.require_open()
    context.not_in_future("issued_on", command.issued_on)
    context.not_in_future("received_on", command.received_on)
    require_not_before("received_on", command.received_on, "issued_on", command.issued_on)
    if command.valid_until is not None:
        require_order("issued_on", command.issued_on, "valid_until", command.valid_until)
    require_sealable(context, ForeignReportReceived)
    text = context.sealed.get(REPORT_CONTENT)
    content = _content(text)
    digest = sha256(content).hexdigest()
    erased = {one for each in subject.state.erasures for one in each.facts.reports}
    for key, known in subject.state.reports.items():
        if known.facts.digest == digest and key not in erased:
            raise ReportHeld(report=key)
    report = context.new_id()
    facts = ForeignReportReceived(
        report=report,
        issuer=command.issuer,
        reference=command.reference,
        issued_on=command.issued_on,
        valid_until=command.valid_until,
        digest=digest,
        size=len(content),
        media_type=command.media_type,
        language=command.language,
        received_on=command.received_on,
        purpose=command.purpose,
        legal_basis=command.legal_basis,
    )
    subject.trigger(context, facts, (Secret(REPORT_CONTENT, text, (report_key(report),)),))
    return report


def _content(text: object) -> bytes:
    """The bytes of the report. Raises ``ReportUnusable``."""
    if not isinstance(text, str) or not 0 < len(text) <= _MAX_TEXT:
        raise ReportUnusable(limit=MAX_REPORT_BYTES)
    try:
        content = base64text.decode(text, what=REPORT_CONTENT)
    except LedgerError as error:
        raise ReportUnusable(limit=MAX_REPORT_BYTES) from error
    if not 0 < len(content) <= MAX_REPORT_BYTES:
        raise ReportUnusable(limit=MAX_REPORT_BYTES)
    return content
