"""Bundles that nobody should act on, one test each; and those that are good all the same."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from ledger.entry import StreamId
from ledger.events.disputes import ObjectionDecided, RepairDecided, RepairRequested
from ledger.events.governance import RoleEnded
from ledger.events.records import FieldChange, RecordCollected, RecordCorrected, RecordMended
from ledger.events.subjects import IdentifierCorrected, PersonalDataErased, SubjectOpened
from ledger.exchange import forms, judging
from ledger.exchange.forms import Bundle, Disclosed
from ledger.exchange.judged import Judged
from ledger.exchange.judging import judge
from ledger.exchange.signed import SIGNER_COMPROMISED
from ledger.identifiers import organisation_id
from ledger.log.trust import Trust
from ledger.log.verdict import Outcome
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.signing.dsse import BUNDLE, Envelope, pae
from tests.exchange_answers import object_to, withdraw
from tests.exchange_material import (
    BUYER,
    FIRMS,
    ISSUED,
    SUPPLIER,
    MadeNode,
    MadeRecord,
    Region,
    made_id,
    made_key,
    trusted_key,
)


class Case:
    """Two nodes, and a record that one gives the other."""

    def __init__(self, **collected: Any) -> None:
        self.region = Region("xiamen", "zhangzhou", "quanzhou")
        self.node: MadeNode = self.region["xiamen"]
        self.record: MadeRecord = self.node.collect(**collected)

    def message(self, **changed: Any) -> Bundle:
        return self.node.bundle_message("zhangzhou", [self.record], **changed)

    def judged(self, message: Bundle | None = None, trust: Trust | None = None) -> Judged:
        envelope = self.node.sign(message or self.message())
        return judge(envelope.to_json(), trust or self.region.trust(), own="zhangzhou")

    def raw(self, payload: bytes) -> Judged:
        """Any payload under the node's own key."""
        envelope = Envelope.signed(self.node.key, BUNDLE, payload)
        return judge(envelope.to_json(), self.region.trust(), own="zhangzhou")


def reason(found: Judged, outcome: Outcome = Outcome.INVALID) -> str:
    assert found.verdict.outcome is outcome, found.verdict.detail()
    assert found.received == ()
    for language in ("en", "zh-CN", "zh-TW"):
        assert "{" not in found.verdict.detail(language)
    return str(found.verdict.reason)


