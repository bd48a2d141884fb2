"""The writing process of a bulk import, and what it tells its parent."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from ledger import bootstrap
from ledger.bulk import BulkWriterFailed, Transaction, WriterProcess
from ledger.commands.lines import MalformedLine
from ledger.commands.phrases import why
from ledger.home import Settings
from ledger.storage.errors import StoreBusy, VersionConflict
from ledger.storage.port import Guard
from tests.integration.driving import Founded
from tests.integration.material import about, import_file, only, penalties, write


def test_a_bulk_import_stores_what_a_small_one_stores(
    real: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same file gives the same counts, entries and a clean audit from either writer."""
    monkeypatch.setattr(bootstrap, "BULK_BYTES", 1_000)
    sample = penalties(1_300, bad=True)
    path = write(tmp_path / "bulk.csv", sample)
    told = import_file(real, path)
    assert told.code == 3, told.err
    assert told.json["accepted"] == sample.accepted
    assert {(r["row"], r["reason"]) for r in told.json["rejected"]} == set(sample.rejected)
    assert real.call("audit", "--json").json["ok"]
    size = real.size()
    again = import_file(real, path).json
    assert (again["accepted"], again["already_recorded"]) == (0, sample.accepted)
    assert real.size() == size


def test_rows_of_one_subject_wait_for_each_other(
    real: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A subject whose rows fill several transactions loses none and doubles none."""
    monkeypatch.setattr(bootstrap, "BULK_BYTES", 1_000)
    sample = penalties(1_200)
    firms = about(sample, "法人及非法人组织")
    same = {code: firms[0][code] for code in ("XDR_MC", "XDR_LB", "XDR_SHXYM")}
    rows = [{**row, **same} if number % 2 else row for number, row in enumerate(firms)]
    path = write(tmp_path / "one.csv", only(sample, rows))
    told = import_file(real, path)
    assert told.json["rejected"] == []
    assert told.json["accepted"] == len(rows)
    assert real.call("audit", "--json").json["ok"]


def test_an_error_of_the_writing_process_reaches_the_parent(tmp_path: Path) -> None:
    """What the writer raises is raised where the bulk is decided, with its own type."""
    task = bootstrap.WriterTask(
        url=f"sqlite://{tmp_path}/none.sqlite",
        node="xiamen",
        seed=bytes(32),
        data_keys=tmp_path / "none",
        wrap_key=bytes(32),
        clock="real",
        home=tmp_path,
        settings=Settings(node="xiamen", store="none", clock="real", store_id="none"),
    )
    with WriterProcess("ledger.bulk_process", task) as writer:
        writer.submit(Transaction([], Guard(), ()))
        with pytest.raises(Exception, match=r"none\.sqlite") as caught:
            writer.collect()
    assert type(caught.value).__name__ == "NoStoreYet"


def test_a_writing_process_that_ends_is_told() -> None:
    """No answer is never taken for success."""
    with WriterProcess("this", None) as writer:  # prints its poem, and ends
        assert writer._process is not None
        writer._process.wait()
        with pytest.raises(BulkWriterFailed):
            writer.submit(Transaction([], Guard(), ()))


@pytest.mark.parametrize(
    "error",
    [
        VersionConflict(frozenset({"subject/1"})),
        StoreBusy(store="x", seconds=3, reason="locked"),
        MalformedLine(why=why("object")),
        BulkWriterFailed(reason="x"),
    ],
)
def test_errors_pass_between_processes(error: Exception) -> None:
    """Type, code, sentence and what a caller reads of it survive."""
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - made on the line itself
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
