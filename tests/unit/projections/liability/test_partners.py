"""Partners' entries at the origin: what kept messages add to a node's own entries."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from uuid import UUID

import pytest

from ledger.entry import Entry, StreamId
from ledger.events.exchange import CorrectionAcknowledged, EnforcementStatusReceived
from ledger.events.records import RecordCollected
from ledger.exchange.attached import MAX_LEVELS, AttachedDamaged, read_attached, statuses_of
from ledger.exchange.forms import Acknowledgement
from ledger.signing.canonical import canonical
from ledger.signing.dsse import ACKNOWLEDGEMENT, ENTRY, RECEIPT, Envelope
from projections.liability.model import Trail
from projections.liability.partners import naming, partners_of
from projections.liability.seen import seen
from projections.liability.statement import proved_trail
from projections.liability.views import NodeView, SanctionNotHeld, sanctions_in
from projections.reader import Public, Registered
from tests.unit.projections.liability.building import (
    DIGEST,
    FIRM,
    FUNDER,
    M2,
    M3,
    N2,
    N3,
    R1,
    R2,
    S1,
    S2,
    S3,
    SECOND,
    World,
    day,
    fact,
    made_record,
    shares,
    worked_case,
)
from tests.unit.projections.liability.test_worked_case import TABLE
from tests.unit.projections.liability.wrapping import Partner, digest_of

SANCTIONS = {"zhangzhou": S2, "quanzhou": S3}
PERSON = UUID("00000000-0000-7000-8000-0000000000ff")


class Origin:
    """xiamen's own entries, and the messages that its partners' answers came in."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or worked_case()
        self.kept: dict[str, bytes | None] = {}
        self.own = list(self.world.logs["xiamen"])
        for place, entry in enumerate(self.own):
            if isinstance(entry.facts, CorrectionAcknowledged):
                digest = self.keep(self.answer(entry.facts, entry))
                facts = entry.facts.model_copy(update={"attached": digest})
                self.own[place] = replace(entry, facts=facts)

    def answer(self, facts: CorrectionAcknowledged, entry: Entry) -> Envelope:
        """What the recipient answered then, with what its log held by then."""
        node = facts.recipient
        held = [e for e in self.world.logs[node] if e.recorded_at < entry.recorded_at]
        return Partner(node, held).acknowledgement(facts.notice, R1, SANCTIONS[node])

    def keep(self, envelope: Envelope) -> str:
        digest = digest_of(envelope)
        self.kept[digest] = envelope.to_json()
        return digest

    def known(self, until: str) -> list[Entry]:
        """Its own entries when ``until`` began."""
        count = len(self.world.known(until).logs["xiamen"])
        return self.own[:count]

    def trail(self, sanction: str, *, until: str = "05-01", on: str = "04-30") -> Trail:
        own = self.known(until)
        partners = partners_of("xiamen", own, self.kept)
        return proved_trail("xiamen", own, {}, sanction, day(on), subject=FIRM, partners=partners)

    def sanctions(self, until: str) -> tuple[str, ...]:
        own = self.known(until)
        views = NodeView("xiamen", tuple(own)), *partners_of("xiamen", own, self.kept).views
        return sanctions_in(views, R1)


def test_the_origin_alone_shows_the_whole_table_with_what_its_partners_attached() -> None:
    """S2 and S3 to the day, from nothing but xiamen's log and the messages it kept: 36 days."""
    origin = Origin()
    assert origin.sanctions("05-01") == (S1, S2, S3)
    trails = {key: origin.trail(key) for key in TABLE}
    assert {key: shares(each) for key, each in trails.items()} == TABLE
    assert sum(each.days.total for each in trails.values()) == 36
    assert {each.node for each in trails.values()} == {"xiamen", "zhangzhou", "quanzhou"}


def test_a_message_counts_from_the_entry_that_names_it() -> None:
    """Before the first acknowledgements S2 and S3 are unknown; then as far as they said."""
    origin = Origin()
    assert origin.sanctions("03-23") == (S1,)
    with pytest.raises(SanctionNotHeld):
        origin.trail(S2, until="03-23")
    assert origin.sanctions("03-24") == (S1, S2)
    assert origin.sanctions("03-25") == (S1, S2, S3)
    stopped = origin.trail(S2, until="03-24", on="03-25")
    assert stopped.enforced == ((day("03-12"), day("03-23")),)
    running = origin.trail(S3, until="03-25", on="03-28")
    assert running.enforced == ((day("03-16"), day("03-28")),)
    assert shares(running)[f"enforcer {FUNDER}"] == 3


