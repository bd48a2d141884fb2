"""The browser of the tests finds what is wrong with a page: else its silence would say nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.chromium import PHONE, Browser, missing, pages
from tests.browser.looking import beyond, faint, misnamed, untold

GOOD = (
    '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>页</title>'
    '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"></head>'
    "<body><main><h1>页</h1>{}</main></body></html>"
)


def shown(browser: Browser, folder: Path, body: str, width: int = PHONE) -> None:
    file = folder / "page.html"
    file.write_text(GOOD.format(body), "utf-8")
    browser.open(file, width=width)


def test_a_plain_page_is_without_findings(browser: Browser, tmp_path: Path) -> None:
    """It asks for itself alone, says nothing, fits and can be read."""
    shown(browser, tmp_path, "<p>好</p>")
    heard = browser.heard()
    assert heard.requests == ((tmp_path / "page.html").as_uri(),)
    assert heard.console == ()
    assert beyond(browser) + faint(browser) + untold(browser) + misnamed(browser) == []
    assert browser.texts("p") == ["好"]
    assert pages(browser.pdf()) == 1


def test_what_a_page_asks_for_is_heard_and_leads_nowhere(browser: Browser, tmp_path: Path) -> None:
    """A picture from elsewhere is a request and a complaint; its name does not resolve."""
    shown(browser, tmp_path, '<img alt="x" src="http://elsewhere.example/x.png">')
    heard = browser.heard()
    assert heard.requests[1:] == ("http://elsewhere.example/x.png",)
    assert "ERR_NAME_NOT_RESOLVED" in heard.console[0]


@pytest.mark.parametrize(
    ("script", "said"),
    [("throw new Error('bent')", "bent"), ("console.error('bent')", "bent"), ("f(", "SyntaxError")],
)
def test_errors_of_scripts_are_heard(
    browser: Browser, tmp_path: Path, script: str, said: str
) -> None:
    """Thrown, written to the console, or not a script at all."""
    shown(browser, tmp_path, f"<script>{script}</script>")
    assert said in "".join(browser.heard().console)


def test_nothing_is_kept_from_one_test_to_the_next(browser: Browser, tmp_path: Path) -> None:
    """What was heard is told once, and forgotten with the page."""
    shown(browser, tmp_path, "<script>throw 1</script>")
    browser.forget()
    assert browser.heard().console == ()
    assert browser.texts("h1") == []


@pytest.mark.parametrize(
    ("body", "look"),
    [
        ('<p style="width:400px">x</p>', beyond),
        ("<pre>" + "x" * 100 + "</pre>", beyond),
        ('<div style="width:99px">' + "x" * 40 + "</div>", beyond),
        ('<p style="color:#888">x</p>', faint),
        ('<p style="background:#444">x</p>', faint),
        ('<svg><rect fill="#444" width="99" height="99"/><text y="50">x</text></svg>', faint),
        ('<svg><text fill="#aaa">x</text></svg>', faint),
        ("<table><tr><th>x</th></tr></table>", untold),
        ("<table><tr><td>x</td></tr></table>", untold),
        ("<h3>x</h3>", untold),
        ("<h1>x</h1>", untold),
        ("<input>", untold),
        ('<a href="#x"></a>', untold),
        ('<img src="data:,">', untold),
        ('<p id="x"></p><p id="x"></p>', untold),
        ('<p aria-labelledby="nobody">x</p>', untold),
        (
            '<div style="width:90px;overflow:auto" tabindex="-1"><div style="width:999px">x</div></div>',
            untold,
        ),
        ('<p lang="en">中文</p>', misnamed),
        ("<p>an English sentence</p>", misnamed),
    ],
)
def test_what_is_wrong_with_a_page_is_found(
    browser: Browser, tmp_path: Path, body: str, look: object
) -> None:
    """Each finding has a page that leads to it."""
    assert callable(look)
    shown(browser, tmp_path, body)
    assert len(look(browser)) >= 1


def test_a_system_without_browser_is_told_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The reason names the programs that are missing, and the packages that bring them."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing() == "needs chromium and chromedriver (Debian: chromium, chromium-driver)"
    (tmp_path / "chromium").touch(0o755)
    assert missing() == "needs chromedriver (Debian: chromium, chromium-driver)"
