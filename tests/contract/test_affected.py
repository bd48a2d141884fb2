"""The blast radius over rows made by hand: three cities, and suppliers of many records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from projections.lists.affected import Affected, affected
from projections.lists.affected_pages import COLUMNS, PHASES, By, Cause, _Phase, _phase
from projections.lists.asked import ListAsked
from projections.lists.holder import holders
from projections.lists.paging import BadCursor, BadLimit, Cut
from projections.models.place import Place
from projections.models.rows import (
    FOREVER,
    DisclosureRow,
    EnforcementRow,
    NoticeRow,
    PublicationRow,
    RecordStateRow,
    Rows,
    SanctionRecordRow,
    SanctionStateRow,
    SourceRow,
)
from projections.models.store import Position, ReadModels
from projections.models.tables import TABLES, storable
from projections.reader import Public, Reader, Registered

SUPPLIER, OTHER = "11350200MB00000016", "11350200MB00000059"
SUBJECT = "00000000-0000-8000-8000-00000000000a"
OTHER_SUBJECT = "00000000-0000-8000-8000-00000000000b"
DAY = date(2026, 4, 25)
FIRST = datetime(2026, 3, 2, 2, tzinfo=UTC)
NODES = ("zhangzhou", "quanzhou")
OFFICER = Registered(DAY, "op-9", "核查", "《示例法》第三条")
STRANGER = Registered(DAY, "op-9", "核查", "《示例法》第三条", OTHER)

Filled = Callable[[Rows], ReadModels]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Filled]:
    """Fills read models with rows, as a rebuild does."""
    place = Place("xiamen", file=tmp_path / "read-models.sqlite")
    if request.param == "postgres":
        schema = request.getfixturevalue("postgres_schema")
        place = Place.of(tmp_path, request.getfixturevalue("postgres_url"), schema)
    models = ReadModels(place)

    def fill(rows: Rows) -> ReadModels:
        rows.spread()
        stored = {name: storable(TABLES[name])(found) for name, found in rows.by_table()}
        models.begin(Position("store", 100_000, "", tag="t"))
        models.fill("", iter([stored]), lambda: 1)
        models.make_indexes()
        assert models.swap(None)
        return models

    yield fill
    models.close()


def key(number: int) -> str:
    return f"00000000-0000-7000-8000-{number:012x}"


def source(number: int, supplier: str = SUPPLIER, **changes: Any) -> SourceRow:
    row = SourceRow(
        subject=SUBJECT,
        record=key(number),
        entry=number,
        supplier=supplier,
        organ=supplier,
        organisation=supplier,
        operator="op-7",
        manifest="a" * 64,
        row=number,
        document=f"示〔2026〕{number}号",
        keyid="b" * 64,
        decided_on=date(2026, 2, 27),
        recorded_at=FIRST + timedelta(seconds=number),
        known_from=number + 1,
    )
    return row._replace(**changes)


def state(
    number: int, name: str = "valid", known: tuple[int, int] = (0, FOREVER)
) -> RecordStateRow:
    return RecordStateRow(
        SUBJECT, key(number), "administrative_penalty", "general", True, "public", SUPPLIER,
        SUPPLIER, name, date(2026, 2, 27), (number,), date(2026, 2, 27), date.max, *known,  # type: ignore[arg-type]
    )  # fmt: skip


def resting(sanction: int, record: int, enforcer: str, entry: int) -> SanctionRecordRow:
    at = FIRST + timedelta(seconds=entry)
    return SanctionRecordRow(
        SUBJECT, key(sanction), key(record), enforcer, "limit_bidding", entry, at, entry + 1
    )


def imposed(sanction: int, record: int, enforcer: str, name: str) -> SanctionStateRow:
    return SanctionStateRow(
        SUBJECT, key(sanction), "limit_bidding", "administrative", enforcer, enforcer,
        date(2026, 3, 9), date(2027, 2, 27), (key(record),), None, name, date(2026, 3, 9), (sanction,),  # type: ignore[arg-type]
        date(2026, 3, 9), date.max, 0, FOREVER,
    )  # fmt: skip


def reported(sanction: int, enforcer: str, name: str | None) -> EnforcementRow:
    return EnforcementRow(
        SUBJECT, key(sanction), "limit_bidding", enforcer, name, None if name is None else DAY,  # type: ignore[arg-type]
        (sanction,), date.min, date.max, 0, FOREVER,
    )  # fmt: skip


def disclosed(record: int, to: str, entry: int) -> DisclosureRow:
    at = FIRST + timedelta(seconds=entry)
    return DisclosureRow(SUBJECT, key(record), to, "c" * 64, entry, at, entry, entry + 1, FOREVER)


def notice(
    number: int, record: int, to: str, entry: int, acknowledged: int | None
) -> list[NoticeRow]:
    """As it is known before and after it was acknowledged."""
    row = NoticeRow(
        SUBJECT, key(number), key(record), to, "withdrawal", "lift", date(2026, 4, 29), entry,
        FIRST + timedelta(seconds=entry), None, None, None, entry + 1, acknowledged or FOREVER,
    )  # fmt: skip
    if acknowledged is None:
        return [row]
    later = row._replace(
        acknowledged=acknowledged - 1, acknowledged_on=DAY, verdict="applied",
        known_from=acknowledged, known_until=FOREVER,
    )  # fmt: skip
    return [row, later]


def three_cities() -> Rows:
    """R1 withdrawn at entry 50: three sanctions at three enforcers, two recipients."""
    return Rows(
        record_states=[state(1, "valid", (2, 51)), state(1, "withdrawn", (51, FOREVER))],
        sources=[source(1)],
        sanction_records=[
            resting(11, 1, "CAIGOU", 9), resting(12, 1, "JIANSHE", 55), resting(13, 1, "ZIJIN", 56),
        ],
        sanction_states=[imposed(11, 1, "CAIGOU", "wrongful")],
        enforcements=[reported(11, "CAIGOU", "lifted")],
        disclosures=[disclosed(1, node, 20 + at) for at, node in enumerate(NODES)],
        notices=[
            row
            for at, node in enumerate(NODES)
            for row in notice(31 + at, 1, node, 51 + at, 60 + at)
        ],
    )  # fmt: skip


def ask(
    models: ReadModels,
    cause: Cause,
    size: int = 100,
    cut: Cut | None = None,
    reader: Reader = OFFICER,
) -> Affected:
    with models.reading() as reading:
        return affected(reading, ListAsked(DAY, size, reader), cause, cut or Cut())


def test_the_worked_case_of_three_cities(filled: Filled) -> None:
    """One subject, three sanctions and enforcers, two recipients; two notices wait, then none."""
    models = filled(three_cities())
    found = ask(models, Cause("record", key(1)))
    assert [len(part) for part in (found.subjects, found.sanctions, found.enforcers)] == [1, 3, 3]
    assert {each.recipient for each in found.recipients} == set(NODES)
    assert found.unacknowledged == ()
    assert found.next is None
    before = ask(models, Cause("record", key(1)), 55)
    assert len(before.unacknowledged) == 2
    assert [each.must for each in before.recipients] == ["acknowledge", "acknowledge"]
    assert [each.sanction for each in before.sanctions] == [key(11)]


def test_rows_tell_in_whose_stream_a_thing_lies(filled: Filled) -> None:
    """A record by its source, a sanction by its state; nothing of what is not there."""
    models = filled(three_cities())
    with models.reading() as reading:
        assert list(holders(reading, key(1))) == [SUBJECT]
        assert list(holders(reading, key(11))) == [SUBJECT]
        assert list(holders(reading, key(13))) == [SUBJECT]
        assert list(holders(reading, key(99))) == []


def test_who_named_a_sanction_first_is_asked_first(filled: Filled) -> None:
    """Another partner that names it later, under another subject, does not take it away."""
    late = resting(11, 2, "X", 40)._replace(subject=SUBJECT)
    early = resting(11, 1, "X", 30)._replace(subject=OTHER_SUBJECT)
    with filled(Rows(sanction_records=[late, early])).reading() as reading:
        assert list(holders(reading, key(11))) == [OTHER_SUBJECT, SUBJECT]


def test_only_the_newest_notice_to_a_recipient_is_waited_for(filled: Filled) -> None:
    """An objection that was never acknowledged is owed no more once the withdrawal is."""
    rows = Rows(
        sources=[source(1)],
        record_states=[state(1, "withdrawn")],
        disclosures=[disclosed(1, node, 10) for node in NODES],
        notices=[
            *notice(31, 1, NODES[0], 20, None),
            *notice(32, 1, NODES[1], 21, 23),
            *notice(33, 1, NODES[0], 30, 40),
            *notice(34, 1, NODES[1], 31, None),
        ],
    )
    models = filled(rows)
    found = ask(models, Cause("record", key(1)))
    assert [each.notice for each in found.unacknowledged] == [key(34)]
    assert {each.recipient: each.unacknowledged for each in found.recipients} == {
        NODES[0]: 0, NODES[1]: 1,
    }  # fmt: skip
    then = ask(models, Cause("record", key(1)), 25)
    assert [each.notice for each in then.unacknowledged] == [key(31)]


def test_what_was_known_before_is_answered_as_then(filled: Filled) -> None:
    """At an earlier size: a valid record, no notice, nothing disclosed; before it, nothing."""
    models = filled(three_cities())
    then = ask(models, Cause("record", key(1)), 15)
    assert [each.state for each in then.records] == ["valid"]
    assert then.recipients == ()
    assert [each.must for each in then.records] == ["verify"]
    assert ask(models, Cause("record", key(1)), 1).records == ()


def test_a_wrongful_sanction_is_settled_from_the_day_of_its_restitution(filled: Filled) -> None:
    """Not a day before; and who still enforces it is asked to stop first."""
    days = {11: None, 12: DAY, 13: DAY + timedelta(days=1), 14: DAY}
    rows = Rows(
        sources=[source(1)],
        sanction_records=[resting(number, 1, "B", number) for number in days],
        sanction_states=[
            imposed(number, 1, "B", "wrongful")._replace(restored_on=on)
            for number, on in days.items()
        ],
        enforcements=[
            reported(number, "B", "applied" if number == 14 else "lifted") for number in days
        ],
    )
    found = ask(filled(rows), Cause("record", key(1)))
    assert {each.sanction: each.must for each in found.sanctions} == {
        key(11): "restore", key(12): "none", key(13): "restore", key(14): "stop_enforcing",
    }  # fmt: skip


def test_the_worst_comes_first(filled: Filled) -> None:
    """Who is still enforced against, then who was not told, then what is to be reviewed."""
    rows = Rows(
        record_states=[state(1, "withdrawn"), state(2), state(3, "disputed")],
        sources=[source(number) for number in (1, 2, 3)],
        sanction_records=[resting(11, 1, "B1", 9), resting(12, 2, "B2", 10), resting(13, 3, "B3", 8)],
        sanction_states=[
            imposed(11, 1, "B1", "lifted"), imposed(12, 2, "B2", "in_force"),
            imposed(13, 3, "B3", "suspended"),
        ],
        enforcements=[
            reported(11, "B1", "applied"), reported(12, "B2", "applied"),
            reported(13, "B3", "suspended"),
        ],
        disclosures=[disclosed(1, "quanzhou", 20), disclosed(2, "zhangzhou", 21)],
    )  # fmt: skip
    found = ask(filled(rows), Cause("supplier", SUPPLIER))
    musts = [(each.sanction, each.must) for each in found.sanctions]
    assert musts == [(key(11), "stop_enforcing"), (key(12), "review"), (key(13), "decide")]
    assert [(e.enforcer, e.must, e.enforcing) for e in found.enforcers] == [
        ("B1", "stop_enforcing", 1), ("B2", "review", 1), ("B3", "decide", 0),
    ]  # fmt: skip
    assert [(e.recipient, e.must) for e in found.recipients] == [
        ("quanzhou", "notify"), ("zhangzhou", "none"),
    ]  # fmt: skip
    assert [each.must for each in found.subjects] == ["stop_enforcing"]
    assert [each.must for each in found.records] == ["decide", "verify", "none"]


def mixed() -> Rows:
    """Records 1 (public, published) and 2 (government) of one subject; 3 (government), another's.

    Sanction 11 rests on 1, 12 on 2, 13 on both, 14 on 3.
    """
    published = PublicationRow(
        SUBJECT, key(1), "administrative_penalty", SUPPLIER, SUPPLIER, (1,), DAY, date.max, 0, FOREVER
    )  # fmt: skip
    rests = ((11, 1), (12, 2), (13, 1), (13, 2), (14, 3))
    return Rows(
        record_states=[
            state(number)._replace(publicity="public" if number == 1 else "government")
            for number in (1, 2, 3)
        ],
        sources=[source(1), source(2), source(3, subject=OTHER_SUBJECT)],
        publications=[published],
        sanction_records=[
            resting(one, record, "B", 10 + at)._replace(
                subject=OTHER_SUBJECT if record == 3 else SUBJECT
            )
            for at, (one, record) in enumerate(rests)
        ],
        disclosures=[disclosed(2, "quanzhou", 20), disclosed(1, "quanzhou", 21)],
    )


@pytest.mark.parametrize("reader", [Public(DAY), STRANGER])
def test_what_a_reader_may_not_know_of_is_in_no_list_of_ids(filled: Filled, reader: Reader) -> None:
    """Counts stay; a subject's line has its seen records alone, another's no name at all."""
    models = filled(mixed())
    found = ask(models, Cause("supplier", SUPPLIER), reader=reader)
    assert [len(part) for part in (found.subjects, found.records, found.sanctions)] == [2, 3, 4]
    assert found.seen == {key(1)}
    assert found.seen_sanctions == {key(11), key(13)}
    assert {(e.subject, e.records, e.sanctions) for e in found.subjects} == {
        (SUBJECT, (key(1),), (key(11), key(13))), (None, (), ()),
    }  # fmt: skip
    assert {e.sanction: e.records for e in found.sanctions} == {
        key(11): (key(1),), key(12): (), key(13): (key(1),), key(14): (),
    }  # fmt: skip
    assert [(e.enforcer, e.sanctions, e.enforcing) for e in found.enforcers] == [
        ("B", (key(11), key(13)), 4)
    ]
    later = FIRST + timedelta(seconds=21)
    assert [(e.records, e.disclosed_at) for e in found.recipients] == [((key(1),), later)]
    whole = ask(models, Cause("supplier", SUPPLIER))
    assert whole.seen == {key(1), key(2), key(3)}


@pytest.mark.parametrize("reader", [Public(DAY), STRANGER])
def test_a_document_number_finds_only_what_the_reader_may_know_of(
    filled: Filled, reader: Reader
) -> None:
    """Whoever guesses one is not told whether there is such a document."""
    models = filled(mixed())
    for number, count in ((1, 1), (2, 0), (3, 0), (4, 0)):
        cause = Cause("document", f"示〔2026〕{number}号")
        assert len(ask(models, cause, reader=reader).records) == count
        assert len(ask(models, cause).records) == (number < 4)


def many() -> Rows:
    """Of 300 records every seventh bears a sanction, every fifth was disclosed."""
    numbers = range(1, 301)
    return Rows(
        record_states=[state(number) for number in numbers],
        sources=[source(number, SUPPLIER if number % 3 else OTHER) for number in numbers],
        sanction_records=[resting(10_000 + n, n, "B", 1000 - n) for n in numbers if n % 7 == 0],
        disclosures=[disclosed(n, "quanzhou", 2000 + n) for n in numbers if n % 5 == 0],
    )


@pytest.mark.parametrize("limit", [1, 7, 100, 299, 1000])
@pytest.mark.parametrize("size", [400, 850, 2100, 100_000])
def test_pages_together_are_all_records_once(filled: Filled, limit: int, size: int) -> None:
    """The sanctioned first, then the disclosed, then the others, whatever the page's length."""
    models, seen, after = filled(many()), list[int](), None
    while True:
        page = ask(models, Cause("supplier", SUPPLIER), size, Cut(limit, after))
        seen += [each.entry for each in page.records]
        assert page.left == 200 - len(seen)
        if page.next is None:
            break
        after = page.next
    sanctioned = [n for n in range(300, 0, -1) if n % 7 == 0 and n % 3 and 1000 - n < size]
    given = [
        n for n in range(1, 301) if n % 5 == 0 and n % 3 and n not in sanctioned and 2000 + n < size
    ]
    others = [n for n in range(1, 301) if n % 3 and n not in sanctioned and n not in given]
    assert seen == sanctioned + given + others


