"""A real browser without a window: the system's Chromium, driven by Selenium.

Selenium is well kept, pure Python, and speaks to the driver that the distribution ships with its
own Chromium, so the two always fit; Playwright is five times its size, brings a Node.js, and is
made for browsers it downloads itself; a client of our own would be one more thing to keep.
Nothing is ever downloaded: both programs are named, and names but this machine's do not resolve.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

Media = Literal["screen", "print"]

DESK: Final = 1280
PHONE: Final = 390
"""CSS pixels; below ``SMALL`` the browser behaves as a phone's."""
SMALL: Final = 600
A4_INSIDE: Final = 688
"""What margins of 14 mm leave of A4's 210 mm, at 96 px an inch."""
HEIGHT: Final = 844
PATIENCE: Final = 60
"""Seconds until a page is given up: two browsers may share a busy machine."""

FLAGS: Final = (
    "--headless",
    "--no-sandbox",  # a container has no user namespaces, and only our own pages are opened
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)

_PDF_PAGE: Final = re.compile(rb"/Type\s*/Page\b")
_OWN: Final = ("data:", "about:", "chrome:", "devtools:")


@dataclass(frozen=True, slots=True)
class Heard:
    """What a page did beside showing itself, since it was opened."""

    requests: tuple[str, ...]
    """Every address it asked for, its own first."""
    console: tuple[str, ...]
    """Warnings and errors: of the page, of its policy, of scripts, of what did not load."""


class Browser:
    """One Chromium; ``driver`` is Selenium's, for whatever is not here."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, place: Path | str, *, width: int = DESK, media: Media = "screen") -> None:
        """Show a file, or an address of this machine, in a window ``width`` CSS pixels wide."""
        self.forget()
        self._do(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=HEIGHT,
            deviceScaleFactor=1,
            mobile=width < SMALL,
        )
        self._do("Emulation.setEmulatedMedia", media=media)
        self.driver.get(place.resolve().as_uri() if isinstance(place, Path) else place)

    def heard(self) -> Heard:
        """Requests and complaints since the page was opened; they are told once."""
        events = [json.loads(line["message"])["message"] for line in self._log("performance")]
        asked = [
            str(event["params"]["request"]["url"])
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
        said = [line for line in self._log("browser") if line["level"] in {"WARNING", "SEVERE"}]
        return Heard(
            tuple(address for address in asked if not address.startswith(_OWN)),
            tuple(str(line["message"]) for line in said),
        )

    def run(self, script: str, *arguments: Any) -> Any:
        """What a function body of JavaScript returns; not bound by the page's policy."""
        return self.driver.execute_script(script, *arguments)

    def texts(self, selector: str) -> list[str]:
        """What is to be read in each element that fits and is visible, in order."""
        found = self.run(
            "return [...document.querySelectorAll(arguments[0])]"
            ".filter(e => e.checkVisibility()).map(e => e.innerText.trim())",
            selector,
        )
        return [str(each) for each in found]

    def picture(self, file: Path) -> None:
        """The whole page as PNG, however long."""
        taken = self._do("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        file.write_bytes(b64decode(taken["data"]))

    def pdf(self) -> bytes:
        """The page as it would be printed, in the format that its own style asks for."""
        self._do("Emulation.setEmulatedMedia", media="")
        printed = self._do("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        return b64decode(printed["data"])

    def roles(self) -> list[tuple[str, str]]:
        """Role and name of all that a reader of the screen is told, in order."""
        nodes = self._do("Accessibility.getFullAXTree")["nodes"]
        return [
            (str(node["role"]["value"]), str(node.get("name", {}).get("value", "")))
            for node in nodes
            if not node["ignored"]
        ]

    def forget(self) -> None:
        """A blank page, no cookies, nothing heard: as if nothing had been opened before."""
        self.driver.get("about:blank")
        self._do("Network.clearBrowserCookies")
        self.heard()

    def _do(self, command: str, **parameters: Any) -> Any:
        return self.driver.execute_cdp_cmd(command, parameters)

    def _log(self, kind: str) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = self.driver.get_log(kind)  # type: ignore[no-untyped-call]
        return lines


def pages(pdf: bytes) -> int:
    """How many pages a PDF of Chromium's has."""
    return len(_PDF_PAGE.findall(pdf))


def missing() -> str | None:
    """Why there is no browser here; None where there is one."""
    absent = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"needs {' and '.join(absent)} (Debian: chromium, chromium-driver)" if absent else None


@contextmanager
def started(profile: Path) -> Iterator[Browser]:
    """A browser that knows nothing and leaves nothing outside ``profile``, a new folder."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium is not None
    assert chromedriver is not None
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={profile / 'data'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    environment = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    service = ChromeService(
        chromedriver, env=environment | {"HOME": str(profile), "LANG": "C.UTF-8"}
    )
    driver = Chrome(options, service)
    try:
        driver.set_page_load_timeout(PATIENCE)
        driver.set_script_timeout(PATIENCE)
        yield Browser(driver)
    finally:
        driver.quit()
