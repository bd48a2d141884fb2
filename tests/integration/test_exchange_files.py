"""Messages between nodes as files: late, twice, in another order, lost, or not good."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from ledger.log.forks import forks
from ledger.signing.dsse import Envelope
from tests.contract.postgres import database
from tests.integration.conftest import STORES
from tests.integration.driving import Ended, Founded, call
from tests.integration.region import (
    BUILDER,
    FIRM,
    FUNDS,
    OPERATOR,
    PROCURER,
    REGISTRAR,
    REVIEWERS,
    SUPPLIER,
    City,
    at,
    delivered,
    found_region,
    line,
    taken,
)
from tests.integration.region_case import collected, disclosed, imposed, objected, reported

Two = tuple[City, City]


@pytest.fixture(params=STORES)
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Two]:
    """Two cities on either store, and R1 at the first."""
    with ExitStack() as opened:
        place = None
        if request.param == "postgres":
            place = opened.enter_context(database(request.getfixturevalue("postgres_url")))
        cities = found_region(tmp_path, ("xiamen", "zhangzhou"), place)
        collected(cities["xiamen"])
        yield cities["xiamen"], cities["zhangzhou"]


ON_SQLITE = pytest.mark.parametrize("two", ["sqlite"], indirect=True)
"""What the test does past the program, it does to a file."""


def rejected(xiamen: City) -> None:
    """The objection was unfounded: the record is confirmed."""
    xiamen.apply(
        line(
            "answer_objection",
            SUPPLIER,
            "03-25",
            objection="@O1",
            finding="confirmed",
            answered_on="2026-03-25",
        ),
        line(
            "decide_objection",
            REVIEWERS["xiamen"],
            "03-26",
            objection="@O1",
            outcome="rejected",
            decided_on="2026-03-26",
        ),
    )


def changed(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The message with another payload under the old signature."""
    envelope = Envelope.from_json(path.read_bytes().rstrip(), max_bytes=1 << 26)
    payload = json.loads(envelope.payload)
    change(payload)
    value = envelope.to_value()
    from ledger.signing import base64text
    from ledger.signing.canonical import canonical

    value["payload"] = base64text.encode(canonical(payload))
    other = path.with_suffix(".changed.json")
    other.write_text(json.dumps(value))
    return other


# -- twice, late, lost ------------------------------------------------------------------


def test_a_second_delivery_has_no_effect_and_the_same_receipt(two: Two) -> None:
    """The same bytes again: duplicate, nothing written, the very same receipt."""
    xiamen, zhangzhou = two
    bundle = xiamen.send("zhangzhou", "03-10", "@R1")
    first = taken(zhangzhou, bundle, "03-10")
    receipt = Path(first["replies"][0]).read_bytes()
    size = zhangzhou.node.size()
    again = zhangzhou.receive(bundle, "03-20")
    assert (again.code, again.json["verdict"]) == (0, "duplicate")
    assert again.json["records"][0]["verdict"] == "accepted"
    assert Path(again.json["replies"][0]).read_bytes() == receipt
    assert zhangzhou.node.size() == size


def test_a_bundle_that_was_lost_is_had_again(two: Two) -> None:
    """Until it is answered, the outbox gives the very file; then no more."""
    xiamen, zhangzhou = two
    bundle = xiamen.send("zhangzhou", "03-10", "@R1")
    content = bundle.read_bytes()
    bundle.unlink()
    (again,) = xiamen.outbox("03-11")
    assert again.read_bytes() == content
    told = taken(zhangzhou, again, "03-11")
    taken(xiamen, Path(told["replies"][0]), "03-11")
    assert xiamen.outbox("03-12") == []


def test_a_bundle_that_cannot_be_written_is_not_sent(two: Two) -> None:
    """A place that cannot be written is told before anything is recorded."""
    xiamen, _ = two
    size = xiamen.node.size()
    done = xiamen.node.call(
        "exchange", "send", "--to", "zhangzhou", "--record", "@R1", *OPERATOR, "--purpose", "p",
        "--basis", "b", "--labels", xiamen.labels, "--at", at("03-10"),
        "-o", xiamen.folder / "missing" / "bundle.json",
    )  # fmt: skip
    assert done.code != 0
    assert xiamen.node.size() == size


