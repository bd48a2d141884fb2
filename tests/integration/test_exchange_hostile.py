"""A partner that lies under its own good key: what it sends is signed, and believed no further."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger import bootstrap
from ledger.exchanging import Exchange
from ledger.signing import base64text
from ledger.signing.canonical import canonical
from ledger.signing.dsse import Envelope
from tests.integration.driving import call
from tests.integration.region import (
    OPERATOR,
    SUPPLIER,
    City,
    at,
    delivered,
    found_region,
    line,
    taken,
)
from tests.integration.region_case import collected, objected

ANOTHER_ID = "01a200d4-13a9-7850-9c30-ee23231d6d1c"
Cities = dict[str, City]


@pytest.fixture
def cities(tmp_path: Path) -> Cities:
    """Three cities, and R1 at the first."""
    found = found_region(tmp_path)
    collected(found["xiamen"])
    return found


def read(path: Path) -> Envelope:
    return Envelope.from_json(path.read_bytes().rstrip(), max_bytes=1 << 26)


def retold(city: City, path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The message with another payload, under the city's own good signature."""
    envelope = read(path)
    payload = json.loads(envelope.payload)
    change(payload)
    with city.node.opened() as node:
        made = Envelope.signed(node.signing_key, envelope.payload_type, canonical(payload))
    other = path.with_suffix(".retold.json")
    other.write_bytes(made.to_json())
    return other


def refused(city: City, path: Path, day: str, reason: str) -> dict[str, Any]:
    """Exit 3, one entry that says so, and nothing kept."""
    before = city.node.types()
    with city.node.opened() as node:
        kept = len(list(node.store.manifests()))
    done = city.receive(path, day)
    told: dict[str, Any] = done.json
    assert (done.code, told["verdict"], told["reason"]) == (3, "refused", reason)
    assert city.node.types()[len(before) :] == ["MessageRefused"]
    with city.node.opened() as node:
        assert len(list(node.store.manifests())) == kept
    return told


