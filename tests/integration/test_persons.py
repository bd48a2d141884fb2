"""Natural persons: age is told by the sealed identifier, erasure reaches each key alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import pytest

from ledger.commands.lines import parse_line
from tests.integration.driving import Founded
from tests.integration.material import (
    OFFICER,
    OTHER_FIRM,
    PERSON,
    PERSON_NAME,
    REGISTRAR,
    REVIEWER,
    at,
    by,
    collect,
    firm,
    person,
)
from tests.integration.test_apply import NOTICE, SANCTION

PARTIES = [{"role": "director", "scheme": "resident_id", "identifier": PERSON, "name": PERSON_NAME}]
PLACED = SANCTION | {"at": at("03-09")}


def _apply(node: Founded, folder: Path, *lines: dict[str, Any]) -> list[str]:
    """The errors of the refused lines; labels are kept from call to call."""
    done = node.apply(folder, lines, "--labels", folder / "labels.json")
    return [each["error"] for each in done.json["refused"]]


def _erase(**what: Any) -> dict[str, Any]:
    erasure = {"command": "erase_personal_data", "by": by(REGISTRAR), "basis": "示例法第四十七条"}
    return erasure | {"at": at("03-05")} | what


def test_an_adult_is_known_by_the_identifier_that_lies_sealed(
    embedded: Founded, tmp_path: Path
) -> None:
    """A sanction that names only the record finds the age; erased, nobody is sanctioned."""
    record = collect(1, subject=person(), **{"as": "R1", "at": at("03-02")})
    other = record | {"as": "R2", "document_number": "示例〔2026〕2号"}
    assert _apply(embedded, tmp_path, record, other, NOTICE | {"at": at("03-03")}) == []
    assert _apply(embedded, tmp_path, PLACED) == []
    assert _apply(embedded, tmp_path, _erase(subject=person(), subject_itself=True)) != []
    late = _erase(subject=person(), subject_itself=True, at=at("03-10"))
    assert _apply(embedded, tmp_path, late) == []
    again = PLACED | {"as": "S2", "measure": "limit_bidding", "at": at("03-11")}
    assert _apply(embedded, tmp_path, again | {"starts_on": "2026-03-11"}) == ["age_unknown"]


def test_erasing_a_person_leaves_the_rest_of_the_record(embedded: Founded, tmp_path: Path) -> None:
    """What names the person goes, wherever it lies under that person's key; the rest stays."""
    sealed = {"parties": PARTIES, "narrative": "示例事实"}
    assert _apply(embedded, tmp_path, collect(1, sealed=sealed, at=at("03-02"))) == []
    with embedded.opened() as node:
        named = str(node.subject_uuid("resident_id", PERSON))
    assert _apply(embedded, tmp_path, _erase(subject=collect()["subject"], persons=[named])) == []
    asked = embedded.call("history", collect()["subject"]["identifier"], "--json", *OFFICER)
    assert PERSON not in asked.out
    entries = [each for each in asked.json["entries"] if each["type"] == "RecordCollected"]
    assert entries[0]["details"] == {"narrative": "示例事实"}
    assert "erased" in {each["why"] for each in asked.json["masked"]}
    assert json.loads(embedded.call("audit", "--json").out)["ok"]


def test_what_comes_after_an_erasure_is_sealed_under_a_new_key(
    embedded: Founded, tmp_path: Path
) -> None:
    """Also in the process that erased: what is told of the person later can be read."""
    with embedded.opened() as node:
        named = str(node.subject_uuid("resident_id", PERSON))
    sealed = {"parties": PARTIES}
    lines = (
        collect(1, sealed=sealed, at=at("03-02")),
        _erase(subject=collect()["subject"], persons=[named], at=at("03-03")),
        collect(2, sealed=sealed, at=at("03-04")),
    )
    assert _apply(embedded, tmp_path, *lines) == []
    asked = embedded.call("history", collect()["subject"]["identifier"], "--json", *OFFICER)
    entries = [each for each in asked.json["entries"] if each["type"] == "RecordCollected"]
    assert [each.get("details") for each in entries] == [None, sealed]
    assert json.loads(embedded.call("audit", "--json").out)["ok"]


def test_an_erasure_does_not_reach_past_a_hold_on_another_subject(
    embedded: Founded, tmp_path: Path
) -> None:
    """A third person of two firms is erased on one; on the other, under hold, nothing is."""
    sealed = {"parties": PARTIES}
    with embedded.opened() as node:
        named = str(node.subject_uuid("resident_id", PERSON))
    other = firm(OTHER_FIRM, "厦门示例乙有限公司")
    hold = {
        "command": "place_hold", "by": by(REVIEWER), "subject": firm(),
        "records": ["@R1"], "basis": "示例法", "at": at("03-03"),
    }  # fmt: skip
    lines = (
        collect(1, sealed=sealed, at=at("03-02"), **{"as": "R1"}),
        collect(2, sealed=sealed, at=at("03-02"), subject=other),
        hold,
    )
    assert _apply(embedded, tmp_path, *lines) == []
    assert _apply(embedded, tmp_path, _erase(subject=firm(), persons=[named])) == ["under_hold"]
    assert _apply(embedded, tmp_path, _erase(subject=other, persons=[named])) == []
    details = []
    for subject in (firm(), other):
        asked = embedded.call("history", subject["identifier"], "--json", *OFFICER).json
        details += [e.get("details") for e in asked["entries"] if e["type"] == "RecordCollected"]
    assert details == [sealed, None]
    assert embedded.call("audit", "--json").json["ok"]


class Killed(BaseException):
    """Stands for ``kill -9`` at the worst moment."""


def test_what_was_erased_is_not_shown_after_a_crash_either(
    embedded: Founded, tmp_path: Path
) -> None:
    """Entry first, then the key: between them the answer goes by the entry; again finishes it."""
    secret = "示例事实之一"
    line = collect(1, subject=person(), sealed={"narrative": secret}, at=at("03-02"))
    assert _apply(embedded, tmp_path, line | {"as": "R1"}) == []
    labels = json.loads((tmp_path / "labels.json").read_text())
    with embedded.opened() as node:

        def killed(*_: object) -> NoReturn:
            raise Killed

        erase = json.dumps(_erase(subject=person(), records=[labels["R1"]]))
        node.data_keys.destroy = killed  # type: ignore[method-assign, assignment]
        with pytest.raises(Killed):
            node.execute(parse_line(erase.encode(), {}).order)
    assert embedded.types()[-1] == "PersonalDataErased"
    asked = embedded.call("history", PERSON, "--json", *OFFICER)
    assert secret not in asked.out
    assert "erased" in {each["why"] for each in asked.json["masked"]}
    faults = embedded.call("audit", "--json").json["faults"]
    assert [fault["kind"] for fault in faults] == ["erasure_unfinished"]
    again = _erase(subject=person(), records=["@R1"], at=at("03-06"))
    assert _apply(embedded, tmp_path, again) == []
    assert embedded.call("audit", "--json").json["ok"]
