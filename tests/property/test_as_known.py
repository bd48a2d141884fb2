"""What was known is known for ever: the facts of an answer never change, on either store."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from api.asking import Question, ask
from ledger.bootstrap import found_node, open_node
from ledger.commands.governance_commands import AdmitOrganisation
from ledger.commands.lines import parse_line
from ledger.entry import Actor
from ledger.errors import LedgerError
from ledger.home import Home
from ledger.identifiers import Scheme
from ledger.node import Node
from ledger.orders import Order
from ledger.rules import RulePack, load, load_default
from ledger.signing.passphrase import PassphraseSource
from projections.answer import to_json
from projections.reader import answer
from tests.integration.material import (
    BODIES,
    BUYER,
    FIRM,
    OTHER_FIRM,
    PERSON,
    REGISTRAR,
    REVIEWER,
    SUPPLIER,
    by,
    firm,
    person,
)

FIRST = datetime(2026, 3, 1, 2, tzinfo=UTC)
FIRST_DAY = FIRST.date()
WHO: tuple[tuple[Scheme, str], ...] = (
    ("uscc", FIRM), ("uscc", OTHER_FIRM), ("resident_id", PERSON),
)  # fmt: skip
SUBJECTS = (firm(), firm(OTHER_FIRM, "厦门示例乙有限公司"), person())

Facts = dict[str, Any]
Step = tuple[str, int, int, int]
"""An act, whom or what it concerns, a day before the day of recording, days that pass."""

ACTS = (
    "collect", "collect", "notice", "impose", "impose", "report", "object", "answer", "decide",
    "withdraw", "mend", "correct", "end", "erase", "rule", "adopt", "look", "correct_identifier",
)  # fmt: skip

steps = st.lists(
    st.tuples(
        st.sampled_from(ACTS),
        st.integers(0, 5),
        st.integers(0, 400),
        st.sampled_from([0, 0, 1, 10, 40, 500]),
    ),
    min_size=4,
    max_size=16,
)


def _packs() -> tuple[RulePack, ...]:
    """The default pack, and later versions with other measures and periods."""
    made = [load_default()]
    for version, code in enumerate(("limit_bidding", "limit_procurement"), 2):
        document = json.loads(made[0].to_json())
        document["version"] = version
        document["measures"] = [m for m in document["measures"] if m["code"] != code]
        made.append(load(json.dumps(document, ensure_ascii=False).encode()))
    return tuple(made)


PACKS = _packs()


@dataclass
class Played:
    """One node, the ids its acts made, and every answer given so far."""

    node: Node
    day: date = FIRST_DAY
    ids: dict[str, list[str]] = field(default_factory=dict)
    asked: list[tuple[Question, Facts]] = field(default_factory=list)
    numbers: int = 0

    def pick(self, kind: str, which: int) -> str:
        known = self.ids.get(kind) or ["00000000-0000-7000-8000-000000000000"]
        return known[which % len(known)]

    def act(self, step: Step) -> str:
        """Carry out one step as far as the rules allow; the refusal's code, or nothing."""
        name, which, back, later = step
        self.day += timedelta(days=later)
        moment = datetime.combine(self.day, FIRST.timetz())
        head = self.node.store.head()
        assert head is not None
        at = moment if moment > head.recorded_at else None
        try:
            if name == "adopt":
                self.node.adopt(PACKS[which % len(PACKS)], date(2004, 1, 1), "op-7", at)
            elif name == "look":
                scheme, identifier = WHO[which % len(WHO)]
                ask(self.node, _question(scheme, identifier, self.day, None))
            else:
                self._order(name, which, self.day - timedelta(days=back), at)
        except LedgerError as refusal:
            return refusal.code
        return ""

    def _order(self, name: str, which: int, on: date, at: datetime | None) -> None:
        line = LINES[name](self, which, on.isoformat())
        if at is not None:
            line["at"] = at.isoformat()
        done = self.node.execute(parse_line(json.dumps(line).encode(), {}).order)
        if done.created is not None:
            self.ids.setdefault(name, []).append(done.created)

    def answer(self, question: Question) -> Facts:
        """An officer's answer, without the act of registering the look."""
        return _facts(to_json(_unregistered(self.node, question)))

    def remember(self, which: int) -> None:
        """Ask everyone's state as known now, at the next hour, and at a size; keep the answers."""
        head = self.node.store.head()
        assert head is not None
        moments: tuple[datetime | int, ...] = (
            head.recorded_at,
            head.size,
            max(0, head.size - which),
        )
        for scheme, identifier in WHO:
            for known_at in moments:
                for valid_at in (self.day, self.day - timedelta(days=30)):
                    question = _question(scheme, identifier, valid_at, known_at)
                    self.asked.append((question, self.answer(question)))


def _question(
    scheme: Scheme, identifier: str, valid_at: date, known_at: datetime | int | None
) -> Question:
    return Question(
        scheme, identifier, valid_at, known_at, operator="op-7", purpose="核查", basis="示例法"
    )


