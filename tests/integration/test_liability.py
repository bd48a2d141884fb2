"""``liability``: the days of one wrong sanction, its exports, and the signed report."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64decode
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from prov.model import ProvActivity, ProvDocument

from ledger.signing.canonical import canonical
from ledger.signing.dsse import STATEMENT, Envelope
from projections.models.place import FILE
from tests.integration.driving import Ended, Founded, call
from tests.integration.material import (
    BUYER,
    FIRM,
    OFFICER,
    PERSON,
    SUPPLIER,
    at,
    collect,
    person,
)
from tests.integration.test_history import CASE

DAYS = {
    "total": 11,
    "parties": [
        {"party": SUPPLIER, "role": "supplier", "days": 11, "spans": [["2026-03-09", "2026-03-20"]]}
    ],
}
ANSWER = {
    "due_on": "2026-04-20",
    "answered_on": "2026-04-24",
    "overdue_working_days": 4,
    "provisional": False,
}


class Case:
    """The worked case at its first node, and somebody who asks about it."""

    def __init__(self, node: Founded, folder: Path) -> None:
        self.node, self.folder = node, folder
        self.labels, self.trust = folder / "labels.json", folder / "trust.json"
        done = node.apply(folder, CASE, "--labels", self.labels)
        assert done.code == 0, done.out
        assert node.call("trust", "export", "-o", self.trust).code == 0

    def ask(self, *options: str | Path, of: tuple[str, ...] = ("@S1",)) -> Ended:
        return self.node.call("liability", *of, "--labels", self.labels, *options)

    def told(self, *options: str | Path, of: tuple[str, ...] = ("@S1",)) -> Any:
        done = self.ask("--json", *options, of=of)
        assert done.code == 0, done.err
        return done.json

    def named(self, label: str) -> str:
        return str(json.loads(self.labels.read_text())[label])

    def signed(self, *options: str | Path) -> Path:
        file = self.folder / "report.json"
        done = self.ask("--statement", file, *OFFICER, "--at", at("04-30"), *options)
        assert done.code == 0, done.err
        return file

    def verdict(self, file: Path) -> str:
        done = call("verify", file, "--trust", self.trust, "--json")
        assert done.code == (0 if done.json["verdict"].startswith("VALID") else 1)
        return f"{done.json['verdict']} {done.json['reason']}"


@pytest.fixture
def case(simulated: Founded, tmp_path: Path) -> Case:
    return Case(simulated, tmp_path)


def test_the_first_sanction_of_the_worked_case(case: Case) -> None:
    """Eleven days, all on the supplier; its answer came four working days late."""
    told = case.told()
    assert told["sanction"] == case.named("S1")
    assert told["days"] == DAYS
    assert told["answer"] == ANSWER
    assert {"trail", "open", "limits"} <= told.keys()
    assert [step["type"] for step in told["trail"]][:3] == [
        "RecordCollected", "NoticeServed", "SanctionImposed",
    ]  # fmt: skip
    assert case.told("--known-at", "2026-04-30T12:00:00Z")["days"] == DAYS


@pytest.mark.parametrize(
    "bent",
    ["subject = 'zz'", "subject = '00000000-0000-8000-8000-00000000000a'", "subject = x'00'"],
)
def test_what_the_read_models_say_is_a_hint_only(case: Case, bent: str) -> None:
    """Rows that lead elsewhere or nowhere change no answer: the log is asked then."""
    told = case.told()
    if not (case.node.home / FILE).exists():
        pytest.skip("the file of read models is SQLite's")
    connection = sqlite3.connect(case.node.home / FILE)
    for table in ("sanction_states", "sources"):
        connection.execute(f"UPDATE {table} SET {bent}")
    connection.commit()
    connection.close()
    assert case.told()["days"] == told["days"]


def test_all_that_rest_on_a_record(case: Case) -> None:
    """``--record`` gives each sanction, and the sum of their days."""
    told = case.told(*OFFICER, "--at", at("04-30"), of=("--record", "@R1"))
    assert told["record"] == case.named("R1")
    assert told["days"] == {"total": 11}
    assert [each["sanction"] for each in told["sanctions"]] == [case.named("S1")]


def test_without_operator_the_subject_is_withheld_and_the_days_are_given(case: Case) -> None:
    """Neither subject, staff, document nor digest is shown, and no look is registered."""
    before = case.node.size()
    told = case.told()
    assert told["subject"] is None
    assert {each["why"] for each in told["masked"]} == {"needs_operator"}
    shown = json.dumps(told, ensure_ascii=False)
    assert FIRM not in shown
    assert "op-7" not in shown
    assert "示监处罚" not in shown
    assert {step["digest"] for step in told["trail"]} == {None}
    for form in ("prov", "svg", "html"):
        out = case.ask("--format", form).out
        assert "op-7" not in out
        assert "示监处罚" not in out
    assert case.node.size() == before


def test_a_record_that_is_not_published_is_hidden_from_the_public_in_every_form(
    case: Case,
) -> None:
    """The days and who bears them are given; the withdrawn record's id is in no format."""
    told = case.told()
    assert told["days"] == DAYS
    (line,) = told["records"]
    assert [line[name] for name in ("record", "item", "organ", "document")] == [None] * 4
    assert line["supplier"] == SUPPLIER
    assert {"what": "records", "why": "needs_operator"} in told["masked"]
    assert {each["record"] for each in told["spells"]} == {None}
    for form in ("json", "prov", "svg", "html"):
        out = case.ask("--format", form).out
        assert [name for name in ("R1", "O1", "S1") if case.named(name) in out] == ["S1"]
    by_record = case.told(of=("--record", "@R1"))
    assert by_record["record"] == case.named("R1")
    assert by_record["days"] == {"total": 11}
    assert case.named("S1") not in json.dumps(by_record)
    assert case.named("R1") not in json.dumps(by_record["sanctions"])


