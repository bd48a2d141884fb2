"""The verifier's one file: made of what is in the repository, and bound to itself."""

from __future__ import annotations

import re
from hashlib import sha256

from scripts import _verifier_page, _verifier_tables

PAGE = _verifier_page.PAGE.read_text("utf-8")


def test_the_committed_file_is_what_is_made() -> None:
    """Tables and page are current, byte for byte; ``scripts/make_verifier`` makes them so."""
    for name, text in _verifier_tables.modules().items():
        assert (_verifier_page.SOURCES / name).read_text("utf-8") == text, name
    assert _verifier_page.page() == PAGE


def test_the_library_is_the_one_that_was_looked_at() -> None:
    """libsodium's module has the pinned digest, and its licence stands in the page."""
    library = (_verifier_page.SOURCES / _verifier_page.LIBRARY).read_bytes()
    assert sha256(library).hexdigest() == _verifier_page.LIBRARY_SHA256
    licence = (_verifier_page.SOURCES / "vendor" / "LICENSE").read_text("utf-8")
    assert licence.strip() in PAGE


def test_the_page_refers_to_nothing_outside_itself() -> None:
    """No address, no file beside it, no handler in its markup."""
    assert not re.findall(r"https?://", PAGE)
    assert not re.findall(r"<(?:link|img|iframe|object|embed|base|form)\b", PAGE)
    assert not re.findall(r"<script[^>]*\ssrc=", PAGE)
    assert not re.findall(r"\son\w+=\"", PAGE.partition("<script")[0])
    assert "@import" not in PAGE
    assert not re.findall(r"url\(", PAGE.partition("<script")[0])


def test_the_policy_lets_nothing_else_in() -> None:
    """Everything is forbidden but the scripts and the style that are in it, by their hashes."""
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', PAGE)
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert allowed["default-src"] == "'none'"
    assert allowed["worker-src"] == "blob:"
    assert "connect-src" not in allowed
    assert "unsafe-inline" not in policy
    assert re.fullmatch(r"('sha256-[^']{44}' ){2}'wasm-unsafe-eval'", allowed["script-src"])


def test_every_module_is_in_the_page() -> None:
    """No source is left out of the page, and none is too long to be read at a sitting."""
    for file in _verifier_page.SOURCES.glob("*.mjs"):
        assert f"// {file.name}\n" in PAGE, file.name
        if file.name not in _verifier_tables.modules():
            assert file.read_text("utf-8").count("\n") <= 400, file.name
