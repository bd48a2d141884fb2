"""The part of the demo that asks: days, dates, and how far the error reached."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from scripts import _demo_case as case
from scripts._demo_region import labels

if TYPE_CHECKING:
    from scripts._demo_stage import Stage

LOOK: Final = ("--operator", "op-9", "--purpose", "tender 2026-04", "--basis", "采购法第22条")
AFTER: Final = "2026-04-30T12:00:00Z"
KNOWN: Final = ("--known-at", AFTER)
ASKED: Final = (*LOOK, "--at", case.at("05-06"))
"""An officer's look, after all is over."""

DAYS: Final = {"xiamen": (11, 11, 0, 0), "zhangzhou": (11, 9, 2, 0), "quanzhou": (14, 5, 4, 5)}
"""Of each node's sanction: enforced, and of these the supplier's, the node's that owed the
notice, the enforcer's."""

ROLES: Final = ("supplier", "node", "enforcer")
LATE_ANSWER: Final = 4
"""Working days after 20 April."""

REACHED: Final = {"subjects": 1, "sanctions": 3, "enforcers": 3, "recipients": 2}


def days(stage: Stage) -> None:
    """Xiamen tells the whole table, from what the others signed; each of these its own row."""
    stage.heading("days")
    stage.tell("days_why")
    for node in case.REGIONS:
        told = stage.ledger_json(
            "liability", "--record", case.RECORD[node], "--home", node, *labels(node), *KNOWN
        )
        rows = [_row(one) for one in told["sanctions"]]
        total = tuple(map(sum, zip(*rows, strict=True)))
        head = ("sanction of", "days", "supplier", "node owing the notice", "enforcer")
        named = [
            (one["node"], *map(str, row)) for one, row in zip(told["sanctions"], rows, strict=True)
        ]
        stage.show([head, *named, ("all", *map(str, total))])
        wanted = list(DAYS.values()) if node == "xiamen" else [DAYS[node]]
        stage.expect(rows == wanted, f"{rows}")
        stage.expect(told["days"]["total"] == total[0], f"{told['days']}")
        if node == "xiamen":
            late = told["sanctions"][0]["answer"]
            stage.expect(late["overdue_working_days"] == LATE_ANSWER, f"{late}")
            due = {"due_on": late["due_on"], "answered_on": late["answered_on"]}
            stage.tell("late", **due, days=LATE_ANSWER)


def _row(one: Any) -> tuple[int, ...]:
    shares = {each["role"]: each["days"] for each in one["days"]["parties"]}
    return (one["days"]["total"], *(shares.get(role, 0) for role in ROLES))


def on_15_march(stage: Stage, at: str) -> Any:
    """The first question of the four."""
    known = "2026-03-15T12:00:00Z"
    return question(stage, "xiamen", ("2026-03-15", known), ("valid", "in_force"), at)


def questions(stage: Stage, first: Any) -> None:
    """Four, of two dates each; the answer to the first is what it was in March."""
    stage.heading("questions")
    stage.tell("questions_why")
    at = case.at("05-06")
    stage.expect(on_15_march(stage, at) == first, "an as-known answer changed")
    later = ("2026-03-15", AFTER)
    question(stage, "xiamen", later, ("withdrawn", "wrongful"), at)
    disputed = ("2026-03-25", "2026-03-25T12:00:00Z")
    question(stage, "xiamen", disputed, ("disputed", "suspended"), at)
    still = ("2026-03-27", "2026-03-27T12:00:00Z")
    told = question(stage, "quanzhou", still, ("disputed", "suspended"), at)
    (sanction,) = told["sanctions"]
    stage.expect(sanction["since"] == "2026-03-24", f"{sanction}")
    stage.expect(sanction["enforcement"]["state"] == "applied", f"{sanction}")


def question(
    stage: Stage,
    node: str,
    dates: tuple[str, str],
    states: tuple[str, str],
    at: str,
) -> dict[str, Any]:
    """Ask, print records and sanctions of the answer, and hold them to what is expected:
    one of each, in these states.
    """
    valid_at, known_at = dates
    told = stage.ledger_json(
        "history", case.FIRM, "--home", node, "--valid-at", valid_at, "--known-at", known_at,
        *LOOK, "--at", at,
    )  # fmt: skip
    for part in ("records", "sanctions"):
        print(f"{part}: {json.dumps(told[part], ensure_ascii=False)}")
    found = [[line["state"] for line in told[part]] for part in ("records", "sanctions")]
    stage.expect(found == [[state] for state in states], f"{found}")
    return {part: told[part] for part in ("records", "sanctions", "entries")}


def reach(stage: Stage) -> None:
    """What rests on R1, and who has not answered, on two dates."""
    stage.heading("affected")
    stage.tell("affected_why")
    for known_at, unacknowledged in (("2026-04-25T12:00:00Z", 2), (AFTER, 0)):
        told = stage.ledger_json(
            "affected", "--record", "@R1", "--home", "xiamen", *labels("xiamen"),
            "--known-at", known_at,
        )  # fmt: skip
        found = {name: len(told[name]) for name in (*REACHED, "unacknowledged")}
        print(json.dumps(found))
        stage.expect(found == REACHED | {"unacknowledged": unacknowledged}, f"{found}")
