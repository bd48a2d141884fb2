"""What a decision rested on changes before it is appended: it is made again, or refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.asking import Question, ask
from ledger.clock import RealClock
from ledger.commands.governance_commands import AdmitOrganisation, EndRole
from ledger.commands.subject_commands import CollectRecord, ServeNotice
from ledger.entry import Actor, PendingEvent
from ledger.identifiers import identify, parse_scheme
from ledger.node import Node
from ledger.orders import Order, SubjectRef
from ledger.stamping import NodeSealing
from ledger.storage.library import LibraryRecorder
from ledger.storage.port import Appended
from ledger.subject.refusals import WithoutRole
from tests.integration.driving import Founded, acts
from tests.integration.material import FIRM, SUPPLIER, import_file, penalties, write

DECIDED_ON = datetime(2026, 2, 27, tzinfo=UTC).date()


def _collection(number: int) -> Order:
    command = CollectRecord(
        item="administrative_penalty",
        supplier=SUPPLIER,
        document_number=f"厦门示监处罚〔2026〕{number}号",
        decided_on=DECIDED_ON,
        legal_basis="《示例法》第一条",
    )
    scheme, code = identify(parse_scheme("uscc"), FIRM)
    return Order(command, Actor(SUPPLIER, "op-7"), SubjectRef(scheme, code, None, "示例甲"))


def _before_the_first_batch(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]
) -> list[int]:
    """``act`` happens once, before an import appends its first batch; counts the appends."""
    append, counted = LibraryRecorder.append, [0]

    def counting(store: LibraryRecorder, *drafts: Any, **kwargs: Any) -> Appended:
        counted[0] += 1
        if counted[0] == 1:
            act()
        return append(store, *drafts, **kwargs)

    monkeypatch.setattr(LibraryRecorder, "append", counting)
    return counted


def _just_before_the_append(node: Node, act: Callable[[], object]) -> list[int]:
    """``act`` happens once, between the first decision and its append; counts the appends."""
    append, counted = node.application.save, [0]

    def save(*events: PendingEvent, **kwargs: Any) -> Sequence[Any]:
        counted[0] += 1
        if counted[0] == 1:
            act()
        return append(*events, **kwargs)

    node.application.save = save  # type: ignore[method-assign, assignment]
    return counted


def test_a_role_that_ends_before_the_append_refuses_the_act(real: Founded) -> None:
    """The decision is made anew on the new roles; nothing of the first one is written."""
    with real.opened() as one, real.opened() as other:
        today = other.today()
        end = Order(
            EndRole(organisation=SUPPLIER, role="supplier", on=today), Actor(other.name, "op-7")
        )
        counted = _just_before_the_append(one, lambda: other.execute(end))
        with pytest.raises(WithoutRole):
            one.execute(_collection(1))
        assert counted == [1]
        assert [stored.topic for stored in acts(one.store)][-1] == "RoleEnded:1"


def test_two_writers_of_one_subject_are_both_recorded(real: Founded) -> None:
    """The slower one decides again on what the faster one wrote."""
    with real.opened() as one, real.opened() as other:
        record = one.execute(_collection(1)).created
        assert record is not None
        notice = Order(
            ServeNotice(record=record, served_on=other.today(), channel="letter"),
            Actor(SUPPLIER, "op-7"),
        )
        counted = _just_before_the_append(one, lambda: other.execute(notice))
        one.execute(_collection(2))
        assert counted == [2]
        topics = [stored.topic for stored in acts(one.store)]
        assert topics[-2:] == ["NoticeServed:1", "RecordCollected:1"]


def test_a_decision_of_yesterday_is_made_again_today(real: Founded) -> None:
    """Midnight passes between decision and append: the entry is decided on its own day."""
    with real.opened() as node:
        head = node.store.head()
        assert head is not None
        midnight = head.recorded_at.replace(hour=16, minute=0, second=0, microsecond=0)
        midnight += timedelta(days=1)
        hand = [midnight - timedelta(seconds=1)]
        clock = RealClock(lambda: hand[0], lambda: 0.0)
        node.clock, node.store.sealing = clock, NodeSealing(node.signing_key, clock)

        def pass_midnight() -> None:
            hand[0] = midnight

        counted = _just_before_the_append(node, pass_midnight)
        node.execute(_collection(1))
        assert counted == [2]
        assert [stored.recorded_at for stored in acts(node.store)][-1] == midnight


def _governing(node: Node, command: EndRole | AdmitOrganisation) -> Order:
    return Order(command, Actor(node.name, "op-7"))


def test_an_import_goes_on_when_something_else_was_governed(
    real: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows are decided again on the new roles; none is lost and none is doubled."""
    path = write(tmp_path / "rows.csv", penalties(20))
    with real.opened() as other:
        command = AdmitOrganisation(organisation="another-body", name="示例", granted=("partner",))
        counted = _before_the_first_batch(
            monkeypatch, lambda: other.execute(_governing(other, command))
        )
        done = import_file(real, path)
        assert counted == [3]  # twice decided, then the commitment
        assert (done.code, done.json["accepted"], done.json["rejected"]) == (0, 20, [])
        assert real.types().count("RecordCollected") == 20


def test_an_import_ends_with_its_suppliers_role(
    real: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The role that ends while rows are decided refuses them; nothing of them is written."""
    path = write(tmp_path / "rows.csv", penalties(20))
    with real.opened() as other:
        command = EndRole(organisation=SUPPLIER, role="supplier", on=other.today())
        _before_the_first_batch(monkeypatch, lambda: other.execute(_governing(other, command)))
        done = import_file(real, path)
        assert done.code == 3
        assert "role" in done.err
        assert real.types()[-1] == "RoleEnded"


def _look(operator: str) -> Question:
    return Question("uscc", FIRM, operator=operator, purpose="核查", basis="示例法第三条")


def test_two_looks_at_once_are_both_registered(real: Founded) -> None:
    """The second one is registered behind the first; neither answer goes unregistered."""
    with real.opened() as one, real.opened() as other:
        counted = _just_before_the_append(one, lambda: ask(other, _look("op-2")))
        ask(one, _look("op-1"))
        assert counted == [2]
        stored = [json.loads(each.state) for each in acts(one.store)]
        assert [each["actor"]["operator"] for each in stored[-2:]] == ["op-2", "op-1"]
        assert [each["seq"] for each in stored[-2:]] == [1, 2]


def test_a_look_goes_on_when_something_else_was_governed(real: Founded) -> None:
    """Who may see what is looked at again, then the look is registered and answered."""
    with real.opened() as one, real.opened() as other:
        command = AdmitOrganisation(organisation="another-body", name="示例", granted=("partner",))
        counted = _just_before_the_append(one, lambda: other.execute(_governing(other, command)))
        ask(one, _look("op-1"))
        assert counted == [2]
        assert [stored.topic for stored in acts(one.store)][-1] == "SubjectQueried:1"
