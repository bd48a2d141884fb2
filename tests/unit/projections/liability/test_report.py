"""The page of a trail: everything is on it, in two languages, and nothing of it is markup."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from projections.liability.limits import NO_VERDICT, TEXTS
from projections.liability.model import Limit
from projections.liability.phrases import Chinese
from projections.liability.report import render
from tests.unit.projections.liability.trails import RECORD, SUBJECT, TRAIL, with_label

HOSTILE = '</script></title><img src=x onerror="alert(1)">'


class _Tags(HTMLParser):
    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.said = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.said += data


@pytest.mark.parametrize("chinese", ["zh-CN", "zh-TW"])
def test_the_page_says_all_of_the_trail_in_two_languages(chinese: Chinese) -> None:
    """Each party's days and spans, each step with its digest, what is open, and the limits."""
    said = _Tags(render(TRAIL, chinese, subject=SUBJECT)).said
    for each in TRAIL.days.parties:
        assert each.party in said
        for since, until in each.spans:
            assert f"[{since}, {until})" in said
    for step in TRAIL.steps:
        assert step.digest in said
    for text in ("Days wrongly enforced", "Who knew what", "reputation not restored", SUBJECT):
        assert text in said
    assert ("错误执行天数" if chinese == "zh-CN" else "錯誤執行天數") in said


def test_a_provisional_number_of_days_is_called_so() -> None:
    """Beside the number, in both languages; and not where the calendar covers all."""
    answer = replace(TRAIL.answer, provisional=True)
    said = _Tags(render(replace(TRAIL, answer=answer), "zh-CN", subject=None)).said
    assert "暂定" in said
    assert "provisional" in said
    assert "暂定" not in _Tags(render(TRAIL, "zh-CN", subject=None)).said


def test_limits_stand_side_by_side() -> None:
    """In Chinese on one side, in English on the other."""
    page = render(replace(TRAIL, limits=(Limit(NO_VERDICT),)), "zh-TW", subject=None).decode()
    for text in (TEXTS[NO_VERDICT].zh_tw, TEXTS[NO_VERDICT].en):
        assert f"<li>{text}</li>" in page
    assert SUBJECT not in page


@pytest.mark.parametrize("hostile", [HOSTILE, "\x00\x1b]0;x\x07", "\u202e"])
def test_text_of_others_adds_no_element_to_the_page(hostile: str) -> None:
    """What a supplier writes into a document number is shown as it is, or not at all."""
    plain = _Tags(render(TRAIL, "zh-CN", subject=SUBJECT))
    page = render(with_label(hostile), "zh-CN", subject=hostile)
    assert _Tags(page).tags == plain.tags
    assert b"\x00" not in page
    assert "\u202e" not in page.decode()


def test_the_same_trail_gives_the_same_page() -> None:
    """No clock and no chance is in it: else it could not be made again and compared."""
    assert render(TRAIL, "zh-CN", subject=SUBJECT) == render(TRAIL, "zh-CN", subject=SUBJECT)
    assert RECORD in render(TRAIL, "zh-CN", subject=SUBJECT).decode()