def test_what_an_enforcement_status_brings_counts_as_an_acknowledgement_does() -> None:
    """A status alone gives the row; the digests of its entries are shown with it."""
    origin = Origin()
    partner = Partner("zhangzhou", origin.world.logs["zhangzhou"])
    digest = origin.keep(partner.status(S2, R1))
    told = fact(
        EnforcementStatusReceived,
        record=R1,
        recipient="zhangzhou",
        status={"sanction": S2, "enforcer": "JIANSHE", "state": "lifted"},
        attached=digest,
    )
    own = [e for e in origin.own if not isinstance(e.facts, CorrectionAcknowledged)]
    own.append(replace(own[-1], index=len(origin.own), facts=told, type=told.type_name()))
    partners = partners_of("xiamen", own, origin.kept)
    found = proved_trail("xiamen", own, {}, S2, day("04-30"), subject=FIRM, partners=partners)
    assert shares(found) == TABLE[S2]
    assert statuses_of(told) == (told.status,)
    imposed = next(step for step in found.steps if step.type == "SanctionImposed")
    payload = partner.payloads()[imposed.index]
    assert imposed.digest == sha256(payload).hexdigest()
    assert partners.brought["zhangzhou", imposed.index] == digest


def test_messages_of_nodes_behind_a_partner_count_too() -> None:
    """An acknowledgement carries what onward nodes answered; their sanctions are told of."""
    origin = Origin()
    behind = Partner("quanzhou", origin.world.logs["quanzhou"])
    answers = [behind.acknowledgement(M3, R1, S3, to="zhangzhou").to_value()]
    partner = Partner("zhangzhou", origin.world.logs["zhangzhou"])
    envelope = partner.acknowledgement(M2, R1, S2, downstream=answers)
    found = read_attached(digest_of(envelope), envelope.to_json(), index=7)
    assert {each.node for each in found} == {"zhangzhou", "quanzhou"}
    imposed = {getattr(e.entry.facts, "sanction", None) for e in found} - {None}
    assert imposed == {S2, S3}


def test_a_natural_person_is_told_of_under_the_stream_of_this_node() -> None:
    """The same person has another id at each node; the message says whom it is about."""
    world = worked_case()
    world.logs["zhangzhou"] = [
        replace(entry, stream=StreamId("subject", PERSON)) for entry in world.logs["zhangzhou"]
    ]
    found = Origin(world).trail(S2)
    assert shares(found) == TABLE[S2]
    assert found.subject == str(FIRM)


def test_no_partner_takes_the_place_of_what_is_known_already() -> None:
    """Neither of the node's own sanction or record, nor of a sanction that another told of."""
    world = worked_case()
    forged = World({"zhangzhou": list(world.logs["zhangzhou"])}, entered=1000)
    forged.impose("zhangzhou", "03-05", S1).impose("zhangzhou", "04-28", S3)
    forged.at("zhangzhou", "03-01", made_record(R1, "ANOTHER"), made_record(R2, "ANOTHER"))
    forged_partner = Partner("zhangzhou", forged.logs["zhangzhou"])
    last = forged_partner.signed(
        # All of its log, where a status shows only what is about one sanction.
        _with_section(forged_partner)
    )
    origin = Origin(world)
    digest = origin.keep(last)
    told = origin.own[-1].facts.model_copy(update={"attached": digest})
    origin.own.append(replace(origin.own[-1], index=len(origin.own), facts=told))
    partners = partners_of("xiamen", origin.own, origin.kept)
    (view,) = (view for view in partners.views if view.node == "zhangzhou")
    claimed = [e.facts for e in view.entries if e.type in {"SanctionImposed", "RecordCollected"}]
    assert {getattr(each, "sanction", None) for each in claimed} == {S2, None}
    assert [f.record for f in claimed if isinstance(f, RecordCollected)] == [R2]
    found = proved_trail(
        "xiamen", origin.own, {}, S1, day("04-30"), subject=FIRM, partners=partners
    )
    assert (found.node, shares(found)) == ("xiamen", TABLE[S1])