@pytest.mark.parametrize(
    ("by", "value", "count"),
    [("supplier", OTHER, 100), ("operator", "op-7", 300), ("submission", "a" * 64, 300),
     ("document", "示〔2026〕5号", 1), ("key", "b" * 64, 300), ("record", key(9), 1),
     ("supplier", "nobody", 0), (None, "", 300)],
)  # fmt: skip
def test_every_cause_finds_its_records(
    filled: Filled, by: By | None, value: str, count: int
) -> None:
    """By each kind, or by a period alone; and within a period."""
    models = filled(many())
    assert len(ask(models, Cause(by, value), cut=Cut(1000), size=99_999).records) == count
    within = ask(models, Cause(by, value, 5, 10), cut=Cut(1000), size=99_999).records
    assert all(5 <= each.entry < 10 for each in within)


@pytest.mark.parametrize(
    "after", ["", "x", "1/2", "3/1/1", "-1/1/1", "0/1/1/1", "0/１/1", f"0/{2**70}/1"]
)
def test_a_cursor_of_another_list_is_refused(filled: Filled, after: str) -> None:
    """Nothing but what a page named goes on."""
    models = filled(Rows())
    with pytest.raises(BadCursor):
        ask(models, Cause("supplier", SUPPLIER), cut=Cut(10, after))
    with pytest.raises(BadLimit):
        ask(models, Cause("supplier", SUPPLIER), cut=Cut(0))


