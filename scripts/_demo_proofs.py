"""The part of the demo in which a partner believes nothing and verifies everything."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from scripts import _demo_case as case

if TYPE_CHECKING:
    from scripts._demo import Stage

AT = ("--at", "2026-04-24T10:01:00+08:00")
DATES = ("--valid-at", "2026-03-15", "--known-at", "2026-04-30T12:00:00Z")
BACKUP = "backup.sqlite"
POLICY = "witnesses.txt"


def state(stage: Stage, look: tuple[str, ...]) -> None:
    """A signed history statement, verified with nothing but the trust file."""
    stage.heading("statement")
    stage.tell("statement_why")
    shutil.copyfile(stage.folder / "node" / "ledger.sqlite", stage.folder / BACKUP)
    stage.ledger("trust", "export", "--home", "node", "-o", "trust.json")
    stage.ledger(
        "history", case.FIRM, "--home", "node", *DATES, *look, "--statement", "statement.json",
        quiet=True,
    )  # fmt: skip
    _verify(stage, "statement.json", "trust.json")


def witness(stage: Stage) -> None:
    """Another node cosigns the log; the two exchange files."""
    stage.heading("witness")
    stage.tell("witness_why")
    node = ("--home", "partner", "--node", "zhangzhou", "--region", "350600")
    stage.ledger("init", *node, "--simulated-clock", *AT)
    stage.ledger("witness", "watch", "--home", "partner", "--trust", "trust.json")
    vkey = stage.ledger("witness", "status", "--home", "partner", "--vkey", quiet=True).strip()
    print(vkey)
    policy = f"witness zhangzhou {vkey}\nquorum zhangzhou\n"
    (stage.folder / POLICY).write_text(policy, "utf-8")
    stage.tell("policy", file=POLICY)
    stage.ledger("witness", "policy", POLICY, "--home", "node")
    stage.ledger("witness", "request", "--home", "node", "-o", "request.txt")
    stage.ledger("witness", "cosign", "request.txt", "--home", "partner", "-o", "cosigned.txt", *AT)
    stage.run("cat", "cosigned.txt")
    stage.ledger("witness", "take", "cosigned.txt", "--home", "node", *AT)


def prove(stage: Stage, index: int) -> None:
    """One entry's proof, against the checkpoint that the witness cosigned."""
    stage.heading("prove")
    stage.tell("prove_why", index=index)
    stage.ledger("trust", "export", "--home", "node", "-o", "trust-witnessed.json")
    files = ("-o", "ruling.tlog-proof", "--entry", "ruling.json")
    stage.ledger("prove", str(index), "--home", "node", *files)
    _verify(stage, "ruling.tlog-proof", "trust-witnessed.json", "--entry", "ruling.json")


def roll_back(stage: Stage) -> None:
    """An old backup of the store in place of the log: nothing is written, and it is explained."""
    stage.heading("rolled_back")
    stage.tell("rolled_back_why")
    print(f"\n$ cp -r node restored\n$ cp {BACKUP} restored/ledger.sqlite")
    shutil.copytree(stage.folder / "node", stage.folder / "restored")
    shutil.copyfile(stage.folder / BACKUP, stage.folder / "restored" / "ledger.sqlite")
    words = ("--role", "inspector", *AT)
    inspector = ("--id", case.INSPECTOR.code, "--name", case.INSPECTOR.name)
    stage.ledger("organisation", "admit", "--home", "restored", *inspector, *words, code=1)
    stage.ledger("reconcile", "--home", "restored", code=1)


def _verify(stage: Stage, file: str, trust: str, *more: str) -> None:
    said = stage.ledger("verify", file, "--trust", trust, *more, "--json", quiet=True)
    print(said.strip())
    stage.expect('"verdict":"VALID"' in said, said.strip())
