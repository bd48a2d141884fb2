"""``rebuild`` and ``check`` from the command line."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.errors import ExitCode
from projections.models.place import FILE
from tests.integration.driving import Founded, call
from tests.integration.material import OFFICER, SUPPLIER, admit_all, at, collect
from tests.integration.test_history import CASE

ROOT = Path(__file__).parents[2]
LOOK = ("--operator", "op-9", "--purpose", "核查", "--basis", "示例法第三条")


@pytest.fixture
def filled(simulated: Founded, tmp_path: Path) -> Founded:
    done = simulated.apply(tmp_path, [collect(n, at=at("03-02")) for n in (1, 2, 3)])
    assert done.code == 0, done.err
    return simulated


def test_a_rebuild_leads_to_the_end_of_the_log(filled: Founded) -> None:
    """The position is the size of the log, and a check of it finds nothing."""
    size = filled.tree_size()
    done = filled.call("rebuild", "--json")
    assert done.code == ExitCode.DONE, done.err
    assert done.json == {"tree_size": size, "position": size}
    report = filled.call("check", "--json")
    assert report.code == ExitCode.DONE
    assert (report.json["ok"], report.json["position"]) == (True, size)
    assert report.json["rows"] > 10
    assert str(size) in filled.call("rebuild").out
    assert filled.call("check").code == ExitCode.DONE


def test_a_check_without_read_models_makes_them_first(filled: Founded) -> None:
    """Where nobody has asked for a list yet, nothing is wrong."""
    done = filled.call("check", "--json")
    assert done.code == ExitCode.DONE, done.err
    assert (done.json["ok"], done.json["position"]) == (True, filled.tree_size())


@pytest.mark.parametrize("index", [0, 99_999])
def test_a_stop_that_cannot_be_is_named_and_healed(
    embedded: Founded, tmp_path: Path, index: int
) -> None:
    """A position that says it stopped where everything can be read: the next list goes on."""
    assert embedded.apply(tmp_path, [collect(1, at=at("03-02"))]).code == 0
    assert embedded.call("rebuild").code == ExitCode.DONE
    changed(embedded, f"UPDATE position SET stopped_index = {index}, stopped_reason = 'x'")
    done = embedded.call("check", "--json")
    assert done.code == ExitCode.CHECK_FAILED
    assert [each["table"] for each in done.json["differences"]] == ["position"]
    assert done.json["differences"][0]["stored"] == {"stopped_index": index}
    told = embedded.call("sanctions", "--json")
    assert "stopped" not in told.json
    assert embedded.call("check").code == ExitCode.DONE


def changed(node: Founded, statement: str) -> None:
    connection = sqlite3.connect(node.home / FILE)
    connection.executescript(statement)
    connection.close()


def test_a_check_names_what_was_changed_by_hand(embedded: Founded, tmp_path: Path) -> None:
    """Each row with its table, its key, what is stored and what the log gives; exit code 1."""
    assert embedded.apply(tmp_path, [collect(n, at=at("03-02")) for n in (1, 2)]).code == 0
    assert embedded.call("rebuild").code == 0
    changed(embedded, "UPDATE record_states SET state = 'repaired' WHERE rowid = 1")
    changed(embedded, "DELETE FROM sources WHERE rowid = 1")
    done = embedded.call("check", "--json")
    assert done.code == ExitCode.CHECK_FAILED
    edited, removed = sorted(done.json["differences"], key=lambda each: str(each["table"]))
    assert (edited["table"], removed["table"]) == ("record_states", "sources")
    assert edited["key"]["record"]
    assert edited["stored"]["state"] == "repaired"
    assert edited["rebuilt"] == edited["stored"] | {"state": "valid"}
    assert removed["stored"] is None
    assert removed["rebuilt"]["record"] == removed["key"]["record"]
    for told in (embedded.call("check"), call("--lang", "zh-CN", "check", "--home", embedded.home)):
        assert told.code == ExitCode.CHECK_FAILED
        assert "repaired" in told.out
        assert "record_states" in told.out
    assert embedded.call("rebuild").code == 0
    assert embedded.call("check").code == ExitCode.DONE


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("size", "'many'"),
        ("size", "-1"),
        ("digest", "x'ff00'"),
        ("tag", "x'ff00'"),
        ("stopped_index", "'x'"),
        ("stopped_reason", "x'ff00'"),
    ],
)
def test_a_position_that_is_none_is_made_anew(
    embedded: Founded, tmp_path: Path, column: str, value: str
) -> None:
    """A list, a check and a rebuild go on; nothing of what was written there leads to a trace."""
    assert embedded.apply(tmp_path, [collect(1, at=at("03-02"))]).code == 0
    for command in (("quality", "--json"), ("check",), ("rebuild",)):
        assert embedded.call("rebuild").code == 0
        changed(embedded, f"UPDATE position SET {column} = {value}")
        done = embedded.call(*command)
        assert done.code == 0, done.err
    assert embedded.call("check").code == ExitCode.DONE
    assert embedded.call("quality", "--json").json["suppliers"]


def test_both_say_where_the_projection_stopped(embedded: Founded, tmp_path: Path) -> None:
    """The entry that cannot be read, on standard error and in the answer."""
    assert embedded.apply(tmp_path, [collect(1, at=at("03-02"))]).code == 0
    size = embedded.tree_size()
    assert embedded.apply(tmp_path, [collect(2, at=at("03-03"))]).code == 0
    connection = sqlite3.connect(embedded.home / "ledger.sqlite")
    connection.execute("DROP TRIGGER entries_no_UPDATE")
    connection.execute("UPDATE entries SET topic = 'NoticeServed:1' WHERE rowid = ?", (size + 1,))
    connection.commit()
    connection.close()
    done = embedded.call("rebuild", "--json")
    assert done.code == ExitCode.CHECK_FAILED
    assert done.json["position"] == size
    assert done.json["stopped"]["index"] == size
    assert done.json["stopped"]["reason"]
    assert str(size) in done.err
    assert embedded.call("check").code == ExitCode.DONE


@pytest.mark.parametrize("where", [0, 4096])
def test_a_rebuild_heals_a_damaged_file(embedded: Founded, tmp_path: Path, where: int) -> None:
    """No database at all, or one with pages overwritten: a list names rebuild, which is enough."""
    assert embedded.apply(tmp_path, [collect(1, at=at("03-02"))]).code == 0
    assert embedded.call("rebuild").code == 0
    connection = sqlite3.connect(embedded.home / FILE)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    file = embedded.home / FILE
    whole = file.read_bytes()
    file.write_bytes(whole[:where] + b"garbage" * (len(whole[where:]) // 7))
    done = embedded.call("sanctions", "--json")
    assert done.code == ExitCode.USAGE
    assert "credit-ledger rebuild" in done.err
    assert embedded.call("rebuild").code == ExitCode.DONE
    assert embedded.call("check").code == ExitCode.DONE
    assert embedded.call("sanctions", "--json").code == ExitCode.DONE


@pytest.mark.parametrize("module", ["api", "api.cli.main"])
def test_both_modules_are_the_command_line(module: str) -> None:
    """Neither ends in silence."""
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], capture_output=True, check=True, cwd=ROOT
    )
    assert b"rebuild" in done.stdout


BROKEN = {
    "no JSON": "UPDATE publications SET because = '{'",
    "no list": "UPDATE publications SET because = '7'",
    "no text": "UPDATE record_states SET publicity = x'00'",
    "no day": "UPDATE sources SET decided_on = 'hello'",
    "no number": "UPDATE sources SET entry = x'07'",
    "no subject": "UPDATE sources SET subject = 'zz'",
    "no id": "UPDATE sources SET record = 'zz'; UPDATE record_states SET record = 'zz'",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_list_over_a_value_that_cannot_be_read_points_to_check(
    embedded: Founded, tmp_path: Path, kind: str
) -> None:
    """A broken cell ends a list with what to do, not as a failure of the program."""
    assert embedded.apply(tmp_path, [collect(1, at=at("03-02"))]).code == 0
    assert embedded.call("rebuild").code == 0
    changed(embedded, BROKEN[kind])
    # A blast radius reads what it shows; the entries behind a publication stand in its list.
    asked: tuple[str, ...] = ("affected", "--from", "2026-01-01")
    if "because" in BROKEN[kind]:
        asked = ("sanctions", "--publications")
    done = embedded.call(*asked, "--json", "--valid-at", "2026-03-03", *LOOK)
    assert done.code == ExitCode.USAGE, done.out
    assert "credit-ledger check" in done.err
    assert embedded.call("check").code == ExitCode.CHECK_FAILED
    assert embedded.call("rebuild").code == 0
    assert embedded.call("check").code == ExitCode.DONE


def test_a_state_that_is_none_points_to_check(embedded: Founded, tmp_path: Path) -> None:
    """What must be done about it cannot be told, and is not made up."""
    assert embedded.apply(tmp_path, CASE).code == 0
    assert embedded.call("rebuild").code == 0
    changed(embedded, "UPDATE sanction_states SET state = 'zz'")
    done = embedded.call("affected", "--supplier", SUPPLIER, "--json")
    assert done.code == ExitCode.USAGE
    assert "credit-ledger check" in done.err


@pytest.mark.parametrize("change", ["entry = 9007199254740992", "entry = -9223372036854775807"])
def test_a_number_that_no_answer_holds_points_to_check(
    embedded: Founded, tmp_path: Path, change: str
) -> None:
    """Whoever asks is not told to write amounts as texts, nor handed the number."""
    assert embedded.apply(tmp_path, CASE).code == 0
    assert embedded.call("rebuild").code == 0
    changed(embedded, f"UPDATE sources SET {change}")
    for reader in ((), OFFICER):
        done = embedded.call("affected", "--supplier", SUPPLIER, "--json", *reader)
        assert (done.code, done.out) == (ExitCode.USAGE, "")
        assert "credit-ledger check" in done.err
    changed(embedded, "UPDATE sources SET entry = 1, row = NULL")
    changed(embedded, "UPDATE sanction_states SET because = '[9007199254740992]'")
    done = embedded.call("sanctions", "--state", "wrongful", *OFFICER, "--json")
    assert done.code == ExitCode.USAGE
    assert "credit-ledger check" in done.err
    assert embedded.call("check").code == ExitCode.CHECK_FAILED


@pytest.mark.postgres
def test_tables_are_not_shared_between_nodes(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Two nodes in one database keep read models of their own."""
    url = request.getfixturevalue("postgres_url")
    nodes = []
    for number in (1, 2):
        name = f"{request.getfixturevalue('postgres_schema')}-{number}"
        home = tmp_path / str(number)
        assert call("init", "--home", home, "--node", name, "--store", url).code == 0
        nodes.append(Founded(home, name))
    for node in nodes:
        admit_all(node)
        assert node.call("rebuild", "--json").json["position"] == node.tree_size()
    assert all(node.call("check").code == 0 for node in nodes)