def test_bundles_in_another_order_are_taken_in(two: Two) -> None:
    """The second arrives first; both have their effect, and the log is one history."""
    xiamen, zhangzhou = two
    first = xiamen.send("zhangzhou", "03-10", "@R1")
    second = xiamen.send("zhangzhou", "03-11", "@R1")
    assert taken(zhangzhou, second, "03-12")["records"][0]["verdict"] == "accepted"
    assert taken(zhangzhou, first, "03-13")["records"][0]["verdict"] == "held_already"


def test_a_notice_that_comes_before_its_record(two: Two) -> None:
    """It is kept, answered ``not_held``, and counts in the transaction that brings the record;
    the origin gives it anew as soon as it learns that the record was taken in late."""
    xiamen, zhangzhou = two
    bundle = xiamen.send("zhangzhou", "03-10", "@R1")
    objected(xiamen)
    (_, notice) = xiamen.outbox("03-20")
    early = taken(zhangzhou, notice, "03-21")
    assert early["records"][0]["verdict"] == "not_held"
    (answer,) = zhangzhou.outbox("03-21")
    taken(xiamen, answer, "03-21")
    assert xiamen.outstanding("2026-03-21T12:00:00Z") == []
    told = taken(zhangzhou, bundle, "03-22")
    types = zhangzhou.node.types()
    assert types[types.index("RecordReceived") + 1] == "NoticeReceived"
    taken(xiamen, Path(told["replies"][0]), "03-22")
    (again,) = xiamen.outstanding("2026-03-22T12:00:00Z")
    assert (again["act"], again["state"]) == ("objection", "waiting")
    delivered(zhangzhou, xiamen, "03-22")
    delivered(xiamen, zhangzhou, "03-23")
    delivered(zhangzhou, xiamen, "03-23")
    assert xiamen.outstanding("2026-03-23T12:00:00Z") == []
    assert xiamen.outbox("03-24") == zhangzhou.outbox("03-24") == []


def test_an_answer_is_owed_until_it_is_receipted(two: Two) -> None:
    """What says the same is known already; a later report of an enforcer is owed anew."""
    xiamen, zhangzhou = two
    disclosed(xiamen, (zhangzhou,))
    zhangzhou.apply(
        imposed(BUILDER, "03-12", "limit_bidding", "@xiamen/R1", "S2"),
        reported(BUILDER, "03-12", "@S2", "applied"),
    )
    objected(xiamen)
    (notice,) = xiamen.outbox("03-20")
    taken(zhangzhou, notice, "03-23")
    (answer,) = zhangzhou.outbox("03-23")
    lost = taken(xiamen, answer, "03-23")
    (again,) = zhangzhou.outbox("03-24")
    repeated = xiamen.receive(again, "03-24")
    assert (repeated.code, repeated.json["verdict"]) == (0, "duplicate")
    assert repeated.json["replies"] != []
    taken(zhangzhou, Path(lost["replies"][0]), "03-24")
    assert zhangzhou.outbox("03-25") == []
    zhangzhou.apply(reported(BUILDER, "03-26", "@S2", "suspended"))
    (status,) = zhangzhou.outbox("03-26")
    assert taken(xiamen, status, "03-26")["kind"] == "enforcement-status"
    assert xiamen.outstanding("2026-03-26T12:00:00Z") == []


def test_a_second_notice_is_a_duplicate(two: Two) -> None:
    """A notice made again for the same act changes nothing more."""
    xiamen, zhangzhou = two
    disclosed(xiamen, (zhangzhou,))
    objected(xiamen)
    (notice,) = xiamen.outbox("03-20")
    taken(zhangzhou, notice, "03-21")
    xiamen.apply(reported(PROCURER, "03-21", "@S1", "suspended"))
    (again,) = xiamen.outbox("03-22")
    size = zhangzhou.node.size()
    done = zhangzhou.receive(again, "03-22")
    assert (done.code, done.json["verdict"]) == (0, "duplicate")
    assert zhangzhou.node.size() == size


# -- acts ------------------------------------------------------------------------------


def test_a_confirmed_record_can_bear_again(two: Two) -> None:
    """The confirmation travels; resuming is then a command of the bodies there."""
    xiamen, zhangzhou = two
    disclosed(xiamen, (zhangzhou,))
    zhangzhou.apply(imposed(BUILDER, "03-12", "limit_bidding", "@xiamen/R1", "S2"))
    objected(xiamen)
    delivered(xiamen, zhangzhou, "03-23")
    delivered(zhangzhou, xiamen, "03-23")
    rejected(xiamen)
    (told,) = delivered(xiamen, zhangzhou, "03-27")
    assert told["effects"] == []
    status = zhangzhou.node.call(
        "status", FIRM, "--valid-at", "2026-03-28", *OPERATOR, "--purpose", "p", "--basis", "b",
        "--at", at("03-28"), "--json",
    ).json  # fmt: skip
    assert [one["state"] for one in status["records"]] == ["valid"]
    delivered(zhangzhou, xiamen, "03-28")
    assert xiamen.outstanding("2026-03-28T12:00:00Z") == []


