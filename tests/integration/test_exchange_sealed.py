"""What leaves in a bundle: sealed fields only by name, who complained never; submissions."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from scripts import _sample
from tests.integration.driving import Ended
from tests.integration.material import PERSON, PERSON_NAME, person, supplied
from tests.integration.region import (
    OPERATOR,
    REGISTRAR,
    SUPPLIER,
    City,
    at,
    found_region,
    line,
    taken,
)

NARRATIVE, INFORMANT = "示例情节", "示例举报人"
ASKED = ("--purpose", "核查", "--basis", "示例法第三条")


@pytest.fixture
def three(tmp_path: Path) -> tuple[City, City, City]:
    """A natural person's record with sealed details at the first city, and a complaint on it."""
    cities = found_region(tmp_path)
    xiamen = cities["xiamen"]
    xiamen.apply(
        line(
            "collect_record",
            SUPPLIER,
            "03-02",
            subject=person(),
            item="administrative_penalty",
            supplier=SUPPLIER,
            document_number="厦门示监处罚〔2026〕3号",
            decided_on="2026-02-27",
            legal_basis="《示例法》第一条",
            tier="general",
            amounts={"fine": "3.5"},
            sealed={"narrative": NARRATIVE, "parties": [{"name": "示例壬"}]},
        )
        | {"as": "P1"},
        line(
            "serve_notice",
            SUPPLIER,
            "03-03",
            record="@P1",
            served_on="2026-03-03",
            channel="letter",
        ),
        line(
            "file_complaint",
            REGISTRAR,
            "03-04",
            record="@P1",
            against=SUPPLIER,
            filed_on="2026-03-04",
            sealed={"who": INFORMANT, "grounds": "示例理由"},
        ),
    )
    return xiamen, cities["zhangzhou"], cities["quanzhou"]


def send(city: City, to: str, record: str, *fields: str) -> tuple[Ended, Path]:
    path = city.folder / f"to-{to}.json"
    named = [word for name in fields for word in ("--disclose", name)]
    done = city.node.call(
        "exchange", "send", "--to", to, "--record", record, *OPERATOR, *ASKED, "--labels",
        city.labels, "--at", at("03-10"), "-o", path, "--json", *named,
    )  # fmt: skip
    return done, path


def payload(path: Path) -> str:
    return b64decode(json.loads(path.read_text())["payload"]).decode()


def history(city: City, identifier: str) -> Any:
    done = city.node.call("history", identifier, *OPERATOR, *ASKED, "--at", at("03-20"), "--json")
    assert done.code == 0, done.err
    return done.json


def stored(city: City) -> bytes:
    """All that is kept beside the log."""
    with city.node.opened() as node:
        return b"".join(content for _, content in node.store.manifests())


def test_a_person_is_named_only_where_the_purpose_names_it(three: tuple[City, City, City]) -> None:
    """Without ``--disclose identifier`` nothing leaves, and nothing is recorded."""
    xiamen, *_ = three
    size = xiamen.node.size()
    done, path = send(xiamen, "zhangzhou", "@P1")
    assert done.code == 3
    assert "identifier" in done.err
    assert not path.exists()
    assert xiamen.node.size() == size


@pytest.mark.parametrize("field", ["who", "grounds", "informant", "statement"])
def test_who_complained_can_never_be_named(three: tuple[City, City, City], field: str) -> None:
    """No purpose opens what would tell who complained."""
    done, _ = send(three[0], "zhangzhou", "@P1", "identifier", field)
    assert done.code == 3


def test_only_what_was_named_leaves(three: tuple[City, City, City]) -> None:
    """Identifier and narrative arrive and are sealed there; name, parties and complaint stay."""
    xiamen, zhangzhou, _ = three
    done, path = send(xiamen, "zhangzhou", "@P1", "identifier", "narrative")
    assert done.code == 0, done.err
    said = payload(path)
    assert PERSON in said
    assert NARRATIVE in said
    for kept in (PERSON_NAME, "示例壬", INFORMANT, "Complaint"):
        assert kept not in said
    taken(zhangzhou, path, "03-10")
    found = history(zhangzhou, PERSON)
    details = {entry["type"]: entry.get("details") for entry in found["entries"]}
    assert details["RecordReceived"] == {"narrative": NARRATIVE}
    assert details["SubjectOpened"] == {"identifier": PERSON}


def test_no_sealed_value_is_kept_beside_the_log(three: tuple[City, City, City]) -> None:
    """Neither sender nor recipient keeps in the open what a data key must be able to erase."""
    xiamen, zhangzhou, _ = three
    _, path = send(xiamen, "zhangzhou", "@P1", "identifier", "name", "narrative", "parties")
    taken(zhangzhou, path, "03-10")
    for city in (xiamen, zhangzhou):
        kept = stored(city).decode("utf-8", "replace")
        for value in (PERSON, PERSON_NAME, NARRATIVE, "示例壬"):
            assert value not in kept
            assert value not in b64decode_all(kept)


