"""``apply``: commands from a file, line by line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.integration.driving import Founded, acts, write_lines
from tests.integration.material import (
    BUYER,
    FIRM,
    OTHER_FIRM,
    REGISTRAR,
    REVIEWER,
    SUPPLIER,
    at,
    by,
    collect,
    firm,
    import_file,
    penalties,
    person,
    write,
)

NOTICE = {
    "command": "serve_notice",
    "by": by(SUPPLIER),
    "record": "@R1",
    "served_on": "2026-03-03",
    "channel": "letter",
}
SANCTION = {
    "command": "impose_sanction",
    "by": by(BUYER),
    "as": "S1",
    "measure": "limit_procurement",
    "records": ["@R1"],
    "initiator": BUYER,
    "enforcer": BUYER,
    "legal_basis": "《示例法》第二条",
    "starts_on": "2026-03-09",
    "ends_on": "2027-02-27",
}


def _refused(ended: Any) -> list[tuple[int, str]]:
    return [(each["line"], each["error"]) for each in ended.json["refused"]]


# -- labels ------------------------------------------------------------------------------


def test_a_label_stands_for_the_id_that_its_line_created(
    simulated: Founded, tmp_path: Path
) -> None:
    """``@label`` alone and in lists; the labels come back with the ids that the log holds."""
    lines = [
        collect(1, **{"as": "R1", "at": at("03-02")}),
        NOTICE | {"at": at("03-03")},
        SANCTION | {"at": at("03-09")},
    ]
    done = simulated.apply(tmp_path, lines)
    assert done.code == 0, done.out
    assert set(done.json) == {"applied", "labels", "refused"}
    assert (done.json["applied"], done.json["refused"]) == (3, [])
    labels = done.json["labels"]
    assert set(labels) == {"R1", "S1"}
    with simulated.opened() as node:
        states = [json.loads(stored.state) for stored in acts(node.store)]
    imposed = states[-1]
    assert imposed["type"] == "SanctionImposed"
    assert imposed["facts"]["sanction"] == labels["S1"]
    assert imposed["facts"]["records"] == [labels["R1"]]
    assert {state["actor"]["operator"] for state in states[-3:]} == {"op-7"}


def test_a_labels_file_carries_labels_from_call_to_call(simulated: Founded, tmp_path: Path) -> None:
    """It is made where missing, read before, written after each line that named something."""
    file = tmp_path / "labels.json"
    first = simulated.apply(
        tmp_path, [collect(1, **{"as": "R1", "at": at("03-02")})], "--labels", file
    )
    assert first.code == 0, first.out
    assert json.loads(file.read_text()) == first.json["labels"]
    second = simulated.apply(
        tmp_path,
        [NOTICE | {"at": at("03-03")}, SANCTION | {"at": at("03-09")}, {"command": "nonsense"}],
        "--labels",
        file,
    )
    assert second.code == 3
    assert second.json["applied"] == 2
    assert json.loads(file.read_text()) == second.json["labels"]
    assert second.json["labels"]["R1"] == first.json["labels"]["R1"]


def test_labels_in_place_of_a_pipe_are_refused(simulated: Founded, tmp_path: Path) -> None:
    """The labels file is replaced as a whole; a pipe or a device would be gone."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = simulated.apply(tmp_path, [collect(1, **{"as": "R1"})], "--labels", pipe)
    assert (done.code, done.out) == (2, "")
    assert pipe.is_fifo()


def test_labels_that_cannot_be_kept_stop_before_the_first_line(
    simulated: Founded, tmp_path: Path
) -> None:
    """Exit 2 and nothing written: else the id of what the line created would be lost."""
    size = simulated.size()
    lines = [collect(1, **{"as": "R1"})]
    done = simulated.apply(tmp_path, lines, "--labels", tmp_path / "nowhere" / "labels.json")
    assert (done.code, done.out) == (2, "")
    assert "labels" in done.err
    assert simulated.size() == size


def test_a_taken_label_is_refused_before_anything_is_written(
    simulated: Founded, tmp_path: Path
) -> None:
    """On a line of the same file as well as from a labels file."""
    file = tmp_path / "labels.json"
    lines = [collect(1, **{"as": "R1"}), collect(2, **{"as": "R1"})]
    size = simulated.size()
    assert _refused(simulated.apply(tmp_path, lines, "--labels", file)) == [(2, "label_taken")]
    again = simulated.apply(tmp_path, [collect(3, **{"as": "R1"})], "--labels", file)
    assert (again.code, _refused(again)) == (3, [(1, "label_taken")])
    assert simulated.size() == size + 2


