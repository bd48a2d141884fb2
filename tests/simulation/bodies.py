"""The bodies of the four cities, and the firms that they know; all of it invented."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger.commands.governance_commands import AdmitOrganisation
from ledger.entry import Actor
from ledger.events.base import Role
from ledger.node import Node
from ledger.orders import Order
from scripts._sample import made_uscc

CITIES: Final = ("xiamen", "zhangzhou", "quanzhou", "fuzhou")
REGIONS: Final = {
    "xiamen": "350200",
    "zhangzhou": "350600",
    "quanzhou": "350500",
    "fuzhou": "350100",
}
OPERATOR: Final = "op-7"
ROLES: Final[tuple[Role, ...]] = (
    "supplier", "registrar", "initiator", "enforcer", "reviewer",
)  # fmt: skip


def code(name: str, kind: str = "11", region: str = "350200") -> str:
    return made_uscc(random.Random(f"simulation/{name}"), kind, region)


FIRMS: Final = tuple(code(f"firm {number}", "91") for number in range(4))
SPARE: Final = tuple(code(f"spare {number}", "91") for number in range(6))
"""Codes that a wrong one may be corrected to."""


@dataclass(frozen=True)
class Bodies:
    """Of each role one body, but that whoever imposes also enforces."""

    supplier: str
    registrar: str
    initiator: str
    reviewer: str

    def actor(self, role: str) -> Actor:
        body: str = getattr(self, "initiator" if role == "enforcer" else role)
        return Actor(body, OPERATOR)


def bodies_of(city: str) -> Bodies:
    made = [code(f"{city} {role}", region=REGIONS[city]) for role in ROLES]
    return Bodies(made[0], made[1], made[2], made[4])


def admit(node: Node) -> None:
    bodies = bodies_of(node.name)
    granted: dict[str, tuple[Role, ...]] = {
        bodies.supplier: ("supplier",),
        bodies.registrar: ("registrar",),
        bodies.initiator: ("initiator", "enforcer"),
        bodies.reviewer: ("reviewer",),
    }
    for organisation, roles in granted.items():
        command = AdmitOrganisation.model_validate(
            {
                "organisation": organisation,
                "name": f"{node.name}示例局",
                "granted": roles,
                "from": date(2020, 1, 1),
            }
        )
        node.execute(Order(command, Actor(node.name, OPERATOR)))
