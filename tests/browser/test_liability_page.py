"""The printable report of a liability trail, opened as a file in a real browser."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from projections.liability.phrases import Chinese
from projections.liability.report import render
from projections.liability.svg import draw
from tests.browser.chromium import A4_INSIDE, DESK, PHONE, Browser, Media, pages
from tests.browser.looking import beyond, faint, misnamed, untold
from tests.integration.conftest import found
from tests.integration.material import FOUNDED_AT, OFFICER, admit_all, at
from tests.integration.test_liability import Case
from tests.unit.projections.liability.building import FUNDER, S3, uid, worked_case
from tests.unit.projections.liability.building import SUPPLIER as BUREAU
from tests.unit.projections.liability.trails import with_label

WIDTHS: list[tuple[int, Media]] = [(DESK, "screen"), (PHONE, "screen"), (A4_INSIDE, "print")]

_PAPER = re.compile(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]")


@pytest.fixture(scope="module")
def signed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed report of the worked case at its first node."""
    folder = tmp_path_factory.mktemp("signed")
    node = found(request, folder, "sqlite", "--simulated-clock", "--at", FOUNDED_AT)
    admit_all(node)
    case, page = Case(node, folder), folder / "report.html"
    asked = ("--format", "html", "-o", page, *OFFICER, "--at", at("04-30"))
    done = case.ask(*asked)
    assert done.code == 0, done.err
    assert case.verdict(page) == "VALID verified"
    return page


