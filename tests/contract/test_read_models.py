"""Read models on either store: they follow the log, whatever happens meanwhile."""

from __future__ import annotations

import random
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from ledger.entry import Entry
from projections.models.check import check
from projections.models.derive import NotDerived
from projections.models.errors import ReadModelsUnusable
from projections.models.governance import Governance
from projections.models.place import FILE
from projections.models.rebuild import rebuild
from projections.models.rows import Rows
from projections.models.runner import catch_up
from projections.models.store import NEW, Position, ReadModels, Stopped
from projections.models.tables import TABLES, record_states
from tests.contract.conftest import Place
from tests.contract.recorded import Recorded, dumped, found, noticing, subject

Dump = dict[str, list[tuple[object, ...]]]


@pytest.fixture
def recorded(place: Place, tmp_path: Path) -> Iterator[Recorded]:
    made = found(place, tmp_path)
    yield made
    made.node.close()


@pytest.fixture
def models(recorded: Recorded) -> Iterator[ReadModels]:
    with recorded.models() as opened:
        yield opened


def anew(recorded: Recorded, folder: Path, size: int | None = None) -> Dump:
    """What a log of so many entries gives, in read models of their own, in one go."""
    log = recorded.log
    if size is not None:
        log.size = lambda: size  # type: ignore[method-assign]
    place = type(recorded.place)(recorded.node.name, file=folder / "anew.sqlite")
    place.file.unlink(missing_ok=True) if place.file else None
    with ReadModels(place) as fresh:
        rebuild(log, fresh, noticing)
        return dumped(fresh)


def execute(models: ReadModels, statement: str) -> None:
    """What somebody with the database at hand can do."""
    with models._transaction(writes=True) as connection:
        connection.exec_driver_sql(statement)


# -- following the log ----------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_batches_lead_to_what_a_rebuild_gives(
    recorded: Recorded, models: ReadModels, tmp_path: Path, seed: int
) -> None:
    """However appends and batches of any length follow each other, with ties and governing acts
    between them, the rows are those of a rebuild from nothing."""
    chance = random.Random(seed)
    for _ in range(12):
        match chance.randrange(8):
            case 0:
                recorded.adopt()
            case 1:
                recorded.compromise()
            case 2:
                recorded.collect(0, 1, 2, 3, 4)
                recorded.tie(*chance.sample(range(5), 2))
            case _:
                recorded.collect(*(chance.randrange(40) for _ in range(chance.randrange(1, 9))))
        if chance.random() < 0.6:
            catch_up(recorded.log, models, noticing, batch=chance.randrange(1, 7))
    position = catch_up(recorded.log, models, noticing, batch=2)
    assert position.size == recorded.node.store.size()
    assert dumped(models) == anew(recorded, tmp_path)
    assert check(recorded.log, models, noticing).ok


def test_each_position_has_the_rows_of_its_size(
    recorded: Recorded, models: ReadModels, tmp_path: Path
) -> None:
    """Between two batches the rows are those that a rebuild of so many entries gives."""
    recorded.collect(1, 2, 3)
    recorded.tie(1, 2)
    recorded.collect(1, 4)
    catch_up(recorded.log, models, noticing)
    recorded.collect(2, 5)
    recorded.tie(2, 5)
    recorded.collect(3)
    size = recorded.node.store.size()
    log = recorded.log
    for upto in range(models_size(models), size + 1):
        log.size = lambda upto=upto: upto  # type: ignore[method-assign,misc]
        assert catch_up(log, models, noticing, batch=1).size == upto
        assert dumped(models) == anew(recorded, tmp_path, upto)


def models_size(models: ReadModels) -> int:
    position = models.position()
    assert position is not None
    return position.size


def test_nothing_is_written_where_nothing_is_new(recorded: Recorded, models: ReadModels) -> None:
    """A second run finds all done: it derives nothing."""
    recorded.collect(1, 2)
    catch_up(recorded.log, models, noticing)
    assert catch_up(recorded.log, models, failing) == models.position()


def failing(component: Sequence[Entry], governance: Governance) -> Rows:
    raise AssertionError("nothing is to be derived")