@pytest.mark.parametrize(
    "content", ["[]", "{", '{"R1": 7}', '{"-": "x"}', '{"R1":"a","R1":"b"}', "\xff"]
)
def test_a_labels_file_that_is_none_is_unusable(
    embedded: Founded, tmp_path: Path, content: str
) -> None:
    """Exit 2, before the first line is carried out."""
    (tmp_path / "labels.json").write_bytes(content.encode("latin-1"))
    size = embedded.size()
    done = embedded.apply(tmp_path, [collect(1)], "--labels", tmp_path / "labels.json")
    assert (done.code, done.out) == (2, "")
    assert embedded.size() == size


# -- refused lines -------------------------------------------------------------------------


def test_it_stops_at_the_first_refusal_unless_told_to_keep_going(
    simulated: Founded, tmp_path: Path
) -> None:
    """The refused line is named by its number, blank lines counted; exit 3 both times."""
    lines: list[object] = [
        collect(1, **{"as": "R1", "at": at("03-03")}),
        "",
        NOTICE | {"record": "@R9"},
        NOTICE,
    ]
    done = simulated.apply(tmp_path, lines)
    assert done.code == 3
    assert (done.json["applied"], _refused(done)) == (1, [(3, "unknown_label")])
    assert set(done.json["refused"][0]) == {"line", "error", "message"}
    lines[0] = collect(2, **{"as": "R1"})
    more = simulated.apply(tmp_path, lines, "--keep-going")
    assert more.code == 3
    assert (more.json["applied"], _refused(more)) == (2, [(3, "unknown_label")])


MALFORMED: tuple[tuple[object, str], ...] = (
    ("not json", "*"),
    ("{", "*"),
    ("[]", "malformed_line"),
    ('"x"', "malformed_line"),
    ("null", "malformed_line"),
    ('{"command":"serve_notice","command":"serve_notice"}', "*"),
    ('{"command":NaN}', "*"),
    ('{"command":"\\ud800"}', "*"),
    ("[" * 100_000, "*"),
    ('{"x":"' + "y" * 300_000 + '"}', "*"),
    ({"command": "resume_the_world"}, "unknown_command"),
    ({"command": 7}, "unknown_command"),
    ({}, "unknown_command"),
    (collect(1, by=None), "malformed_line"),
    (collect(1, by={"organisation": SUPPLIER}), "malformed_line"),
    (collect(1, by={"organisation": SUPPLIER, "operator": "张三"}), "malformed_line"),
    (collect(1, decided_on="2026-2-27"), "malformed_line"),
    (collect(1, decided_on=20260227), "malformed_line"),
    (collect(1, amounts={"fine": 3.5}), "*"),
    (collect(1, amounts={"fine": "1e3"}), "malformed_line"),
    (collect(1, tier="Serious"), "malformed_line"),
    (collect(1, colour="red"), "malformed_line"),
    (collect(1, at="2026-03-02"), "malformed_line"),
    (collect(1, at=7), "malformed_line"),
    (collect(1, at="0001-01-01T00:00:00+10:00"), "malformed_line"),
    (collect(1, at="9999-12-31T23:59:59-10:00"), "malformed_line"),
    (collect(1, subject=FIRM), "malformed_line"),
    (collect(1, subject={"scheme": "uscc"}), "malformed_line"),
    (collect(1, subject=firm() | {"age": 3}), "malformed_line"),
    (collect(1, subject=firm() | {"kind": "firm"}), "malformed_line"),
    (collect(1, subject=firm() | {"name": "\x1b[2J"}), "malformed_line"),
    (collect(1, subject=firm() | {"region": "\u202e"}), "malformed_line"),
    (collect(1, subject={"id": "x"}), "malformed_line"),
    (collect(1, subject=firm(FIRM[:-1] + "I")), "bad_uscc"),
    (collect(1, subject=firm() | {"scheme": "card"}), "unknown_scheme"),
    (collect(1, **{"as": "no label"}), "malformed_line"),
    (collect(1, **{"as": ["R1"]}), "malformed_line"),
    (collect(1, sealed={"colour": "red"}), "malformed_line"),
    (collect(1, sealed="x"), "malformed_line"),
    (NOTICE | {"record": 7}, "malformed_line"),
    (NOTICE | {"record": "R1"}, "malformed_line"),
    (NOTICE | {"record": "@"}, "unknown_label"),
    (NOTICE | {"as": "N1", "record": "x"}, "nothing_to_label"),
    (SANCTION | {"records": "@R1"}, "*"),
    (SANCTION | {"records": [["@R1"]]}, "*"),
)


