"""The worked case of the demo: one wrong record in three cities, and how it ends.

Bodies, firm and document are invented; codes are made with right check characters. What
happens on a day at a node is a list of commands for ``apply``; every act is entered at 10:00
(UTC+8) of its day.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts._sample import made_uscc

Command = dict[str, object]

REGIONS: Final = {"xiamen": "350200", "zhangzhou": "350600", "quanzhou": "350500"}
ENDS_ON: Final = "2027-02-27"
RECORD: Final = {"xiamen": "@R1", "zhangzhou": "@xiamen/R1", "quanzhou": "@xiamen/R1"}
"""How R1 is called at each node: a label that came in a bundle stands under its node."""

SANCTION: Final = {"xiamen": "@S1", "zhangzhou": "@S2", "quanzhou": "@S3"}


def _code(name: str, kind: str = "11", region: str = "350200") -> str:
    return made_uscc(random.Random(f"demo/{name}"), kind, region)  # noqa: S311 - not a secret


@dataclass(frozen=True)
class Body:
    code: str
    name: str
    roles: tuple[str, ...]


REGISTRAR = Body(_code("registrar"), "厦门示例信用中心", ("registrar",))
PROCURER = Body(_code("procurer"), "厦门示例采购局", ("initiator", "enforcer"))
BUILDER = Body(_code("builder", region="350600"), "漳州示例建设局", ("initiator", "enforcer"))
FUNDS = Body(_code("funds", region="350500"), "泉州示例资金局", ("initiator", "enforcer"))
INSPECTOR = Body(_code("inspector"), "厦门示例监察局", ("inspector",))
REVIEWER = {
    "xiamen": Body(_code("reviewer"), "厦门示例复核局", ("reviewer",)),
    "zhangzhou": Body(_code("reviewer z", region="350600"), "漳州示例复核局", ("reviewer",)),
    "quanzhou": Body(_code("reviewer q", region="350500"), "泉州示例复核局", ("reviewer",)),
}
BODIES = {
    "xiamen": (REGISTRAR, PROCURER, REVIEWER["xiamen"]),
    "zhangzhou": (BUILDER, REVIEWER["zhangzhou"]),
    "quanzhou": (FUNDS, REVIEWER["quanzhou"]),
}
ENFORCER = {"xiamen": PROCURER, "zhangzhou": BUILDER, "quanzhou": FUNDS}
FIRM = _code("firm", "91")
FIRM_NAME = "厦门示例茶业有限公司"


def at(day: str) -> str:
    """10:00 (UTC+8) of this day of 2026."""
    return f"2026-{day}T10:00:00+08:00"


def _line(command: str, by: str, day: str, **facts: object) -> Command:
    actor = {"organisation": by, "operator": "op-7"}
    return {"command": command, "by": actor, "at": at(day), **facts}


def collected(supplier: str) -> list[Command]:
    """xiamen, 2 to 9 March: the record, the notice to the firm, and S1."""
    subject = {"scheme": "uscc", "identifier": FIRM, "kind": "legal_person", "name": FIRM_NAME}
    record = _line(
        "collect_record",
        supplier,
        "03-02",
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
    notice = _line(
        "serve_notice", supplier, "03-03", record="@R1", served_on="2026-03-03", channel="letter"
    )
    return [record | {"as": "R1"}, notice, *imposed("xiamen", "03-09", "limit_procurement")]


def imposed(node: str, day: str, measure: str) -> list[Command]:
    """A sanction that rests on R1, which its enforcer reports applied the same day."""
    body = ENFORCER[node].code
    sanction = _line(
        "impose_sanction",
        body,
        day,
        measure=measure,
        records=[RECORD[node]],
        initiator=body,
        enforcer=body,
        legal_basis="《示例法》第二条",
        starts_on=f"2026-{day}",
        ends_on=ENDS_ON,
    )
    return [sanction | {"as": SANCTION[node][1:]}, reported(node, day, "applied")]


def objected() -> list[Command]:
    """xiamen, 20 March."""
    filed = _line(
        "file_objection",
        REGISTRAR.code,
        "03-20",
        record="@R1",
        filed_by="subject",
        filed_on="2026-03-20",
    )
    return [filed | {"as": "O1"}, reported("xiamen", "03-20", "suspended")]


def withdrawn(supplier: str) -> list[Command]:
    """xiamen, 24 April: the supplier's error, the withdrawal, the ruling."""
    day = "2026-04-24"
    return [
        _line(
            "answer_objection", supplier, "04-24", objection="@O1", finding="wrong", answered_on=day
        ),
        _line(
            "withdraw_record",
            supplier,
            "04-24",
            record="@R1",
            cause="wrong_subject",
            fault=supplier,
            effective="from_beginning",
        ),
        ruled("xiamen", "04-24"),
    ]


def ruled(node: str, day: str) -> Command:
    reviewer = REVIEWER[node]
    return _line(
        "rule_sanction_wrongful",
        reviewer.code,
        day,
        sanction=SANCTION[node],
        faulty_records=[RECORD[node]],
        authority=reviewer.name,
        ruled_on=f"2026-{day}",
    )


def reported(node: str, day: str, state: str) -> Command:
    return _line(
        "report_enforcement",
        ENFORCER[node].code,
        day,
        sanction=SANCTION[node],
        on=f"2026-{day}",
        state=state,
    )


def write_lines(path: Path, commands: list[Command]) -> None:
    lines = (json.dumps(command, ensure_ascii=False) for command in commands)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