def _unregistered(node: Node, question: Question) -> Any:
    from api import asking

    size, known_at, _ = asking.resolve(node, question.known_at)
    subject = node.subject_uuid(question.scheme, question.identifier)
    entries = asking.tied_entries(node, subject)
    reader = asking.reader_of(node, question, node.today())
    assert question.valid_at is not None
    return answer(
        entries,
        subject,
        reader,
        valid_at=question.valid_at,
        known_at=known_at,
        tree_size=size,
        details=asking._details(node, entries, size),
    )


def _facts(answer: dict[str, Any]) -> Facts:
    """What the answer states; details are shown or masked beside it."""
    for entry in answer["entries"]:
        entry.pop("details", None)
    return answer


def _collect(played: Played, which: int, on: str) -> Facts:
    played.numbers += 1
    return {
        "command": "collect_record", "by": by(SUPPLIER), "subject": SUBJECTS[which % 3],
        "item": "administrative_penalty", "supplier": SUPPLIER, "decided_on": on,
        "document_number": f"示例〔2026〕{played.numbers}号", "legal_basis": "《示例法》第一条",
        "tier": ("general", "serious", "minor", "general")[which % 4],
        "sealed": {"narrative": {"facts": "示例"}},
    }  # fmt: skip


LINES: dict[str, Callable[[Played, int, str], Facts]] = {
    "collect": _collect,
    "notice": lambda p, n, on: {
        "command": "serve_notice", "by": by(SUPPLIER), "record": p.pick("collect", n),
        "served_on": on, "channel": "letter",
    },
    "impose": lambda p, n, on: {
        "command": "impose_sanction", "by": by(BUYER), "records": [p.pick("collect", n)],
        "measure": ("limit_procurement", "limit_bidding")[n % 2], "initiator": BUYER,
        "enforcer": BUYER, "legal_basis": "《示例法》第二条",
        "starts_on": p.day.isoformat(), "ends_on": (p.day + timedelta(100)).isoformat(),
    },
    "report": lambda p, n, on: {
        "command": "report_enforcement", "by": by(BUYER), "sanction": p.pick("impose", n),
        "on": on, "state": ("applied", "suspended", "lifted")[n % 3],
    },
    "object": lambda p, n, on: {
        "command": "file_objection", "by": by(REGISTRAR), "record": p.pick("collect", n),
        "filed_by": "subject", "filed_on": on,
    },
    "answer": lambda p, n, on: {
        "command": "answer_objection", "by": by(SUPPLIER), "objection": p.pick("object", n),
        "finding": ("wrong", "confirmed", "corrected")[n % 3], "answered_on": on,
    },
    "decide": lambda p, n, on: {
        "command": "decide_objection", "by": by(REVIEWER), "objection": p.pick("object", n),
        "outcome": ("rejected", "upheld")[n % 2], "decided_on": on,
    },
    "withdraw": lambda p, n, on: {
        "command": "withdraw_record", "by": by(SUPPLIER), "record": p.pick("collect", n),
        "cause": "supplier_error", "fault": SUPPLIER,
        "effective": "from_beginning" if n % 2 else on,
    },
    "mend": lambda p, n, on: {
        "command": "mend_record", "by": by(SUPPLIER), "record": p.pick("collect", n),
        "evidence": "ab" * 32, "mended_on": on,
    },
    "correct": lambda p, n, on: {
        "command": "correct_record", "by": by(SUPPLIER), "record": p.pick("collect", n),
        "changes": {"tier": ("minor", "general")[n % 2]}, "cause": "supplier_error",
        "corrected_on": on,
    },
    "end": lambda p, n, on: {
        "command": "end_publication", "by": by(REGISTRAR), "record": p.pick("collect", n),
        "on": on, "basis": "示例",
    },
    "erase": lambda p, n, on: {
        "command": "erase_personal_data", "by": by(REGISTRAR), "subject": SUBJECTS[n % 3],
        "basis": "《示例法》第九条", "subject_itself": True,
        **({"records": p.ids["collect"][n % len(p.ids["collect"]):][:1]} if p.ids else {}),
    },
    "rule": lambda p, n, on: {
        "command": "rule_sanction_wrongful", "by": by(REVIEWER), "sanction": p.pick("impose", n),
        "faulty_records": [p.pick("collect", n)], "authority": "示例", "ruled_on": on,
    },
    "correct_identifier": lambda p, n, on: {
        "command": "correct_identifier", "by": by(REGISTRAR), "subject": SUBJECTS[0],
        "new_scheme": "uscc", "new_identifier": OTHER_FIRM, "reason": "重错码", "authority": "示例",
    },
}  # fmt: skip


# -- nodes ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home on the default store with its bodies admitted; copied for each example."""
    home = tmp_path_factory.mktemp("template") / "home"
    _found(Home(home), "xiamen", None)
    return home


