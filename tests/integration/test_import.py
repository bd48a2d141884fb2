"""``import`` and ``submission sign``: what goes in, what comes back, and as which JSON."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from ledger import bootstrap
from ledger.bulk import Conflicts, InlineWriter, Transaction
from ledger.intake import importer
from scripts import _sample
from tests.integration.driving import Founded, call
from tests.integration.material import (
    OFFICER,
    OTHER_FIRM,
    OTHER_SUPPLIER,
    REGISTRAR,
    SUPPLIER,
    about,
    by,
    collect,
    firm,
    import_file,
    only,
    penalties,
    supplied,
    write,
)

LATER = ("--at", "2026-06-01T10:00:00+08:00")
BAD_ROWS = 13 * _sample.BAD_ONE_IN
"""So many rows that every kind of bad row is among them."""

KEYS = {"rows", "accepted", "already_recorded", "rejected", "rejects_file"}


def _told(ended: object) -> list[tuple[int, str]]:
    return [(each["row"], each["reason"]) for each in ended]  # type: ignore[attr-defined]


def _reader(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _rewrite(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


# -- what goes in and what comes back --------------------------------------------------


def test_every_row_is_recorded_or_comes_back(simulated: Founded, tmp_path: Path) -> None:
    """Exactly the bad rows come back, with row (the header is 1) and reason; exit 3."""
    before = simulated.size()
    sample = penalties(BAD_ROWS, bad=True)
    path = write(tmp_path / "in.csv", sample)
    done = import_file(simulated, path, *LATER)
    assert done.code == 3, done.err
    answer = done.json
    assert set(answer) == KEYS
    assert all(set(each) == {"row", "reason", "message"} for each in answer["rejected"])
    assert all(each["message"].strip() for each in answer["rejected"])
    assert _told(answer["rejected"]) == list(sample.rejected)
    assert (answer["rows"], answer["already_recorded"]) == (len(sample.rows), 0)
    assert answer["accepted"] == sample.accepted
    assert answer["rejects_file"] == f"{path}.rejects.csv"
    types = simulated.types()
    assert types.count("RecordCollected") == sample.accepted
    assert set(types[before:]) == {"SubjectOpened", "RecordCollected"}
    assert simulated.call("audit", "--json").json["ok"]


def test_importing_a_file_again_adds_nothing(simulated: Founded, tmp_path: Path) -> None:
    """All rows are told as already recorded, the same ones rejected; no entry is written."""
    sample = penalties(BAD_ROWS, bad=True)
    path = write(tmp_path / "in.csv", sample)
    first = import_file(simulated, path, *LATER).json
    size = simulated.size()
    again = import_file(simulated, path, *LATER)
    assert again.code == 3
    assert again.json == first | {"accepted": 0, "already_recorded": first["accepted"]}
    assert simulated.size() == size


def test_a_file_without_fault_ends_with_0_and_no_rejects_file(
    simulated: Founded, tmp_path: Path
) -> None:
    """``rejects_file`` is null and none is made, licences as well as penalties."""
    sample = supplied(_sample.licences(20, bad=False))
    path = tmp_path / "licences.csv"
    _sample.write_csv(path, sample, "gb18030")
    done = import_file(simulated, path, *LATER)
    assert (done.code, done.err) == (0, "")
    assert done.json == {
        "rows": 20, "accepted": 20, "already_recorded": 0, "rejected": [], "rejects_file": None,
    }  # fmt: skip
    assert sorted(each.name for each in tmp_path.iterdir()) == ["home", "licences.csv"]


def test_a_mended_rejects_file_is_imported_under_its_own_rows(
    simulated: Founded, tmp_path: Path
) -> None:
    """Same columns plus row number, reason, message; mended and imported, its rows go in."""
    sample = penalties(BAD_ROWS, bad=True)
    path = write(tmp_path / "in.csv", sample)
    before = import_file(simulated, path, "--rejects", tmp_path / "mine.csv", *LATER).json
    assert before["rejects_file"] == str(tmp_path / "mine.csv")
    assert not path.with_name("in.csv.rejects.csv").exists()
    rows = _reader(tmp_path / "mine.csv")
    own = len(_sample.header(sample))
    names = list(rows[0])
    assert names[:own] == _sample.header(sample)
    assert len(names) == own + 3
    assert [(int(row[names[own]]), row[names[own + 1]]) for row in rows] == list(sample.rejected)
    date_at = next(n for n in names if n.startswith("处罚决定日期"))
    mended = [row for row in rows if row[names[own + 1]] in ("bad_date", "date_in_future")]
    for row in mended:
        row[date_at] = "2025-03-01"
    _rewrite(tmp_path / "mine.csv", rows)
    done = import_file(simulated, tmp_path / "mine.csv", *LATER)
    assert done.code == 3
    assert done.json["accepted"] == len(mended) > 0
    assert done.json["already_recorded"] == 1  # the duplicate says what its first row said
    assert len(done.json["rejected"]) == len(rows) - len(mended) - 1
    assert simulated.types().count("RecordCollected") == sample.accepted + len(mended)


def test_cells_that_begin_like_a_formula_are_neutralised_and_restored(
    embedded: Founded, tmp_path: Path
) -> None:
    """In CSV text is text: it is recorded as written, and guarded only in the rejects file."""
    row = about(penalties(20), "法人及非法人组织")[0]
    text = "=HYPERLINK(1)"
    good, bad = row | {"SY": text}, row | {"SY": text, "WSH": "另一号", "JDRQ": "2025-02-30"}
    path = write(tmp_path / "in.csv", only(penalties(20), [good, bad]))
    answer = import_file(embedded, path, *LATER).json
    assert (answer["accepted"], _told(answer["rejected"])) == (1, [(3, "bad_date")])
    rejects = Path(answer["rejects_file"])
    rows = _reader(rejects)
    cell = next(name for name, value in rows[0].items() if value.endswith(text))
    assert rows[0][cell] != text
    date_at = next(n for n in rows[0] if n.startswith("处罚决定日期"))
    rows[0][date_at] = "2025-03-01"
    _rewrite(rejects, rows)
    assert import_file(embedded, rejects, *LATER).json["accepted"] == 1
    shown = embedded.call("history", row["XDR_SHXYM"], *OFFICER, "--json").json
    narratives = [
        each["details"]["narrative"]
        for each in shown["entries"]
        if each["type"] == "RecordCollected"
    ]
    assert len(narratives) == 2
    assert all(text in narrative.values() for narrative in narratives)


def test_a_document_recorded_with_other_content_is_a_conflict(
    simulated: Founded, tmp_path: Path
) -> None:
    """The same document saying something else is rejected, whoever supplies it."""
    row = about(penalties(20), "法人及非法人组织")[0]
    base = penalties(20)
    assert import_file(simulated, write(tmp_path / "a.csv", only(base, [row])), *LATER).code == 0
    other = row | {"SY": "另一事实"}
    done = import_file(simulated, write(tmp_path / "b.csv", only(base, [other])), *LATER)
    assert (done.code, _told(done.json["rejected"])) == (3, [(2, "conflicts_with_recorded")])
    theirs = supplied(only(base, [row]), OTHER_SUPPLIER)
    done = import_file(
        simulated, write(tmp_path / "c.csv", theirs), *LATER, supplier=OTHER_SUPPLIER
    )
    assert (done.code, _told(done.json["rejected"])) == (3, [(2, "conflicts_with_recorded")])
    assert simulated.types().count("RecordCollected") == 1


def test_a_document_is_known_under_the_corrected_code_of_its_subject(
    simulated: Founded, tmp_path: Path
) -> None:
    """Old and new code are one subject: the same row is already recorded under either, another
    content conflicts, and a command for it is refused."""
    base = penalties(20)
    row, fresh = about(base, "法人及非法人组织")[:2]
    old = row["XDR_SHXYM"]
    fresh |= {"XDR_SHXYM": OTHER_FIRM, "WSH": "示例〔2025〕另一号"}
    renamed = row | {"XDR_SHXYM": OTHER_FIRM}

    def told(name: str, *rows: dict[str, str]) -> tuple[int, int, list[tuple[int, str]]]:
        done = import_file(simulated, write(tmp_path / name, only(base, list(rows))), *LATER).json
        return done["accepted"], done["already_recorded"], _told(done["rejected"])

    assert told("a.csv", row) == (1, 0, [])
    subject = {"scheme": "uscc", "identifier": old}
    correction = {
        "command": "correct_identifier", "by": by(REGISTRAR), "subject": subject,
        "new_scheme": "uscc", "new_identifier": OTHER_FIRM, "reason": "重错码",
        "authority": "厦门示例信用中心", "at": LATER[1],
    }  # fmt: skip
    done = simulated.apply(tmp_path, [correction])
    assert done.code == 0, done.out
    assert told("b.csv", renamed) == (0, 1, [])
    assert told("c.csv", renamed | {"SY": "另一事实"}) == (0, 0, [(2, "conflicts_with_recorded")])
    assert told("d.csv", fresh) == (1, 0, [])
    assert told("e.csv", fresh | {"XDR_SHXYM": old}, row) == (0, 2, [])
    both = [row | {"WSH": "示例〔2025〕两码号", "XDR_SHXYM": code} for code in (old, OTHER_FIRM)]
    assert told("f.csv", *both) == (1, 0, [(3, "conflicts_with_recorded")])
    again = collect(
        1, subject=subject, document_number=fresh["WSH"], decided_on="2025-03-01", at=LATER[1],
        organ=fresh["CFJGDM"], publish_until=None,
    )  # fmt: skip
    refused = simulated.apply(tmp_path, [again]).json["refused"]
    assert [each["error"] for each in refused] == ["already_recorded"]
    assert simulated.types().count("RecordCollected") == 3
    assert simulated.call("audit", "--json").json["ok"]


class LateWriter(InlineWriter):
    """Writes as late as a process of its own may: when it is asked what became of it."""

    _handed_over: Transaction | None = None

    def submit(self, transaction: Transaction) -> None:
        self._handed_over = transaction

    def collect(self) -> Conflicts:
        assert self._handed_over is not None
        super().submit(self._handed_over)
        return super().collect()


def test_rows_wait_for_a_transaction_that_writes_the_other_code_of_their_subject(
    simulated: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same document under both codes, in two transactions that follow each other."""
    monkeypatch.setattr(importer, "CHUNK", 1)
    monkeypatch.setattr(bootstrap, "InlineWriter", LateWriter)
    base = penalties(20)
    row = about(base, "法人及非法人组织")[0]
    correction = {
        "command": "correct_identifier", "by": by(REGISTRAR), "subject": firm(row["XDR_SHXYM"]),
        "new_scheme": "uscc", "new_identifier": OTHER_FIRM, "reason": "重错码",
        "authority": "厦门示例信用中心", "at": LATER[1],
    }  # fmt: skip
    rows = [row, row | {"XDR_SHXYM": OTHER_FIRM}]
    one, two = (write(tmp_path / f"{i}.csv", only(base, each)) for i, each in enumerate(
        ([row], [each | {"WSH": "示例〔2025〕两码号"} for each in rows])
    ))  # fmt: skip
    assert import_file(simulated, one, *LATER).code == 0
    assert simulated.apply(tmp_path, [correction]).code == 0
    done = import_file(simulated, two, *LATER).json
    assert (done["accepted"], done["already_recorded"], done["rejected"]) == (1, 1, [])