def edited(message: Bundle, edit: Callable[[Any], None]) -> bytes:
    """The payload of a message after an edit of its JSON, written canonically again."""
    value = json.loads(message.payload())
    edit(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


# -- what is good --------------------------------------------------------------------


def test_a_good_bundle_hands_on_the_record() -> None:
    """Facts, subject, notice and entries of a record come out as they were signed."""
    case = Case(sealed={"parties": [{"role": "other"}]}, submitted=made_key("supplier"))
    found = case.judged(case.message(disclose=("parties",), rows=True))
    assert found.verdict.outcome is Outcome.VALID, found.verdict.detail()
    (received,) = found.received
    assert (received.kind, received.scheme, received.identifier) == (
        "legal_person",
        "uscc",
        FIRMS[0],
    )
    assert received.notice_served is not None
    assert received.manifest is not None
    assert received.disclosed["parties"].value == [{"role": "other"}]
    assert received.collected == case.record.of("xiamen", RecordCollected).facts
    assert [record for record, _ in found.records] == [case.record.record]


def test_a_relayed_record_keeps_its_origin() -> None:
    """A record that passed a node is proved in the logs of both."""
    case = Case()
    passed = case.region["zhangzhou"].receive(case.record)
    found = judge(
        case.region["zhangzhou"].bundle("quanzhou", [passed]).to_json(), case.region.trust()
    )
    assert found.verdict.outcome is Outcome.VALID, found.verdict.detail()
    assert found.received[0].path == ("xiamen", "zhangzhou")
    assert [node for node, _ in found.checkpoints] == ["zhangzhou", "xiamen"]


def test_a_correction_is_part_of_the_record() -> None:
    """The facts that come out are those that the corrections among the entries left."""
    case = Case()
    changes = (FieldChange(field="amounts", old={"fine": "3.5"}, new={"fine": "0.5"}),)
    corrected = RecordCorrected(
        record=case.record.record,
        changes=changes,
        cause="own_check",
        corrected_on=date(2026, 3, 5),
    )
    case.node.act(case.record, corrected)
    (received,) = case.judged().received
    assert received.collected.amounts == {"fine": "0.5"}


def test_a_person_is_named_only_where_that_was_disclosed() -> None:
    """Without disclosure the identifier is None; with it, what the opening committed to."""
    region = Region("xiamen", "zhangzhou")
    node = region["xiamen"]
    opened = node.open("made-number", kind="natural_person", name="示例辛")
    record = node.collect(opened=opened)
    plain = judge(node.bundle("zhangzhou", [record]).to_json(), region.trust())
    assert plain.received[0].identifier is None
    told = node.bundle("zhangzhou", [record], disclose=("identifier", "name"))
    (received,) = judge(told.to_json(), region.trust()).received
    assert (received.identifier, received.name) == ("made-number", "示例辛")


def test_a_corrected_identifier_is_the_subjects() -> None:
    """Where the opening was under a wrong code, the subject is the one it became."""
    case = Case()
    right = case.node.open(FIRMS[1])
    facts = IdentifierCorrected(
        old_subject=str(case.record.subject),
        new_subject=str(right.stream.id),
        reason="重错码",
        authority="示例局",
    )
    about = case.record.entries["xiamen"]
    about += [right, case.node.act(case.record, facts), case.node.append(facts, right.stream)]
    about[:] = {one.index: one for one in about}.values()
    found = case.judged()
    assert found.verdict.is_good, found.verdict.detail()
    assert found.received[0].identifier == FIRMS[1]


def test_a_registrars_submission_is_signed_by_the_node() -> None:
    """A supplier without a key hands in a file; the node's own key vouches for it."""
    case = Case()
    case.record = case.node.collect(2, submitted=case.node.key, attested_by="registrar")
    assert case.judged().verdict.is_good
    foreign = case.node.collect(3, submitted=made_key("other"), attested_by="registrar")
    case.record = foreign
    assert reason(case.judged()) == "submission_unsigned"


# -- the envelope and its form ---------------------------------------------------------


def test_for_another_recipient() -> None:
    """A bundle for quanzhou means nothing to zhangzhou; a mere reader may verify it."""
    case = Case()
    other = case.node.bundle("quanzhou", [case.record]).to_json()
    found = judge(other, case.region.trust(), own="zhangzhou")
    assert reason(found) == "wrong_recipient"
    assert judge(other, case.region.trust()).verdict.is_good


def test_truncated_anywhere() -> None:
    """Whatever is cut off its end, a bundle is no bundle, and nothing is raised."""
    case = Case()
    whole = case.node.bundle("zhangzhou", [case.record]).to_json()
    for cut in range(0, len(whole), 997):
        assert reason(judge(whole[:cut], case.region.trust())) == "malformed"


def test_any_byte_changed() -> None:
    """No byte of the payload can be another one."""
    case = Case()
    envelope = case.node.bundle("zhangzhou", [case.record])
    trust = case.region.trust()
    for at in range(0, len(envelope.payload), 499):
        payload = bytearray(envelope.payload)
        payload[at] ^= 1
        found = judge(replace(envelope, payload=bytes(payload)).to_json(), trust)
        assert reason(found) == "signature_fails"


def test_an_extra_member() -> None:
    """A member that the form does not have is refused, wherever it stands."""
    case = Case()
    places: list[Callable[[Any], Any]] = [
        lambda value: value,
        lambda value: value["records"][0],
        lambda value: value["logs"][0],
        lambda value: value["logs"][0]["entries"][0],
    ]
    for place in places:
        payload = edited(case.message(), lambda value: place(value).update(extra=1))  # noqa: B023
        assert reason(case.raw(payload)) == "malformed"


def test_duplicate_keys() -> None:
    """A member that stands twice is refused, in the payload and in the envelope."""
    case = Case()
    payload = case.message().payload().replace(b'"clock":', b'"clock":"real","clock":', 1)
    assert reason(case.raw(payload)) == "malformed"
    whole = case.node.bundle("zhangzhou", [case.record]).to_json()
    doubled = whole.replace(b'"payloadType":', b'"payloadType":"x","payloadType":', 1)
    assert reason(judge(doubled, case.region.trust())) == "malformed"


@pytest.mark.parametrize("number", [b"NaN", b"1.0", b"9007199254740993", b"1e3", b"-1", b'"1"'])
def test_numbers_that_readers_read_differently(number: bytes) -> None:
    """NaN, fractions and numbers beyond 2^53 are refused."""
    case = Case()
    payload = case.message().payload().replace(b'"sequence":1', b'"sequence":' + number, 1)
    assert reason(case.raw(payload)) == "malformed"


def test_deep_nesting() -> None:
    """Containers far inside one another are refused without a trace of the interpreter's stack."""
    case = Case()
    deep = b"[" * 100_000 + b"]" * 100_000
    payload = case.message().payload().replace(b'"disclosed":[]', b'"disclosed":' + deep, 1)
    assert reason(case.raw(payload)) == "malformed"
    assert reason(judge(deep, case.region.trust())) == "malformed"


def test_larger_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over the limit is not even parsed."""
    case = Case()
    whole = case.node.bundle("zhangzhou", [case.record]).to_json()
    monkeypatch.setattr(judging, "MAX_BUNDLE_BYTES", len(whole) - 1)
    assert reason(judge(whole, case.region.trust())) == "too_large"


def test_more_records_than_the_limit() -> None:
    """A list of 10,001 records is refused by its form."""
    case = Case()

    def many(value: Any) -> None:
        value["records"] *= forms.MAX_RECORDS + 1

    assert reason(case.raw(edited(case.message(), many))) == "malformed"


def test_a_wrong_type_in_the_envelope() -> None:
    """The bytes of a bundle under the name of another message are not signed as that."""
    case = Case()
    envelope = case.node.bundle("zhangzhou", [case.record])
    for name in ("receipt", "notice"):
        renamed = replace(envelope, payload_type=BUNDLE.replace("bundle", name))
        assert reason(judge(renamed.to_json(), case.region.trust())) == "signature_fails"
    whole = envelope.to_json().replace(b"bundle.v1+json", b"bundle.v2+json")
    assert reason(judge(whole, case.region.trust())) == "malformed"


def test_a_wrong_algorithm_in_the_envelope() -> None:
    """An envelope that names an algorithm of its own is not one."""
    case = Case()
    value = case.node.bundle("zhangzhou", [case.record]).to_value()
    value["signatures"][0]["alg"] = "none"  # type: ignore[index]
    assert reason(judge(orjson.dumps(value), case.region.trust())) == "malformed"


def test_a_key_from_the_bundle_itself() -> None:
    """A key that the sender's own entries introduce is no reason to believe it."""
    case = Case()
    thief = made_key("thief")
    envelope = case.node.sign(case.message(), thief)
    found = judge(envelope.to_json(), case.region.trust(), own="zhangzhou")
    assert reason(found, Outcome.INDETERMINATE) == "unknown_key"
    claimed = replace(
        envelope, signatures=(replace(envelope.signatures[0], keyid=case.node.key.keyid),)
    )
    assert reason(judge(claimed.to_json(), case.region.trust())) == "signature_fails"


def test_a_key_for_something_else() -> None:
    """A key that may sign entries only signs no bundle, nor one of another node."""
    case = Case()
    trust = case.region.trust(changed={"xiamen": {"purposes": ("entries", "checkpoints")}})
    assert reason(case.judged(trust=trust)) == "key_not_allowed"
    other = case.node.sign(case.message(), case.region["quanzhou"].key)
    assert reason(judge(other.to_json(), case.region.trust())) == "key_not_allowed"


def test_issued_when_the_key_was_not_in_force() -> None:
    """A message dated outside the validity of its key is refused."""
    case = Case()
    late = case.message(issued_at=datetime(2025, 12, 31, tzinfo=UTC))
    assert reason(case.judged(late)) == "outside_validity"
    ended = case.region.trust(changed={"xiamen": {"until": ISSUED}})
    assert reason(case.judged(trust=ended)) == "outside_validity"


def test_bytes_that_are_nothing() -> None:
    """Whatever the bytes, there is a verdict."""
    trust = Region("xiamen").trust()
    for data in (b"", b"\0" * 1000, b"{}", b"[]", b'{"payload":1}', b"\xff\xfe{", b"null"):
        assert reason(judge(data, trust)) == "malformed"


def test_the_first_bundle_has_none_before_it() -> None:
    """Sequence 1 with a predecessor, or 2 without, is refused."""
    case = Case()
    assert reason(case.judged(case.message(sequence=2))) == "malformed"
    assert reason(case.judged(case.message(previous="0" * 64))) == "malformed"


# -- keys and witnesses ------------------------------------------------------------------


def witnessed(case: Case, at: datetime) -> Callable[..., Trust]:
    """A witness that cosigns the node's checkpoints at ``at``, and the policy that asks for it."""
    key = made_key("witness")
    name = "witness.example/w1"
    case.node.witnesses = [(name, key, int(at.timestamp()))]
    verifier = VerifierKey.from_raw(name, key.public, SignatureType.COSIGNATURE)
    policy = f"witness w1 {verifier.vkey}\nquorum w1\n"
    return lambda **more: case.region.trust(policy=policy, **more)


def test_signed_before_and_delivered_after_the_compromise() -> None:
    """What a compromised key signed is dated by nothing that it says itself."""
    case = Case()
    stolen = {"status": "COMPROMISED_SINCE", "since": ISSUED + timedelta(days=1)}
    found = case.judged(trust=case.region.trust(changed={"xiamen": stolen}))
    assert reason(found, Outcome.INDETERMINATE) == "compromised_undated"


def test_an_old_checkpoint_dates_no_envelope() -> None:
    """Whoever stole a key can wrap what was cosigned before: the envelope stays undated."""
    case = Case()
    trust = witnessed(case, ISSUED)
    for days in (-1, 1):
        stolen = {"status": "COMPROMISED_SINCE", "since": ISSUED + timedelta(days=days)}
        found = case.judged(trust=trust(changed={"xiamen": stolen}))
        assert reason(found, Outcome.INDETERMINATE) == "compromised_undated"
        assert found.remarks == (SIGNER_COMPROMISED,)
        assert found.received == ()


def test_witnesses_date_entries_that_another_shows() -> None:
    """Cosigned before its key was compromised, a node's entries hold in another's message."""
    region = Region("xiamen", "zhangzhou", "quanzhou")
    first, second, _ = region.values()
    key, name = made_key("witness"), "witness.example/w1"
    first.witnesses = second.witnesses = [(name, key, int(ISSUED.timestamp()))]
    verifier = VerifierKey.from_raw(name, key.public, SignatureType.COSIGNATURE)
    policy = f"witness w1 {verifier.vkey}\nquorum w1\n"
    bundle = second.bundle("quanzhou", [second.receive(first.collect())]).to_json()
    for days, good in ((1, True), (-1, False)):
        stolen = {"status": "COMPROMISED_SINCE", "since": ISSUED + timedelta(days=days)}
        trust = region.trust(policy=policy, changed={"xiamen": stolen})
        found = judge(bundle, trust)
        assert (found.verdict.outcome is Outcome.VALID_HISTORICAL) == good
        assert (found.verdict.reason == "dated_before_compromise") == good
        assert found.remarks == ()


def test_the_policy_asks_for_witnesses() -> None:
    """A checkpoint without the cosignatures that the reader asks for is not believed yet."""
    case = Case()
    trust = witnessed(case, ISSUED)
    assert case.judged(trust=trust()).verdict.is_good
    case.node.witnesses = []
    assert reason(case.judged(trust=trust()), Outcome.INDETERMINATE) == "policy_unmet"


def test_an_entry_of_a_key_that_is_not_known() -> None:
    """An entry under a key that the list lacks leaves the bundle in doubt."""
    case = Case()
    old = made_key("old")
    case.node.act(
        case.record,
        RecordCorrected(
            record=case.record.record,
            changes=(),
            cause="own_check",
            corrected_on=date(2026, 3, 5),
        ),
        key=old,
    )
    assert reason(case.judged(), Outcome.INDETERMINATE) == "unknown_key"
    more = trusted_key("xiamen", old, purposes=("entries",))
    assert case.judged(trust=case.region.trust(more=[more])).verdict.is_good
    wrong = trusted_key("xiamen", old, purposes=("receipts",))
    assert reason(case.judged(trust=case.region.trust(more=[wrong]))) == "key_not_allowed"


# -- logs and proofs -----------------------------------------------------------------------


def test_a_proof_for_another_tree() -> None:
    """Proofs that lead to the root of another size or node are refused."""
    case = Case()
    message = case.message()
    section = message.logs[0]
    case.node.collect(9)
    later = case.node.checkpoint().to_bytes().decode()
    swapped = section.model_copy(update={"checkpoint": later})
    assert reason(case.judged(message.model_copy(update={"logs": (swapped,)}))) == "proof_fails"


def test_a_fork_shows_another_root() -> None:
    """Entries of one history under the checkpoint of another of the same size are refused."""
    case, other = Case(), Case(document_number="另一文号")
    message = case.message()
    forked = message.logs[0].model_copy(
        update={"checkpoint": other.node.checkpoint().to_bytes().decode()}
    )
    assert reason(case.judged(message.model_copy(update={"logs": (forked,)}))) == "proof_fails"


def test_a_checkpoint_of_another_node() -> None:
    """A section under the name of a node whose log it is not is refused."""
    case = Case()
    message = case.message()
    foreign = case.region["quanzhou"]
    foreign.collect()
    swapped = message.logs[0].model_copy(
        update={"checkpoint": foreign.checkpoint().to_bytes().decode()}
    )
    assert reason(case.judged(message.model_copy(update={"logs": (swapped,)}))) == "another_log"


def test_entries_twice_or_out_of_order() -> None:
    """Each entry stands once, in the order of the log."""
    case = Case()
    message = case.message()
    section = message.logs[0]
    for entries in (section.entries[::-1], (*section.entries, section.entries[-1])):
        other = section.model_copy(update={"entries": entries})
        found = case.judged(message.model_copy(update={"logs": (other,)}))
        assert reason(found) == "entries_unordered"


def test_a_section_too_many_or_too_few() -> None:
    """Every node that a record passed is shown, no other, the sender first."""
    case = Case()
    message = case.message()
    section = message.logs[0]
    third = case.region["quanzhou"]
    third.collect()
    extra = third.section([])
    for logs in ((section, extra), (extra, section), (section, section)):
        assert reason(case.judged(message.model_copy(update={"logs": logs}))) == "sections_differ"
    passed = case.region["zhangzhou"].receive(case.record)
    relayed = case.region["zhangzhou"].bundle_message("quanzhou", [passed])
    alone = relayed.model_copy(update={"logs": relayed.logs[:1]})
    found = judge(case.region["zhangzhou"].sign(alone).to_json(), case.region.trust())
    assert reason(found) == "sections_differ"


def test_an_event_of_tomorrow() -> None:
    """An entry of a type that is not known leaves the bundle in doubt, it is no crash."""
    case = Case()
    last = case.record.entries["xiamen"][-1]
    payload = last.payload.replace(b'"type":"NoticeServed"', b'"type":"NoticeSung"')
    made = case.node.put(payload, last.stream, last.facts)
    case.record.entries["xiamen"][-1] = made
    assert reason(case.judged(), Outcome.INDETERMINATE) == "event_unknown"


def test_bytes_that_are_no_entry() -> None:
    """A leaf that is no entry in its canonical form is refused."""
    case = Case()
    last = case.record.entries["xiamen"][-1]
    for payload in (b"nonsense", last.payload + b" ", last.payload.replace(b'"v":1', b'"v":true')):
        case.record.entries["xiamen"][-1] = case.node.put(payload, last.stream, last.facts)
        assert reason(case.judged()) == "entry_unreadable"


# -- records ---------------------------------------------------------------------------------


def test_a_record_that_is_not_there() -> None:
    """A record whose own entry, or whose subject's opening, is missing is refused."""
    case = Case()
    about = case.record.entries["xiamen"]
    collected, opened = case.record.of("xiamen", RecordCollected), about[2]
    message = case.message()
    about.remove(collected)
    assert reason(case.judged()) == "record_missing"
    about[:] = [one for one in [*about, collected] if one is not opened]
    assert reason(case.judged()) == "opening_missing"
    assert case.judged(message).verdict.is_good


def test_a_record_twice() -> None:
    """The same record stands once."""
    case = Case()
    message = case.message()
    twice = message.model_copy(update={"records": message.records * 2})
    found = case.judged(twice)
    assert reason(found) == "record_twice"
    assert [str(verdict.reason) for _, verdict in found.records] == ["verified", "record_twice"]


def test_a_subject_id_that_is_not_of_the_identifier() -> None:
    """An organisation's stream bears the id that anyone can make from its identifier."""
    case = Case()
    stream = StreamId("subject", UUID(made_id("any stream")))
    facts = SubjectOpened(
        kind="legal_person", scheme="uscc", identifier=FIRMS[2], name="示例丙公司"
    )
    case.record = case.node.collect(5, opened=case.node.append(facts, stream))
    assert reason(case.judged()) == "subject_differs"


def test_a_person_in_clear_is_no_organisation() -> None:
    """A natural person whose number stands open in the log is refused."""
    case = Case()
    stream = StreamId("subject", UUID(made_id("person")))
    facts = SubjectOpened(kind="natural_person", scheme="resident_id", identifier="made-number")
    case.record = case.node.collect(5, opened=case.node.append(facts, stream))
    assert reason(case.judged()) == "subject_differs"


def test_a_supplier_that_was_none() -> None:
    """Without the supplier's admission, or after its role ended, a record is refused."""
    case = Case()
    about = case.record.entries["xiamen"]
    ended = RoleEnded(organisation=SUPPLIER, role="supplier", on=date(2026, 3, 2))
    about.append(
        case.node.append(ended, StreamId("organisation", organisation_id(SUPPLIER)), actor="xiamen")
    )
    assert reason(case.judged()) == "supplier_not_shown"
    about[:] = about[2:-1]
    assert reason(case.judged()) == "supplier_not_shown"


def test_a_submission_that_is_absent() -> None:
    """A record whose entry names a submission that is not in the bundle is refused."""
    case = Case(submitted=made_key("supplier"))
    assert reason(case.judged(case.message(submissions=()))) == "submission_missing"


def test_a_submission_not_by_the_named_supplier() -> None:
    """A manifest under a key that was not the supplier's that day is refused."""
    case = Case(submitted=made_key("supplier"))
    about = case.record.entries["xiamen"]
    del about[2]  # the binding of its key
    assert reason(case.judged()) == "submission_unsigned"


def test_a_submission_that_no_record_names() -> None:
    """More submissions than the records name are refused."""
    case, other = Case(), Case(submitted=made_key("supplier"))
    assert other.record.submission is not None
    message = case.message(submissions=(other.record.submission.to_value(),))
    assert reason(case.judged(message)) == "submission_differs"


def test_a_row_that_was_not_submitted() -> None:
    """Cells that the manifest does not commit to are refused."""
    case = Case(submitted=made_key("supplier"))
    message = case.message(rows=True)
    row = message.rows[0].model_copy(update={"cells": {"XDR_MC": "另一"}})
    found = case.judged(message.model_copy(update={"rows": (row,)}))
    assert reason(found) == "disclosure_fails"


def test_a_field_that_was_not_sealed_like_this() -> None:
    """A value, a salt, a field or an entry other than committed to is refused."""
    case = Case(sealed={"parties": ["a"]})
    message = case.message(disclose=("parties",))
    told = message.disclosed[0]
    for changed in (
        {"value": ["b"]},
        {"salt": bytes(32)},
        {"field": "narrative"},
        {"index": 0},
        {"node": "quanzhou"},
    ):
        other: Disclosed = told.model_copy(update=changed)
        found = case.judged(message.model_copy(update={"disclosed": (other,)}))
        assert reason(found) == "disclosure_fails"
    twice = message.model_copy(update={"disclosed": (told, told)})
    assert reason(case.judged(twice)) == "disclosure_fails"


def test_an_entry_of_something_else() -> None:
    """An entry that no record of the bundle needs is refused: it leaks, or it hides something."""
    case = Case()
    other = case.node.collect(2, opened=case.node.open(FIRMS[3]))
    case.record.entries["xiamen"].append(other.entries["xiamen"][2])
    assert reason(case.judged()) == "entry_extra"


def test_a_hop_that_received_another_entry() -> None:
    """A node that received something else does not pass this record on."""
    case = Case()
    other = Case(document_number="另一文号")
    second = case.region["zhangzhou"]
    passed = second.receive(other.record)
    passed.entries["xiamen"] = case.record.entries["xiamen"]
    found = judge(second.bundle("quanzhou", [passed]).to_json(), case.region.trust())
    assert reason(found) == "path_broken"


def mended(case: Case) -> None:
    facts = RecordMended(
        record=case.record.record,
        evidence="0" * 64,
        accepted_by=SUPPLIER,
        mended_on=date(2026, 3, 5),
    )
    case.node.act(case.record, facts)


def repaired(case: Case) -> None:
    repair = made_id("repair")
    requested = RepairRequested(
        repair=repair,
        record=case.record.record,
        requested_on=date(2026, 3, 4),
        due_on=date(2026, 3, 9),
    )
    case.node.act(case.record, requested)
    decided = RepairDecided(
        repair=repair, outcome="approved", reviewer=BUYER, decided_on=date(2026, 3, 5)
    )
    case.node.act(case.record, decided)


def erased(case: Case) -> None:
    case.node.act(case.record, PersonalDataErased(basis="申请", records=(case.record.record,)))


@pytest.mark.parametrize(
    ("befell", "expected"),
    [
        (lambda case: withdraw(case.node, case.record), "record_not_in_force"),
        (mended, "record_not_in_force"),
        (repaired, "record_not_in_force"),
        (erased, "record_not_in_force"),
        (lambda case: object_to(case.node, case.record), "record_disputed"),
    ],
)
def test_a_record_that_no_longer_holds(befell: Callable[[Case], None], expected: str) -> None:
    """What its own entries end or dispute is not given on."""
    case = Case()
    befell(case)
    found = case.judged()
    assert reason(found) == expected
    assert str(found.records[0][1].reason) == expected


def test_a_confirmed_record_holds() -> None:
    """An objection that was rejected does not stand in the way."""
    case = Case()
    object_to(case.node, case.record)
    rejected = ObjectionDecided(
        objection=made_id(f"objection {case.record.record}"),
        outcome="rejected",
        reviewer=BUYER,
        decided_on=date(2026, 3, 8),
    )
    case.node.act(case.record, rejected)
    assert case.judged().verdict.is_good


def test_openssl_would_verify_the_same_bytes() -> None:
    """The signature is plain Ed25519 over the DSSE encoding of the payload as it stands."""
    case = Case()
    value = json.loads(case.node.bundle("zhangzhou", [case.record]).to_json())
    payload = base64.b64decode(value["payload"])
    signature = base64.b64decode(value["signatures"][0]["sig"])
    assert case.node.key.sign(pae(value["payloadType"], payload)) == signature
