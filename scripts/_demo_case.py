"""The worked case of the demo: one wrong record, a sanction on it, and how it ends.

Bodies, firm and document are invented; codes are made with right check characters.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

from scripts._sample import made_uscc

Command = dict[str, object]


def _code(name: str, kind: str = "11") -> str:
    return made_uscc(random.Random(f"demo/{name}"), kind, "350200")  # noqa: S311 - not a secret


@dataclass(frozen=True)
class Body:
    code: str
    name: str
    roles: tuple[str, ...]


REGISTRAR = Body(_code("registrar"), "厦门示例信用中心", ("registrar",))
PROCURER = Body(_code("procurer"), "厦门示例采购局", ("initiator", "enforcer"))
REVIEWER = Body(_code("reviewer"), "厦门示例复核局", ("reviewer",))
INSPECTOR = Body(_code("inspector"), "厦门示例监察局", ("inspector",))
BODIES = (REGISTRAR, PROCURER, REVIEWER)
FIRM = _code("firm", "91")
FIRM_NAME = "厦门示例茶业有限公司"


def _line(command: str, by: str, day: str, **facts: object) -> Command:
    """One command, entered at 10:00 (UTC+8) of its day."""
    actor = {"organisation": by, "operator": "op-7"}
    return {"command": command, "by": actor, "at": f"{day}T10:00:00+08:00", **facts}


def march(supplier: str) -> list[Command]:
    """Until the objection suspends the sanction."""
    subject = {"scheme": "uscc", "identifier": FIRM, "kind": "legal_person", "name": FIRM_NAME}
    return [
        _line(
            "collect_record",
            supplier,
            "2026-03-02",
            subject=subject,
            item="administrative_penalty",
            supplier=supplier,
            document_number="厦门示监处罚〔2026〕17号",
            decided_on="2026-02-27",
            legal_basis="《示例法》第一条",
            tier="general",
            publish_until="2027-02-27",
            amounts={"fine": "3.5"},
        )
        | {"as": "R1"},
        _line(
            "serve_notice",
            supplier,
            "2026-03-03",
            record="@R1",
            served_on="2026-03-03",
            channel="letter",
        ),
        _line(
            "impose_sanction",
            PROCURER.code,
            "2026-03-09",
            measure="limit_procurement",
            records=["@R1"],
            initiator=PROCURER.code,
            enforcer=PROCURER.code,
            legal_basis="《示例采购法》第二条",
            starts_on="2026-03-09",
            ends_on="2027-02-27",
        )
        | {"as": "S1"},
        _enforcement("2026-03-09", "applied"),
        _line(
            "file_objection",
            REGISTRAR.code,
            "2026-03-20",
            record="@R1",
            filed_by="subject",
            filed_on="2026-03-20",
        )
        | {"as": "O1"},
        _enforcement("2026-03-20", "suspended"),
    ]


def april(supplier: str) -> list[Command]:
    """The supplier's error, the withdrawal, the ruling."""
    day = "2026-04-24"
    return [
        _line("answer_objection", supplier, day, objection="@O1", finding="wrong", answered_on=day),
        _line(
            "withdraw_record",
            supplier,
            day,
            record="@R1",
            cause="wrong_subject",
            fault=supplier,
            effective="from_beginning",
        ),
        _line(
            "rule_sanction_wrongful",
            REVIEWER.code,
            day,
            sanction="@S1",
            faulty_records=["@R1"],
            authority=REVIEWER.name,
            ruled_on=day,
        ),
    ]


def _enforcement(day: str, state: str) -> Command:
    return _line("report_enforcement", PROCURER.code, day, sanction="@S1", on=day, state=state)


def write_lines(path: Path, commands: list[Command]) -> None:
    lines = (json.dumps(command, ensure_ascii=False) for command in commands)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