def test_what_a_row_leads_to(embedded: Founded, tmp_path: Path) -> None:
    """Kind by the code's prefix; organisations public, persons authorised and unpublished;
    the earlier end of publication; the manifest and the row in the header of each entry."""
    before = embedded.size()
    sample = penalties(60)
    rows = about(sample, "法人及非法人组织")[:1] + about(sample, "自然人")[:1]
    rows += about(sample, "个体工商户")[:1]
    path = write(tmp_path / "in.csv", only(sample, rows))
    assert import_file(embedded, path, *LATER).code == 0
    with embedded.opened() as node:
        entries = [json.loads(stored.state) for stored in node.store.scan(before)]
        manifests = dict(node.store.manifests())
    kinds = [e["facts"]["kind"] for e in entries if e["type"] == "SubjectOpened"]
    assert kinds == ["legal_person", "natural_person", "sole_trader"]
    records = [e for e in entries if e["type"] == "RecordCollected"]
    assert [e["facts"]["publicity"] for e in records] == ["public", "authorised", "public"]
    assert "publish_until" not in records[1]["facts"]
    assert [e["submission"]["row"] for e in records] == [2, 3, 4]
    digests = {e["submission"]["manifest"] for e in records}
    assert len(digests) == 1
    assert digests <= set(manifests)
    assert {e["facts"]["attested_by"] for e in records} == {"registrar"}
    assert {e["actor"]["operator"] for e in records} == {"op-7"}


