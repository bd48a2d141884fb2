"""Made-up bodies, firms and files for whole runs; all of them invented."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from scripts import _sample
from tests.integration.driving import Founded

_DRAW = random.Random("bodies of the integration tests")

SUPPLIER = _sample.made_uscc(_DRAW, "11", "350200")
OTHER_SUPPLIER = _sample.made_uscc(_DRAW, "11", "350200")
REGISTRAR = _sample.made_uscc(_DRAW, "12", "350200")
BUYER = _sample.made_uscc(_DRAW, "11", "350200")
REVIEWER = _sample.made_uscc(_DRAW, "11", "350200")
FIRM = _sample.made_uscc(_DRAW, "91", "350200")
OTHER_FIRM = _sample.made_uscc(_DRAW, "91", "350200")
PERSON = _sample.made_resident_number(_DRAW, "350200", date(1900, 5, 1))
BANK = _sample.made_uscc(_DRAW, "91", "350200")
PERSON_NAME = "示例辛"

BODIES = (
    (SUPPLIER, "厦门示例监督管理局", ("supplier",)),
    (OTHER_SUPPLIER, "厦门示例另一局", ("supplier",)),
    (REGISTRAR, "厦门示例信用中心", ("registrar",)),
    (BUYER, "厦门示例采购局", ("initiator", "enforcer")),
    (REVIEWER, "厦门示例复核局", ("reviewer",)),
)
FOUNDED_AT = "2026-03-01T10:00:00+08:00"
OFFICER = ("--operator", "op-7", "--purpose", "核查", "--basis", "示例法第三条")


def admit_all(node: Founded, *at: str) -> None:
    for code, name, roles in BODIES:
        granted = [word for role in roles for word in ("--role", role)]
        done = node.call(
            "organisation", "admit", "--id", code, "--name", name, *granted,
            "--from", "2020-01-01", *at,
        )  # fmt: skip
        assert done.code == 0, done.err


def admit_bank(node: Founded, *at: str) -> None:
    """``BANK`` enforces, and is no public body: it sees no record for government sharing."""
    done = node.call(
        "organisation", "admit", "--id", BANK, "--name", "厦门示例银行", "--role", "enforcer", *at
    )
    assert done.code == 0, done.err


def by(organisation: str) -> dict[str, str]:
    return {"organisation": organisation, "operator": "op-7"}


def firm(code: str = FIRM, name: str = "厦门示例甲有限公司") -> dict[str, str]:
    return {"scheme": "uscc", "identifier": code, "kind": "legal_person", "name": name}


def person(number: str = PERSON) -> dict[str, str]:
    return {
        "scheme": "resident_id",
        "identifier": number,
        "kind": "natural_person",
        "name": PERSON_NAME,
    }


def at(day: str) -> str:
    """10:00 in the node's legal time, on this day of 2026."""
    return f"2026-{day}T10:00:00+08:00"


def collect(number: int = 1, **changed: Any) -> dict[str, Any]:
    """A line that collects a penalty of the general tier about ``FIRM``."""
    line = {
        "command": "collect_record",
        "by": by(SUPPLIER),
        "subject": firm(),
        "item": "administrative_penalty",
        "supplier": SUPPLIER,
        "document_number": f"厦门示监处罚〔2026〕{number}号",
        "decided_on": "2026-02-27",
        "legal_basis": "《示例法》第一条",
        "tier": "general",
        "publish_until": "2027-02-27",
        "amounts": {"fine": "3.5"},
    } | changed
    return {name: value for name, value in line.items() if value is not None}


def penalties(rows: int, seed: int = 1, *, bad: bool = False) -> _sample.Sample:
    """Rows of ``SUPPLIER``: organisations, sole traders and natural persons."""
    return supplied(_sample.penalties(rows, seed, bad=bad))


def supplied(sample: _sample.Sample, supplier: str = SUPPLIER) -> _sample.Sample:
    codes = ("CFJGDM", "SJLYDM", "XKJGDM", "LYDWDM")
    rows = tuple(
        {
            code: supplier if code in codes and text == sample.supplier else text
            for code, text in row.items()
        }
        for row in sample.rows
    )
    return replace(sample, supplier=supplier, rows=rows)


def only(sample: _sample.Sample, rows: Sequence[_sample.Row]) -> _sample.Sample:
    return replace(sample, rows=tuple(rows), rejected=())


def about(sample: _sample.Sample, kind: str) -> list[_sample.Row]:
    """The rows about subjects of this 类别 (自然人, 法人及非法人组织 ...)."""
    return [row for row in sample.rows if row["XDR_LB"] == kind]


def write(path: Path, sample: _sample.Sample) -> Path:
    _sample.write_csv(path, sample)
    return path


def import_file(node: Founded, path: Path, *options: str | Path, supplier: str = SUPPLIER) -> Any:
    return node.call(
        "import", path, "--supplier", supplier, "--operator", "op-7", "--json", *options
    )