def test_a_record_passes_through_hops_and_so_does_its_correction(tmp_path: Path) -> None:
    """xiamen to zhangzhou to quanzhou: every signature intact, and the loop closes with the last."""
    cities = found_region(tmp_path)
    xiamen, zhangzhou, quanzhou = (cities[name] for name in ("xiamen", "zhangzhou", "quanzhou"))
    collected(xiamen)
    disclosed(xiamen, (zhangzhou,))
    bundle = zhangzhou.send("quanzhou", "03-11", "@xiamen/R1")
    taken(quanzhou, bundle, "03-11")
    quanzhou.apply(
        imposed(FUNDS, "03-16", "limit_fiscal_funds", "@zhangzhou/xiamen/R1", "S3"),
        reported(FUNDS, "03-16", "@S3", "applied"),
    )
    objected(xiamen)
    delivered(xiamen, zhangzhou, "03-23")
    (told,) = [
        taken(quanzhou, path, "03-24")
        for path in zhangzhou.outbox("03-23", "quanzhou")
        if ".notice." in path.name
    ]
    assert told["effects"] == [{"sanction": quanzhou.label("S3"), "effect": "suspended"}]
    delivered(zhangzhou, xiamen, "03-24")
    (open_,) = xiamen.outstanding("2026-03-24T12:00:00Z")
    assert open_["state"] == "onward_open"
    quanzhou.apply(reported(FUNDS, "03-30", "@S3", "suspended"))
    delivered(quanzhou, zhangzhou, "03-30")
    delivered(zhangzhou, xiamen, "03-31")
    assert xiamen.outstanding("2026-03-31T12:00:00Z") == []


def test_a_notice_given_up_stays_listed(two: Two) -> None:
    """Nobody waits any more, and it is no longer sent; it is listed all the same."""
    xiamen, zhangzhou = two
    disclosed(xiamen, (zhangzhou,))
    objected(xiamen)
    (open_,) = xiamen.outstanding("2026-03-26T12:00:00Z")
    assert open_["state"] == "unconfirmed"
    done = xiamen.node.call(
        "exchange",
        "close",
        open_["notice"],
        *OPERATOR,
        "--reason",
        "站点已撤销",
        "--at",
        at("03-27"),
    )
    assert done.code == 0, done.err
    (closed,) = xiamen.outstanding("2026-03-27T12:00:00Z")
    assert closed["state"] == "given_up"
    assert xiamen.outbox("03-28") == []
    again = xiamen.node.call(
        "exchange", "close", open_["notice"], *OPERATOR, "--reason", "再次", "--at", at("03-29")
    )
    assert again.code == 3


# -- what is not taken in ---------------------------------------------------------------


def refused(city: City, path: Path, day: str, verdict: str, reason: str) -> dict[str, Any]:
    """A message without effect: one entry says so, and a signed refusal is the answer."""
    before = city.node.types()
    done = city.receive(path, day)
    assert done.code == 3, done.out
    told: dict[str, Any] = done.json
    assert (told["verdict"], told["reason"]) == (verdict, reason)
    assert city.node.types()[len(before) :] == ["MessageRefused"]
    again = city.receive(path, day)
    assert again.json["replies"] == told["replies"]
    assert city.node.types()[len(before) :] == ["MessageRefused"]
    kept = (city.node.home / "quarantine" / f"{told['digest']}.json").exists()
    assert kept == (verdict == "quarantined")
    return told


def test_an_expired_bundle_is_refused(two: Two) -> None:
    """After its day it is refused, and the refusal is entered at the sender."""
    xiamen, zhangzhou = two
    bundle = xiamen.send("zhangzhou", "03-10", "@R1", options=("--expires", at("03-12")))
    told = refused(zhangzhou, bundle, "03-12", "refused", "message_expired")
    taken(xiamen, Path(told["replies"][0]), "03-12")
    assert xiamen.outbox("03-12") == []
    assert xiamen.node.types()[-2:] == ["DisclosureReceipted", "MessageReceived"]


