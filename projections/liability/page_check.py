"""Verifying a printed report: the statement inside it, and that the page says what it says. Pure.

The page is a function of the statement, so it is made again and compared byte by byte: a
number, a name or a space that was changed in it is found, whether or not the statement is whole.
"""

from __future__ import annotations

import re
from typing import Final, cast

from ledger.codec import decode
from ledger.entry import Entry, StoredEntry
from ledger.errors import LedgerError, Phrase
from ledger.log.trust import Trust
from ledger.log.verdict import Reason, Verdict
from ledger.log.verifying import MAX_FILE_BYTES
from projections.liability.phrases import Chinese
from projections.liability.report import END, PAGE_VERSION, START, Proven, render
from projections.liability.statement import (
    KINDS,
    LIABILITY,
    LiabilityStatement,
    attached_in,
    refolded,
)
from projections.statement import ShownEntry, envelope, kind_of
from projections.statement_check import verify_statement

PAGE_START: Final = b"<!DOCTYPE html>"

_HEAD: Final = 2_048
"""Bytes in which language and version stand."""

_LANGUAGE: Final = re.compile(rb'<html lang="(zh-CN|zh-TW)">')
_VERSION: Final = re.compile(rb'content="credit-ledger report ([0-9]{1,9})"')

_NO_STATEMENT: Final = Phrase(
    "the page holds no signed statement of a liability trail",
    "该页面不含已签署的责任链声明",
    "該頁面不含已簽署的責任鏈聲明",
)


def statement_in(page: bytes) -> bytes | None:
    """The envelope that stands in a page; None where none does."""
    start, end = START.encode(), END.encode()
    at = page.find(start)
    until = page.find(end, at)
    return None if at < 0 or until < 0 else page[at + len(start) : until]


def verify_page(page: bytes, trust: Trust) -> Verdict:
    """The verdict on the statement; ``INVALID`` where the page does not say the same."""
    if len(page) > MAX_FILE_BYTES:
        return Verdict.of(Reason.TOO_LARGE, limit=MAX_FILE_BYTES)
    found = statement_in(page)
    language, version = _LANGUAGE.search(page[:_HEAD]), _VERSION.search(page[:_HEAD])
    if found is None or language is None or version is None:
        return Verdict.of(Reason.MALFORMED, why=_NO_STATEMENT)
    verdict = verify_statement(found, trust, KINDS)
    if not verdict.is_good:
        return verdict
    try:
        payload = envelope(found).payload
        if kind_of(payload) != LIABILITY:
            return Verdict.of(Reason.MALFORMED, why=_NO_STATEMENT)
        statement = LiabilityStatement.from_payload(payload)
    except LedgerError as error:
        return Verdict.of(Reason.MALFORMED, why=error)
    if int(version[1]) != PAGE_VERSION:
        return Verdict.of(Reason.FOLD_UNKNOWN, version=int(version[1]), known=PAGE_VERSION)
    chinese = cast("Chinese", language[1].decode())
    if page_of(statement, found, chinese) != page:
        return Verdict.of(Reason.PAGE_DIFFERS)
    return verdict


def page_of(statement: LiabilityStatement, signed: bytes, chinese: Chinese) -> bytes:
    """The page of a statement; ``signed`` is the envelope that stands in it."""
    shown = {one.index: one for stream in statement.streams for one in stream.entries}
    entries = sorted((_entry(one) for one in shown.values()), key=lambda entry: entry.index)
    proven = Proven(
        signed,
        statement.checkpoint,
        statement.query.tree_size,
        {(statement.node, index): one for index, one in shown.items()},
        attached_in(statement, entries).brought,
    )
    trail = refolded(statement, entries)
    return render(trail, chinese, subject=statement.query.subject, proven=proven)


def _entry(one: ShownEntry) -> Entry:
    return decode(
        StoredEntry(
            originator_id="",
            originator_version=0,
            topic="",
            state=one.payload,
            index=one.index,
            keyid=bytes.fromhex(one.keyid),
            signature=one.signature,
        )
    )