def test_a_query_gets_days_and_lists(recorded: Recorded, models: ReadModels) -> None:
    """Through SQLAlchemy a stored row is the very row that was derived."""
    recorded.collect(1)
    catch_up(recorded.log, models, noticing)
    log = recorded.log
    key = f"subject/{subject(1)}"
    governance, _ = log.governance(log.size())
    expected = noticing(log.stream(key, log.store.stream(key)), governance).record_states
    day = expected[0].valid_from
    with models.reading() as (connection, position):
        query = select(record_states).where(record_states.c.valid_from <= day)
        assert [tuple(row) for row in connection.execute(query)] == [tuple(r) for r in expected]
        assert position.size == log.size()


def test_read_models_are_for_their_owner_only(recorded: Recorded, models: ReadModels) -> None:
    """The file, and what SQLite lays beside it, has mode 0600."""
    catch_up(recorded.log, models, noticing)
    files = list(recorded.node.home.path.glob(f"{FILE}*"))
    assert bool(files) is (recorded.place.file is not None)
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


# -- stopped on the way ----------------------------------------------------------------


class Stop(Exception):
    """The process ends here, as far as the stores can tell."""


class Stumbling(ReadModels):
    """Breaks off in the transaction with the number ``at``: before its end, or right behind."""

    def __init__(self, *given: Any) -> None:
        self.at, self.count, self.behind = -1, 0, False
        super().__init__(*given)

    @contextmanager
    def _transaction(self, *, writes: bool, **given: Any) -> Iterator[Connection]:
        self.count += writes
        is_due = writes and self.count == self.at
        with super()._transaction(writes=writes, **given) as connection:
            yield connection
            if is_due and not self.behind:
                raise Stop
        if is_due:
            raise Stop


Run = Callable[[Recorded, ReadModels], Position]


def run_catch_up(recorded: Recorded, models: ReadModels) -> Position:
    return catch_up(recorded.log, models, noticing, batch=7)


def run_rebuild(recorded: Recorded, models: ReadModels) -> Position:
    return rebuild(recorded.log, models, noticing)


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("run", [run_catch_up, run_rebuild])
def test_stopped_at_any_step_the_next_run_ends_right(
    recorded: Recorded, tmp_path: Path, run: Run, behind: bool
) -> None:
    """Whatever transaction it stops in, or behind, the rows are those of the position that
    stands beside them, and the next run comes to the end."""
    recorded.collect(1, 2, 3, 4)
    recorded.tie(3, 4)
    with Stumbling(recorded.place) as models:
        run_catch_up(recorded, models)
        at, stops = 0, 0
        while stops == at:
            at += 1
            old, before = dumped(models), models_size(models)
            recorded.collect(1, *range(10 * at, 10 * at + 7))
            if at % 4 == 0:
                recorded.adopt()
            models.at, models.count, models.behind = at, 0, behind
            with suppress(Stop):
                run(recorded, models)
                stops -= 1
            stops += 1
            size = models_size(models)
            assert dumped(models) == (old if size == before else anew(recorded, tmp_path, size))
            models.at = -1
            assert run(recorded, models).size == recorded.node.store.size()
            assert dumped(models) == anew(recorded, tmp_path)
        assert stops > (15 if run is run_rebuild else 2)


