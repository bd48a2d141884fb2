"""The program's answers and those of the verifier's modules, asked for the same things."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import LedgerError
from ledger.exchange.judging import is_message, judge
from ledger.exchange.trust_list import read_trust
from ledger.log.trust import Trust
from ledger.log.verdict import Reason, Verdict
from ledger.log.verifying import MAX_FILE_BYTES, verify_file
from ledger.signing.dsse import STATEMENT, Envelope

RUNNER = Path(__file__).parent / "verifier_node.mjs"
PATIENCE = 300
OLDEST = 18
"""The oldest version of Node that reads regular expressions and modules as browsers do."""

Case = tuple[bytes, bytes, bytes | None]
"""A file, a trust file, the entry that a proof is for."""


@cache
def missing() -> str | None:
    """Why the modules cannot be run here; None where they can."""
    node = shutil.which("node")
    if node is None:
        return "needs node (Debian: nodejs)"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    major = int(version.strip().removeprefix("v").partition(".")[0])
    return None if major >= OLDEST else f"needs node {OLDEST} or later, not {version.strip()}"


def told(questions: Iterable[dict[str, Any]]) -> list[Any]:
    """What the modules answer, all in one process."""
    if (why := missing()) is not None:
        pytest.skip(why)
    lines = "".join(json.dumps(one) + "\n" for one in questions)
    done = subprocess.run(
        ["node", str(RUNNER)], input=lines, capture_output=True, text=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    failures = [one["failure"] for one in answers if "failure" in one]
    assert not failures, failures[0]
    assert len(answers) == lines.count("\n")
    return [one["answer"] for one in answers]


def text(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def question(case: Case) -> dict[str, Any]:
    data, trust, entry = case
    given = None if entry is None else text(entry)
    return {"what": "verify", "file": text(data), "trust": text(trust), "entry": given}


def _statement(data: bytes, _: Trust) -> Verdict:
    """Statements are not verified in the page."""
    try:
        envelope = Envelope.from_json(data, max_bytes=MAX_FILE_BYTES)
    except LedgerError as error:
        return Verdict.of(Reason.MALFORMED, why=error)
    if envelope.payload_type == STATEMENT:
        return Verdict.of(Reason.KIND_NOT_VERIFIED, kind=STATEMENT)
    return Verdict.of(Reason.MALFORMED, why="too large")


def expected(case: Case) -> dict[str, Any]:
    """What ``credit-ledger verify`` says, but for statements."""
    data, given, entry = case
    try:
        trust = read_trust(given)
    except LedgerError as error:
        return {"code": error.code}
    if entry is None and is_message(data):
        judged = judge(data, trust)
        records = [str(verdict.reason) for _, verdict in judged.records]
        return _told(judged.verdict) | {"records": records, "remarks": list(judged.remarks)}
    verdict = verify_file(data, trust, entry=entry, statement=_statement)
    return _told(verdict) | {"records": [], "remarks": []}


def _told(verdict: Verdict) -> dict[str, Any]:
    detail = {}
    # What is malformed is told in the words of the library that reads it.
    if verdict.reason is not Reason.MALFORMED:
        detail = {
            "en": verdict.detail("en"),
            "zh-CN": verdict.detail("zh-CN"),
            "zh-TW": verdict.detail("zh-TW"),
        }
    return {"verdict": str(verdict.outcome), "reason": str(verdict.reason), "detail": detail}


def disagreements(cases: Sequence[Case]) -> tuple[list[str], set[str]]:
    """What the two say differently, and every reason that was given."""
    answers = told(map(question, cases))
    found: list[str] = []
    reasons: set[str] = set()
    for at, (case, answer) in enumerate(zip(cases, answers, strict=True)):
        wanted = expected(case)
        reasons.add(wanted.get("reason", wanted.get("code", "")))
        if not wanted.get("detail"):
            answer = answer | {"detail": {}}  # noqa: PLW2901 - only what is compared
            wanted = wanted | {"detail": {}}
        if wanted != answer:
            found.append(f"case {at}: the program says {wanted}, the page {answer}")
    return found, reasons
