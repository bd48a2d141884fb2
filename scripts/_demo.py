"""The demo itself; started by scripts/demo, which makes the environment first."""

from __future__ import annotations

import argparse
import base64
import csv
import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.cli.words import choose
from ledger.errors import Language
from scripts import _demo_case as case
from scripts import _demo_proofs as proofs
from scripts import _demo_trail as trail
from scripts._demo_words import say

ROOT = Path(__file__).resolve().parent.parent
ROWS = 600
"""One bad row in fifty: every kind that a CSV file can show."""
FILE = "xiamen_penalties.csv"
LOOK = ("--operator", "op-9", "--purpose", "tender 2026-04", "--basis", "采购法第22条")
MENDED_DAY = "2025-02-28"
DATE_COLUMN = "处罚决定日期"
SHOWN = 4
"""Faults printed of an audit; whatever was signed later disagrees, too."""
REASON_COLUMN = "退回原因"
NUMBER_COLUMN = "退回行号"

CHANGE_FINE = """\
DROP TRIGGER entries_no_UPDATE;
UPDATE entries SET state = CAST(replace(CAST(state AS TEXT), '"fine":"3.5"', '"fine":"0.5"') AS BLOB)
 WHERE rowid = {row};"""
REMOVE_ENTRY = """\
DROP TRIGGER entries_no_DELETE;
DROP TRIGGER entries_no_UPDATE;
DELETE FROM entries WHERE rowid = {row};
UPDATE entries SET rowid = rowid - 1 WHERE rowid > {row};"""


class Unexpected(Exception):
    """Something came out otherwise than the demo says."""


@dataclass
class Stage:
    """Prints headings and commands, runs them in the demo's folder, checks how they end."""

    folder: Path
    language: Language
    step: int = 0

    def heading(self, word: str) -> None:
        self.step += 1
        bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
        print(f"\n{bold}{self.step}. {say(self.language, word)}{plain}")

    def tell(self, word: str, **fields: object) -> None:
        print(say(self.language, word, **fields))

    def run(
        self, *command: str | Path, code: int = 0, quiet: bool = False, shown: str | None = None
    ) -> str:
        """Run a command and print it before its output; what it said on standard output."""
        words = [str(word) for word in command]
        print(f"\n$ {shown or shlex.join(words)}", flush=True)
        inherit = sys.stdout.isatty() and not quiet
        done = subprocess.run(
            words,
            cwd=self.folder,
            env={**os.environ, "CREDIT_LEDGER_LANG": self.language},
            stdin=subprocess.DEVNULL,
            stdout=None if inherit else subprocess.PIPE,
            stderr=None if inherit else subprocess.PIPE if quiet else subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
        )
        said = done.stdout or ""
        if said and not (quiet and done.returncode == code):
            print("\n".join(line.rstrip() for line in said.strip("\n").splitlines()))
        if done.returncode or code:
            print(f"[exit {done.returncode}]", flush=True)
        self.expect(done.returncode == code, f"{words[0]} {words[1]}: exit {done.returncode}")
        return said

    def ledger(self, *command: str | Path, code: int = 0, quiet: bool = False) -> str:
        return self.run("credit-ledger", *command, code=code, quiet=quiet)

    def ledger_json(self, *command: str | Path, code: int = 0) -> Any:
        """The parsed ``--json`` of a command; the caller prints of it what is to be seen."""
        return json.loads(self.ledger(*command, "--json", code=code, quiet=True))

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            raise Unexpected(say(self.language, "unexpected", what=what))


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/demo")
    parser.add_argument("--keep", type=Path, metavar="DIR")
    parser.add_argument("--lang", choices=("en", "zh-CN", "zh-TW"))
    parser.add_argument("--from", dest="origin", type=Path, default=Path.cwd())
    chosen = parser.parse_args()
    language = choose(chosen.lang)
    try:
        with _folder(chosen.keep and chosen.origin / chosen.keep, language) as folder:
            _play(Stage(folder, language))
    except (Unexpected, sqlite3.Error) as wrong:
        print(f"scripts/demo: {wrong}", file=sys.stderr)
        return 1
    return 0


@contextmanager
def _folder(kept: Path | None, language: Language) -> Iterator[Path]:
    """A new folder for the demo: temporary, or ``kept``. Ends with 2 where it is not empty."""
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="credit-ledger-demo-") as name:
            yield Path(name)
        print(f"\n{say(language, 'done')}")
        return
    try:
        kept.mkdir(parents=True, exist_ok=True)
        empty = not any(kept.iterdir())
    except OSError:
        empty = False
    if not empty:
        print(f"scripts/demo: {say(language, 'not_empty', folder=kept)}", file=sys.stderr)
        sys.exit(2)
    yield kept
    print(f"\n{say(language, 'done')} {say(language, 'kept', folder=kept)}")


