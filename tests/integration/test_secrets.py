"""What must not be readable anywhere: sealed details, keys, identities of natural persons."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ledger.home import Home
from ledger.signing.passphrase import PassphraseSource
from tests.integration.conftest import found
from tests.integration.driving import PATIENCE, ROOT, Founded, environment, program
from tests.integration.material import (
    FIRM,
    FOUNDED_AT,
    OFFICER,
    PERSON,
    PERSON_NAME,
    REGISTRAR,
    about,
    admit_all,
    at,
    by,
    collect,
    import_file,
    only,
    penalties,
    person,
    write,
)

NARRATIVE = "示例叙述不得外泄"
PHRASE = "a passphrase that must never be seen"


def _hidden_in(rows: list[dict[str, str]]) -> set[str]:
    """Identities of natural persons in these rows, and names of those they are about."""
    numbers = {row.get(code, "") for row in rows for code in ("XDR_ZJHM", "FR_ZJHM")} - {""}
    names = {row["XDR_MC"] for row in rows if row["XDR_LB"] == "自然人"}
    return numbers | names


def _stored(request: pytest.FixtureRequest, node: Founded) -> Iterator[tuple[str, bytes]]:
    """Everything that the node keeps, as raw bytes; databases in full."""
    for path in sorted(node.home.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()
    with node.opened() as opened:
        if opened.store.url.startswith("postgresql"):
            url = request.getfixturevalue("postgres_url")
            with psycopg.connect(url) as server:
                for table in ("entries", "manifests"):
                    copy = f'COPY "{node.name}".{table} TO STDOUT (FORMAT binary)'
                    with server.cursor().copy(copy) as rows:
                        yield table, b"".join(bytes(block) for block in rows)


def test_nothing_sealed_lies_open(
    request: pytest.FixtureRequest, simulated: Founded, tmp_path: Path
) -> None:
    """Neither in the log and its write-ahead log, nor in data keys, settings or traces: no
    number or name of a natural person, no narrative, none of the node's secrets."""
    sample = penalties(60)
    rows = about(sample, "自然人")[:3] + about(sample, "法人及非法人组织")[:3]
    path = write(tmp_path / "in.csv", only(sample, rows))
    line = collect(1, subject=person(), publish_until=None, at=at("06-02"),
                   sealed={"narrative": {"facts": NARRATIVE}})  # fmt: skip
    keys = Home(simulated.home).read_keys(PassphraseSource.none())
    hidden = _hidden_in(rows) | {PERSON, PERSON_NAME, NARRATIVE}
    needles = [text.encode() for text in hidden]
    secrets = [key.secret for key in (keys.wrap, keys.node, keys.index)]
    seen = 0
    with simulated.opened():  # so that the write-ahead log stays
        assert import_file(simulated, path, "--at", at("06-01")).code == 0
        assert simulated.apply(tmp_path, [line]).code == 0
        assert simulated.call("history", PERSON, *OFFICER, "--json").code == 0
        stored = list(_stored(request, simulated))
    assert any(where.endswith(("-wal", "entries")) and data for where, data in stored)
    for where, data in stored:
        seen += len(data)
        for needle in needles:
            assert needle not in data, (where, needle.decode())
        if not where.endswith(".key"):
            assert not any(secret in data or secret.hex().encode() in data for secret in secrets)
    assert seen > 50_000


def test_the_public_answer_holds_nothing_sealed(simulated: Founded, tmp_path: Path) -> None:
    """About a firm with a published record: neither its narrative nor the number or name of its
    legal representative, in JSON or as text; an officer sees them."""
    sample = penalties(60)
    row = next(r for r in about(sample, "法人及非法人组织") if r["FR_ZJHM"])
    row["SY"] = NARRATIVE
    row["GSJZQ"], row["JDRQ"] = "2026-12-31", "2026-01-05"
    path = write(tmp_path / "in.csv", only(sample, [row]))
    assert import_file(simulated, path, "--at", at("06-01")).code == 0
    for options in ((), ("--json",)):
        public = _unfolded(simulated.call("history", row["XDR_SHXYM"], *options).out)
        officer = _unfolded(simulated.call("history", row["XDR_SHXYM"], *OFFICER, *options).out)
        assert row["WSH"] in public
        for text in (NARRATIVE, row["FR_ZJHM"], row["FRDB"]):
            assert text not in public
        assert NARRATIVE in officer
        assert row["FR_ZJHM"] in officer


