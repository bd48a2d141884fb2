"""The verifier's one file, opened from disk in a real browser."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By

from ledger.exchange.judging import judge
from scripts._verifier_page import PAGE
from tests.browser.chromium import A4_INSIDE, DESK, PHONE, Browser, Media, pages
from tests.browser.looking import beyond, faint, misnamed, untold
from tests.exchange_material import Region
from tests.unit.exchange import lists
from tests.unit.log.trusting import LEAKED, SmallTree, envelope, policy, trust
from tests.verifier_agreement import Case, expected

VECTORS = Path(__file__).parent.parent / "vectors" / "exchange"
WIDTHS: list[tuple[int, Media]] = [(DESK, "screen"), (PHONE, "screen"), (A4_INSIDE, "print")]
SHOWN = [
    "bundle", "bundle-relayed", "bundle-compromised", "bundle-expired-list", "withdrawn", "truncated",
    "unknown-key", "notice", "acknowledgement", "status", "refusal",
]  # fmt: skip
MANY = 1_000
SECONDS = 30
"""A bundle of so many records is told within; a quiet machine takes a tenth of it."""
STILL = 1_000
"""Milliseconds that the page may not answer meanwhile: two browsers may share the machine."""


def vector(name: str) -> Case:
    value = json.loads((VECTORS / f"{name}.json").read_bytes())
    return b64decode(value["file"]), b64decode(value["trust"]), None


def opened(
    browser: Browser, width: int = DESK, media: Media = "screen", language: str = "en"
) -> None:
    browser.open(PAGE, width=width, media=media)
    browser.run("document.querySelector(`[data-language=${arguments[0]}]`).click()", language)


def given(browser: Browser, folder: Path, files: dict[str, bytes], place: str = "files") -> None:
    """Files put into one of the two fields."""
    paths = []
    for name, data in files.items():
        (folder / name).write_bytes(data)
        paths.append(str(folder / name))
    browser.driver.find_element(By.ID, place).send_keys("\n".join(paths))


def waited(browser: Browser, selector: str, seconds: float = SECONDS) -> list[str]:
    """What is to be read there, as soon as there is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := browser.texts(selector):
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing at {selector}: {browser.texts('main')}")


def verified(browser: Browser, folder: Path, case: Case, name: str = "message.json") -> None:
    data, trusted, entry = case
    given(browser, folder, {"trust.json": trusted}, "trust-file")
    waited(browser, "#trust > *")
    files = {name: data} if entry is None else {name: data, "entry.json": entry}
    given(browser, folder, files)
    waited(browser, "#found .verdict")


def reason(browser: Browser) -> tuple[str, str, str]:
    """Verdict, reason and sentence of the first file."""
    (verdict, *_) = browser.texts("#found > .result > .verdict h3 code")
    (sentence, *_) = browser.texts("#found > .result > .verdict .sentence")
    cells = browser.texts("#found > .result > .facts:nth-of-type(1) code")
    return verdict, cells[2], sentence


@pytest.mark.parametrize("name", SHOWN)
def test_the_page_says_what_the_program_says(browser: Browser, tmp_path: Path, name: str) -> None:
    """Verdict, reason and sentence, in the language of the page; and nothing is asked for."""
    case = vector(name)
    opened(browser, language="zh-TW")
    verified(browser, tmp_path, case)
    wanted = expected(case)
    verdict, code, sentence = reason(browser)
    assert (verdict, code) == (wanted["verdict"], wanted["reason"])
    assert sentence == wanted["detail"].get("zh-TW", sentence)
    heard = browser.heard()
    assert heard.requests[0] == PAGE.as_uri()
    assert all(one.startswith("blob:") for one in heard.requests[1:])
    assert heard.console == ()
    assert misnamed(browser) == []


