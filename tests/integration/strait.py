"""What tests across the Strait share: assessments, a firm of the other side, a look into messages."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from ledger.signing.dsse import Envelope
from tests.integration.driving import Ended
from tests.integration.material import PERSON_NAME
from tests.integration.region import OPERATOR, City, at, line

TW_FIRM = "62140097"
"""Good by the rule of 2023 only: its weighted sum fits five, not ten."""
SIMPLIFIED, TRADITIONAL = "金门示例贸易有限公司", "金門示例貿易有限公司"
INFORMANT, GROUNDS = "举报人某甲", "因某甲所见所闻"
PURPOSE, BASIS = "联合惩戒", "示例法第三条"
UBN = ("--scheme", "tw_ubn")
LOOK = ("--operator", "op-7", "--purpose", "核查", "--basis", "示例法")

Three = tuple[City, City, City]


def assess(city: City, *items: str, to: str = "kinmen", **changes: str) -> Ended:
    given = {
        "purpose": PURPOSE,
        "basis": BASIS,
        "authority": "示例网信办",
        "from": "2026-03-01",
        "until": "2026-06-01",
        "at": at("03-10"),
    } | changes
    named = [word for item in items or ("administrative_penalty",) for word in ("--item", item)]
    options = [word for name, value in given.items() for word in (f"--{name}", value)]
    return city.node.call("exchange", "assess", "--to", to, *named, *options, *OPERATOR, "--json")


def try_send(city: City, to: str, day: str, *records: str, **changes: Any) -> Ended:
    named = [word for record in records for word in ("--record", record)]
    return city.node.call(
        "exchange", "send", "--to", to, *named, *OPERATOR,
        "--purpose", changes.get("purpose", PURPOSE), "--basis", changes.get("basis", BASIS),
        *changes.get("options", ()), "--labels", city.labels, "--at", at(day),
        "-o", city.folder / "tried.json", "--json",
    )  # fmt: skip


def collect_tw(city: City, supplier: str, day: str, name: str, number: str = "1") -> None:
    """A penalty of the Taiwanese firm, at whichever node, by the label R7."""
    subject = {"scheme": "tw_ubn", "identifier": TW_FIRM, "kind": "legal_person", "name": name}
    city.apply(
        line(
            "collect_record",
            supplier,
            day,
            subject=subject,
            item="administrative_penalty",
            supplier=supplier,
            document_number=f"示例〔2026〕{number}号",
            decided_on="2026-02-27",
            legal_basis="《示例法》第一条",
            tier="general",
            sealed={"parties": [{"role": "director", "name": PERSON_NAME}], "narrative": "示例"},
        )
        | {"as": "R7"},
    )


def history(city: City, identifier: str, *options: str) -> dict[str, Any]:
    done = city.node.call("history", identifier, *options, "--json", "--at", at("05-20"))
    assert done.code == 0, done.err
    found: dict[str, Any] = done.json
    return found


def envelope_of(message: Path) -> Envelope:
    return Envelope.from_json(message.read_bytes().rstrip(), max_bytes=1 << 26)


def payload(message: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(envelope_of(message).payload)
    return found


def everything(bundle: Path) -> str:
    """The payload of a message, and every payload inside it, as text."""
    texts: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, dict):
            for member in value.values():
                walk(member)
        elif isinstance(value, list):
            for member in value:
                walk(member)
        elif isinstance(value, str):
            texts.append(value)
            try:
                inside = base64.b64decode(value, validate=True).decode()
                texts.append(inside)
                walk(json.loads(inside))
            except ValueError:
                pass

    walk(json.loads(bundle.read_bytes()))
    return "\n".join(texts)
