"""The rules of the house, held by a test instead of a reviewer.

Each rule has two tests: one holds it over the whole project, the other plants a
violation and sees it found. A named exception says why it may stand, and has to go
when nothing needs it any more.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping

import pytest

from ledger.errors import LedgerError
from tests.unit import house_code as code
from tests.unit import house_files as files
from tests.unit.house_code import PACKAGES, ROOT, Finding, Module

PURE = (
    "ledger/entry.py",
    "ledger/errors.py",
    "ledger/events",
    "ledger/exchange/attached.py",
    "ledger/exchange/trust_faults.py",
    "ledger/exchange/trust_list.py",
    "ledger/exchange/replays.py",
    "ledger/exchange/trust_making.py",
    "ledger/exchange/wire.py",
    "ledger/exchange/accepting.py",
    "ledger/exchange/contents.py",
    "ledger/exchange/disclosing.py",
    "ledger/exchange/evidence.py",
    "ledger/exchange/forms.py",
    "ledger/exchange/holdings.py",
    "ledger/exchange/ids.py",
    "ledger/exchange/judged.py",
    "ledger/exchange/judging.py",
    "ledger/exchange/judging_answers.py",
    "ledger/exchange/judging_bundle.py",
    "ledger/exchange/judging_notice.py",
    "ledger/exchange/judging_submissions.py",
    "ledger/exchange/keeping.py",
    "ledger/exchange/peers.py",
    "ledger/exchange/refuted.py",
    "ledger/exchange/shown.py",
    "ledger/exchange/signed.py",
    "ledger/exchange/standing.py",
    "ledger/identifiers",
    "ledger/log/checkpoint.py",
    "ledger/log/cosignature.py",
    "ledger/log/lines.py",
    "ledger/log/heads.py",
    "ledger/log/heads_proof.py",
    "ledger/log/merkle.py",
    "ledger/log/message_reasons.py",
    "ledger/log/note.py",
    "ledger/log/policy.py",
    "ledger/log/policy_words.py",
    "ledger/log/proof_file.py",
    "ledger/log/reasons.py",
    "ledger/log/tile_files.py",
    "ledger/log/tiles.py",
    "ledger/log/trust.py",
    "ledger/log/trust_export.py",
    "ledger/log/verdict.py",
    "ledger/log/verifier_key.py",
    "ledger/log/verifying.py",
    "ledger/log/witness_protocol.py",
    "ledger/organisations",
    "ledger/rules",
    "ledger/signing/canonical.py",
    "ledger/signing/dsse.py",
    "ledger/signing/http_signature.py",
    "ledger/subject",
    "projections",
)

ON_STORES = (
    "projections/models/batches.py",
    "projections/models/bulk.py",
    "projections/models/check.py",
    "projections/models/crew.py",
    "projections/models/following.py",
    "projections/models/place.py",
    "projections/models/ranges.py",
    "projections/models/rebuild.py",
    "projections/models/rebuild_process.py",
    "projections/models/runner.py",
    "projections/models/store.py",
)
"""What reads the log and keeps read models; what is made of the entries is pure."""

Exceptions = Mapping[tuple[str, str], str]
"""(file, subject of the finding) to the reason why it may stand."""

IMPURE: Exceptions = {
    ("ledger/rules/reading.py", "importlib"): "the default pack is read as package data, here only",
}

OWN_CLOCK: Exceptions = {
    ("ledger/storage/fair_queue.py", "time.monotonic"): "how long a writer waits is no fact",
    ("ledger/storage/postgres.py", "time.monotonic"): "how long a writer waits is no fact",
    ("ledger/storage/library.py", "datetime.datetime.now"): (
        "entries that the library's own suites append; a node's are stamped by its sealing"
    ),
    ("ledger/storage/opening.py", "uuid.uuid4"): (
        "tells two stores apart; no entry and no answer depends on it"
    ),
}

OWN_WIRING: Exceptions = {}


def project() -> list[Module]:
    return code.modules(*PACKAGES)


def unexcused(findings: Iterable[Finding], exceptions: Exceptions) -> list[str]:
    """What no exception covers, and the exceptions that cover nothing."""
    found = list(findings)
    used = {(finding.path, finding.subject) for finding in found}
    return [str(f) for f in found if (f.path, f.subject) not in exceptions] + [
        f"{path}: the exception for {subject} is no longer needed"
        for path, subject in exceptions
        if (path, subject) not in used
    ]


def hold(findings: Iterable[Finding], exceptions: Exceptions) -> None:
    broken = unexcused(findings, exceptions)
    if broken:
        pytest.fail("\n".join(broken), pytrace=False)


# -- imports, purity, wiring ---------------------------------------------------


def test_imports_point_one_way() -> None:
    """api may know projections and ledger, projections may know ledger, never back."""
    hold(code.imports_upwards(project()), {})


def test_the_pure_core_does_not_touch_the_world() -> None:
    """Events, subject, rules, identifiers, canonical bytes and folds have no I/O, no clock,
    no randomness and no environment."""
    pure = [m for m in project() if m.within(*PURE) and not m.within(*ON_STORES)]
    assert pure
    hold(code.impurities(pure), IMPURE)


def test_clock_and_entropy_come_from_bootstrap() -> None:
    """Nothing but ledger/bootstrap.py reads a clock or draws randomness."""
    others = [module for module in project() if module.path != "ledger/bootstrap.py"]
    hold(code.clocks_and_chance(others), OWN_CLOCK)


def test_stores_are_opened_by_bootstrap() -> None:
    """Nothing but ledger/bootstrap.py, and the storage package itself, makes a store."""
    others = [m for m in project() if not m.within("ledger/bootstrap.py", "ledger/storage")]
    hold(code.wiring(others), OWN_WIRING)


def test_random_is_not_imported() -> None:
    """The module ``random`` is used nowhere in the product."""
    hold(code.weak_randomness(project()), {})


# -- names and lengths ---------------------------------------------------------


def test_the_time_axes_have_their_names() -> None:
    """No ``as_of``, no ``timestamp``, no parameter or field called just ``date``."""
    hold(code.bare_time_names(project()), {})


def test_files_and_functions_are_short() -> None:
    """No file over 400 lines and no function over 60, outside tests."""
    hold(code.too_long([*project(), *code.modules("scripts")]), {})


# -- each checker catches what it is for ----------------------------------------

Checker = Callable[[list[Module]], list[Finding]]

PLANTED: list[tuple[Checker, str, str, str]] = [
    (code.imports_upwards, "ledger/a.py", "import projections.fold", "projections"),
    (code.imports_upwards, "ledger/a/b.py", "import api.cli as c", "api"),
    (code.imports_upwards, "projections/a.py", "def f():\n    from api import x", "api"),
    (code.imports_upwards, "ledger/a.py", "__import__('api.cli')", "api"),
    (code.impurities, "ledger/subject/a.py", "import os.path", "os"),
    (code.impurities, "ledger/subject/a.py", "from pathlib import Path", "pathlib"),
    (code.impurities, "ledger/subject/a.py", "from ..storage import x", "ledger.storage"),
    (code.impurities, "ledger/subject/a.py", "x = open('f')", "builtins.open"),
    (code.impurities, "ledger/subject/a.py", "import importlib.resources", "importlib"),
    (
        code.impurities,
        "ledger/subject/a.py",
        "from datetime import datetime as d\nx = d.now()",
        "datetime.datetime.now",
    ),
    (code.clocks_and_chance, "api/a.py", "import time as t\nx = t.time()", "time.time"),
    (code.clocks_and_chance, "api/a.py", "from time import time\ndef f(c=time): ...", "time.time"),
    (
        code.clocks_and_chance,
        "api/a.py",
        "import datetime\nx = datetime.date.today()",
        "datetime.date.today",
    ),
    (code.clocks_and_chance, "api/a.py", "import os\nx = os.urandom(32)", "os.urandom"),
    (code.clocks_and_chance, "api/a.py", "import secrets\nx = secrets.token_hex()", "secrets"),
    (code.clocks_and_chance, "api/a.py", "from uuid import uuid4\nx = uuid4()", "uuid.uuid4"),
    (
        code.clocks_and_chance,
        "api/a.py",
        "from nacl.signing import SigningKey\nx = SigningKey.generate()",
        "nacl.signing.SigningKey.generate",
    ),
    (code.wiring, "api/a.py", "x = SQLiteStore('f')", "SQLiteStore"),
    (code.wiring, "api/a.py", "x = storage.LibraryRecorder()", "LibraryRecorder"),
    (code.wiring, "api/a.py", "x = open_store(url)", "open_store"),
    (code.weak_randomness, "api/a.py", "import random", "random"),
    (code.weak_randomness, "api/a.py", "from random import choice", "random"),
    (code.weak_randomness, "api/a.py", "x = __import__('random')", "random"),
    (code.bare_time_names, "api/a.py", "def f(as_of): ...", "as_of"),
    (code.bare_time_names, "api/a.py", "class A:\n    timestamp: int", "timestamp"),
    (code.bare_time_names, "api/a.py", "x = {'as_of': 1}", "as_of"),
    (code.bare_time_names, "api/a.py", "def f(*, date): ...", "date"),
    (code.bare_time_names, "api/a.py", "class A:\n    date: int", "date"),
    (code.too_long, "api/a.py", "x = 1\n" * 401, "file"),
    (code.too_long, "api/a.py", "def f():\n" + "    x = 1\n" * 60, "f"),
]


@pytest.mark.parametrize(("checker", "path", "text", "subject"), PLANTED)
def test_a_planted_violation_is_found(checker: Checker, path: str, text: str, subject: str) -> None:
    """Each checker names the subject of a violation put before it."""
    assert subject in {finding.subject for finding in checker([Module(path, text)])}


INNOCENT: list[tuple[Checker, str, str]] = [
    (code.imports_upwards, "ledger/a.py", "from ledger import projectionsish\nimport apiary"),
    (code.imports_upwards, "api/a.py", "import projections, ledger"),
    (code.impurities, "ledger/a.py", "from datetime import date, datetime\nx = date(2026, 3, 2)"),
    (code.impurities, "ledger/a.py", "def f(file):\n    return file.open()"),
    (code.clocks_and_chance, "api/a.py", "def f(clock):\n    return clock.now()"),
    (code.clocks_and_chance, "api/a.py", "def f(secrets):\n    return secrets.pop()"),
    (code.bare_time_names, "api/a.py", "from datetime import date\nx = day.timestamp()"),
    (code.too_long, "api/a.py", "x = 1\n" * 400 + "def f():\n" * 0),
    (code.too_long, "api/a.py", "def f():\n" + "    x = 1\n" * 59),
]


@pytest.mark.parametrize(("checker", "path", "text"), INNOCENT)
def test_what_only_looks_alike_is_left_alone(checker: Checker, path: str, text: str) -> None:
    """No checker finds fault with what the rules allow."""
    assert not checker([Module(path, text)])


def test_an_exception_excuses_one_subject_in_one_file_and_must_be_needed() -> None:
    """An exception covers nothing beside itself, and is reported once it covers nothing."""
    finding = Finding("a.py", 3, "time.time", "why")
    assert not unexcused([finding], {("a.py", "time.time"): "reason"})
    assert unexcused([finding], {("b.py", "time.time"): "reason"}) == [
        "a.py:3: time.time: why",
        "b.py: the exception for time.time is no longer needed",
    ]


# -- errors --------------------------------------------------------------------


def test_every_error_can_be_told_and_matched() -> None:
    """Each error has its own unique code and three texts that ask for the same fields."""
    files.import_everything()
    broken = files.faulty_errors(files.error_classes())
    assert not broken, "\n".join(broken)


def test_every_error_is_made_with_the_fields_it_tells() -> None:
    """No place makes an error without a field that its texts ask for."""
    files.import_everything()
    hold(files.incomplete_raises(project(), files.error_classes()), {})


def _error(**attributes: str) -> type[LedgerError]:
    whole = {"code": "planted", "en": "row {row}", "zh_cn": "第 {row} 行", "zh_tw": "第 {row} 列"}
    return type("Planted", (LedgerError,), {**whole, **attributes})


def test_faulty_errors_are_found() -> None:
    """A missing text, a second use of a code, and fields that differ are each reported."""
    assert not files.faulty_errors([_error()])
    (told,) = files.faulty_errors([type("Bare", (LedgerError,), {"code": "bare"})])
    assert "has no en, zh_cn, zh_tw" in told
    (told,) = files.faulty_errors([_error(), _error()])
    assert "code 'planted' is that of" in told
    (told,) = files.faulty_errors([_error(zh_tw="第 {line.no} 列")])
    assert "different fields" in told
    (told,) = files.faulty_errors([_error(zh_cn="row {row}")])
    assert "zh_cn holds no Chinese" in told
    (told,) = files.faulty_errors([_error(code="Not snake")])
    assert "not snake_case" in told


def test_incomplete_raises_are_found() -> None:
    """An error made without one of its fields is reported; ``**`` is believed."""
    text = "raise Planted(row=1)\nraise Planted(line=1)\nraise errors.Planted()\nraise Planted(**x)"
    found = files.incomplete_raises([Module("api/a.py", text)], [_error()])
    assert [(f.line, f.why) for f in found] == [(2, "lacks row"), (3, "lacks row")]


# -- committed files and requirements -------------------------------------------


def test_committed_files_name_no_machine_and_no_download() -> None:
    """No committed file holds a path of a machine, a download address, or is a lock file."""
    committed = files.committed_files()
    assert "pyproject.toml" in committed
    hold(files.machine_traces(committed), {})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.md", "see /" + "root/x"),
        ("a.md", "`/" + "home/somebody/x`"),
        ("a.py", 'x = "/' + 'work/y"'),
        ("a.py", "C:" + "\\Users\\x"),
        ("a.txt", "https://files.python" + "hosted.org/packages/x"),
        ("a.json", '"resolved"' + ': "x"'),
        ("requirements/a.txt", "--extra-" + "index-url x"),
        ("requirements/a.txt", "x==1\n-" + "-find-links y"),
        ("uv.lock", ""),
        ("web/package-lock.json", ""),
    ],
)
def test_traces_of_a_machine_are_found(path: str, text: str) -> None:
    """Each kind of trace is reported."""
    assert files.machine_traces({path: text})


@pytest.mark.parametrize(
    "text",
    ["#!/usr/bin/env bash", "https://example.org/home/page", "a/work/b", "sqlite:///var/lib/x"],
)
def test_ordinary_paths_are_left_alone(text: str) -> None:
    """Addresses, relative paths and the system's own folders are no trace."""
    assert not files.machine_traces({"a.md": text})