def _unfolded(text: str) -> str:
    """Without the line breaks and borders of tables."""
    return "".join(text.replace("│", "").split())


@pytest.mark.parametrize("stream", ["history", "import", "apply"])
def test_messages_do_not_repeat_the_number_of_a_person(
    embedded: Founded, tmp_path: Path, stream: str
) -> None:
    """A mistyped resident number is masked wherever an error names it."""
    wrong = PERSON[:-1] + ("1" if PERSON[-1] != "1" else "2")
    if stream == "history":
        done = embedded.call("history", wrong, *OFFICER)
    elif stream == "apply":
        done = embedded.apply(tmp_path, [collect(1, subject=person(wrong))])
    else:
        sample = penalties(60)
        row = about(sample, "自然人")[0] | {"XDR_ZJHM": wrong}
        done = import_file(embedded, write(tmp_path / "in.csv", only(sample, [row])))
    assert done.code in (2, 3)
    for text in (wrong, wrong[6:14], PERSON_NAME):
        assert text not in done.out + done.err


def test_an_internal_error_does_not_spill_what_is_sealed(embedded: Founded, tmp_path: Path) -> None:
    """A failure while facts are made names the fault in the trace, never the value."""
    from ledger.events.subjects import SubjectOpened

    with pytest.raises(ValueError, match="SubjectOpened") as caught:
        SubjectOpened(kind="natural_person", scheme="resident_id", name=PERSON_NAME + "\x1b")
    assert PERSON_NAME not in str(caught.value)


def test_a_passphrase_is_nowhere_but_in_its_file(tmp_path: Path) -> None:
    """Not in the home, not in what the commands say; and the keys cannot be read without it."""
    from tests.integration.driving import call

    secret = tmp_path / "passphrase"
    secret.write_text(PHRASE)
    home = tmp_path / "home"
    made = call("init", "--home", home, "--node", "xiamen", "--passphrase-file", secret)
    node = Founded(home, "xiamen")
    told = node.call("audit", "--passphrase-file", secret)
    assert (made.code, told.code) == (0, 0)
    assert PHRASE not in made.out + made.err + told.out + told.err
    for path in home.rglob("*"):
        assert path.is_dir() or PHRASE.encode() not in path.read_bytes()
    for name in ("wrap", "node", "index"):
        text = json.loads((home / "keys" / f"{name}.key").read_bytes())
        assert "argon2id" in json.dumps(text)


def test_an_open_key_that_others_may_read_is_refused(embedded: Founded) -> None:
    """A key without a passphrase must be 0600: else exit 2 and what to do."""
    key = embedded.home / "keys" / "wrap.key"
    key.chmod(0o644)
    done = embedded.call("audit")
    assert done.code == 2
    assert "chmod 600" in done.err


def test_files_made_later_are_the_owners_too(embedded: Founded, tmp_path: Path) -> None:
    """Write-ahead log, queue files and rejects under an open umask."""
    import os

    old = os.umask(0)
    try:
        sample = penalties(_ROWS_WITH_BAD, bad=True)
        path = write(tmp_path / "in.csv", sample)
        assert embedded.process("import", path, "--supplier", sample.supplier, "--operator", "op",
                                "--at", at("06-01")).code == 3  # fmt: skip
    finally:
        os.umask(old)
    files = [path for path in embedded.home.rglob("*") if path.is_file()]
    files.append(path.with_name("in.csv.rejects.csv"))
    for each in files:
        if not each.name.endswith(".pub"):
            assert stat.S_IMODE(each.stat().st_mode) & 0o077 == 0, each