def _with_section(partner: Partner) -> Acknowledgement:
    made = Acknowledgement.from_payload(partner.acknowledgement(M2, R1).payload)
    return made.model_copy(update={"logs": (partner.section(),)})


def test_what_others_show_of_this_nodes_log_is_left_out() -> None:
    """What this node entered, it has itself."""
    partner = Partner("quanzhou", worked_case().logs["quanzhou"])
    own = Partner("xiamen", [replace(e, node="xiamen") for e in partner.entries])
    envelope = partner.acknowledgement(
        M3, R1, downstream=[own.acknowledgement(M3, R1, S3, to="quanzhou").to_value()]
    )
    origin = Origin()
    told = origin.own[-1].facts.model_copy(update={"attached": origin.keep(envelope)})
    log = [replace(origin.own[-1], facts=told)]
    assert {e.node for e in read_attached(digest_of(envelope), envelope.to_json(), index=1)} == {
        "xiamen", "quanzhou",
    }  # fmt: skip
    assert [v.node for v in partners_of("xiamen", log, origin.kept).views] == ["quanzhou"]


def test_what_is_known_stays_whatever_comes_later() -> None:
    """Another entry at a place of a log that is known already changes nothing."""
    origin = Origin()
    world = worked_case()
    log = world.logs["zhangzhou"]
    at = next(e.index for e in log if e.type == "SanctionImposed")
    log[at] = replace(log[at], facts=log[at].facts.model_copy(update={"enforcer": "ANOTHER"}))
    envelope = Partner("zhangzhou", log).acknowledgement(M2, R1, S2)
    told = origin.own[-1].facts.model_copy(update={"attached": origin.keep(envelope)})
    origin.own.append(replace(origin.own[-1], index=len(origin.own), facts=told))
    partners = partners_of("xiamen", origin.own, origin.kept)
    found = proved_trail(
        "xiamen", origin.own, {}, S2, day("04-30"), subject=FIRM, partners=partners
    )
    assert found.enforcer != "ANOTHER"


# -- damage ------------------------------------------------------------------------


def _acknowledgement() -> Envelope:
    return Partner("zhangzhou", worked_case().logs["zhangzhou"]).acknowledgement(N2, R1, S2)


def _changed(change: Callable[[dict[str, object]], object]) -> Envelope:
    """An acknowledgement with another payload, under its own digest."""
    value = json.loads(_acknowledgement().payload)
    change(value)
    return Envelope(canonical(value, max_depth=40), ACKNOWLEDGEMENT, _acknowledgement().signatures)


def _deep() -> Envelope:
    """As deep as there can be messages in messages, and one deeper."""
    partner = Partner("zhangzhou", worked_case().logs["zhangzhou"])
    found = partner.acknowledgement(N2, R1)
    for _ in range(MAX_LEVELS):
        found = partner.acknowledgement(N2, R1, downstream=[found.to_value()])
    return found