def test_a_bundle_from_the_future_is_kept(two: Two) -> None:
    """Up to five seconds ahead is drift; more is looked at again when its time has come."""
    xiamen, zhangzhou = two
    bundle = xiamen.send("zhangzhou", "03-10", "@R1")
    early = zhangzhou.folder / "early.json"
    early.write_bytes(bundle.read_bytes())
    refused(zhangzhou, early, "03-09", "quarantined", "issued_ahead")
    told = taken(zhangzhou, early, "03-10")
    kept = zhangzhou.node.home / "quarantine" / f"{told['digest']}.json"
    assert not kept.exists()


def test_a_bundle_for_another_node_is_refused(tmp_path: Path) -> None:
    """Only its recipient acts on it."""
    cities = found_region(tmp_path)
    collected(cities["xiamen"])
    bundle = cities["xiamen"].send("quanzhou", "03-10", "@R1")
    refused(cities["zhangzhou"], bundle, "03-10", "refused", "wrong_recipient")


def test_a_changed_bundle_is_refused(two: Two) -> None:
    """Whatever was changed, the signature fails."""
    xiamen, zhangzhou = two
    bundle = xiamen.send("zhangzhou", "03-10", "@R1")
    other = changed(bundle, lambda value: value.update(purpose="其他"))
    refused(zhangzhou, other, "03-10", "refused", "signature_fails")


def test_what_is_no_message_is_refused(two: Two) -> None:
    """Bytes of any kind end with a verdict and a refusal to nobody."""
    _, zhangzhou = two
    junk = zhangzhou.folder / "junk"
    junk.write_bytes(b'{"payload":"e30=","payload":"e30="}')
    told = refused(zhangzhou, junk, "03-10", "refused", "malformed")
    assert told["kind"] is None


def test_a_key_of_nobody_is_kept(two: Two, tmp_path: Path) -> None:
    """Signed under a key that the list does not have: it may be listed later."""
    _, zhangzhou = two
    other = tmp_path / "other"
    other.mkdir()
    stranger = found_region(other, ("xiamen", "zhangzhou"))["xiamen"]
    collected(stranger)
    bundle = stranger.send("zhangzhou", "03-10", "@R1")
    refused(zhangzhou, bundle, "03-10", "quarantined", "unknown_key")


@pytest.fixture
def copied(two: Two) -> City:
    """The first city's home as it was, to be written on by somebody else."""
    xiamen, _ = two
    home = xiamen.folder / "copied"
    shutil.copytree(xiamen.node.home, home)
    (home / "labels.json").write_bytes(xiamen.labels.read_bytes())
    return City(Founded(home, "xiamen"), home)


@ON_SQLITE
def test_an_origin_with_two_histories_is_found_out(two: Two, copied: City) -> None:
    """Two checkpoints of one size and two roots: the second is kept apart, with the evidence."""
    xiamen, zhangzhou = two
    xiamen.apply(reported(PROCURER, "03-10", "@S1", "applied"))
    copied.apply(reported(PROCURER, "03-10", "@S1", "suspended"))
    taken(zhangzhou, xiamen.send("zhangzhou", "03-11", "@R1"), "03-11")
    forked = copied.send("zhangzhou", "03-11", "@R1")
    refused(zhangzhou, forked, "03-12", "quarantined", "origin_forked")
    with zhangzhou.node.opened() as node:
        assert len(forks(node.store)) == 1


@ON_SQLITE
def test_a_later_bundle_shows_that_the_log_began_otherwise(two: Two, copied: City) -> None:
    """The proof from the last checkpoint sent leads to another root than the one that came."""
    xiamen, zhangzhou = two
    xiamen.apply(reported(PROCURER, "03-10", "@S1", "applied"))
    copied.apply(reported(PROCURER, "03-10", "@S1", "suspended"))
    taken(zhangzhou, xiamen.send("zhangzhou", "03-11", "@R1"), "03-11")
    copied.send("zhangzhou", "03-11", "@R1")
    forked = copied.send("zhangzhou", "03-12", "@R1")
    refused(zhangzhou, forked, "03-12", "quarantined", "origin_forked")
    with zhangzhou.node.opened() as node:
        assert len(forks(node.store)) == 1