def test_a_malformed_line_is_a_refused_line(embedded: Founded, tmp_path: Path) -> None:
    """Whatever stands in it, a line is refused by its number, never an internal error."""
    lines = [line for line, _ in MALFORMED]
    size = embedded.size()
    done = embedded.apply(tmp_path, lines, "--keep-going")
    assert done.code == 3, done.err
    assert done.json["applied"] == 0
    refused = _refused(done)
    assert [number for number, _ in refused] == list(range(1, len(lines) + 1))
    for (number, error), (line, expected) in zip(refused, MALFORMED, strict=True):
        assert expected in ("*", error), (number, line)
    assert all(len(each["message"]) < 2_000 for each in done.json["refused"])
    assert embedded.size() == size


def test_an_unreadable_file_is_unusable(embedded: Founded, tmp_path: Path) -> None:
    """A missing file, a directory, or one without rights: exit 2 and nothing on stdout."""
    for path in (tmp_path / "none.jsonl", tmp_path):
        done = embedded.call("apply", path, "--json")
        assert (done.code, done.out) == (2, ""), done.err
        assert str(path) in done.err


def test_an_empty_file_applies_nothing(embedded: Founded, tmp_path: Path) -> None:
    """No line is no refusal."""
    done = embedded.apply(tmp_path, [])
    assert (done.code, done.json) == (0, {"applied": 0, "labels": {}, "refused": []})


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (collect(1, supplier=REGISTRAR, by=by(REGISTRAR)), "*"),
        (collect(1, by=by(REVIEWER)), "*"),
        (collect(1, item="love_letters"), "*"),
        (collect(1, legal_basis=None), "*"),
        (collect(1, decided_on="2030-01-01"), "*"),
        (collect(1, held_from="2026-03-01", held_until="2026-03-01"), "*"),
        (collect(1, subject=None), "subject_needed"),
        (collect(1, subject={"scheme": "tw_ubn", "identifier": "04595257"}), "kind_needed"),
        (collect(1, subject=firm() | {"kind": "natural_person"}), "kind_mismatch"),
        (
            {"command": "open_subject", "by": by(REVIEWER), "subject": firm()},
            "*",
        ),
        (
            {
                "command": "admit_organisation",
                "by": by(SUPPLIER),
                "organisation": OTHER_FIRM,
                "name": "x",
            },
            "not_the_node",
        ),
    ],
)
def test_what_the_rules_refuse_leaves_no_entry(
    embedded: Founded, tmp_path: Path, line: object, error: str
) -> None:
    """Exit 3 with a typed error; not even the subject is opened."""
    size = embedded.size()
    done = embedded.apply(tmp_path, [line])
    assert done.code == 3, done.err
    ((number, found),) = _refused(done)
    assert number == 1
    assert error in ("*", found)
    assert embedded.size() == size


# -- subjects and instants -------------------------------------------------------------------


def test_the_subject_may_be_left_out_where_an_id_implies_it(
    simulated: Founded, tmp_path: Path
) -> None:
    """Told from a record, a list of records, a sanction or an objection, also in a later call."""
    file = tmp_path / "labels.json"
    lines: list[dict[str, Any]] = [
        collect(1, **{"as": "R1", "at": at("03-02")}),
        NOTICE | {"at": at("03-03")},
        SANCTION | {"at": at("03-09")},
        {
            "command": "file_objection",
            "by": by(REGISTRAR),
            "as": "O1",
            "record": "@R1",
            "filed_by": "subject",
            "filed_on": "2026-03-20",
            "at": at("03-20"),
        },
    ]
    for line in lines:
        assert simulated.apply(tmp_path, [line], "--labels", file).code == 0
    answer = {
        "command": "answer_objection",
        "by": by(SUPPLIER),
        "objection": "@O1",
        "finding": "wrong",
        "answered_on": "2026-03-21",
        "at": at("03-21"),
    }
    report = {
        "command": "report_enforcement",
        "by": by(BUYER),
        "sanction": "@S1",
        "on": "2026-03-21",
        "state": "suspended",
        "at": at("03-21"),
    }
    done = simulated.apply(tmp_path, [answer, report], "--labels", file)
    assert done.code == 0, done.out
    assert simulated.types()[-2:] == ["ObjectionAnswered", "EnforcementReported"]