def test_with_operator_all_is_shown_and_the_look_is_registered(case: Case) -> None:
    """The access entry names the sanction and its records, before the answer leaves."""
    told = case.told(*OFFICER, "--at", at("04-30"))
    assert told["subject"] is not None
    assert told["masked"] == []
    assert all(len(step["digest"]) == 64 for step in told["trail"])
    last = case.node.acts()[-1]
    facts = json.loads(last.state)["facts"]
    assert last.topic == "SubjectQueried:1"
    assert facts["sanctions"] == [case.named("S1")]
    assert facts["records"] == [case.named("R1")]


def test_a_natural_person_is_not_named_either(simulated: Founded, tmp_path: Path) -> None:
    """Days are counted of a sanction on a person; nothing tells who it is."""
    lines = [
        collect(17, **{"as": "R1"}, at=at("03-02"), subject=person(), publicity="authorised",
                publish_until=None),
        *CASE[1:],
    ]  # fmt: skip
    done = simulated.apply(tmp_path, lines, "--labels", tmp_path / "labels.json")
    assert done.code == 0, done.out
    out = simulated.call("liability", "@S1", "--labels", tmp_path / "labels.json", "--json")
    assert out.json["days"]["total"] == 11
    assert out.json["subject"] is None
    assert PERSON not in out.out


def test_as_known_before_the_ruling_the_whole_sanction_counts_and_later_entries_change_nothing(
    simulated: Founded, tmp_path: Path
) -> None:
    """The facts of an answer for a past ``known_at`` are the same before and after."""
    labels = tmp_path / "labels.json"
    known = ("--known-at", "2026-03-25T12:00:00Z", "--json", *OFFICER)
    assert simulated.apply(tmp_path, CASE[:6], "--labels", labels).code == 0
    before = simulated.call(
        "liability", "@S1", "--labels", labels, *known, "--at", at("03-26")
    ).json
    assert before["days"]["total"] == 11
    assert "not_ruled" in {each["code"] for each in before["open"]}
    assert simulated.apply(tmp_path, CASE[6:], "--labels", labels).code == 0
    after = simulated.call("liability", "@S1", "--labels", labels, *known, "--at", at("04-30")).json
    drop = ("known_at",)  # before, the last entry stood for the moment
    assert {k: v for k, v in after.items() if k not in drop} == {
        k: v for k, v in before.items() if k not in drop
    }