def test_a_rebuild_goes_on_where_it_was(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a stopped rebuild has filled is not derived again; what came since comes in."""
    monkeypatch.setattr("projections.models.ranges.RANGE_ENTRIES", 8)
    recorded.collect(*range(30))
    with Stumbling(recorded.place) as models:
        models.at = 27
        with pytest.raises(Stop):
            rebuild(recorded.log, models, noticing)
        new = models.position(NEW)
        done = models.done()
        assert new is not None
        assert not new.is_built
        assert len(done) > 10
        assert models.position() is None
        recorded.collect(31)
        derived: list[str] = []

        def watched(component: Sequence[Entry], governance: Governance) -> Rows:
            derived.append(component[0].stream.key)
            return noticing(component, governance)

        rebuild(recorded.log, models, watched)
        assert 0 < len(derived) < 31
        assert dumped(models) == anew(recorded, tmp_path)


def test_a_rebuild_of_a_log_that_was_replaced_begins_anew(
    recorded: Recorded, tmp_path: Path
) -> None:
    """What is left of a rebuild of other entries is not gone on with."""
    recorded.collect(1, 2)
    with Stumbling(recorded.place) as models:
        models.at = 5
        with pytest.raises(Stop):
            rebuild(recorded.log, models, noticing)
        execute(models, "UPDATE position SET digest = 'ab' WHERE name = 'new'")
        rebuild(recorded.log, models, noticing)
        assert dumped(models) == anew(recorded, tmp_path)


# -- while others read and write --------------------------------------------------------


def test_readers_are_served_while_a_rebuild_runs(recorded: Recorded, models: ReadModels) -> None:
    """Until the swap the old rows answer, with their position."""
    recorded.collect(1, 2)
    before = catch_up(recorded.log, models, noticing)
    old = dumped(models)
    recorded.collect(3)
    seen: list[Position] = []

    def watching(component: Sequence[Entry], governance: Governance) -> Rows:
        with recorded.models() as other, other.reading() as reading:
            seen.append(reading.position)
        assert dumped(models) == old
        return noticing(component, governance)

    rebuild(recorded.log, models, watching)
    assert set(seen) == {before}
    assert models_size(models) == recorded.node.store.size()


def test_a_reader_sees_one_position_to_its_end(recorded: Recorded, models: ReadModels) -> None:
    """A swap or a batch in the middle of a reading changes nothing that it sees."""
    recorded.collect(1, 2)
    catch_up(recorded.log, models, noticing)
    count = select(func.count()).select_from(record_states)
    for follow in (run_catch_up, run_rebuild):
        recorded.collect(7, 8)
        with recorded.models() as other:
            thread = threading.Thread(target=follow, args=(recorded, other))
            with models.reading() as (connection, position):
                first = connection.execute(count).scalar_one()
                thread.start()
                thread.join(1.0)  # on one store it waits for this reading to end
                assert connection.execute(count).scalar_one() == first
                again = connection.execute(select(record_states)).all()
            thread.join(20)
        assert len(again) == first
        assert position.size < models_size(models)


def test_several_follow_at_once(recorded: Recorded, place: Place, tmp_path: Path) -> None:
    """Four that catch up while entries come, one of them rebuilding, do each other no harm."""
    recorded.collect(1)
    with recorded.models() as first:
        catch_up(recorded.log, first, noticing)
    failures: list[BaseException] = []
    end = threading.Event()

    def follow(run: Run) -> None:
        try:
            with recorded.models() as models:
                while not end.is_set():
                    run(recorded, models)
        except Exception as error:  # noqa: BLE001 - told by the test
            failures.append(error)

    runs: list[Run] = [run_catch_up, run_catch_up, run_catch_up, run_rebuild]
    threads = [threading.Thread(target=follow, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    chance = random.Random(5)
    for _ in range(25):
        recorded.collect(*(chance.randrange(9) for _ in range(3)))
    recorded.adopt()
    recorded.collect(1, 2)
    end.set()
    for thread in threads:
        thread.join(60)
    assert failures == []
    with recorded.models() as models:
        assert run_catch_up(recorded, models).size == recorded.node.store.size()
        assert dumped(models) == anew(recorded, tmp_path)


# -- what cannot be read ------------------------------------------------------------------


def row(place: Place, index: int) -> str:
    return f"{place.id} = {index + 1}"


TAMPERINGS: dict[str, Callable[[Place, int], str]] = {
    "payload": lambda place, index: (
        "UPDATE entries SET state = "
        + ("'{}'::bytea" if place.is_postgres else "CAST('{}' AS BLOB)")
        + f" WHERE {row(place, index)}"
    ),
    "stream": lambda place, index: (
        "UPDATE entries SET originator_id = 'access/00000000-0000-0000-0000-000000000000' "
        f"WHERE {row(place, index)}"
    ),
    "no stream": lambda place, index: (
        f"UPDATE entries SET originator_id = 'zzz' WHERE {row(place, index)}"
    ),
    "seq": lambda place, index: (
        f"UPDATE entries SET originator_version = 77 WHERE {row(place, index)}"
    ),
    "type": lambda place, index: (
        f"UPDATE entries SET topic = 'SubjectOpened:1' WHERE {row(place, index)}"
    ),
    "instant": lambda place, index: (
        f"UPDATE entries SET recorded_at = recorded_at - 1 WHERE {row(place, index)}"
    ),
    "removed": lambda place, index: f"DELETE FROM entries WHERE {row(place, index)}",
}


@pytest.mark.parametrize("run", [run_catch_up, run_rebuild])
@pytest.mark.parametrize("kind", TAMPERINGS)
def test_an_entry_that_cannot_be_read_stops_the_projection(
    recorded: Recorded, models: ReadModels, place: Place, tmp_path: Path, *, kind: str, run: Run
) -> None:
    """The position stays below it and says which and why; nothing behind it is projected."""
    recorded.collect(1, 2)
    catch_up(recorded.log, models, noticing)
    recorded.collect(3)
    at = recorded.node.store.size() + 1
    recorded.collect(1, 2, 4)
    recorded.collect(5, 1)
    whole = anew(recorded, tmp_path, at)
    place.drop_triggers()
    place.execute(TAMPERINGS[kind](place, at))
    position = run(recorded, models)
    assert position.stopped is not None
    assert (position.size, position.stopped.index) == (at, at)
    assert position.stopped.reason
    assert position == models.position()
    assert dumped(models) == whole
    assert run(recorded, models) == position


@pytest.mark.parametrize("rebuilds", [False, True])
def test_an_entry_that_nothing_follows_from_stops_it(
    recorded: Recorded, models: ReadModels, tmp_path: Path, rebuilds: bool
) -> None:
    """An entry that can be read, and whose consequences cannot be told, is not passed over."""
    recorded.collect(1, 2)
    catch_up(recorded.log, models, noticing)
    at = recorded.node.store.size() + 1
    recorded.collect(3, 1, 4)
    whole = anew(recorded, tmp_path, at)

    def baffled(component: Sequence[Entry], governance: Governance) -> Rows:
        if any(entry.index == at for entry in component):
            raise NotDerived(index=at, reason="a riddle")
        return noticing(component, governance)

    follow = rebuild if rebuilds else catch_up
    position = follow(recorded.log, models, baffled)
    assert (position.size, position.stopped) == (at, Stopped(at, "a riddle"))
    assert dumped(models) == whole
    assert catch_up(recorded.log, models, noticing).size == recorded.node.store.size()


def test_what_is_mended_is_followed_again(
    recorded: Recorded, models: ReadModels, place: Place, tmp_path: Path
) -> None:
    """When the entry can be read again, the projection goes on to the end."""
    recorded.collect(1, 2)
    at = recorded.node.store.size() - 1
    recorded.collect(3)
    place.drop_triggers()
    place.execute(f"UPDATE entries SET recorded_at = recorded_at - 1 WHERE {row(place, at)}")
    assert catch_up(recorded.log, models, noticing).size == at
    place.execute(f"UPDATE entries SET recorded_at = recorded_at + 1 WHERE {row(place, at)}")
    position = catch_up(recorded.log, models, noticing)
    assert (position.size, position.stopped) == (recorded.node.store.size(), None)
    assert dumped(models) == anew(recorded, tmp_path)


def test_a_governing_entry_that_nobody_signed_stops_it_too(
    recorded: Recorded, models: ReadModels, place: Place
) -> None:
    """What governs is verified by its signature."""
    recorded.collect(1)
    catch_up(recorded.log, models, noticing)
    at = recorded.node.store.size()
    recorded.adopt()
    recorded.collect(2)
    place.drop_triggers()
    other = "'\\x00'::bytea" if place.is_postgres else "x'00'"
    place.execute(f"UPDATE entries SET signature = {other} WHERE {row(place, at)}")
    for run in (run_catch_up, run_rebuild, run_catch_up):
        position = run(recorded, models)
        assert position.stopped is not None
        assert (position.size, position.stopped.index) == (at, at)


def test_an_older_entry_that_became_unreadable_stops_what_needs_it(
    recorded: Recorded, models: ReadModels, place: Place
) -> None:
    """A batch that would need it ends before the first entry that does; a rebuild before it."""
    recorded.collect(1)
    old = recorded.node.store.size() - 1
    catch_up(recorded.log, models, noticing)
    recorded.collect(2)
    needs = recorded.node.store.size()
    recorded.collect(1)
    place.drop_triggers()
    place.execute(f"UPDATE entries SET recorded_at = recorded_at - 1 WHERE {row(place, old)}")
    position = catch_up(recorded.log, models, noticing)
    assert position.stopped is not None
    assert (position.size, position.stopped.index) == (needs, old)
    assert [fault.index for fault in check(recorded.log, models, noticing).faults] == [old]
    assert rebuild(recorded.log, models, noticing).size == old


# -- read models of something else ---------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    ["store_id = 'another'", "tables_version = 0", "fold_version = 0", "digest = 'ab'"],
)
def test_read_models_of_something_else_are_rebuilt(
    recorded: Recorded, models: ReadModels, tmp_path: Path, change: str
) -> None:
    """Of another store, another program, another log: all is made anew, without being asked."""
    recorded.collect(1, 2)
    catch_up(recorded.log, models, noticing)
    execute(models, "DELETE FROM record_states")
    execute(models, f"UPDATE position SET {change}")
    catch_up(recorded.log, models, noticing)
    assert dumped(models) == anew(recorded, tmp_path)


def test_tables_of_another_shape_are_made_anew(
    recorded: Recorded, models: ReadModels, tmp_path: Path
) -> None:
    """Whatever lies where the read models belong is replaced, tables that nobody knows, too."""
    recorded.collect(1)
    catch_up(recorded.log, models, noticing)
    execute(models, "DROP TABLE periods")
    execute(models, "CREATE TABLE periods_of_old (x integer)")
    execute(models, "DROP TABLE position")
    with recorded.models() as again:
        catch_up(recorded.log, again, noticing)
        assert dumped(again) == anew(recorded, tmp_path)
        with pytest.raises(ReadModelsUnusable, match="periods_of_old"):
            execute(again, "SELECT * FROM periods_of_old")


def logged(models: ReadModels) -> set[str]:
    """The tables that outlive a crash of a server that forgets the others."""
    with models._transaction(writes=False) as connection:
        if connection.dialect.name != "postgresql":
            pytest.skip("a file is as it was at a commit, whatever crashes")
        kept = connection.exec_driver_sql(
            "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE nspname = current_schema() AND relkind = 'r' AND relpersistence <> 'u'"
        )
        return set(kept.scalars())


def test_no_position_outlives_its_rows(
    recorded: Recorded, models: ReadModels, tmp_path: Path
) -> None:
    """A crash of the server empties all tables or none: those that an earlier program made to
    outlive it are made anew."""
    recorded.collect(1)
    catch_up(recorded.log, models, noticing)
    assert logged(models) == set()
    execute(models, "ALTER TABLE position SET LOGGED")
    with recorded.models() as again:
        assert again.position() is None
        assert logged(again) == set()
        catch_up(recorded.log, again, noticing)
        assert dumped(again) == anew(recorded, tmp_path)


# -- check -----------------------------------------------------------------------------------


EDITS = {
    "edited": "UPDATE record_states SET state = 'expired' WHERE record = '{record}'",
    "removed": "DELETE FROM record_states WHERE record = '{record}'",
    "doubled": "INSERT INTO record_states SELECT * FROM record_states WHERE record = '{record}'",
    "moved": "UPDATE record_states SET subject = '!' WHERE record = '{record}'",
    "behind": "UPDATE record_states SET subject = 'zz' WHERE record = '{record}'",
}


@pytest.mark.parametrize("kind", EDITS)
def test_check_names_a_row_changed_by_hand(
    recorded: Recorded, models: ReadModels, kind: str
) -> None:
    """An edited, removed, doubled or misplaced row is told with table, key and both values."""
    recorded.collect(1, 2, 3)
    catch_up(recorded.log, models, noticing)
    report = check(recorded.log, models, noticing)
    assert report.ok
    assert report.rows == sum(map(len, dumped(models).values()))
    record = f"{2:032x}"
    record = f"{record[:8]}-{record[8:12]}-{record[12:16]}-{record[16:20]}-{record[20:]}"
    execute(models, EDITS[kind].format(record=record))
    report = check(recorded.log, models, noticing)
    assert not report.ok
    assert {each.table for each in report.differences} == {"record_states"}
    assert all(each.key["record"] == record for each in report.differences)
    told = [(each.stored is None, each.rebuilt is None) for each in report.differences]
    expected = {
        "edited": [(False, False)],
        "removed": [(True, False)],
        "doubled": [(False, True)],
        "moved": [(False, True), (True, False)],
        "behind": [(False, True), (True, False)],
    }[kind]
    assert sorted(told) == sorted(expected)
    if kind == "edited":
        stored, rebuilt = report.differences[0].stored, report.differences[0].rebuilt
        assert stored is not None
        assert rebuilt is not None
        assert (stored["state"], rebuilt["state"]) == ("expired", "valid")


BENT = {
    "a blob": ("UPDATE record_states SET state = CAST('valid' AS blob)", "x'76616c6964'"),
    "no UTF-8": ("UPDATE record_states SET state = CAST(x'ff41' AS text)", "x'ff41'"),
}


@pytest.mark.parametrize("kind", BENT)
def test_check_names_a_value_that_is_no_text(
    recorded: Recorded, models: ReadModels, kind: str
) -> None:
    """Bytes in a column of texts are a difference, told as hex; they end nothing."""
    if models.place.file is None:
        pytest.skip("PostgreSQL keeps the type of a column")
    recorded.collect(1, 2)
    catch_up(recorded.log, models, noticing)
    execute(models, BENT[kind][0])
    report = check(recorded.log, models, noticing)
    assert [each.table for each in report.differences] == ["record_states"] * 2
    told = [each.stored["state"] for each in report.differences if each.stored is not None]
    assert told == [BENT[kind][1]] * 2


SHAPES = {
    "a column more": (("ALTER TABLE periods ADD COLUMN x text",), "periods"),
    "a table less": (("DROP TABLE periods",), "periods"),
    "a view": (
        ("ALTER TABLE periods RENAME TO hidden", "CREATE VIEW periods AS SELECT * FROM hidden"),
        "periods",
    ),
    "a view of its own": (("CREATE VIEW looks AS SELECT * FROM periods",), "looks"),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_check_names_a_table_of_another_shape(
    recorded: Recorded, models: ReadModels, tmp_path: Path, kind: str
) -> None:
    """Other columns, a table that is gone, a view: named by a check, healed by a rebuild."""
    recorded.collect(1, 2)
    catch_up(recorded.log, models, noticing)
    statements, name = SHAPES[kind]
    for statement in statements:
        execute(models, statement)
    report = check(recorded.log, models, noticing)
    assert not report.ok
    assert {each.table for each in report.differences} == {name}
    rebuild(recorded.log, models, noticing)
    assert check(recorded.log, models, noticing).ok
    assert dumped(models) == anew(recorded, tmp_path)


def test_a_trigger_is_named_and_dropped(recorded: Recorded, models: ReadModels) -> None:
    """What would change what is written is found by a check, and gone after a rebuild."""
    recorded.collect(1, 2)
    catch_up(recorded.log, models, noticing)
    does = "BEGIN DELETE FROM periods; END"
    if models.place.file is None:
        does = "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    for table in ("sources", "position"):
        execute(models, f"CREATE TRIGGER on_{table} BEFORE UPDATE ON {table} {does}")
    report = check(recorded.log, models, noticing)
    assert {each.table for each in report.differences} == {"on_sources", "on_position"}
    rebuild(recorded.log, models, noticing)
    assert check(recorded.log, models, noticing).ok


def test_check_counts_what_it_does_not_name(recorded: Recorded, models: ReadModels) -> None:
    """However many rows differ, the report is bounded and the count is true."""
    recorded.collect(*range(700), *range(700))
    catch_up(recorded.log, models, noticing)
    execute(models, "UPDATE record_states SET item = 'other'")
    report = check(recorded.log, models, noticing)
    assert len(report.differences) == 1_000
    assert report.omitted == 400


def test_every_table_has_a_place_in_a_check() -> None:
    """Each table files its rows by subject first, which is what ranges divide."""
    assert {table.c.keys()[0] for table in TABLES.values()} == {"subject"}
