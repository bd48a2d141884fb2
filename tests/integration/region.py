"""Three cities that exchange: their nodes, bodies and trust list; all of it invented."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from scripts._sample import made_uscc
from tests.integration.driving import Ended, Founded, call, write_lines

FOUNDED_AT = "2026-03-01T10:00:00+08:00"
LIST_FROM = "2026-03-01T12:00:00+08:00"
LIST_UNTIL = "2027-03-01T00:00:00+08:00"
OPERATOR = ("--operator", "op-7")
REGIONS = {"xiamen": "350200", "zhangzhou": "350600", "quanzhou": "350500"}
ACROSS = {"kinmen": "TW-KIN"}
"""A partner on the other side of the Strait."""


def code(name: str, kind: str = "11", region: str = "350200") -> str:
    return made_uscc(random.Random(f"region/{name}"), kind, region)


SUPPLIER = code("supplier")
REGISTRAR = code("registrar")
PROCURER = code("procurer")
BUILDER = code("builder", region="350600")
FUNDS = code("funds", region="350500")
REVIEWERS = {name: code(f"reviewer {name}", region=region) for name, region in REGIONS.items()}
TW_CENTRE = "tw-example-centre"
TW_BUREAU = "tw-example-bureau"
FIRM = code("firm a", "91")
FIRM_NAME = "厦门示例甲有限公司"

BODIES: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "xiamen": (
        (SUPPLIER, "厦门示例监督管理局", ("supplier",)),
        (REGISTRAR, "厦门示例信用中心", ("registrar",)),
        (PROCURER, "厦门示例采购局", ("initiator", "enforcer")),
        (REVIEWERS["xiamen"], "厦门示例复核局", ("reviewer",)),
    ),
    "zhangzhou": (
        (BUILDER, "漳州示例建设局", ("initiator", "enforcer")),
        (REVIEWERS["zhangzhou"], "漳州示例复核局", ("reviewer",)),
    ),
    "quanzhou": (
        (FUNDS, "泉州示例资金局", ("initiator", "enforcer")),
        (REVIEWERS["quanzhou"], "泉州示例复核局", ("reviewer",)),
    ),
    "kinmen": (
        (TW_CENTRE, "金門示例徵信中心", ("registrar", "supplier")),
        (TW_BUREAU, "金門示例採購處", ("initiator", "enforcer")),
    ),
}


def at(day: str) -> str:
    """10:00 (UTC+8) of this day of 2026."""
    return f"2026-{day}T10:00:00+08:00"


def line(command: str, by: str, day: str, **facts: Any) -> dict[str, Any]:
    """One command, entered at 10:00 of its day."""
    actor = {"organisation": by, "operator": "op-7"}
    return {"command": command, "by": actor, "at": at(day), **facts}


class Transport(Protocol):
    """Which way messages go."""

    def deliver(self, sender: City, recipient: City, day: str) -> list[dict[str, Any]]:
        """All that ``sender`` owes ``recipient`` is taken in there, and its replies go back.

        What ``recipient`` made of each message.
        """


class Files:
    """Every message and every reply as a file."""

    def deliver(self, sender: City, recipient: City, day: str) -> list[dict[str, Any]]:
        told = []
        for path in sender.outbox(day, recipient.name):
            told.append(taken(recipient, path, day))
            for reply in told[-1]["replies"]:
                taken(sender, Path(reply), day)
        return told


@dataclass
class City:
    """A node, the files it works with, and what it was answered last."""

    node: Founded
    folder: Path
    sent: list[dict[str, Any]] = field(default_factory=list)
    transport: Transport = field(default_factory=Files)

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def labels(self) -> Path:
        return self.folder / "labels.json"

    def label(self, name: str) -> str:
        import json

        found: str = json.loads(self.labels.read_text())[name]
        return found

    def apply(self, *lines: dict[str, Any]) -> None:
        path = self.folder / "lines.jsonl"
        write_lines(path, lines)
        done = self.node.call("apply", path, "--labels", self.labels, "--json")
        assert done.code == 0, done.out + done.err

    def send(self, to: str, day: str, *records: str, options: tuple[str, ...] = ()) -> Path:
        path = self.folder / f"bundle-{to}-{day}-{len(self.sent)}.json"
        named = [word for record in records for word in ("--record", record)]
        done = self.node.call(
            "exchange", "send", "--to", to, *named, *OPERATOR, "--purpose", "联合惩戒",
            "--basis", "示例法第三条", "--labels", self.labels, "--at", at(day), "-o", path,
            "--json", *options,
        )  # fmt: skip
        assert done.code == 0, done.err
        self.sent.append(done.json)
        return path

    def receive(self, path: Path, day: str) -> Ended:
        return self.node.call(
            "exchange", "receive", path, *OPERATOR, "--out", self.folder / "replies",
            "--labels", self.labels, "--at", at(day), "--json",
        )  # fmt: skip

    def outbox(self, day: str, to: str | None = None) -> list[Path]:
        """The files of all that is owed."""
        chosen = () if to is None else ("--to", to)
        done = self.node.call(
            "exchange",
            "outbox",
            *chosen,
            "--out",
            self.folder / "outbox",
            "--at",
            at(day),
            "--json",
        )
        assert done.code == 0, done.err
        return [Path(one["path"]) for one in done.json["messages"]]

    def outstanding(self, known_at: str) -> list[dict[str, Any]]:
        done = self.node.call("exchange", "outstanding", "--known-at", known_at, "--json")
        assert done.code == 0, done.err
        found: list[dict[str, Any]] = done.json
        return found


def taken(city: City, path: Path, day: str) -> dict[str, Any]:
    """A message that is accepted; what is answered at once."""
    done = city.receive(path, day)
    assert done.code == 0, done.out + done.err
    told: dict[str, Any] = done.json
    assert told["verdict"] == "accepted", told
    return told


def delivered(sender: City, recipient: City, day: str) -> list[dict[str, Any]]:
    """All that ``sender`` owes ``recipient`` is taken in there, and its replies go back."""
    return sender.transport.deliver(sender, recipient, day)


def found_city(folder: Path, name: str, store: str | None = None) -> City:
    """A city's node, its bodies admitted; ``store``: where, other than in its home."""
    home = folder / name / "home"
    (folder / name).mkdir()
    place = () if store is None else ("--store", store)
    done = call(
        "init", "--home", home, "--node", name, "--region", {**REGIONS, **ACROSS}[name], "--simulated-clock",
        "--at", FOUNDED_AT, *place,
    )  # fmt: skip
    assert done.code == 0, done.err
    node = Founded(home, name)
    for body, title, roles in BODIES[name]:
        granted = [word for role in roles for word in ("--role", role)]
        done = node.call(
            "organisation", "admit", "--id", body, "--name", title, *granted, "--from", "2020-01-01"
        )
        assert done.code == 0, done.err
    return City(node, folder / name)


def found_region(
    folder: Path, names: tuple[str, ...] = tuple(REGIONS), store: str | None = None
) -> dict[str, City]:
    """The nodes of these cities, each of which goes by a trust list of all of them."""
    cities = {name: found_city(folder, name, store) for name in names}
    governor = folder / "governor.key"
    assert call("key", "new", "-o", governor).code == 0
    members = []
    for city in cities.values():
        members.append(city.folder / "trust.json")
        assert city.node.call("trust", "export", "-o", members[-1]).code == 0
    draft, listed = folder / "list.draft.json", folder / "list.json"
    made = call(
        "trust", "make", *members, "--governor", f"{governor}.pub", "--threshold", "1",
        "--issued", LIST_FROM, "--expires", LIST_UNTIL, "-o", draft,
    )  # fmt: skip
    assert made.code == 0, made.err
    signed = call("trust", "sign", draft, "--key", governor, "-o", listed)
    assert signed.code == 0, signed.err
    for city in cities.values():
        done = city.node.call("trust", "adopt", listed, *OPERATOR, "--at", LIST_FROM)
        assert done.code == 0, done.err
    return cities
