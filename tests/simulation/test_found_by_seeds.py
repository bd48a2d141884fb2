"""What seeds have found, each told again step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.commands import subject_commands as commands
from ledger.orders import SubjectRef
from tests.simulation.bodies import FIRMS, SPARE
from tests.simulation.city import City
from tests.simulation.homes import Stopped
from tests.simulation.invariants import once_healed
from tests.simulation.network import Parcel
from tests.simulation.play import memory
from tests.simulation.world import World, run_in


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with memory() as found:
        yield found


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    made = run_in(folder / "founded", folder / "scripted", 1)
    yield made
    made.close()


@pytest.fixture
def xiamen(world: World) -> City:
    return world.cities["xiamen"]


@pytest.fixture
def fuzhou(world: World) -> City:
    return world.cities["fuzhou"]


def collect(city: City, number: int = 1) -> str:
    command = commands.CollectRecord(
        item="administrative_penalty",
        supplier=city.bodies.supplier,
        document_number=f"示监处罚〔2026〕{number}号",
        decided_on=city.today,
        legal_basis="《示例法》第一条",
        tier="general",
    )
    ref = SubjectRef("uscc", FIRMS[0], "legal_person", "示例有限公司")
    record = city.do(command, "supplier", ref, {"narrative": "示例案情"}).created
    assert record is not None
    return record


def give(world: World, city: City, to: str, *records: str, fields: tuple[str, ...] = ()) -> Parcel:
    """Sent and under way."""
    world.sources.pass_by(timedelta(hours=1))
    sent = city.send(to, list(records), timedelta(days=30), fields)
    return world._send(city, sent.bundle)


def exchanged(world: World) -> None:
    """All that is owed arrives, until nothing is."""
    for _ in range(8):
        world.sources.pass_by(timedelta(hours=1))
        if world._round():
            break
    assert world.owed == []


def objected(city: City, record: str, by: Any = "subject") -> str:
    command = commands.FileObjection(record=record, filed_by=by, filed_on=city.today)
    objection = city.do(command, "registrar").created
    assert objection is not None
    return objection


def corrected(city: City, record: str, fine: str = "2") -> None:
    command = commands.CorrectRecord(
        record=record, changes={"amounts": {"fine": fine}}, cause="objection",
        corrected_on=city.today,
    )  # fmt: skip
    city.do(command, "supplier")


def answer(city: City, objection: str) -> None:
    command = commands.AnswerObjection(
        objection=objection, finding="corrected", answered_on=city.today
    )
    city.do(command, "supplier")


def uphold(city: City, objection: str) -> None:
    command = commands.DecideObjection(objection=objection, outcome="upheld", decided_on=city.today)
    city.do(command, "reviewer")


def open_disputes(city: City, record: str) -> int:
    subject = city.holder(record)
    assert subject is not None
    return len(subject.state.records[record].open_disputes())


def test_a_record_is_here_once(world: World, xiamen: City, fuzhou: City) -> None:
    """Received again after its subject's identifier was corrected, it is held already."""
    record = collect(xiamen)
    give(world, xiamen, "fuzhou", record)
    exchanged(world)
    command = commands.CorrectIdentifier(
        new_scheme="uscc", new_identifier=SPARE[0], reason="录入有误", authority="示例局"
    )
    xiamen.do(command, "registrar", SubjectRef("uscc", FIRMS[0]))
    give(world, xiamen, "fuzhou", record)
    exchanged(world)
    assert [entry.type for entry in fuzhou.entries].count("RecordReceived") == 1


@pytest.mark.parametrize("number", [1, 2])
def test_a_corrected_identifier_is_told(
    world: World, xiamen: City, fuzhou: City, number: int
) -> None:
    """The notice of a corrected identifier is believed and closes, of each of several records."""
    records = [collect(xiamen, one) for one in range(number)]
    give(world, xiamen, "fuzhou", *records)
    exchanged(world)
    command = commands.CorrectIdentifier(
        new_scheme="uscc", new_identifier=SPARE[0], reason="录入有误", authority="示例局"
    )
    xiamen.do(command, "registrar", SubjectRef("uscc", FIRMS[0]))
    exchanged(world)
    told = [entry for entry in fuzhou.entries if entry.type == "NoticeReceived"]
    assert len(told) == number
    assert xiamen.exchange.outstanding() == ()