@pytest.fixture(params=["zh-CN", "zh-TW"])
def three(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A report on the sanction that three parties bear, in either Chinese."""
    chinese: Chinese = request.param
    page = tmp_path / "three.html"
    page.write_bytes(render(worked_case().trail(S3), chinese, subject=uid(7)))
    return page


@pytest.mark.parametrize(("width", "media"), WIDTHS)
def test_the_signed_report_shows_itself_and_asks_for_nothing(
    browser: Browser, signed: Path, width: int, media: Media
) -> None:
    """One request, for the file; no complaint of the page, its policy or a script; all fits."""
    browser.open(signed, width=width, media=media)
    heard = browser.heard()
    assert heard.requests == (signed.as_uri(),)
    assert heard.console == ()
    assert beyond(browser) == []
    assert faint(browser) == []
    assert untold(browser) == []
    assert misnamed(browser) == []


@pytest.mark.parametrize(("width", "media"), WIDTHS)
def test_the_days_of_each_party_are_to_be_read(
    browser: Browser, three: Path, width: int, media: Media
) -> None:
    """Supplier, node and enforcer with their days and spans, and the sum, at every width."""
    browser.open(three, width=width, media=media)
    table = ".cards:has(.total) tbody"
    assert browser.texts(f"{table} tr > [scope=row]")[:3] == [BUREAU, "xiamen", FUNDER]
    assert browser.texts(f"{table} tr > .number")[:4] == ["5", "4", "5", "14"]
    spans = [text for text in browser.texts(f"{table} td") if text.startswith("[")]
    assert spans == [
        "[2026-03-16, 2026-03-21)", "[2026-03-21, 2026-03-25)", "[2026-03-25, 2026-03-30)",
    ]  # fmt: skip
    assert beyond(browser) + faint(browser) + untold(browser) + misnamed(browser) == []


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_a_reader_of_the_screen_is_told_a_table(browser: Browser, three: Path, width: int) -> None:
    """Also where rows look like cards: headers of columns and rows, and the figures as cells."""
    browser.open(three, width=width)
    told = browser.roles()
    roles = [role for role, _ in told]
    tables = browser.run("return document.querySelectorAll('table').length")
    assert roles.count("table") == tables
    assert roles.count("columnheader") == browser.run(
        "return document.querySelectorAll('th[scope=col]').length"
    )
    assert ("rowheader", BUREAU) in told
    assert [name for role, name in told if role == "cell"].count("14") == 1
    assert "main" in roles


def test_both_languages_stand_side_by_side(browser: Browser, three: Path) -> None:
    """Each heading in the page's Chinese and in English, the English called so."""
    browser.open(three)
    chinese = browser.run("return document.documentElement.lang")
    words = {"zh-CN": "错误执行天数", "zh-TW": "錯誤執行天數"}
    assert any(words[chinese] in heading for heading in browser.texts("h2"))
    assert "Days wrongly enforced" in browser.texts("h2 > small:lang(en)")
    assert {"days", "party", "role"} <= set(browser.texts("th small:lang(en)"))
    sides = browser.run(
        "return [...document.querySelectorAll('.sides')]"
        ".map(e => [...e.children].map(c => [c.lang, c.getBoundingClientRect().x]))"
    )
    assert sides
    for (one, left), (other, right) in sides:
        assert (one, other) == (chinese, "en")
        assert left < right


def test_on_a_phone_the_drawing_is_panned_and_stays_readable(browser: Browser, three: Path) -> None:
    """The page stays as wide as the phone; the drawing moves under it, by keyboard too."""
    browser.open(three, width=PHONE)
    wide, seen, focusable = browser.run(
        "const e = document.querySelector('.drawing > div');"
        "return [e.scrollWidth, e.clientWidth, e.tabIndex]"
    )
    assert wide > 2 * PHONE > seen
    assert focusable == 0
    size = browser.run(
        "const e = document.querySelector('svg text.name');return e.getBoundingClientRect().height"
    )
    assert size >= 9


def test_the_report_is_printed_on_a4_with_the_drawing_across(
    browser: Browser, signed: Path
) -> None:
    """More than one page, none of another size, and exactly one of them turned."""
    browser.open(signed)
    pdf = browser.pdf()
    paper = [(round(float(one)), round(float(other))) for one, other in _PAPER.findall(pdf)]
    assert len(paper) == pages(pdf) > 1
    assert set(paper) == {(595, 842), (842, 595)}
    assert paper.count((842, 595)) == 1


def test_names_that_are_too_long_make_no_page_too_wide(browser: Browser, tmp_path: Path) -> None:
    """A document number, an operator of 200 letters without a space break their lines."""
    long = with_label("W" * 200)
    long = replace(long, steps=tuple(replace(step, operator="W" * 200) for step in long.steps))
    page = tmp_path / "long.html"
    page.write_bytes(render(long, "zh-CN", subject="W" * 200))
    for width, media in WIDTHS:
        browser.open(page, width=width, media=media)
        assert beyond(browser) == []


def test_the_drawing_alone_is_a_picture_of_its_own(browser: Browser, tmp_path: Path) -> None:
    """It is shown, says what it is, and hides no word behind a box or another word."""
    file = tmp_path / "liability.svg"
    file.write_text(draw(worked_case().trail(S3)), "utf-8")
    browser.open(file)
    heard = browser.heard()
    assert (heard.requests, heard.console) == ((file.as_uri(),), ())
    assert faint(browser) == []
    assert "惩戒责任链 Liability trail" in browser.run("return document.title")
    hidden = browser.run(
        "return [...document.querySelectorAll('.entry')].filter(e => {"
        "const at = e.getBoundingClientRect();"
        "return !document.elementsFromPoint(at.x + at.width / 2, at.y + at.height / 2)[0]"
        ".isSameNode(e)}).map(e => e.textContent)"
    )
    assert hidden == []
    covered = browser.run(
        "const box = e => e.getBoundingClientRect(), all = [...document.querySelectorAll('.entry')];"
        "const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1"
        " && a.top < b.bottom - 4 && b.top < a.bottom - 4;"
        "return all.flatMap((e, at) => all.slice(at + 1).filter(o => meet(box(e), box(o)))"
        ".map(o => e.textContent + ' and ' + o.textContent))"
    )
    assert covered == []
