"""Handing a foreign report over as it was given: registered first, like every look."""

from __future__ import annotations

from hashlib import sha256

from api.asking import Question, ask, tied_entries
from ledger.entry import Entry
from ledger.errors import ExitCode, LedgerError, Refusal
from ledger.events.across import REPORT_CONTENT, ForeignReportReceived
from ledger.events.subjects import PersonalDataErased
from ledger.node import Node
from ledger.signing import base64text
from ledger.signing.sealing import Erased, Opened, check_commitment
from ledger.subject.refusals import UnknownId


class ReportErased(Refusal):
    code = "report_erased"
    en = "the bytes of report {report} were erased; what is left of it is its digest"
    zh_cn = "报告 {report} 的内容已删除，仅存其摘要"
    zh_tw = "報告 {report} 的內容已刪除，僅存其摘要"


class ReportDamaged(LedgerError):
    code = "report_damaged"
    exit_code = ExitCode.CHECK_FAILED
    en = "what is kept of report {report} is not what was attached; run credit-ledger audit"
    zh_cn = "所存报告 {report} 的内容与附存时不符；请运行 credit-ledger audit"
    zh_tw = "所存報告 {report} 的內容與附存時不符；請執行 credit-ledger audit"


def attached(node: Node, question: Question) -> tuple[ForeignReportReceived, bytes]:
    """The report that ``question`` names, for a registered reader of the node itself.

    Byte for byte what was attached: held against the entry's commitment and its digest.
    Raises ``UnknownId``, ``ReportErased``, ``ReportDamaged``, or what ``ask`` raises.
    """
    assert question.report is not None
    assert question.operator is not None
    node.registry()
    entries = tied_entries(node, node.subject_uuid(question.scheme, question.identifier))
    for entry in entries:
        facts = entry.facts
        if isinstance(facts, ForeignReportReceived) and facts.report == question.report:
            content = _content(node, entry, facts, entries)
            ask(node, question)
            return facts, content
    raise UnknownId(what="report", id=question.report)


def _content(node: Node, entry: Entry, facts: ForeignReportReceived, entries: list[Entry]) -> bytes:
    gone = {
        key_id
        for each in entries
        if isinstance(each.facts, PersonalDataErased)
        for key_id in each.facts.keys
    }
    stored = node.store.stream(entry.stream.key, upto=entry.index + 1)[-1]
    detail = node.details(stored, (REPORT_CONTENT,), erased=gone).get(REPORT_CONTENT)
    if isinstance(detail, Erased):
        raise ReportErased(report=facts.report)
    committed = (entry.sealed or {}).get(REPORT_CONTENT, "")
    if not isinstance(detail, Opened) or not check_commitment(
        REPORT_CONTENT, detail.value, detail.salt, committed
    ):
        raise ReportDamaged(report=facts.report)
    content = base64text.decode(detail.value, what=REPORT_CONTENT)
    if sha256(content).hexdigest() != facts.digest:
        raise ReportDamaged(report=facts.report)
    return content