def test_a_notice_under_the_id_of_anothers_record_keeps_nothing_out(
    cities: Cities, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quanzhou withdraws a record of its own that bears the id of Xiamen's R1, which Zhangzhou
    does not hold yet: that is told of Quanzhou's record, and R1 is taken in as if it had not been.
    """
    xiamen, zhangzhou, quanzhou = (cities[name] for name in ("xiamen", "zhangzhou", "quanzhou"))
    bundle = xiamen.send("zhangzhou", "03-10", "@R1")
    admit = ("organisation", "admit", "--id", SUPPLIER, "--name", "示例", "--role", "supplier")
    assert quanzhou.node.call(*admit, "--from", "2020-01-01").code == 0
    ids, made = [xiamen.label("R1")], bootstrap.new_id
    monkeypatch.setattr(bootstrap, "new_id", lambda: ids.pop() if ids else made())
    collected_there(quanzhou)
    monkeypatch.setattr(bootstrap, "new_id", made)
    assert quanzhou.label("R1") == xiamen.label("R1")
    quanzhou.send("zhangzhou", "03-10", "@R1")
    quanzhou.apply(withdrawal())
    (_, notice) = quanzhou.outbox("03-11", "zhangzhou")
    assert taken(zhangzhou, notice, "03-11")["records"][0]["verdict"] == "not_held"
    told = taken(zhangzhou, bundle, "03-11")
    assert told["records"][0]["verdict"] == "accepted"
    assert "NoticeReceived" not in zhangzhou.node.types()


def collected_there(city: City) -> None:
    city.apply(
        line(
            "collect_record",
            SUPPLIER,
            "03-02",
            subject={
                "scheme": "uscc",
                "identifier": SUPPLIER,
                "kind": "government_body",
                "name": "示例",
            },
            item="administrative_penalty",
            supplier=SUPPLIER,
            document_number="泉示监处罚〔2026〕1号",
            decided_on="2026-02-27",
            legal_basis="《示例法》第一条",
            tier="general",
        )
        | {"as": "R1"}
    )


def withdrawal() -> dict[str, Any]:
    return line(
        "withdraw_record",
        SUPPLIER,
        "03-11",
        record="@R1",
        cause="duplicate",
        fault=SUPPLIER,
        effective="from_beginning",
    )


def test_who_said_that_it_has_a_record_cannot_unsay_it(cities: Cities) -> None:
    """``not_held`` after an acceptance closes nothing."""
    xiamen, zhangzhou = cities["xiamen"], cities["zhangzhou"]
    (receipt,) = taken(zhangzhou, xiamen.send("zhangzhou", "03-10", "@R1"), "03-10")["replies"]
    taken(xiamen, Path(receipt), "03-10")
    objected(xiamen)
    (notice,) = xiamen.outbox("03-20", "zhangzhou")
    taken(zhangzhou, notice, "03-20")
    (answer,) = zhangzhou.outbox("03-20")

    def unsay(payload: dict[str, Any]) -> None:
        payload.update(verdict="not_held", received_at=None, logs=[], statuses=[])

    taken(xiamen, retold(zhangzhou, answer, unsay), "03-20")
    (open_,) = xiamen.outstanding("2026-03-20T12:00:00Z")
    assert open_["state"] == "unconfirmed"
    taken(xiamen, answer, "03-21")
    assert xiamen.outstanding("2026-03-21T12:00:00Z") == []


def _renumbered(payload: dict[str, Any]) -> None:
    payload.update(id=ANOTHER_ID, sequence=7, previous="0" * 64)


@pytest.mark.parametrize(
    ("which", "change"),
    [
        (0, _renumbered),
        (1, lambda payload: payload.update(previous="0" * 64)),
        (1, lambda payload: payload["logs"][0].update(consistency=None)),
        (1, lambda payload: payload["logs"][0]["consistency"].update(size=5)),
    ],
    ids=["replayed", "another-before", "no-proof", "proof-from-elsewhere"],
)
def test_a_bundle_follows_the_one_before(
    cities: Cities, which: int, change: Callable[[dict[str, Any]], None]
) -> None:
    """Neither the same under another number, nor one that hides what became of the log since."""
    xiamen, zhangzhou = cities["xiamen"], cities["zhangzhou"]
    sent = [xiamen.send("zhangzhou", "03-10", "@R1"), xiamen.send("zhangzhou", "03-11", "@R1")]
    taken(zhangzhou, sent[0], "03-11")
    refused(zhangzhou, retold(xiamen, sent[which], change), "03-11", "bundle_out_of_chain")
    taken(zhangzhou, sent[1], "03-11")


def test_the_bundle_before_is_the_one_that_the_next_names(cities: Cities) -> None:
    """Where the next one came first, no other can take the place of the one it names."""
    xiamen, zhangzhou = cities["xiamen"], cities["zhangzhou"]
    first = xiamen.send("zhangzhou", "03-10", "@R1")
    taken(zhangzhou, xiamen.send("zhangzhou", "03-11", "@R1"), "03-11")
    other = retold(xiamen, first, lambda payload: payload.update(id=ANOTHER_ID))
    refused(zhangzhou, other, "03-11", "bundle_out_of_chain")
    taken(zhangzhou, first, "03-11")


@pytest.mark.parametrize("member", ["sig", "payloadType"])
def test_another_envelope_around_what_was_taken_in_is_no_duplicate(
    cities: Cities, member: str
) -> None:
    """The payload alone is nobody's word, also where it is known; the true bytes stay answered."""
    xiamen, zhangzhou = cities["xiamen"], cities["zhangzhou"]
    bundle = xiamen.send("zhangzhou", "03-10", "@R1")
    first = taken(zhangzhou, bundle, "03-10")
    value = json.loads(bundle.read_bytes())
    if member == "sig":
        value["signatures"][0]["sig"] = base64text.encode(b"0" * 64)
    else:
        value["payloadType"] = value["payloadType"].replace("bundle", "notice")
    forged = bundle.with_suffix(".forged.json")
    forged.write_text(json.dumps(value))
    refused(zhangzhou, forged, "03-10", "signature_fails")
    again = zhangzhou.receive(bundle, "03-10")
    assert (again.code, again.json["verdict"]) == (0, "duplicate")
    assert again.json["replies"] == first["replies"]


def test_a_second_good_signature_makes_no_second_message(cities: Cities) -> None:
    """The same payload under one more signature of its sender is the message that it was."""
    xiamen, zhangzhou = cities["xiamen"], cities["zhangzhou"]
    bundle = xiamen.send("zhangzhou", "03-10", "@R1")
    taken(zhangzhou, bundle, "03-10")
    value = json.loads(bundle.read_bytes())
    value["signatures"].append({**value["signatures"][0], "keyid": "0" * 64})
    bundle.write_text(json.dumps(value))
    size = zhangzhou.node.tree_size()
    again = zhangzhou.receive(bundle, "03-10")
    assert (again.code, again.json["verdict"]) == (0, "duplicate")
    assert zhangzhou.node.tree_size() == size


def test_what_claims_to_come_from_here_is_answered_to_nobody(
    cities: Cities, tmp_path: Path
) -> None:
    """The refusal is good in itself: no node writes to itself."""
    xiamen, zhangzhou = cities["xiamen"], cities["zhangzhou"]
    bundle = xiamen.send("zhangzhou", "03-10", "@R1")
    own = retold(xiamen, bundle, lambda payload: payload.update(sender="zhangzhou"))
    (reply,) = refused(zhangzhou, own, "03-10", "malformed")["replies"]
    assert json.loads(read(Path(reply)).payload)["recipient"] is None
    assert call("verify", reply, "--trust", tmp_path / "list.json").code == 0


# -- a careless officer ------------------------------------------------------------------


def test_a_misspelt_node_is_owed_nothing_and_that_is_said(cities: Cities) -> None:
    """An empty outbox for a node that nobody knows would read as if all were done."""
    xiamen = cities["xiamen"]
    xiamen.send("zhangzhou", "03-10", "@R1")
    folder = xiamen.folder / "outbox"
    done = xiamen.node.call(
        "exchange", "outbox", "--to", "zhangzou", "--out", folder, "--at", at("03-11")
    )
    assert (done.code, "zhangzou" in done.err) == (3, True)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "is withdrawn"), ("zh-CN", "已撤销"), ("zh-TW", "已撤銷")],
)
def test_why_a_record_does_not_leave_is_said_in_words(
    cities: Cities, language: str, words: str
) -> None:
    """Not by the code of its state."""
    xiamen = cities["xiamen"]
    xiamen.apply(withdrawal())
    done = call(
        "--lang", language, "exchange", "send", "--home", xiamen.node.home, "--to", "zhangzhou",
        "--record", "@R1", *OPERATOR, "--purpose", "p", "--basis", "b", "--labels", xiamen.labels,
        "--at", at("03-12"), "-o", xiamen.folder / "b.json",
    )  # fmt: skip
    assert (done.code, words in done.err) == (3, True), done.err
    assert ("withdrawn" in done.err) is (language == "en")