# -- who may --------------------------------------------------------------------------


@pytest.mark.parametrize("code", [OTHER_FIRM, REGISTRAR])
def test_a_body_that_may_not_supply_is_refused(
    simulated: Founded, tmp_path: Path, code: str
) -> None:
    """Unknown, or without the role of a supplier: exit 3 and nothing is written."""
    path = write(tmp_path / "in.csv", supplied(penalties(3), code))
    size = simulated.size()
    done = import_file(simulated, path, *LATER, supplier=code)
    assert (done.code, done.out) == (3, "")
    assert code in done.err
    assert simulated.size() == size
    assert not path.with_name("in.csv.rejects.csv").exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--supplier", SUPPLIER[:-1] + ("0" if SUPPLIER[-1] != "0" else "1"), "--operator", "op"),
        ("--supplier", SUPPLIER, "--operator", "张三"),
        ("--supplier", SUPPLIER, "--operator", ""),
        ("--supplier", SUPPLIER),
        ("--operator", "op"),
        ("--supplier", SUPPLIER, "--operator", "op", "--rejects", "/none/such/place.csv"),
        ("--supplier", SUPPLIER, "--operator", "op", "--submission", "/none/such.manifest"),
    ],
)
def test_what_import_cannot_use_is_usage(
    embedded: Founded, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Exit 2, nothing on standard output, nothing written."""
    path = write(tmp_path / "in.csv", penalties(3))
    size = embedded.size()
    done = embedded.call("import", path, *options)
    assert (done.code, done.out) == (2, ""), done.err
    assert embedded.size() == size


def test_a_real_clock_takes_no_instant(real: Founded, tmp_path: Path) -> None:
    """``--at`` on a node with a real clock is exit 2; without it the import runs."""
    path = write(tmp_path / "in.csv", penalties(3))
    size = real.size()
    assert import_file(real, path, *LATER).code == 2
    assert real.size() == size
    assert import_file(real, path).code == 0


def test_an_earlier_instant_is_refused(simulated: Founded, tmp_path: Path) -> None:
    """More than 5 s before the last entry is exit 3 and writes nothing; 5 s is carried on.

    The last entry is the commitment, a microsecond after the rows that it covers.
    """
    path = write(tmp_path / "in.csv", penalties(3))
    assert import_file(simulated, path, *LATER).code == 0
    size = simulated.size()
    other = write(tmp_path / "other.csv", penalties(3, 2))
    assert import_file(simulated, other, "--at", "2026-06-01T09:59:55+08:00").code == 3
    assert simulated.size() == size
    assert import_file(simulated, other, "--at", "2026-06-01T09:59:55.000001+08:00").code == 0
    with simulated.opened() as node:
        head = node.store.head()
    assert head is not None
    assert head.recorded_at.isoformat() == "2026-06-01T02:00:00.000003+00:00"


# -- signed submissions ------------------------------------------------------------------


@pytest.fixture
def key(simulated: Founded, tmp_path: Path) -> Path:
    """A key bound to ``SUPPLIER``."""
    path = tmp_path / "supplier.key"
    assert call("key", "new", "-o", path).code == 0
    done = simulated.call(
        "organisation", "admit", "--id", SUPPLIER, "--name", "示例", "--role", "supplier",
        "--key", f"{path}.pub",
    )  # fmt: skip
    assert done.code == 0, done.err
    return path


def _sign(path: Path, key: Path, supplier: str = SUPPLIER) -> Path:
    manifest = path.with_name(path.name + ".manifest")
    done = call("submission", "sign", path, "--supplier", supplier, "--key", key, "-o", manifest)
    assert done.code == 0, done.err
    return manifest


def test_a_manifest_never_replaces_what_it_is_made_from(tmp_path: Path, key: Path) -> None:
    """The file, the key, a folder and a pipe are refused as its place, and stay as they are."""
    path = write(tmp_path / "in.csv", penalties(2))
    os.mkfifo(tmp_path / "pipe")
    before = path.read_bytes(), key.read_bytes()
    for place in (path, key, tmp_path, tmp_path / "pipe"):
        done = call("submission", "sign", path, "--supplier", SUPPLIER, "--key", key, "-o", place)
        assert (done.code, done.out) == (2, ""), place
    assert (path.read_bytes(), key.read_bytes()) == before
    assert (tmp_path / "pipe").is_fifo()


def test_a_signed_submission_is_the_suppliers_own_word(
    simulated: Founded, tmp_path: Path, key: Path
) -> None:
    """The records say that the supplier attested them, and the log stays verifiable."""
    sample = penalties(BAD_ROWS, bad=True)
    path = write(tmp_path / "in.csv", sample)
    done = import_file(simulated, path, "--submission", _sign(path, key), *LATER)
    assert done.json["accepted"] == sample.accepted, done.err
    with simulated.opened() as node:
        states = [json.loads(s.state) for s in node.store.scan() if "RecordColl" in s.topic]
    assert {state["facts"]["attested_by"] for state in states} == {"supplier"}
    assert simulated.call("audit", "--json").json["ok"]


def test_salts_of_a_submission_are_drawn_anew(tmp_path: Path) -> None:
    """Two manifests of one file share no commitment, so none can be compared with another."""
    path = write(tmp_path / "in.csv", penalties(5))
    assert call("key", "new", "-o", tmp_path / "k").code == 0
    seen = [_sign(path, tmp_path / "k").read_bytes() for _ in range(2)]
    one, two = (set(json.loads(json.dumps(_manifest(data)))["rows"]) for data in seen)
    assert len(one) == len(two) == 5
    assert not one & two


def _manifest(data: bytes) -> dict[str, object]:
    from ledger.signing.submission import parse_manifest_file

    found = json.loads(parse_manifest_file(data).envelope.payload)
    assert isinstance(found, dict)
    return found


def _changed_file(path: Path, manifest: Path, key: Path) -> tuple[Path, Path, str]:
    path.write_bytes(path.read_bytes().replace("示例".encode(), "例示".encode(), 1))
    return path, manifest, SUPPLIER


def _unbound_key(path: Path, manifest: Path, key: Path) -> tuple[Path, Path, str]:
    other = key.with_name("other.key")
    assert call("key", "new", "-o", other).code == 0
    return path, _sign(path, other), SUPPLIER


def _another_supplier(path: Path, manifest: Path, key: Path) -> tuple[Path, Path, str]:
    return path, manifest, OTHER_SUPPLIER


def _signed_for_another(path: Path, manifest: Path, key: Path) -> tuple[Path, Path, str]:
    return path, _sign(path, key, OTHER_SUPPLIER), SUPPLIER


def _another_file(path: Path, manifest: Path, key: Path) -> tuple[Path, Path, str]:
    return write(path.with_name("b.csv"), penalties(5, 2)), manifest, SUPPLIER


def _damaged(path: Path, manifest: Path, key: Path) -> tuple[Path, Path, str]:
    manifest.write_bytes(manifest.read_bytes()[:-20])
    return path, manifest, SUPPLIER


def _no_manifest(path: Path, manifest: Path, key: Path) -> tuple[Path, Path, str]:
    return path, path, SUPPLIER


def _one_salt_changed(path: Path, manifest: Path, key: Path) -> tuple[Path, Path, str]:
    document = json.loads(manifest.read_bytes())
    salts = document["salts"]
    salts[0], salts[1] = salts[1], salts[0]
    manifest.write_text(json.dumps(document, separators=(",", ":"), sort_keys=True))
    return path, manifest, SUPPLIER


@pytest.mark.parametrize(
    "spoil",
    [
        _changed_file, _unbound_key, _another_supplier, _signed_for_another, _another_file,
        _damaged, _no_manifest, _one_salt_changed,
    ],
)  # fmt: skip
def test_a_manifest_that_does_not_vouch_for_the_file_is_unusable(
    simulated: Founded, tmp_path: Path, key: Path, spoil: object
) -> None:
    """File changed, wrong or unbound key, another supplier, wrong salts: exit 2, no entry."""
    path = write(tmp_path / "in.csv", penalties(5))
    given, manifest, supplier = spoil(path, _sign(path, key), key)  # type: ignore[operator]
    size = simulated.size()
    done = import_file(simulated, given, "--submission", manifest, *LATER, supplier=supplier)
    assert (done.code, done.out) == (2, ""), done.err
    assert simulated.size() == size
    assert not list(tmp_path.glob("*.rejects.csv"))


def test_signing_needs_a_key_a_file_and_a_place(embedded: Founded, tmp_path: Path) -> None:
    """A node's own key, a public half, a missing file or folder: exit 2 and no manifest."""
    path = write(tmp_path / "in.csv", penalties(3))
    key = tmp_path / "k"
    assert call("key", "new", "-o", key).code == 0
    out = tmp_path / "m"
    for file, with_key, to in (
        (path, embedded.home / "keys" / "node.key", out),
        (path, tmp_path / "k.pub", out),
        (tmp_path / "none.csv", key, out),
        (path, tmp_path / "none.key", out),
        (path, key, tmp_path / "none" / "m"),
    ):
        done = call("submission", "sign", file, "--supplier", SUPPLIER, "--key", with_key, "-o", to)
        assert (done.code, done.out) == (2, ""), done.err
    assert not out.exists()


# -- for people ---------------------------------------------------------------------------


def test_a_person_reads_counts_reasons_and_where_the_rejects_are(
    embedded: Founded, tmp_path: Path
) -> None:
    """Without ``--json`` the same facts come as tables; columns not kept are named."""
    sample = penalties(_sample.BAD_ONE_IN, bad=True)
    path = write(tmp_path / "in.csv", sample)
    done = embedded.call("import", path, "--supplier", SUPPLIER, "--operator", "op", *LATER)
    assert done.code == 3
    assert str(len(sample.rows)) in done.out
    assert "missing_required" in done.out
    assert f"{path}.rejects.csv" in done.out