def test_an_erasure_of_several_records_is_told_of_each(
    world: World, xiamen: City, fuzhou: City
) -> None:
    """All notices name the one act, and each record is erased at the recipient."""
    records = (collect(xiamen, 1), collect(xiamen, 2))
    give(world, xiamen, "fuzhou", *records, fields=("narrative",))
    exchanged(world)
    world.acts.erase_records(xiamen, records)
    exchanged(world)
    subject = fuzhou.holder(records[0])
    assert subject is not None
    assert all(map(subject.state.is_erased, records))
    once_healed(world)


def upheld_then_corrected(city: City, record: str) -> None:
    objections = [objected(city, record, by) for by in ("subject", "enforcer")]
    for each in objections:
        uphold(city, each)
    corrected(city, record)


def corrected_then_answered(city: City, record: str) -> None:
    objection = objected(city, record)
    corrected(city, record)
    assert open_disputes(city, record) == 1
    answer(city, objection)


@pytest.mark.parametrize("course", [upheld_then_corrected, corrected_then_answered])
def test_disputes_that_end_at_home_end_everywhere(
    world: World, xiamen: City, fuzhou: City, course: Callable[[City, str], None]
) -> None:
    """A correction settles every objection that was upheld or conceded, whichever came first."""
    record = collect(xiamen)
    give(world, xiamen, "fuzhou", record)
    exchanged(world)
    course(xiamen, record)
    assert open_disputes(xiamen, record) == 0
    exchanged(world)
    assert open_disputes(fuzhou, record) == 0


def test_an_erasure_that_was_cut_short_is_finished(
    world: World, xiamen: City, fuzhou: City
) -> None:
    """Stopped between the entry and the destruction, a node destroys before it answers."""
    record = collect(xiamen)
    give(world, xiamen, "fuzhou", record, fields=("narrative",))
    exchanged(world)
    world.acts.erase_records(xiamen, (record,))
    (notice,) = xiamen.outbox()
    fuzhou.stop_at("before_destroying")
    with pytest.raises(Stopped):
        fuzhou.receive(notice.data)
    assert fuzhou.node.data_keys.living([f"record:{record}"])
    exchanged(world)
    assert not fuzhou.node.data_keys.living([f"record:{record}"])
    once_healed(world)


def test_a_receipt_is_believed_after_a_rotation(world: World, xiamen: City, fuzhou: City) -> None:
    """Lost, and asked for again when its sender has another key, it is dated as that key allows."""
    give(world, xiamen, "fuzhou", collect(xiamen))
    (parcel,) = world.network.waiting
    first = fuzhou.receive(parcel.data).replies[0]
    world.sources.pass_by(timedelta(hours=1))
    fuzhou.rotate()
    world.sources.pass_by(timedelta(hours=1))
    world.new_list(timedelta(days=30))
    for city in world.cities.values():
        city.adopt(world.lists[-1])
    again = fuzhou.receive(parcel.data).replies[0]
    assert again.id == first.id
    assert xiamen.receive(again.data).verdict == "accepted"
    assert xiamen.outbox() == ()


def test_two_that_gave_a_record_to_each_other_do_not_wait_for_each_other(
    world: World, xiamen: City, fuzhou: City
) -> None:
    """Both had it from a third, and both pass on what that tells: all notices close."""
    quanzhou = world.cities["quanzhou"]
    record = collect(xiamen)
    give(world, xiamen, "fuzhou", record)
    give(world, xiamen, "quanzhou", record)
    exchanged(world)
    give(world, fuzhou, "quanzhou", record)
    give(world, quanzhou, "fuzhou", record)
    exchanged(world)
    objected(xiamen, record)
    exchanged(world)
    assert [city.exchange.outstanding() for city in world.cities.values()] == [()] * 4