DAMAGED: dict[str, Callable[[], Envelope]] = {
    "another kind": lambda: replace(_acknowledgement(), payload_type=RECEIPT),
    "an entry's envelope": lambda: replace(_acknowledgement(), payload_type=ENTRY),
    "no JSON": lambda: replace(_acknowledgement(), payload=b"{"),
    "a member more": lambda: _changed(lambda v: v.update(more=1)),
    "another node's entries": lambda: _changed(lambda v: v["logs"][0].update(node="quanzhou")),  # type: ignore[index]
    "an entry that is none": lambda: _changed(
        lambda v: v["logs"][0]["entries"][0].update(payload=b64encode(b"{}").decode())  # type: ignore[index]
    ),
    "a status that is none": lambda: _changed(lambda v: v.update(statuses=[{"payload": 1}])),
    "a status of another kind": lambda: _changed(
        lambda v: v["statuses"][0].update(payloadType=RECEIPT)  # type: ignore[index]
    ),
    "too deep": _deep,
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_what_is_damaged_is_named_by_its_digest(damage: str) -> None:
    """Whatever lies in the store under a digest: an error that names it, and its entry."""
    envelope = DAMAGED[damage]()
    digest = digest_of(envelope)
    with pytest.raises(AttachedDamaged) as caught:
        read_attached(digest, envelope.to_json(), index=7)
    assert caught.value.fields["digest"] == digest
    assert caught.value.fields["index"] == 7
    assert digest in caught.value.message("zh-CN")


@pytest.mark.parametrize("place", range(3, 4000, 571))
def test_a_changed_or_cut_byte_never_crashes(place: int) -> None:
    """A bit turned anywhere is an error that names the digest, or changes no entry."""
    envelope = _acknowledgement()
    data, digest = envelope.to_json(), digest_of(envelope)
    whole = read_attached(digest, data, index=1)
    turned = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    for bad in (turned, data[:place], b"", b"\xff" * place):
        try:
            assert read_attached(digest, bad, index=1) == whole
        except AttachedDamaged as error:
            assert error.fields["digest"] == digest  # noqa: PT017 - or nothing is raised


def test_a_message_that_is_not_there_is_damage() -> None:
    """An entry names it: without it the trail would be told from less than is known."""
    origin = Origin()
    lost = next(iter(naming(origin.own)))
    origin.kept[lost] = None
    with pytest.raises(AttachedDamaged, match=lost):
        origin.trail(S1)


def test_a_good_message_in_the_place_of_another_is_damage() -> None:
    """What lies under a digest counts only where it has that digest."""
    origin = Origin()
    one, other = list(naming(origin.own))[:2]
    origin.kept[one] = origin.kept[other]
    with pytest.raises(AttachedDamaged, match=one):
        origin.trail(S1)


def test_an_acknowledgement_without_attachment_adds_nothing() -> None:
    """As a node entered them before there were any."""
    own = worked_case().logs["xiamen"]
    assert naming(own) == {}
    assert partners_of("xiamen", own, {}).views == ()


# -- what may be shown -------------------------------------------------------------


def test_the_public_sees_days_and_bodies_of_a_partners_sanction_and_no_hidden_record() -> None:
    """R1 is withdrawn, so published no more: its id, digests and staff are withheld."""
    origin = Origin()
    told = seen(origin.trail(S2), origin.own, Public(day("04-30")))
    assert told.subject is None
    assert told.masked == ("subject", "operators", "documents", "digests", "records")
    assert shares(told.trail) == TABLE[S2]
    assert {step.node for step in told.trail.steps} == {"xiamen", "zhangzhou"}
    for each in (R1, "op-7", "JIANSHE-1", str(FIRM), N2):
        assert each not in repr(told.trail), each
    by_record = seen(origin.trail(S2), origin.own, Public(day("04-30")), record=R1)
    assert S2 not in repr(by_record.trail)


def test_an_officer_sees_all_of_it() -> None:
    """What partners disclosed in their answers is the node's to tell."""
    origin = Origin()
    officer = Registered(day("04-30"), "op-9", "核查", "示例法第三条")
    told = seen(origin.trail(S3), origin.own, officer)
    assert (told.why, told.subject) == (None, str(FIRM))
    assert [each.record for each in told.trail.records] == [R1]
    assert N3 in repr(told.trail)
    assert DIGEST not in told.masked


def test_the_public_is_not_told_of_a_record_that_only_a_partner_holds() -> None:
    """S2 rests on published R1 and on R2 of the partner: the line stays, its id does not."""
    world = World().collect("xiamen", "03-02").disclose("xiamen", "zhangzhou", "03-10")
    world.collect("zhangzhou", "03-11", R2, SECOND).impose("zhangzhou", "03-12", S2, R1, R2)
    origin = Origin(world)
    status = Partner("zhangzhou", world.logs["zhangzhou"]).status(S2, R1)
    told = fact(
        EnforcementStatusReceived,
        record=R1,
        recipient="zhangzhou",
        status={"sanction": S2, "enforcer": "JIANSHE", "state": "applied"},
        attached=origin.keep(status),
    )
    last = origin.own[-1]
    origin.own.append(replace(last, index=last.index + 1, facts=told, type=told.type_name()))
    partners = partners_of("xiamen", origin.own, origin.kept)
    trail = proved_trail(
        "xiamen", origin.own, {}, S2, day("03-20"), subject=FIRM, partners=partners
    )
    assert {each.record for each in trail.records} == {R1, R2}
    public = seen(trail, origin.own, Public(day("03-20")), record=R1)
    assert [each.record for each in public.trail.records] == [R1, ""]
    assert R2 not in repr(public.trail)
    assert public.trail.sanction == S2
    assert public.hides_records
    stranger = Registered(day("03-20"), "op-9", "核查", "示例法第三条", "BANK")
    assert R2 not in repr(seen(trail, origin.own, stranger).trail)