@pytest.mark.parametrize(("width", "media"), WIDTHS)
@pytest.mark.parametrize(
    ("language", "name"), [("zh-CN", "bundle"), ("zh-TW", "acknowledgement"), ("en", "bundle")]
)
def test_everything_is_to_be_read_at_every_width(
    browser: Browser, tmp_path: Path, *, width: int, media: Media, language: str, name: str
) -> None:
    """Opened to the last detail, it fits, has contrast, and tells a reader of the screen all."""
    opened(browser, width, media, language)
    assert beyond(browser) + faint(browser) + untold(browser) + misnamed(browser) == []
    verified(browser, tmp_path, vector(name))
    for _ in range(3):  # messages stand inside one another
        browser.run("for (const e of document.querySelectorAll('details')) e.open = true")
        waited(browser, "details[open] table")
    browser.run(
        "for (const e of document.querySelectorAll('#found .open[aria-expanded=false]')) e.click()"
    )
    assert beyond(browser) + faint(browser) + untold(browser) + misnamed(browser) == []
    assert browser.run("return document.documentElement.lang") == language


def test_each_record_signature_and_proof_is_shown(browser: Browser, tmp_path: Path) -> None:
    """As tables: records with what was disclosed, signatures, and every entry with its proof."""
    opened(browser)
    verified(browser, tmp_path, vector("bundle"))
    captions = browser.texts("#found caption")
    assert {"Records (2)", "Signatures of the message (1)", "Entries (9)"} <= set(captions)
    entries = "#found table:has(caption) tbody tr:has(td:nth-child(6))"
    marks = browser.run(
        "return [...document.querySelectorAll(arguments[0])]"
        ".filter(e => e.closest('table').caption.innerText.startsWith('Entries'))"
        ".map(e => [...e.querySelectorAll('.mark')].map(m => m.innerText))",
        entries,
    )
    assert marks == [["✓ holds", "✓ holds"]] * 9
    browser.run("document.querySelector('#found .open').click()")
    below = browser.texts("#found .below")
    assert "document_number" in below[0]
    assert "The supplier's row" in below[0]
    assert ("table", "") not in browser.roles()


def test_a_proof_that_fails_is_shown_where_it_fails(browser: Browser, tmp_path: Path) -> None:
    """The entry whose proof is for another tree is marked, those behind it are not judged."""
    opened(browser)
    verified(browser, tmp_path, vector("other-tree"))
    marks = browser.texts("#found .log .rows .mark")
    assert "✗ fails" in marks
    assert "? not checked" in marks


def test_messages_inside_are_shown_with_their_verdicts(browser: Browser, tmp_path: Path) -> None:
    """An acknowledgement's statuses and what stands behind them can be opened."""
    opened(browser)
    verified(browser, tmp_path, vector("acknowledgement"))
    browser.run("for (const e of document.querySelectorAll('.inside > details')) e.open = true")
    inside = waited(browser, ".inside .verdict h3 code")
    assert inside
    assert set(inside) == {"VALID"}


def test_files_can_be_dropped_all_at_once(browser: Browser, tmp_path: Path) -> None:
    """A trust list is told from the rest; a proof takes the entry beside it."""
    log = SmallTree()
    trusted = lists.signed(lists.draft(trust(policy=policy("1")))).envelope.to_json()
    proof = log.proof(4, log.signed(seen={"w1": LEAKED})).to_bytes()
    entry = envelope(log.payloads[4]).to_json()
    opened(browser)
    files = {"list.json": trusted, "a.tlog-proof": proof, "entry.json": entry}
    browser.run(
        "const data = new DataTransfer();"
        "for (const [name, text] of Object.entries(arguments[0]))"
        " data.items.add(new File([Uint8Array.from(atob(text), c => c.charCodeAt(0))], name));"
        "dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true}))",
        {name: _base64(data) for name, data in files.items()},
    )
    assert waited(browser, "#found .verdict h3 code") == ["VALID"]
    wanted = expected((proof, trusted, entry))
    assert reason(browser) == (wanted["verdict"], wanted["reason"], wanted["detail"]["en"])
    assert any("Signed by governors" in text for text in browser.texts("#trust tr"))


def _base64(data: bytes) -> str:
    from base64 import b64encode

    return b64encode(data).decode()