def test_requirements_repeat_pyproject() -> None:
    """requirements/*.in list what pyproject.toml declares, neither more nor less."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for name, wishes in (
        ("runtime", declared["dependencies"]),
        ("test", declared["optional-dependencies"]["test"]),
    ):
        text = (ROOT / "requirements" / f"{name}.in").read_text("utf-8")
        assert files.listed_in(text) == set(map(files.normalised, wishes))


@pytest.mark.parametrize("name", ["runtime", "test"])
def test_requirements_are_pinned_by_hash(name: str) -> None:
    """Every compiled requirement is one exact version with at least one SHA-256."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    assert "==" in text
    assert not files.without_hash(text)


def test_test_requirements_contain_the_runtime_ones() -> None:
    """The tests run on exactly the versions that the program is installed with."""
    pins = {
        name: {
            line.partition(" ")[0]
            for line in (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").splitlines()
            if "==" in line.partition(" ")[0]
        }
        for name in ("runtime", "test")
    }
    assert pins["runtime"]
    assert pins["runtime"] <= pins["test"]


def test_unpinned_requirements_are_found() -> None:
    """A requirement without a hash or without an exact version is reported."""
    digest = "0" * 64
    assert not files.without_hash(f"# x\na==1 \\\n    --hash=sha256:{digest}\n")
    assert files.without_hash("a==1\n")
    assert files.without_hash(f"a>=1 \\\n    --hash=sha256:{digest}\n")