_ROWS_WITH_BAD = 100


def test_erased_details_are_unreadable_and_the_log_stays_clean(
    request: pytest.FixtureRequest, simulated: Founded, tmp_path: Path
) -> None:
    """After ``erase_personal_data`` an officer is told that they were erased; every signature,
    chain and commitment still verifies; the key is gone from the data key store."""
    line = collect(1, subject=person(), publish_until=None, **{"as": "R1"}, at=at("06-02"),
                   sealed={"narrative": {"facts": NARRATIVE}})  # fmt: skip
    labels = tmp_path / "labels.json"
    assert simulated.apply(tmp_path, [line], "--labels", labels).code == 0
    before = simulated.call("history", PERSON, *OFFICER, "--json").json
    assert NARRATIVE in json.dumps(before, ensure_ascii=False)
    erase = {
        "command": "erase_personal_data", "by": by(REGISTRAR), "subject": person(),
        "basis": "《示例法》第九条", "records": ["@R1"], "subject_itself": True,
    }  # fmt: skip
    done = simulated.apply(tmp_path, [erase], "--labels", labels)
    assert done.code == 0, done.out
    after = simulated.call("history", PERSON, *OFFICER, "--json")
    for text in (NARRATIVE, PERSON, PERSON_NAME):
        assert text not in after.out
    assert {each["why"] for each in after.json["masked"]} == {"erased"}
    then = simulated.call(
        "history", PERSON, *OFFICER, "--known-at", str(before["tree_size"]), "--json"
    )
    assert NARRATIVE not in then.out
    assert [e["facts"] for e in then.json["entries"]] == [e["facts"] for e in before["entries"]]
    assert then.json["records"] == before["records"]
    assert simulated.call("audit", "--json").json["ok"]


def test_a_look_is_in_the_log_before_its_answer_is_out(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """When the answer cannot be written (the reader is gone) the look is registered all the
    same; the entry exists when the first byte is read."""
    import subprocess

    node = found(request, tmp_path, "sqlite", "--simulated-clock", "--at", FOUNDED_AT)
    admit_all(node)
    assert node.apply(tmp_path, [collect(1)]).code == 0
    size = node.size()
    with subprocess.Popen(
        program("history", FIRM, "--home", node.home, *OFFICER, "--json"),
        cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        assert running.stdout.read(1) == b"{"
        assert node.size() == size + 1
        running.stdout.read()
        assert running.wait(PATIENCE) == 0
    with subprocess.Popen(
        program("history", FIRM, "--home", node.home, *OFFICER, "--json"),
        cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as gone:  # fmt: skip
        assert gone.stdout is not None
        assert gone.stderr is not None
        gone.stdout.close()
        assert b"Traceback" not in gone.stderr.read()
        gone.wait(PATIENCE)
    assert node.types()[size:] == ["SubjectQueried", "SubjectQueried"]


def test_a_store_that_cannot_be_written_gives_no_registered_answer(
    embedded: Founded, tmp_path: Path
) -> None:
    """With the append refused (the node's clock stands before the log's end), nothing is shown
    to the officer, while the public view, which writes nothing, is still given."""
    assert embedded.apply(tmp_path, [collect(1)]).code == 0
    copy = tmp_path / "copy"
    shutil.copytree(embedded.home, copy)
    settings = copy / "node.json"
    settings.write_text(settings.read_text().replace('"simulated"', '"real"'))
    node = Founded(copy, "xiamen")
    import sqlite3

    database = sqlite3.connect(copy / "ledger.sqlite")
    database.execute(
        "CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    )
    database.commit()
    database.close()
    done = node.call("history", FIRM, *OFFICER, "--json")
    assert done.code not in (0, 1)
    assert done.out == ""
    assert node.call("history", FIRM, "--json").code == 0