def test_a_trust_file_that_cannot_be_used_gives_no_verdict(
    browser: Browser, tmp_path: Path
) -> None:
    """It says why, and that a verdict needs another."""
    opened(browser)
    unsigned = lists.draft().envelope.to_json()
    given(browser, tmp_path, {"list.json": unsigned}, "trust-file")
    (said,) = waited(browser, "#trust .sentence")
    assert "is not signed by its governors" in said
    given(browser, tmp_path, {"message.json": vector("bundle")[0]})
    assert "Choose whom you trust" in waited(browser, "#found .remark")[0]


def test_nothing_of_a_file_is_read_as_markup(browser: Browser, tmp_path: Path) -> None:
    """A label, a file's name that look like markup are words."""
    region = Region("xiamen", "zhangzhou")
    record = region["xiamen"].collect()
    record.label = "<img src=x onerror=document.title=1><b>bold</b>"
    data = region["xiamen"].bundle("zhangzhou", [record]).to_json()
    opened(browser)
    verified(browser, tmp_path, (data, region.trust().to_json(), None), "<b>name.json")
    assert any("<img src=x" in text for text in browser.texts("#found th"))
    assert "<b>name.json" in browser.texts("#found code")
    assert browser.run("return document.querySelectorAll('#found img, #found b').length") == 0
    assert browser.heard().console == ()


def test_the_language_is_that_of_the_browser_until_it_is_chosen(browser: Browser) -> None:
    """Each choice changes every word of the page, and the language it calls itself."""
    titles = set()
    for language in ("en", "zh-CN", "zh-TW"):
        opened(browser, language=language)
        assert browser.run("return document.documentElement.lang") == language
        titles |= set(browser.texts("h1"))
    assert titles == {"Verifier of the credit ledger", "信用账本核验页", "信用帳本驗證頁"}


def test_a_browser_without_threads_verifies_all_the_same(browser: Browser, tmp_path: Path) -> None:
    """Where no worker can be started the page's own thread does the work."""
    script = browser.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": "delete globalThis.Worker"}
    )
    try:
        opened(browser)
        verified(browser, tmp_path, vector("bundle"))
        assert reason(browser)[:2] == ("VALID", "message_verified")
        browser.run("document.querySelector('#found .open').click()")
        heard = browser.heard()
        assert heard.console == ()
        assert heard.requests == (PAGE.as_uri(),)
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def test_a_result_is_printed_on_paper(browser: Browser, tmp_path: Path) -> None:
    """The verdict with its tables, on a few pages and not on dozens."""
    opened(browser, language="zh-CN")
    verified(browser, tmp_path, vector("bundle"))
    assert 1 <= pages(browser.pdf()) <= 6


def test_a_thousand_records_are_told_soon(browser: Browser, tmp_path: Path) -> None:
    """With a word of progress meanwhile, and the page answers all the time."""
    region = Region("xiamen", "zhangzhou")
    node = region["xiamen"]
    bundle = node.bundle("zhangzhou", [node.collect(number) for number in range(MANY)])
    data, trusted = bundle.to_json(), region.trust()
    assert judge(data, trusted).verdict.is_good
    opened(browser)
    given(browser, tmp_path, {"trust.json": trusted.to_json()}, "trust-file")
    waited(browser, "#trust > *")
    browser.run(_WATCH)
    started = time.monotonic()
    given(browser, tmp_path, {"message.json": data})
    assert waited(browser, "#found .verdict h3 code") == ["VALID"]
    took = time.monotonic() - started
    seen: dict[str, Any] = browser.run("return globalThis.watched")
    assert took < SECONDS, took
    assert seen["longest"] < STILL, seen
    assert any("entries verified" in text for text in seen["said"]), seen
    assert f"Records ({MANY})" in browser.texts("#found caption")


_WATCH = """
const watched = globalThis.watched = {longest: 0, said: []};
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  watched.longest = Math.max(watched.longest, now - last);
  last = now;
  const said = document.getElementById('doing').textContent;
  if (said && watched.said.at(-1) !== said) watched.said.push(said);
}, 20);
"""
