"""How faults are kept and told."""

from __future__ import annotations

from typing import get_args

import pytest

from ledger.log.faults import KINDS, MAX_DETAIL, MAX_KEPT_PER_KIND, Fault, FaultKind, FaultList


def test_every_kind_has_a_sentence_in_three_languages() -> None:
    """No kind without its words, no words without a kind, and the languages differ."""
    assert set(KINDS) == set(get_args(FaultKind))
    for words in KINDS.values():
        assert all(words)
        assert words.en.isascii()
        assert not words.zh_cn.isascii()
        assert not words.zh_tw.isascii()
    fault = Fault(3, "seq_gap", "")
    assert len({fault.message(one) for one in ("en", "zh-CN", "zh-TW")}) == 3


def test_one_kind_never_hides_another_nor_fills_the_memory() -> None:
    """Of each kind the first are kept; the report says how many more there were."""
    faults = FaultList()
    for index in range(MAX_KEPT_PER_KIND + 7):
        faults.add(index, "unknown_key", "x")
    faults.add(5, "bad_signature", "x")
    report = faults.report(9_999)
    assert (report.ok, report.entries, report.omitted) == (False, 9_999, 7)
    assert len(report.faults) == MAX_KEPT_PER_KIND + 1
    assert [fault.index for fault in report.faults] == sorted(f.index for f in report.faults)


def test_nothing_found_is_a_clean_log() -> None:
    """A report without faults is ok."""
    assert FaultList().report(3).ok


@pytest.mark.parametrize("detail", ["x" * 5_000, "\x1b[31mred\x07", "\udc80", "a\nb"])
def test_a_detail_is_short_and_printable(detail: str) -> None:
    """Whatever a hostile row holds, its fault fits a line and harms no terminal."""
    faults = FaultList()
    faults.add(0, "unreadable", detail)
    (fault,) = faults.report(1).faults
    assert len(fault.detail) <= MAX_DETAIL
    assert fault.detail.isprintable()
    assert fault.detail.encode()