def test_valid_at_cuts_the_count(case: Case) -> None:
    """Days from ``--valid-at`` on are not counted."""
    assert case.told("--valid-at", "2026-03-12")["days"]["total"] == 3


def test_the_exports_open_in_what_others_use(case: Case) -> None:
    """PROV-JSON in the library, SVG as XML, HTML without anything from elsewhere."""
    prov = ProvDocument.deserialize(content=case.ask("--format", "prov").out, format="json")
    assert len(list(prov.get_records(ProvActivity))) == len(case.told()["trail"])
    file = case.folder / "trail.svg"
    assert case.ask("--format", "svg", "-o", file).code == 0
    assert ET.parse(file).getroot().tag.endswith("svg")  # noqa: S314 - written a moment ago
    page = _Page()
    page.feed(case.ask("--format", "html").out)
    assert page.open == []
    assert not page.fetched
    assert not page.scripts


class _Page(HTMLParser):
    """What a page fetches and runs, and which elements it leaves open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        known = dict(attrs)
        self.fetched += [str(known[name]) for name in ("src", "href") if name in known]
        if tag == "script" and known.get("type") != "application/json":
            self.scripts.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


# -- the signed report -----------------------------------------------------------------


def test_the_signed_report_and_its_page_are_believed(case: Case) -> None:
    """The statement, the page, and the statement saved out of the page are all ``VALID``."""
    page = case.folder / "report.html"
    signed = case.signed("--format", "html", "-o", page)
    assert case.verdict(signed) == "VALID verified"
    assert case.verdict(page) == "VALID verified"
    start = b'<script type="application/json" id="signed-statement">'
    inside = page.read_bytes().partition(start)[2].partition(b"</script>")[0]
    assert inside == signed.read_bytes()
    payload = json.loads(b64decode(json.loads(inside)["payload"]))
    assert payload["kind"] == "liability"
    assert payload["answer"]["days"] == DAYS
    parsed = _Page()
    parsed.feed(page.read_text("utf-8"))
    assert (parsed.open, parsed.fetched, parsed.scripts) == ([], [], [])
    text = page.read_text("utf-8")
    for step in payload["answer"]["trail"]:
        assert step["digest"] in text
    assert simple_proofs(payload) <= set(text.split())


def simple_proofs(payload: Any) -> set[str]:
    """The hashes of all inclusion proofs but the last of each line, which ends with markup."""
    entries = [entry for stream in payload["streams"] for entry in stream["entries"]]
    shown = {step["index"] for step in payload["answer"]["trail"]}
    return {part for entry in entries if entry["index"] in shown for part in entry["proof"][:-1]}


def test_traditional_chinese_is_believed_too(case: Case) -> None:
    """The page is made again in the language it was made in."""
    page = case.folder / "report.html"
    done = call(
        "--lang", "zh-TW", "liability", "@S1", "--labels", case.labels, "--home", case.node.home,
        *OFFICER, "--at", at("04-30"), "--format", "html", "-o", page,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "責任鏈" in page.read_text("utf-8")
    assert case.verdict(page) == "VALID verified"


def test_no_changed_byte_of_a_report_goes_unnoticed(case: Case) -> None:
    """At places all over the file, in the statement and on the page."""
    page = case.folder / "report.html"
    signed = case.signed("--format", "html", "-o", page)
    for file in (signed, page):
        data = file.read_bytes()
        bad = file.with_name("changed" + file.suffix)
        for place in range(7, len(data), len(data) // 60):
            changed = data[place] ^ 1 if data[place] ^ 1 != 0x20 else data[place] ^ 2
            bad.write_bytes(data[:place] + bytes([changed]) + data[place + 1 :])
            assert not case.verdict(bad).startswith("VALID"), (file.name, place)


LIES: dict[str, tuple[Callable[[Any], object], str]] = {
    "fewer days": (lambda v: v["answer"]["days"].update(total=10), "answer_differs"),
    "another party": (
        lambda v: v["answer"]["days"]["parties"][0].update(party=BUYER),
        "answer_differs",
    ),
    "an entry left out": (lambda v: v["streams"][0]["entries"].pop(), "incomplete"),
    "fewer limits": (lambda v: v["limits"].pop(), "limits_differ"),
    "a later day": (lambda v: v["query"].update(known_on="2027-01-01"), "malformed"),
    "another sanction": (
        lambda v: v["query"].update(sanction="01953f00-0000-7000-8000-0000000000a3"),
        "unfoldable",
    ),
    "another fold": (lambda v: v.update(fold_version=99), "fold_unknown"),
    "a nearer size": (lambda v: v["query"].update(tree_size=3), "known_at_differs"),
    "another kind": (lambda v: v.update(kind="history"), "malformed"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_report_that_does_not_follow_from_its_entries_is_refuted(case: Case, lie: str) -> None:
    """Also where the node itself signs it: the days are counted again from the entries."""
    change, reason = LIES[lie]
    value = json.loads(b64decode(json.loads(case.signed().read_text())["payload"]))
    change(value)
    with case.node.opened() as node:
        made = Envelope.signed(node.signing_key, STATEMENT, canonical(value, max_depth=40))
    bad = case.folder / "bad.json"
    bad.write_bytes(made.to_json())
    assert case.verdict(bad).endswith(reason)


def test_a_page_of_another_statement_is_refuted(case: Case) -> None:
    """A good statement in a page that says something else, or a page without one."""
    page = case.folder / "report.html"
    case.signed("--format", "html", "-o", page)
    text = page.read_text("utf-8")
    bad = case.folder / "bad.html"
    for one, other, reason in (
        ("<strong>11</strong>", "<strong>10</strong>", "INVALID page_differs"),
        ('id="signed-statement"', 'id="x"', "INVALID malformed"),
        ("credit-ledger report 2", "credit-ledger report 9", "INDETERMINATE fold_unknown"),
    ):
        assert one in text
        bad.write_text(text.replace(one, other), "utf-8")
        assert case.verdict(bad) == reason


def test_no_report_is_signed_for_the_public(case: Case) -> None:
    """It shows entries in full: it is refused, and nothing is left behind."""
    file = case.folder / "report.json"
    done = case.ask("--statement", file)
    assert done.code == 3
    assert not file.exists()
    assert "credit-ledger" not in done.out


# -- what cannot be asked ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "options", "code"),
    [
        (("01953f00-0000-7000-8000-0000000000a3",), (), 2),
        (("@S9",), (), 2),
        ((), (), 2),
        (("@S1", "--record", "@R1"), (), 2),
        (("--record", "@R1"), ("--format", "svg"), 2),
        (("--record", "01953f00-0000-7000-8000-0000000000a3"), (), 2),
        (("@S1",), ("--operator", "op-1"), 2),
        (("@S1",), ("--known-at", "4"), 2),
        (("@S1",), ("-o", "x.json"), 2),
    ],
)
def test_what_cannot_be_answered_is_told(
    case: Case, of: tuple[str, ...], options: tuple[str, ...], code: int
) -> None:
    """Unknown ids and labels, options that do not go together, a time before the sanction."""
    done = case.ask(*options, of=of)
    assert done.code == code
    assert done.err
    assert not done.out


def test_a_person_gets_tables(case: Case) -> None:
    """Days, trail, what is open and the limits, in words."""
    out = case.ask().out
    assert "days wrongly enforced: 11" in out
    assert SUPPLIER in out
    assert "ruled wrongful" in out
    assert "not a verdict" in out
