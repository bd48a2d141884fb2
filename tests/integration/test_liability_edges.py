"""The rules on counting days, played with commands at one node and asked of ``liability``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.driving import Founded
from tests.integration.material import (
    BUYER,
    OTHER_SUPPLIER,
    REGISTRAR,
    REVIEWER,
    SUPPLIER,
    at,
    by,
    collect,
)

Line = dict[str, Any]


def line(entered: str, who: str, command: str, /, **facts: Any) -> Line:
    return {"command": command, "by": by(who), "at": at(entered), **facts}


def day(on: str) -> str:
    return f"2026-{on}"


def record(label: str = "R1", number: int = 17, supplier: str = SUPPLIER) -> list[Line]:
    made = collect(number, supplier=supplier, by=by(supplier), at=at("03-02"), **{"as": label})
    served = line(
        "03-02",
        supplier,
        "serve_notice",
        record=f"@{label}",
        served_on=day("03-02"),
        channel="letter",
    )
    return [made, served]


def impose(*records: str, report: str | None = "applied") -> list[Line]:
    made = line(
        "03-09",
        BUYER,
        "impose_sanction",
        measure="limit_procurement",
        records=[f"@{each}" for each in records or ("R1",)],
        initiator=BUYER,
        enforcer=BUYER,
        legal_basis="《示例法》第二条",
        starts_on=day("03-09"),
        ends_on="2027-02-27",
        **{"as": "S1"},
    )
    return [made] + ([] if report is None else [reports("03-09", report)])


def reports(on: str, state: str) -> Line:
    return line(on, BUYER, "report_enforcement", sanction="@S1", on=day(on), state=state)


def object_(on: str, label: str = "O1", *, filed: str | None = None, to: str = "R1") -> Line:
    return line(
        on,
        REGISTRAR,
        "file_objection",
        record=f"@{to}",
        filed_by="subject",
        filed_on=day(filed or on),
        **{"as": label},
    )


def withdraw(on: str, label: str = "R1", *, by_: str = SUPPLIER, fault: str = SUPPLIER) -> Line:
    return line(
        on,
        by_,
        "withdraw_record",
        record=f"@{label}",
        cause="wrong_subject",
        fault=fault,
        effective="from_beginning",
    )


def rule(on: str, *faulty: str, **window: str) -> Line:
    return line(
        on,
        REVIEWER,
        "rule_sanction_wrongful",
        sanction="@S1",
        faulty_records=[f"@{each}" for each in faulty],
        authority="厦门示例复核局",
        ruled_on=day(on),
        **window,
    )


def reject(on: str, label: str = "O1") -> list[Line]:
    return [
        line(
            on,
            REVIEWER,
            "decide_objection",
            objection=f"@{label}",
            outcome="rejected",
            decided_on=day(on),
        ),
        line(on, REVIEWER, "resume_sanction", sanction="@S1", confirmation=f"@{label}"),
    ]


JOINT = "+".join(sorted((SUPPLIER, OTHER_SUPPLIER)))
EDGES: dict[str, tuple[list[Line], dict[str, int]]] = {
    "the enforcer went on": (
        [*record(), *impose(), object_("03-20"), reports("03-25", "suspended"), withdraw("04-24"),
         rule("04-24", "R1")],
        {f"supplier {SUPPLIER}": 12, f"enforcer {BUYER}": 4},
    ),
    "several suppliers": (
        [*record(), *record("R2", 18, OTHER_SUPPLIER), *impose("R1", "R2"), object_("03-20"),
         reports("03-20", "suspended"), withdraw("04-24", fault="none"),
         withdraw("04-24", "R2", by_=OTHER_SUPPLIER, fault="none"), rule("04-24", "R1", "R2")],
        {f"supplier {JOINT}": 11},
    ),
    "no faulty record": (
        [*record(), *impose(), rule("03-20"), reports("03-20", "lifted")],
        {f"initiator {BUYER}": 11},
    ),
    "fault of another": (
        [*record(), *impose(), object_("03-20"), reports("03-20", "suspended"),
         withdraw("04-24", fault=REGISTRAR), rule("04-24", "R1")],
        {f"registrar {REGISTRAR}": 11},
    ),
    "objection entered late": (
        [*record(), *impose(), object_("03-20", filed="03-12"), reports("03-22", "suspended"),
         withdraw("04-24"), rule("04-24", "R1")],
        {f"supplier {SUPPLIER}": 4, f"registrar {REGISTRAR}": 8, f"enforcer {BUYER}": 1},
    ),
    "two spells": (
        [*record(), *impose(), object_("03-12"), reports("03-14", "suspended"), *reject("03-16"),
         reports("03-17", "applied"), object_("03-23", "O2"), reports("03-25", "suspended"),
         withdraw("04-24"), rule("04-24", "R1")],
        {f"supplier {SUPPLIER}": 4 + 7, f"enforcer {BUYER}": 1 + 1},
    ),
    "a part": (
        [*record(), *impose(), object_("03-20"), reports("03-20", "suspended"), withdraw("04-24"),
         rule("04-24", "R1", wrong_from=day("03-12"), wrong_until=day("03-15"))],
        {f"supplier {SUPPLIER}": 3},
    ),
    "a correction it cannot survive": (
        [*record(), *impose(),
         line("03-20", SUPPLIER, "correct_record", record="@R1", changes={"tier": "minor"},
              cause="supplier_error", corrected_on=day("03-20")),
         reports("03-23", "lifted"), rule("04-24", "R1")],
        {f"supplier {SUPPLIER}": 12, f"enforcer {BUYER}": 2},
    ),
    "never applied": (
        [*record(), *impose(report="never_applied"), object_("03-20"), withdraw("04-24"),
         rule("04-24", "R1")],
        {},
    ),
    "never applied, contradicted": (
        [*record(), *impose(report="never_applied"), object_("03-20"),
         reports("03-23", "still_enforcing"), reports("03-24", "suspended"), withdraw("04-24"),
         rule("04-24", "R1")],
        {f"supplier {SUPPLIER}": 12, f"enforcer {BUYER}": 3},
    ),
    "still open": (
        [*record(), *impose(), object_("03-20"), withdraw("03-24"), rule("03-24", "R1")],
        {f"supplier {SUPPLIER}": 12, f"enforcer {BUYER}": 11},
    ),
}  # fmt: skip
"""What is played, and whose days it makes as known on 1 April, or when all is over."""


@pytest.mark.parametrize("name", EDGES)
def test_an_edge_played_with_commands(simulated: Founded, tmp_path: Path, name: str) -> None:
    """Commands and their effects make the days that the rules say, which add up."""
    lines, expected = EDGES[name]
    labels = tmp_path / "labels.json"
    done = simulated.apply(tmp_path, lines, "--labels", labels)
    assert done.code == 0, done.out
    known = ("--known-at", "2026-04-01T12:00:00Z") if name == "still open" else ()
    if known:  # the log has to know that day
        later = [collect(19, at=at("04-02"))]
        assert simulated.apply(tmp_path, later, "--labels", labels).code == 0
    told = simulated.call("liability", "@S1", "--labels", labels, "--json", *known)
    assert told.code == 0, told.err
    days = told.json["days"]
    found = {f"{each['role']} {each['party']}": each["days"] for each in days["parties"]}
    assert found == expected
    assert days["total"] == sum(expected.values())