def test_an_id_of_another_subject_is_refused(simulated: Founded, tmp_path: Path) -> None:
    """A record named together with a subject that does not have it, and ids of nobody."""
    lines = [
        collect(1, **{"as": "R1"}),
        collect(2, subject=firm(OTHER_FIRM, "厦门示例乙有限公司")),
        NOTICE | {"subject": firm(OTHER_FIRM)},
        NOTICE | {"record": "00000000-0000-7000-8000-000000000000"},
    ]
    done = simulated.apply(tmp_path, lines, "--keep-going")
    assert [number for number, _ in _refused(done)] == [3, 4]


def test_a_simulated_clock_is_told_its_instants(simulated: Founded, tmp_path: Path) -> None:
    """Given: that instant. Left out, or up to 5 s behind: a microsecond after the last. Earlier:
    refused. Later by centuries: no limit. Legal days follow UTC+8."""
    lines = [
        collect(1, at="2026-03-02T10:00:00+08:00"),
        collect(2),
        collect(3, at="2026-03-02T01:59:55.000001Z"),
        collect(4, at="2026-03-02T01:59:55Z"),
        collect(5, at="2426-03-02T10:00:00+08:00"),
    ]
    done = simulated.apply(tmp_path, lines, "--keep-going")
    assert _refused(done) == [(4, "clock_behind")]
    with simulated.opened() as node:
        instants = {
            json.loads(stored.state)["facts"]["document_number"]: stored.recorded_at.isoformat()
            for stored in acts(node.store)
            if stored.topic == "RecordCollected:1"
        }
    assert list(instants.values()) == [
        "2026-03-02T02:00:00+00:00",
        "2026-03-02T02:00:00.000001+00:00",
        "2026-03-02T02:00:00.000002+00:00",
        "2426-03-02T02:00:00+00:00",
    ]


def test_a_real_clock_refuses_an_instant(real: Founded, tmp_path: Path) -> None:
    """``at`` on a real clock is a refused line; without it the line is carried out."""
    done = real.apply(tmp_path, [collect(1, at=at("03-02")), collect(2)], "--keep-going")
    assert (done.code, done.json["applied"]) == (3, 1)
    assert _refused(done) == [(1, "clock_not_simulated")]


def test_facts_and_details_of_a_person_are_sealed(simulated: Founded, tmp_path: Path) -> None:
    """A natural person's number and name and what ``sealed`` holds are commitments only."""
    line = collect(
        1, subject=person(), sealed={"narrative": {"facts": "示例叙述"}}, publish_until=None
    )
    done = simulated.apply(tmp_path, [line])
    assert done.code == 0, done.out
    with simulated.opened() as node:
        opened, collected = (json.loads(s.state) for s in acts(node.store)[-2:])
    assert set(opened["sealed"]) == {"identifier", "name"}
    assert "narrative" in collected["sealed"]
    text = json.dumps([opened, collected], ensure_ascii=False)
    assert person()["identifier"] not in text
    assert "示例" not in text.replace("示例法", "").replace("示监", "")


def test_apply_and_import_share_one_log(simulated: Founded, tmp_path: Path) -> None:
    """What a file brought in can be named by its id in a later command."""
    path = write(tmp_path / "in.csv", penalties(3))
    assert import_file(simulated, path, "--at", at("06-01")).code == 0
    with simulated.opened() as node:
        states = [json.loads(stored.state) for stored in acts(node.store)]
    record = next(s["facts"]["record"] for s in states if s["type"] == "RecordCollected")
    notice = NOTICE | {"record": record, "served_on": "2026-06-01"}
    assert simulated.apply(tmp_path, [notice]).code == 0
    assert simulated.call("audit", "--json").json["ok"]


def test_a_person_reads_how_many_lines_were_applied(embedded: Founded, tmp_path: Path) -> None:
    """Without ``--json`` the count and a table of refusals."""
    write_lines(tmp_path / "c", [collect(1), {"command": "x"}])
    done = embedded.call("apply", tmp_path / "c")
    assert done.code == 3
    assert "applied 1" in done.out
    assert "unknown_command" in done.out