def b64decode_all(text: str) -> str:
    """Every payload in the kept messages, decoded."""
    parts = (part.partition('"')[0] for part in text.split('"payload":"')[1:])
    return "".join(b64decode(part).decode("utf-8", "replace") for part in parts)


def test_the_file_of_such_a_bundle_is_had_again_to_the_byte(
    three: tuple[City, City, City],
) -> None:
    """What was left out is put back from the sealed details of the entries."""
    xiamen, *_ = three
    _, path = send(xiamen, "zhangzhou", "@P1", "identifier", "narrative")
    (again,) = xiamen.outbox("03-11")
    assert again.read_bytes() == path.read_bytes()


def test_what_was_erased_does_not_leave_again(three: tuple[City, City, City]) -> None:
    """Once its data key is gone, the bundle cannot be made again."""
    xiamen, *_ = three
    send(xiamen, "zhangzhou", "@P1", "identifier", "narrative")
    xiamen.apply(
        line("erase_personal_data", REGISTRAR, "03-12", basis="示例", records=["@P1"])
        | {"subject": {"scheme": "resident_id", "identifier": PERSON}}
    )
    assert [path for path in xiamen.outbox("03-12") if ".bundle." in path.name] == []


def test_a_disclosed_field_is_passed_on_under_its_own_salt(
    three: tuple[City, City, City], tmp_path: Path
) -> None:
    """The commitment of the origin still matches after a hop."""
    del tmp_path
    xiamen, zhangzhou, quanzhou = three
    xiamen.apply(
        line(
            "collect_record",
            SUPPLIER,
            "03-09",
            subject={
                "scheme": "uscc",
                "identifier": SUPPLIER,
                "kind": "government_body",
                "name": "示例",
            },
            item="administrative_penalty",
            supplier=SUPPLIER,
            document_number="厦门示监处罚〔2026〕4号",
            decided_on="2026-02-27",
            legal_basis="《示例法》第一条",
            tier="general",
            sealed={"narrative": NARRATIVE},
        )
        | {"as": "G1"}
    )
    _, path = send(xiamen, "zhangzhou", "@G1", "narrative")
    taken(zhangzhou, path, "03-10")
    done, onward = send(zhangzhou, "quanzhou", "@xiamen/G1", "narrative")
    assert done.code == 0, done.err
    taken(quanzhou, onward, "03-10")
    found = history(quanzhou, SUPPLIER)
    assert [e["details"] for e in found["entries"] if e["type"] == "RecordReceived"] == [
        {"narrative": NARRATIVE}
    ]
    (again,) = (path for path in zhangzhou.outbox("03-11") if ".bundle." in path.name)
    assert again.read_bytes() == onward.read_bytes()


def test_the_submission_of_a_record_goes_with_it(tmp_path: Path) -> None:
    """The signed manifest is shown, and the supplier's row where it is named."""
    cities = found_region(tmp_path, ("xiamen", "zhangzhou"))
    xiamen, zhangzhou = cities["xiamen"], cities["zhangzhou"]
    sample = supplied(_sample.penalties(40, 1), SUPPLIER)
    rows = [row for row in sample.rows if row["XDR_LB"] != "自然人"]
    file = tmp_path / "rows.csv"
    _sample.write_csv(file, _sample.Sample(**{**vars_of(sample), "rows": tuple(rows)}))
    done = xiamen.node.call(
        "import", file, "--supplier", SUPPLIER, *OPERATOR, "--json", "--at", at("03-02")
    )
    assert done.code == 0, done.err + done.out
    with xiamen.node.opened() as node:
        rows_ = [e for e in node.store.scan() if e.topic.startswith("RecordCollected")]
        record = json.loads(rows_[0].state)["facts"]["record"]
    sent, path = send(xiamen, "zhangzhou", record, "submitted_row")
    assert sent.code == 0, sent.err
    bundle = json.loads(payload(path))
    assert len(bundle["submissions"]) == len(bundle["rows"]) == 1
    told = taken(zhangzhou, path, "03-10")
    assert told["records"][0]["verdict"] == "accepted"
    bare, other = send(xiamen, "zhangzhou", record)
    assert bare.code == 0
    assert json.loads(payload(other))["rows"] == []


def vars_of(sample: _sample.Sample) -> dict[str, Any]:
    return {name: getattr(sample, name) for name in sample.__dataclass_fields__}