def _found(home: Home, name: str, store: str | None) -> None:
    found_node(home, name=name, store_url=store, simulated=True, at=FIRST - timedelta(days=1))
    with open_node(home, PassphraseSource.none()) as node:
        for code, title, roles in BODIES:
            admitted = AdmitOrganisation.model_validate(
                {"organisation": code, "name": title, "granted": roles, "from": "2000-01-01"}
            )
            node.execute(Order(admitted, Actor(name, "op-7")))


@contextmanager
def _embedded(template: Path) -> Iterator[Played]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        shutil.copytree(template, home)
        with open_node(Home(home), PassphraseSource.none()) as node:
            node.new_id = _numbered()
            yield Played(node)


@contextmanager
def _on_server(url: str, template: Path) -> Iterator[Played]:
    """The same keys and ids on PostgreSQL."""
    name = f"known-{datetime.now(UTC):%H%M%S%f}"
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        stack.callback(_drop, url, name)
        home = Path(folder) / "home"
        _found(Home(home), name, url)
        node = stack.enter_context(open_node(Home(home), PassphraseSource.none()))
        node.new_id = _numbered()
        yield Played(node)


def _drop(url: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))


def _numbered() -> Callable[[], str]:
    count = iter(range(1, 1_000_000))
    return lambda: str(UUID(int=next(count) | 7 << 76 | 2 << 62))


# -- what must hold ----------------------------------------------------------------------


def _same_facts(before: Facts, after: Facts) -> None:
    """Equal but for what is masked, which the answer says."""
    for name in ("subject", "valid_at", "known_at", "tree_size"):
        assert after[name] == before[name]
    for one, other in zip(before["entries"], after["entries"], strict=True):
        assert {k: v for k, v in one.items() if k != "facts"} == {
            k: v for k, v in other.items() if k != "facts"
        }
        for key in one["facts"].keys() & other["facts"].keys():
            assert one["facts"][key] == other["facts"][key]
    if before["entries"] != after["entries"]:
        assert before["masked"] != after["masked"]
    assert after["records"] == before["records"]
    assert after["sanctions"] == before["sanctions"]


@pytest.mark.property
@given(steps)
def test_an_answer_as_known_never_changes(template: Path, acts: list[Step]) -> None:
    """Asked after every act, at instants and sizes, for every subject; asked again at the end,
    after back-dated facts, withdrawals, corrections, erasure and other rules: the same facts."""
    with _embedded(template) as played:
        for step in acts:
            played.act(step)
            played.remember(step[1])
        for question, before in played.asked:
            _same_facts(before, played.answer(question))


@pytest.mark.property
@pytest.mark.postgres
@settings(max_examples=12)
@given(steps)
def test_both_stores_fold_alike(postgres_url: str, template: Path, acts: list[Step]) -> None:
    """The same acts lead to the same refusals and the same answers on SQLite and PostgreSQL,
    now and as known before."""
    with _embedded(template) as here, _on_server(postgres_url, template) as there:
        for step in acts:
            assert here.act(step) == there.act(step)
            here.remember(step[1])
            there.remember(step[1])
        for (question, one), (_, other) in zip(here.asked, there.asked, strict=True):
            if question.scheme == "resident_id":  # ids of persons are keyed by the node
                for told in (one, other):
                    told["subject"] = told["subject"] and told["subject"]["kind"]
            assert one == other
            assert here.answer(question)["records"] == there.answer(question)["records"]


def test_a_tie_known_later_ties_nothing_before(template: Path) -> None:
    """What an identifier answers as known before its correction stays without the other chain."""
    with _embedded(template) as played:
        assert played.act(("collect", 0, 0, 0)) == ""
        played.remember(0)
        assert played.act(("correct_identifier", 0, 0, 1)) == ""
        for question, before in played.asked:
            assert played.answer(question) == before
        now = played.answer(_question("uscc", OTHER_FIRM, played.day, None))
    assert [line["state"] for line in now["records"]] == ["valid"]


def test_the_acts_reach_what_they_are_meant_to(template: Path) -> None:
    """A run by hand of the steps above imposes, suspends, erases and adopts: the property is
    not about refusals alone."""
    with _embedded(template) as played:
        acts: list[Step] = [
            ("collect", 0, 3, 0), ("notice", 0, 0, 1), ("impose", 0, 0, 1), ("object", 0, 0, 1),
            ("answer", 0, 0, 1), ("withdraw", 1, 0, 1), ("adopt", 1, 0, 1), ("collect", 2, 3, 1),
            ("erase", 5, 0, 1), ("rule", 0, 0, 1),
        ]  # fmt: skip
        assert [played.act(step) for step in acts] == [""] * len(acts)
        types = {s.topic.partition(":")[0] for s in played.node.store.scan()}
    assert {
        "SanctionImposed", "SanctionSuspended", "SanctionLifted", "RecordWithdrawn",
        "RulePackAdopted", "PersonalDataErased", "SanctionRuledWrongful",
    } <= types  # fmt: skip