@ON_SQLITE
def test_the_fork_is_found_when_the_earlier_bundle_comes_last(two: Two, copied: City) -> None:
    """The second of the copy was taken in; the first of the other does not lead to it."""
    xiamen, zhangzhou = two
    xiamen.apply(reported(PROCURER, "03-10", "@S1", "applied"))
    copied.apply(reported(PROCURER, "03-10", "@S1", "suspended"))
    copied.send("zhangzhou", "03-11", "@R1")
    taken(zhangzhou, copied.send("zhangzhou", "03-12", "@R1"), "03-12")
    forked = xiamen.send("zhangzhou", "03-11", "@R1")
    refused(zhangzhou, forked, "03-12", "quarantined", "origin_forked")
    with zhangzhou.node.opened() as node:
        assert len(forks(node.store)) == 1


@ON_SQLITE
def test_a_number_counts_once(two: Two, copied: City) -> None:
    """Another bundle under a number that came before is refused."""
    xiamen, zhangzhou = two
    taken(zhangzhou, xiamen.send("zhangzhou", "03-11", "@R1"), "03-11")
    copied.apply(reported(PROCURER, "03-10", "@S1", "suspended"))
    other = copied.send("zhangzhou", "03-11", "@R1")
    refused(zhangzhou, other, "03-12", "refused", "sequence_reused")


def test_nothing_is_sent_or_taken_in_without_a_trust_list(tmp_path: Path) -> None:
    """Nobody's word counts by itself."""
    from tests.integration.region import found_city

    alone = found_city(tmp_path, "xiamen")
    collected(alone)
    done = alone.node.call(
        "exchange", "send", "--to", "zhangzhou", "--record", "@R1", *OPERATOR, "--purpose", "p",
        "--basis", "b", "--labels", alone.labels, "--at", at("03-10"),
        "-o", alone.folder / "bundle.json", "--json",
    )  # fmt: skip
    assert done.code == 3
    assert "trust list" in done.err
    assert not (alone.folder / "bundle.json").exists()


def test_an_expired_list_stops_what_is_new_and_no_correction(two: Two) -> None:
    """After its last day no bundle is sent or taken in; notices and answers go on."""
    xiamen, zhangzhou = two
    disclosed(xiamen, (zhangzhou,))
    late = xiamen.send(
        "zhangzhou", "03-11", "@R1", options=("--expires", "2028-01-01T00:00:00+08:00")
    )
    objected(xiamen)
    after = "2027-03-02T10:00:00+08:00"
    options = (*OPERATOR, "--out", zhangzhou.folder / "replies", "--at", after, "--json")
    new = zhangzhou.node.call("exchange", "receive", late, *options)
    assert (new.code, new.json["reason"]) == (3, "list_expired")
    sent = xiamen.node.call(
        "exchange", "outbox", "--out", xiamen.folder / "outbox", "--at", after, "--json"
    )
    assert "expired" in sent.err
    notices = [one for one in sent.json["messages"] if one["kind"] == "notice"]
    (path,) = [one["path"] for one in notices]
    done = zhangzhou.node.call("exchange", "receive", path, *options)
    assert (done.code, done.json["verdict"]) == (0, "accepted")
    refused_ = xiamen.node.call(
        "exchange", "send", "--to", "zhangzhou", "--record", "@R1", *OPERATOR, "--purpose", "p",
        "--basis", "b", "--labels", xiamen.labels, "--at", after, "-o", xiamen.folder / "b.json",
    )  # fmt: skip
    assert refused_.code == 3


def test_a_disputed_record_is_not_sent(two: Two) -> None:
    """What an objection holds in dispute is corrected or confirmed first."""
    xiamen, _ = two
    objected(xiamen)
    done = xiamen.node.call(
        "exchange", "send", "--to", "zhangzhou", "--record", "@R1", *OPERATOR, "--purpose", "p",
        "--basis", "b", "--labels", xiamen.labels, "--at", at("03-21"),
        "-o", xiamen.folder / "b.json",
    )  # fmt: skip
    assert done.code == 3
    assert "disputed" in done.err


# -- erasure, and who holds against it ----------------------------------------------------