ONLY_BY_INDEX = ("enable_seqscan", "enable_bitmapscan", "enable_sort")
"""Of PostgreSQL, which counts rows and reads small tables whole: what is switched off is still done
where there is no index for it.
"""


def steps_of(connection: Connection, statement: str, values: Any = None) -> list[str]:
    """How the database finds the rows of a statement, step by step."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return [row.detail for row in found]
    for switch in ONLY_BY_INDEX:
        connection.exec_driver_sql(f"SET LOCAL {switch} = off")
    found = connection.exec_driver_sql(f"EXPLAIN (COSTS OFF) {statement}", values)
    return [str(row[0]).strip() for row in found]


def whole_tables(steps: Sequence[str]) -> list[str]:
    """Steps that read all rows of a table; the values that were asked for are none."""
    return [
        step
        for step in steps
        if "Seq Scan" in step
        or (step.startswith("SCAN") and "json_each" not in step and "anon" not in step)
    ]


@pytest.mark.parametrize("by", ["supplier", "operator", "submission", "key", None])
@pytest.mark.parametrize("phase", PHASES)
def test_an_index_leads_to_the_first_page(filled: Filled, by: By | None, phase: int) -> None:
    """No phase of any cause reads all rows or sorts them: the page costs what it shows.

    A record and a document number name a few records each.
    """
    query, order = _phase(_Phase(phase, by, "all"))
    with filled(many()).reading() as reading:
        compiled = (
            query.order_by(*order)
            .limit(10)
            .params({"size": 50} | ({} if by is None else {"value": "x"}))
            .compile(dialect=reading.connection.dialect, compile_kwargs={"literal_binds": True})
        )
        steps = steps_of(reading.connection, str(compiled))
    assert not any("TEMP B-TREE" in step or "Sort" in step for step in steps), steps
    assert all("USING INDEX" in step for step in whole_tables(steps)), steps  # in its order
    assert any("USING INDEX" in step or "Index Scan using" in step for step in steps), steps
    if by is not None:
        found = re.compile(rf"Index Cond: .*\({COLUMNS[by]}\)::text = |INDEX \S+ \({COLUMNS[by]}=")
        assert any(map(found.search, steps)), steps


def test_an_index_leads_to_what_rests_on_a_page(filled: Filled) -> None:
    """No query of a page reads a whole table, however many records and sanctions there are."""
    models, statements = filled(many()), list[tuple[str, Any]]()
    with models.reading() as reading:

        def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
            statements.append((statement, values))

        event.listen(reading.connection, "before_cursor_execute", note)
        affected(reading, ListAsked(DAY, 99_999, Public(DAY)), Cause("supplier", SUPPLIER), Cut(7))
        event.remove(reading.connection, "before_cursor_execute", note)
        for statement, values in statements:
            steps = steps_of(reading.connection, statement, values)
            assert steps, statement
            assert not whole_tables(steps), (statement, steps)
    tables = {
        statement.partition("FROM ")[2].split()[0].rpartition(".")[2] for statement, _ in statements
    }
    assert {"enforcements", "sanction_states", "record_states", "notices"} <= tables