def _play(stage: Stage) -> None:
    stage.tell("folder", folder=stage.folder)
    supplier, bad = _found(stage)
    _import(stage, supplier, bad)
    _mend(stage, supplier)
    _ask(stage, supplier)
    _audit(stage)


# -- founding ------------------------------------------------------------------


def _found(stage: Stage) -> tuple[str, int]:
    """Make the sample, found the node, admit the bodies: the supplier's code, the bad rows."""
    stage.heading("found")
    stage.tell("found_why")
    stage.run(
        sys.executable,
        ROOT / "scripts" / "make_sample",
        "--rows",
        str(ROWS),
        "sample",
        shown=f"scripts/make_sample --rows {ROWS} sample",
    )
    at = ("--at", "2026-03-01T09:00:00+08:00")
    node = ("--home", "node", "--node", "xiamen", "--region", "350200")
    stage.ledger("init", *node, "--simulated-clock", *at)
    stage.heading("admit")
    stage.tell("admit_why")
    sample = json.loads((stage.folder / "sample" / "expected.json").read_text("utf-8"))[FILE]
    supplier = case.Body(sample["supplier"], sample["supplier_name"], ("supplier",))
    stage.ledger("key", "new", "-o", "supplier.key")
    for body in (supplier, *case.BODIES):
        roles = [word for role in body.roles for word in ("--role", role)]
        key = ("--key", "supplier.key.pub") if body is supplier else ()
        stage.ledger(
            "organisation", "admit", "--home", "node", "--id", body.code, "--name", body.name,
            *roles, *key, *at,
        )  # fmt: skip
    return supplier.code, len(sample["rejected"])


# -- importing -----------------------------------------------------------------


def _import(stage: Stage, supplier: str, bad: int) -> None:
    stage.heading("import")
    stage.tell("import_why", rows=ROWS, bad=bad)
    stage.ledger(
        "submission", "sign", f"sample/{FILE}", "--supplier", supplier, "--key", "supplier.key",
        "-o", "manifest.json",
    )  # fmt: skip
    stage.ledger(*_importing(f"sample/{FILE}", supplier), "--submission", "manifest.json", code=3)


def _importing(file: str, supplier: str) -> tuple[str, ...]:
    at = ("--at", "2026-03-02T09:00:00+08:00")
    return ("import", file, "--home", "node", "--supplier", supplier, "--operator", "op-7", *at)


