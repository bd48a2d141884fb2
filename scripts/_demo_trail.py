"""The part of the demo in which a disciplinary officer asks who answers for a wrong sanction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts import _demo_case as case

if TYPE_CHECKING:
    from scripts._demo import Stage

SANCTION = ("@S1", "--home", "node", "--labels", "labels.json")
RECORD = ("--record", "@R1", "--home", "node", "--labels", "labels.json")
KNOWN = ("--known-at", "2026-04-30T12:00:00Z")
DAYS = 11
"""From 9 to 19 March: until the enforcer reported that it had stopped."""


def follow(stage: Stage, look: tuple[str, ...]) -> None:
    """Status, the days that each party bears, a report that verifies, how far the error reached."""
    stage.heading("status")
    stage.ledger("status", case.FIRM, "--home", "node", "--valid-at", "2026-03-25", *look)
    stage.heading("liability")
    stage.tell("liability_why")
    stage.ledger("liability", *SANCTION, *KNOWN, *look)
    told = stage.ledger_json("liability", *SANCTION, *KNOWN)
    stage.expect(told["days"]["total"] == DAYS, f"{told['days']}")
    stage.heading("report")
    stage.tell("report_why")
    for form in ("html", "svg", "prov"):
        file = f"liability.{'json' if form == 'prov' else form}"
        stage.ledger("liability", *SANCTION, *KNOWN, *look, "--format", form, "-o", file)
    stage.ledger("verify", "liability.html", "--trust", "trust.json")
    stage.heading("affected")
    stage.ledger("affected", *RECORD, *KNOWN)
    stage.heading("check")
    stage.tell("check_why")
    stage.ledger("check", "--home", "node")
