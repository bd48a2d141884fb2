"""Records and names across the Strait, by files; everybody is invented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.identifiers import subject_id
from ledger.signing.dsse import ACKNOWLEDGEMENT, BUNDLE, NOTICE, RECEIPT
from tests.integration.material import PERSON, PERSON_NAME
from tests.integration.region import (
    FIRM,
    REGISTRAR,
    REVIEWERS,
    SUPPLIER,
    TW_BUREAU,
    TW_CENTRE,
    City,
    at,
    delivered,
    line,
    taken,
)
from tests.integration.region_case import imposed
from tests.integration.strait import (
    BASIS,
    GROUNDS,
    INFORMANT,
    LOOK,
    PURPOSE,
    SIMPLIFIED,
    TRADITIONAL,
    TW_FIRM,
    UBN,
    Three,
    assess,
    collect_tw,
    envelope_of,
    everything,
    history,
    payload,
    try_send,
)

# -- export ------------------------------------------------------------------------------


def test_nothing_crosses_without_an_assessment(three: Three) -> None:
    """The same record leaves for the next city, and not for the other side; nothing is written."""
    xiamen, _, _ = three
    size = xiamen.node.size()
    done = try_send(xiamen, "kinmen", "03-10", "@R1")
    assert done.code == 3
    assert "no assessment in force" in done.err
    assert xiamen.node.size() == size
    assert not (xiamen.folder / "tried.json").exists()
    assert try_send(xiamen, "zhangzhou", "03-10", "@R1").code == 0


@pytest.mark.parametrize(
    ("assessed", "sent"),
    [
        ({"until": "2026-03-10"}, {}),
        ({"from": "2026-03-11"}, {}),
        ({"purpose": "统计"}, {}),
        ({"basis": "另法"}, {}),
        ({}, {"purpose": "统计"}),
        ({}, {"basis": "另法"}),
    ],
)
def test_an_assessment_covers_what_it_says(
    three: Three, assessed: dict[str, str], sent: dict[str, str]
) -> None:
    """Its days, purpose and basis are held to; its last day is no longer in force."""
    xiamen, _, _ = three
    assert assess(xiamen, **assessed).code == 0
    assert try_send(xiamen, "kinmen", "03-10", "@R1", **sent).code == 3


def test_an_assessment_covers_its_items_and_its_node(three: Three) -> None:
    """Of another item, or for another node, it allows nothing."""
    xiamen, _, _ = three
    assert assess(xiamen, "administrative_licence").code == 0
    assert assess(xiamen, to="zhangzhou").code == 0
    assert try_send(xiamen, "kinmen", "03-10", "@R1").code == 3
    assert assess(xiamen, "administrative_licence", "administrative_penalty").code == 0
    assert try_send(xiamen, "kinmen", "03-10", "@R1").code == 0


def test_what_was_assessed_crosses_and_its_correction_follows(three: Three) -> None:
    """The bundle names its assessment and outlives it not; the notice needs none."""
    xiamen, _, kinmen = three
    assessment = assess(xiamen, until="2026-03-20").json["assessment"]
    late = ("--expires", "2026-03-25T00:00:00Z")
    assert try_send(xiamen, "kinmen", "03-10", "@R1", options=late).code == 2
    bundle = xiamen.send("kinmen", "03-10", "@R1")
    told = payload(bundle)
    assert told["assessment"] == assessment
    assert told["jurisdictions"] == ["350200", "TW-KIN"]
    assert told["expires_at"] == "2026-03-19T16:00:00.000000Z"
    (record,) = taken(kinmen, bundle, "03-11")["records"]
    assert record["verdict"] == "accepted"
    kinmen.apply(imposed(TW_BUREAU, "03-12", "limit_procurement", "@xiamen/R1", "S9"))
    xiamen.apply(
        line(
            "file_objection",
            REGISTRAR,
            "04-20",
            record="@R1",
            filed_by="subject",
            filed_on="2026-04-20",
        )
    )
    told_of = delivered(xiamen, kinmen, "04-21")
    assert [one["effect"] for each in told_of for one in each["effects"]] == ["suspended"]


def test_only_organisations_cross(three: Three) -> None:
    """A person's record stays, whatever was assessed; and so do the persons in a firm's record."""
    xiamen, _, _ = three
    assert assess(xiamen).code == 0
    person = {"scheme": "resident_id", "identifier": PERSON, "name": PERSON_NAME}
    xiamen.apply(
        line(
            "collect_record",
            SUPPLIER,
            "03-10",
            subject=person,
            item="administrative_penalty",
            supplier=SUPPLIER,
            document_number="示例〔2026〕9号",
            decided_on="2026-02-27",
            legal_basis="《示例法》第一条",
            tier="general",
        )
        | {"as": "R9"}
    )
    named = ("--disclose", "identifier")
    size = xiamen.node.size()
    for records in (("@R9",), ("@R1", "@R9")):
        done = try_send(xiamen, "kinmen", "03-11", *records, options=named)
        assert done.code == 3
        assert "of a natural person" in done.err
    for field in ("parties", "submitted_row"):
        done = try_send(xiamen, "kinmen", "03-11", "@R1", options=("--disclose", field))
        assert done.code == 3
        assert "may hold data of natural persons" in done.err
    assert xiamen.node.size() == size
    assert try_send(xiamen, "zhangzhou", "03-11", "@R9", options=named).code == 0


def test_a_record_does_not_cross_by_a_detour(three: Three) -> None:
    """Whoever passes a received record on across the Strait needs an assessment of its own."""
    xiamen, zhangzhou, kinmen = three
    assert assess(xiamen).code == 0
    taken(zhangzhou, xiamen.send("zhangzhou", "03-10", "@R1"), "03-10")
    assert try_send(zhangzhou, "kinmen", "03-11", "@xiamen/R1").code == 3
    assert assess(zhangzhou, at=at("03-11")).code == 0
    taken(kinmen, zhangzhou.send("kinmen", "03-11", "@xiamen/R1"), "03-11")


# -- what never leaves -------------------------------------------------------------------


def test_the_informant_never_leaves(three: Three) -> None:
    """Neither who complained nor that somebody did is in any message, under any option."""
    xiamen, zhangzhou, kinmen = three
    assert assess(xiamen).code == 0
    xiamen.apply(
        line(
            "file_complaint",
            REGISTRAR,
            "03-10",
            record="@R1",
            against=SUPPLIER,
            filed_on="2026-03-09",
            sealed={"who": INFORMANT, "grounds": GROUNDS},
        )
        | {"as": "C1"}
    )
    for field in ("who", "grounds"):
        for to in ("zhangzhou", "kinmen"):
            done = try_send(xiamen, to, "03-10", "@R1", options=("--disclose", field))
            assert done.code == 3
            assert "cannot be given to another node" in done.err
    messages = [xiamen.send("zhangzhou", "03-10", "@R1", options=("--disclose", "narrative"))]
    messages.append(xiamen.send("kinmen", "03-10", "@R1"))
    taken(zhangzhou, messages[0], "03-10")
    taken(kinmen, messages[1], "03-10")
    xiamen.apply(
        line(
            "withdraw_record",
            SUPPLIER,
            "03-20",
            record="@R1",
            cause="supplier_error",
            fault=SUPPLIER,
            effective="from_beginning",
        ),
        line("decide_complaint", REVIEWERS["xiamen"], "03-20", case="@C1", outcome="upheld",
             decided_on="2026-03-20"),
    )  # fmt: skip
    messages += xiamen.outbox("03-21")
    for message in messages[2:]:
        done = (kinmen if "kinmen" in message.name else zhangzhou).receive(message, "03-21")
        assert done.code == 0, done.out
        messages += [Path(reply) for reply in done.json["replies"]]
    messages += [*zhangzhou.outbox("03-21"), *kinmen.outbox("03-21")]
    kinds = {envelope_of(message).payload_type for message in messages}
    assert kinds == {BUNDLE, NOTICE, RECEIPT, ACKNOWLEDGEMENT}
    assert "RecordWithdrawn" in "".join(map(everything, messages)), "entries are looked into"
    for message in messages:
        text = everything(message)
        for secret in (INFORMANT, GROUNDS, "Complaint", xiamen.label("C1")):
            assert secret not in text, message.name


def test_nothing_sealed_leaves_but_what_was_named(three: Three) -> None:
    """Of two sealed fields the one that was named is in the bundle, the other in none."""
    xiamen, _, kinmen = three
    assert assess(xiamen).code == 0
    collect_tw(xiamen, SUPPLIER, "03-10", SIMPLIFIED)
    plain = xiamen.send("kinmen", "03-11", "@R7")
    named = xiamen.send("kinmen", "03-12", "@R7", options=("--disclose", "narrative"))
    assert payload(plain)["disclosed"] == []
    assert [one["field"] for one in payload(named)["disclosed"]] == ["narrative"]
    for bundle in (plain, named):
        assert PERSON_NAME not in everything(bundle)
    taken(kinmen, named, "03-12")
    (shown,) = [e for e in history(kinmen, TW_FIRM, *UBN, *LOOK)["entries"] if "details" in e]
    assert shown["details"] == {"narrative": "示例"}


# -- names and identifiers ---------------------------------------------------------------


def test_one_identifier_is_one_subject_whatever_its_name(three: Three) -> None:
    """Two spellings under one number: one subject; here its name stays, and the other is kept."""
    xiamen, _, kinmen = three
    assert assess(xiamen).code == 0
    collect_tw(xiamen, SUPPLIER, "03-10", SIMPLIFIED)
    collect_tw(kinmen, TW_CENTRE, "03-10", TRADITIONAL, "2")
    (record,) = taken(kinmen, xiamen.send("kinmen", "03-11", "@R7"), "03-11")["records"]
    assert record["subject"] == str(subject_id("tw_ubn", TW_FIRM, b"\0" * 32))
    found = history(kinmen, TW_FIRM, *UBN, *LOOK)
    assert len(found["records"]) == 2
    facts = {entry["type"]: entry["facts"] for entry in found["entries"]}
    assert facts["SubjectOpened"]["name"] == TRADITIONAL
    assert facts["RecordReceived"]["name"] == SIMPLIFIED
    assert facts["RecordReceived"]["collected"]["supplier"] == SUPPLIER


def test_one_name_is_two_subjects_under_two_identifiers(three: Three) -> None:
    """Equal names match nothing: only the identifier does."""
    xiamen, _, kinmen = three
    other = {"scheme": "tw_ubn", "identifier": "00501508", "kind": "legal_person"}
    kinmen.apply(line("open_subject", TW_CENTRE, "03-05", subject={**other, "name": SIMPLIFIED}))
    assert assess(xiamen).code == 0
    collect_tw(xiamen, SUPPLIER, "03-10", SIMPLIFIED)
    taken(kinmen, xiamen.send("kinmen", "03-11", "@R7"), "03-11")
    own = history(kinmen, "00501508", *UBN, *LOOK)
    assert [entry["type"] for entry in own["entries"]] == ["SubjectOpened"]
    received = history(kinmen, TW_FIRM, *UBN, *LOOK)
    assert [entry["type"] for entry in received["entries"]] == ["SubjectOpened", "RecordReceived"]


def test_records_cross_in_the_other_direction(three: Three) -> None:
    """A firm with a number of the other side is opened, sent and received as given."""
    xiamen, _, kinmen = three
    collect_tw(kinmen, TW_CENTRE, "03-10", TRADITIONAL)
    assert try_send(kinmen, "xiamen", "03-11", "@R7").code == 3, "it leaves there, too"
    assert assess(kinmen, to="xiamen", at=at("03-11")).code == 0
    taken(xiamen, kinmen.send("xiamen", "03-11", "@R7"), "03-11")
    found = history(xiamen, TW_FIRM, *UBN, *LOOK)
    assert found["subject"]["scheme"] == "tw_ubn"
    assert found["entries"][0]["facts"]["name"] == TRADITIONAL


# -- the subject's list ------------------------------------------------------------------


def passed(city: City, identifier: str, *options: str) -> list[dict[str, Any]]:
    done = city.node.call("exchange", "passed", identifier, *options, "--json", "--at", at("05-20"))
    assert done.code == 0, done.err
    found: list[dict[str, Any]] = done.json
    return found


def test_what_left_is_listed_for_the_subject(three: Three) -> None:
    """To whom, what for, on what basis and assessment, when, which fields, and what they said;
    at the other end from whom. The public is told of a published record's origin, no more."""
    xiamen, zhangzhou, kinmen = three
    assessment = assess(xiamen).json["assessment"]
    first = xiamen.send("zhangzhou", "03-10", "@R1")
    second = xiamen.send("kinmen", "03-11", "@R1")
    for reply in taken(kinmen, second, "03-12")["replies"]:
        taken(xiamen, Path(reply), "03-12")
    near, far = passed(xiamen, FIRM, *LOOK)
    assert (near["direction"], near["node"], near["assessment"]) == ("given", "zhangzhou", None)
    assert near["answered"] is None
    assert far | {"entry": 0, "bundle": ""} == {
        "record": xiamen.label("R1"),
        "direction": "given",
        "node": "kinmen",
        "recorded_at": "2026-03-11T02:00:00.000000Z",
        "entry": 0,
        "origin": None,
        "path": None,
        "bundle": "",
        "purpose": PURPOSE,
        "legal_basis": BASIS,
        "fields": [],
        "assessment": assessment,
        "expires_at": "2026-04-10T02:00:00.000000Z",
        "answered": {"verdict": "accepted", "received_at": "2026-03-12T02:00:00.000000Z"},
    }
    taken(zhangzhou, first, "03-12")
    (came,) = passed(zhangzhou, FIRM, *LOOK)
    assert (came["direction"], came["node"], came["origin"]) == ("received", "xiamen", "xiamen")
    assert passed(xiamen, FIRM) == []
    (public,) = passed(zhangzhou, FIRM)
    assert (public["origin"], public["node"], public["path"]) == ("xiamen", None, None)
    text = xiamen.node.call("history", FIRM, *LOOK, "--at", at("05-20"))
    assert "given to" in text.out
    assert "kinmen" in text.out