def _mend(stage: Stage, supplier: str) -> None:
    stage.heading("rejects")
    stage.tell("rejects_why")
    rejects = stage.folder / "sample" / f"{FILE}.rejects.csv"
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
        columns = list(rows[0])
    print()
    for row in rows[:3]:
        print("   ", " | ".join(row[name] for name in ("行政相对人名称", *columns[-3:])))
    print("    ...")
    row = next(row for row in rows if row[REASON_COLUMN] == "bad_date")
    stage.tell(
        "mended",
        row=row[NUMBER_COLUMN],
        column=DATE_COLUMN,
        old=row[DATE_COLUMN],
        new=MENDED_DAY,
    )
    row[DATE_COLUMN] = MENDED_DAY
    with (stage.folder / "mended.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    told = stage.ledger_json(*_importing("mended.csv", supplier), code=3)
    _print_counts(told)
    stage.expect(told["accepted"] == 1, f"accepted {told['accepted']}")
    print()
    stage.tell("again")
    again = stage.ledger_json(
        *_importing(f"sample/{FILE}", supplier), "--submission", "manifest.json", code=3
    )
    _print_counts(again)
    stage.expect(again["accepted"] == 0, f"accepted {again['accepted']}")


def _print_counts(told: Mapping[str, Any]) -> None:
    counts = {name: told[name] for name in ("rows", "accepted", "already_recorded")}
    print(json.dumps(counts)[:-1] + f', "rejected": [{len(told["rejected"])} ...], ...}}')


# -- asking --------------------------------------------------------------------


def _ask(stage: Stage, supplier: str) -> None:
    for month, commands in (("march", case.march(supplier)), ("april", case.april(supplier))):
        case.write_lines(stage.folder / f"{month}.jsonl", commands)
    stage.heading("march")
    stage.tell("march_why")
    apply = ("--home", "node", "--labels", "labels.json")
    stage.ledger("apply", "march.jsonl", *apply)
    stage.heading("ask_march")
    stage.tell("ask_why")
    first = _question(stage, "2026-03-15", "2026-03-15T12:00:00Z", "valid", "in_force")

    stage.heading("april")
    stage.tell("april_why")
    stage.ledger("apply", "april.jsonl", *apply)
    stage.heading("same")
    same = _question(stage, "2026-03-15", "2026-03-15T12:00:00Z", "valid", "in_force")
    stage.expect(same == first, "an as-known answer changed")
    stage.heading("same_day_later")
    _question(stage, "2026-03-15", "2026-04-30T12:00:00Z", "withdrawn", "wrongful")
    stage.heading("disputed")
    _question(stage, "2026-03-25", "2026-03-25T12:00:00Z", "disputed", "suspended")
    stage.heading("public")
    stage.ledger("history", case.FIRM, "--home", "node", "--valid-at", "2026-03-15")


def _question(
    stage: Stage, valid_at: str, known_at: str, record: str, sanction: str
) -> Mapping[str, Any]:
    """Ask, print records and sanctions of the answer, and hold them to what is expected."""
    dates = ("--valid-at", valid_at, "--known-at", known_at)
    told = stage.ledger_json("history", case.FIRM, "--home", "node", *dates, *LOOK)
    for part in ("records", "sanctions"):
        print(f"{part}: {json.dumps(told[part])}")
    states = [[line["state"] for line in told[part]] for part in ("records", "sanctions")]
    stage.expect(states == [[record], [sanction]], f"{states}")
    return {part: told[part] for part in ("records", "sanctions", "entries")}


# -- checking ------------------------------------------------------------------


def _audit(stage: Stage) -> None:
    stage.heading("audit")
    stage.ledger("audit", "--home", "node")
    _openssl(stage)
    proofs.state(stage, LOOK)
    trail.follow(stage, LOOK)
    proofs.witness(stage)
    proofs.prove(stage, _entry_of(stage, "SanctionRuledWrongful"))
    _tampering(stage)
    proofs.roll_back(stage)


def _tampering(stage: Stage) -> None:
    stage.heading("tamper")
    collected = _entry_of(stage, "RecordCollected")
    stage.tell("tamper_why", index=collected)
    _tamper(stage, "tampered", CHANGE_FINE, collected, {(collected, "bad_signature")})
    print()
    objection = _entry_of(stage, "SanctionSuspended")
    stage.tell("remove_why", index=objection)
    _tamper(stage, "shortened", REMOVE_ENTRY, objection, {(objection, "seq_gap")})


def _entry_of(stage: Stage, kind: str) -> int:
    """The leaf index of the last entry of a type."""
    with closing(sqlite3.connect(stage.folder / "node" / "ledger.sqlite")) as database:
        query = "SELECT max(rowid) - 1 FROM entries WHERE topic = ?"
        (index,) = database.execute(query, (f"{kind}:1",)).fetchone()
    return int(index)


def _tamper(stage: Stage, copy: str, script: str, index: int, faults: set[tuple[int, str]]) -> None:
    """Copy the node, run SQL on the copy's store, and see the audit name the fault."""
    print(f"\n$ cp -r node {copy}\n$ sqlite3 {copy}/ledger.sqlite")
    shutil.copytree(stage.folder / "node", stage.folder / copy)
    sql = script.format(row=index + 1)
    print("\n".join(f"sqlite> {line}" for line in sql.splitlines()))
    with closing(sqlite3.connect(stage.folder / copy / "ledger.sqlite")) as database:
        database.executescript(sql)
    report = stage.ledger_json("audit", "--home", copy, code=1)
    for fault in report["faults"][:SHOWN]:
        print(json.dumps(fault))
    print(f"    ... {len(report['faults'])}")
    named = {(fault["index"], fault["kind"]) for fault in report["faults"]}
    stage.expect(faults <= named, f"{sorted(named)}")


def _openssl(stage: Stage) -> None:
    """Write one entry's signed bytes, signature and public key to files; let openssl judge."""
    stage.heading("openssl")
    index = _entry_of(stage, "SanctionRuledWrongful")
    if shutil.which("openssl") is None:
        stage.tell("openssl_missing")
        return
    stage.tell("openssl_why", index=index)
    with closing(sqlite3.connect(stage.folder / "node" / "ledger.sqlite")) as database:
        query = "SELECT state, signature FROM entries WHERE rowid = ?"
        payload, signature = database.execute(query, (index + 1,)).fetchone()
    kind = b"application/vnd.credit-ledger.entry.v1+json"
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    raw = base64.b64decode((stage.folder / "node" / "keys" / "node.key.pub").read_text("ascii"))
    (stage.folder / "entry.pae").write_bytes(signed)
    (stage.folder / "entry.sig").write_bytes(signature)
    (stage.folder / "node.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + raw)
    print(f"    {signed.decode()[:150]} ...")
    stage.run(
        "openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", "node.der",
        "-in", "entry.pae", "-sigfile", "entry.sig",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