@pytest.mark.parametrize("is_held", [False, True])
def test_an_erasure_travels_unless_a_hold_keeps_it(two: Two, is_held: bool) -> None:
    """The record's data keys are destroyed there too; under a hold the answer is ``unable``."""
    xiamen, zhangzhou = two
    xiamen.apply(
        line(
            "collect_record",
            SUPPLIER,
            "03-10",
            subject={"scheme": "uscc", "identifier": FIRM},
            item="administrative_penalty",
            supplier=SUPPLIER,
            document_number="厦门示监处罚〔2026〕18号",
            decided_on="2026-02-27",
            legal_basis="《示例法》第一条",
            tier="general",
            sealed={"narrative": "示例情节"},
        )
        | {"as": "R2"}
    )
    bundle = xiamen.send("zhangzhou", "03-10", "@R2", options=("--disclose", "narrative"))
    (receipt,) = taken(zhangzhou, bundle, "03-10")["replies"]
    taken(xiamen, Path(receipt), "03-10")
    if is_held:
        reviewer = REVIEWERS["zhangzhou"]
        zhangzhou.apply(
            line("place_hold", reviewer, "03-11", records=["@xiamen/R2"], basis="示例")
            | {"subject": {"scheme": "uscc", "identifier": FIRM}}
        )
    xiamen.apply(
        line("erase_personal_data", REGISTRAR, "03-12", basis="示例", records=["@R2"])
        | {"subject": {"scheme": "uscc", "identifier": FIRM}}
    )
    (notice,) = xiamen.outbox("03-12")
    taken(zhangzhou, notice, "03-13")
    with zhangzhou.node.opened() as node:
        living = node.data_keys.living([f"record:{zhangzhou.label('xiamen/R2')}"])
        assert bool(living) == is_held
    (answer,) = zhangzhou.outbox("03-13")
    told = taken(xiamen, answer, "03-13")
    assert told["records"][0]["verdict"] == ("unable" if is_held else "applied")
    assert zhangzhou.node.call("audit", "--json").json["ok"]


# -- told to a person ---------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh-CN", "zh-TW"])
def test_every_command_tells_a_person_what_it_did(two: Two, language: str) -> None:
    """Without --json there are sentences, in the language that was asked for."""
    xiamen, zhangzhou = two
    bundle = xiamen.folder / "b.json"

    def run_(city: City, *arguments: str | Path) -> Ended:
        words = ("exchange", *map(str, arguments), "--home", str(city.node.home))
        return call("--lang", language, *words)

    sent = run_(
        xiamen, "send", "--to", "zhangzhou", "--record", "@R1", *OPERATOR, "--purpose", "p",
        "--basis", "b", "--labels", xiamen.labels, "--at", at("03-10"), "-o", bundle,
    )  # fmt: skip
    assert "b.json" in sent.out
    into = ("--out", zhangzhou.folder / "replies")
    got = run_(zhangzhou, "receive", bundle, *OPERATOR, *into, "--at", at("03-10"))
    assert got.code == 0, got.err
    assert "xiamen.receipt." in got.out
    junk = zhangzhou.folder / "junk"
    junk.write_bytes(b"{}")
    bad = run_(zhangzhou, "receive", junk, *OPERATOR, *into, "--at", at("03-10"))
    assert (bad.code, "malformed" in bad.out) == (3, True)
    assert "None" not in bad.out
    objected(xiamen)
    owed = run_(xiamen, "outbox", "--out", xiamen.folder / "outbox", "--at", at("03-20"))
    assert "zhangzhou.notice." in owed.out
    listed = run_(xiamen, "outstanding", "--known-at", "2026-03-20T12:00:00Z")
    assert {"en": "objection", "zh-CN": "异议", "zh-TW": "異議"}[language] in listed.out
    assert ("suspend" in listed.out) is (language == "en")
    (notice,) = [one["notice"] for one in xiamen.outstanding("2026-03-20T12:00:00Z")]
    closed = run_(xiamen, "close", notice, *OPERATOR, "--reason", "示例", "--at", at("03-21"))
    assert notice in closed.out
    nothing = run_(zhangzhou, "outstanding")
    assert nothing.code == 0
    assert len(nothing.out) > 5


@ON_SQLITE
@pytest.mark.parametrize("content", [None, b"{}"])
def test_the_audit_finds_a_message_that_is_not_kept_as_it_came(
    two: Two, content: bytes | None
) -> None:
    """Removed or altered past the program: the entries that name it are faults."""
    xiamen, zhangzhou = two
    disclosed(xiamen, (zhangzhou,))
    with closing(sqlite3.connect(xiamen.node.home / "ledger.sqlite")) as store, store:
        for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            store.execute(f"DROP TRIGGER {name}")
        digest = xiamen.sent[0]["bundle"]
        if content is None:
            store.execute("DELETE FROM manifests WHERE digest = ?", [digest])
        else:
            store.execute("UPDATE manifests SET envelope = ? WHERE digest = ?", [content, digest])
    done = xiamen.node.call("audit", "--json")
    assert done.code == 1
    assert "missing_message" in {fault["kind"] for fault in done.json["faults"]}