def test_labels_that_others_bind_meanwhile_stay(
    cities: Cities, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ``apply`` wrote between the start of ``receive`` and its end is not lost."""
    xiamen, zhangzhou = cities["xiamen"], cities["zhangzhou"]
    bundle = xiamen.send("zhangzhou", "03-10", "@R1")
    taking = Exchange.receive

    def slowly(*given: Any) -> Any:
        done = taking(*given)
        zhangzhou.labels.write_text(json.dumps({"X": ANOTHER_ID}))
        return done

    monkeypatch.setattr(Exchange, "receive", slowly)
    taken(zhangzhou, bundle, "03-10")
    assert json.loads(zhangzhou.labels.read_text()) == {
        "X": ANOTHER_ID,
        "xiamen/R1": xiamen.label("R1"),
    }


@pytest.mark.parametrize(
    ("language", "kind"), [("en", "bundle"), ("zh-CN", "共享包"), ("zh-TW", "共享包")]
)
def test_verify_names_a_message_in_words(
    cities: Cities, tmp_path: Path, language: str, kind: str
) -> None:
    """The line with its id begins with what kind of message it is."""
    bundle = cities["xiamen"].send("zhangzhou", "03-10", "@R1")
    trust = tmp_path / "list.json"
    done = call("--lang", language, "verify", bundle, "--trust", trust)
    assert any(row.startswith(f"{kind} ") for row in done.out.splitlines()), done.out


def test_a_relay_closes_nothing_without_the_answers_behind_it(cities: Cities) -> None:
    """That Quanzhou has closed is Quanzhou's to say, not Zhangzhou's, who passed the record on."""
    xiamen, zhangzhou, quanzhou = (cities[name] for name in ("xiamen", "zhangzhou", "quanzhou"))
    for sender, other, record in (
        (xiamen, zhangzhou, "@R1"),
        (zhangzhou, quanzhou, "@xiamen/R1"),
    ):
        bundle = sender.send(other.name, "03-10", record)
        (receipt,) = taken(other, bundle, "03-10")["replies"]
        taken(sender, Path(receipt), "03-10")
    objected(xiamen)
    delivered(xiamen, zhangzhou, "03-20")
    (answer,) = zhangzhou.outbox("03-20", "xiamen")

    def claim(payload: dict[str, Any]) -> None:
        assert payload["onward"] == [{"node": "quanzhou", "state": "open"}]
        payload["onward"][0]["state"] = "closed"

    taken(xiamen, retold(zhangzhou, answer, claim), "03-20")
    (open_,) = xiamen.outstanding("2026-03-20T12:00:00Z")
    assert open_["state"] == "onward_open"
    delivered(zhangzhou, quanzhou, "03-21")
    delivered(quanzhou, zhangzhou, "03-21")
    delivered(zhangzhou, xiamen, "03-21")
    assert xiamen.outstanding("2026-03-21T12:00:00Z") == []
