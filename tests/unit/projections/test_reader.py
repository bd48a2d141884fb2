"""What each reader is shown, what is masked, and the fixed JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from uuid import UUID

from ledger.entry import Entry
from ledger.events import EVENT_TYPES
from ledger.events.base import Facts
from ledger.events.disputes import ComplaintFiled, SanctionRuledWrongful
from ledger.events.records import RecordCorrected, RecordMended, RecordPublished
from ledger.events.sanctions import EnforcementReported, RatingRecorded
from ledger.events.subjects import IdentifierCorrected, PersonalDataErased
from ledger.signing.canonical import canonical
from ledger.signing.sealing import Detail, Erased, Opened, Withheld
from projections.answer import Answer, Masked, shown, to_json
from projections.concern import OPERATOR_TYPES, OTHER_STREAMS, PUBLIC_TYPES
from projections.history import history, tied
from projections.reader import Details, Public, Reader, Registered, answer
from tests.unit.projections.made import (
    C1,
    FIRM,
    MANIFEST,
    OTHER_FIRM,
    PERSON,
    PROCURER,
    R1,
    R2,
    R3,
    REVIEWER,
    S1,
    S2,
    SUPPLIER,
    Log,
    basic,
    collected,
    imposed,
    objected,
    opened,
    suspended,
    uid,
    withdrawn,
)

TODAY = date(2026, 6, 1)
VALID_AT = date(2026, 3, 15)
KNOWN_AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
PUBLIC = Public(TODAY)
OFFICER = Registered(TODAY, "op-9", "招标资格审查", "示例法第三条")
OUTSIDER = Registered(TODAY, "op-9", "授信", "示例法第三条", organisation="SHILI-YINHANG")
BODY = Registered(
    TODAY, "op-9", "监管", "示例法第三条", organisation="SHILI-JU", may_see_government=True
)


def ask(
    entries: Iterable[Entry],
    reader: Reader,
    subject: UUID = FIRM,
    size: int | None = None,
    details: Details | None = None,
) -> Answer:
    entries = list(entries)
    return answer(
        entries,
        subject,
        reader,
        valid_at=VALID_AT,
        known_at=KNOWN_AT,
        tree_size=len(entries) if size is None else size,
        details=details,
    )


def corrected(record: str, **new: object) -> RecordCorrected:
    changes = [{"field": field, "new": value} for field, value in new.items()]
    return RecordCorrected.model_validate(
        {"record": record, "changes": changes, "cause": "own_check", "corrected_on": TODAY}
    )


# -- lists of types ----------------------------------------------------------------


def test_every_event_type_is_in_exactly_one_list() -> None:
    """A new event type has to be put somewhere before it can be shown to anybody."""
    lists = (PUBLIC_TYPES, OPERATOR_TYPES, OTHER_STREAMS)
    for facts in EVENT_TYPES.values():
        holding = [types for types in lists if facts.type_name() in types]
        assert len(holding) == 1, facts.type_name()
        assert (facts.stream_kind != "subject") == (holding[0] is OTHER_STREAMS)
    assert sum(map(len, lists)) == len({facts.type_name() for facts in EVENT_TYPES.values()})


# -- the fixed JSON -----------------------------------------------------------------


def test_the_json_has_the_fixed_members() -> None:
    """The members and their spelling are those that others script against."""
    told = to_json(ask(basic().entries, OFFICER))
    assert json.loads(canonical(told)) == {
        "subject": {"id": str(FIRM), "kind": "legal_person", "scheme": "uscc"},
        "valid_at": "2026-03-15",
        "known_at": "2026-05-01T12:00:00.000000Z",
        "tree_size": 4,
        "entries": told["entries"],
        "records": [
            {
                "record": R1,
                "item": "administrative_penalty",
                "state": "valid",
                "since": "2026-02-27",
                "because": [1],
            }
        ],
        "sanctions": [
            {
                "sanction": S1,
                "measure": "limit_procurement",
                "state": "in_force",
                "since": "2026-03-09",
                "starts_on": "2026-03-09",
                "ends_on": "2027-02-27",
                "enforcement": {"state": None, "on": None},
                "because": [3],
            }
        ],
        "masked": [],
    }
    entries = told["entries"]
    assert isinstance(entries, list)
    assert entries[2] == {
        "index": 2,
        "seq": 3,
        "type": "NoticeServed",
        "recorded_at": "2026-03-03T02:00:00.000000Z",
        "facts": {"record": R1, "served_on": "2026-03-03", "channel": "邮寄"},
    }


def test_an_empty_log_has_no_known_at() -> None:
    """Asked of an empty log, ``known_at`` is null and the tree size 0."""
    told = answer([], FIRM, OFFICER, valid_at=VALID_AT, known_at=None, tree_size=0)
    assert to_json(told)["known_at"] is None
    assert to_json(told)["subject"] is None


def test_a_subject_that_nobody_opened_has_no_history() -> None:
    """Entries without an opening answer nothing, to a registered reader neither."""
    told = history(Log().add(TODAY, collected()).entries, FIRM, valid_at=VALID_AT)
    assert (told.subject, told.entries, told.records) == (None, (), ())


def test_shown_names_what_the_access_entry_needs() -> None:
    """Records, sanctions, the number of entries, and a digest that any change changes."""
    told = shown(ask(basic().entries, OFFICER))
    assert (told.records, told.sanctions, told.entries) == ((R1,), (S1,), 4)
    assert told.digest != shown(ask(basic().add(TODAY, objected()).entries, OFFICER)).digest


# -- the public ---------------------------------------------------------------------


def test_empty_answers_are_byte_identical() -> None:
    """A person, an unknown subject, and a firm with nothing published cannot be told apart."""
    log = basic().add(TODAY, opened("natural_person"), collected(R2), subject=PERSON)
    nothing = log.add(TODAY, opened(), collected(R3, publicity="authorised"), subject=OTHER_FIRM)
    told = {
        canonical(to_json(ask(nothing.entries, PUBLIC, subject)))
        for subject in (PERSON, UUID(uid(77)), OTHER_FIRM)
    }
    assert [json.loads(one) for one in told] == [
        {
            "subject": None,
            "valid_at": "2026-03-15",
            "known_at": "2026-05-01T12:00:00.000000Z",
            "tree_size": 8,
            "entries": [],
            "records": [],
            "sanctions": [],
            "masked": [],
        }
    ]


def test_the_public_sees_published_records_and_the_sanctions_on_them() -> None:
    """Published: the record, its sanction, and the entries about both."""
    told = ask(basic().entries, PUBLIC)
    assert [line.record for line in told.records] == [R1]
    assert [line.sanction for line in told.sanctions] == [S1]
    assert [line.type for line in told.entries] == [
        "SubjectOpened",
        "RecordCollected",
        "NoticeServed",
        "SanctionImposed",
    ]
    assert told.masked == ()


def test_a_sanction_on_an_unpublished_record_is_not_public() -> None:
    """Also of a subject that has something else published; one of several is enough."""
    log = Log().add(
        date(2026, 3, 2), opened(), collected(R1), collected(R2, publicity="authorised")
    )
    log.add(date(2026, 3, 9), imposed(S1, R2), imposed(S2, R1, R2))
    told = ask(log.entries, PUBLIC)
    assert [line.sanction for line in told.sanctions] == [S2]
    assert S1 not in canonical(to_json(told)).decode()
    assert R2 not in canonical(to_json(told)).decode()


def test_publication_is_that_of_the_day_of_asking() -> None:
    """Shown until the day before publication ends, whatever ``valid_at`` asks for."""
    entries = basic().entries
    assert ask(entries, Public(date(2027, 2, 26))).records
    assert not ask(entries, Public(date(2027, 2, 27))).records
    assert ask(entries, Public(date(2026, 2, 27))).records
    assert not ask(entries, Public(date(2026, 2, 26))).records


def test_what_was_withdrawn_since_is_not_shown_of_the_days_before() -> None:
    """Asked today about a tree size before the withdrawal, the public is shown nothing."""
    log = basic()
    size = len(log.entries)
    log.add(date(2026, 4, 24), withdrawn())
    assert ask(log.entries[:size], PUBLIC, size=size).records
    assert ask(log.entries, PUBLIC, size=size) == Answer(None, VALID_AT, KNOWN_AT, size)
    assert ask(log.entries, OFFICER, size=size).records


def test_a_shown_sanction_names_no_unpublished_record() -> None:
    """Ids of records that are not published are taken out of its facts and its causes."""
    log = Log().add(
        date(2026, 3, 2), opened(), collected(R1), collected(R2, publicity="authorised")
    )
    log.add(date(2026, 3, 9), imposed(S2, R1, R2))
    log.add(
        date(2026, 3, 9),
        SanctionRuledWrongful(
            sanction=S2,
            faulty_records=(R2,),
            authority=REVIEWER,
            ruled_on=date(2026, 3, 9),
            wrong_from=date(2026, 3, 9),
            wrong_until=date(2026, 3, 10),
        ),
    )
    log.add(date(2026, 3, 10), objected(record=R2, on=date(2026, 3, 10)))
    log.add(date(2026, 3, 10), suspended(S2, on=date(2026, 3, 10)))
    told = ask(log.entries, PUBLIC)
    text = json.dumps(to_json(told))
    assert R2 not in text
    assert objected().objection not in text
    (sanction,) = told.sanctions
    assert (sanction.state, sanction.because) == ("suspended", (3, 6))
    assert {line.index for line in told.entries} == {0, 1, 3, 4, 6}


def test_the_public_sees_no_staff_no_parties_and_no_free_text_of_enforcers() -> None:
    """Facts that name staff or who objected, and an enforcer's reason, are left out."""
    log = basic().add(
        TODAY,
        objected(filed_by="third_party", party="SHILI-DI"),
        EnforcementReported(
            sanction=S1, enforcer=PROCURER, on=TODAY, state="applied", reason="某人称"
        ),
    )
    facts = {line.type: line.facts for line in ask(log.entries, PUBLIC).entries}
    assert "approved_by" not in facts["SanctionImposed"]
    assert not {"filed_by", "party"} & facts["ObjectionFiled"].keys()
    assert "reason" not in facts["EnforcementReported"]


def test_the_public_sees_no_operator_type() -> None:
    """Complaints, ratings, erasures stay away, also where they name a published record."""
    log = basic().add(
        TODAY,
        ComplaintFiled(case=C1, against=SUPPLIER, filed_on=TODAY, record=R1),
        RatingRecorded(rating="A", scheme="示例", authority=REVIEWER, from_=TODAY),
        PersonalDataErased(basis="示例", records=(R1,)),
        RecordPublished(record=R1, channel="网站", on=TODAY),
    )
    types = [line.type for line in ask(log.entries, PUBLIC).entries]
    assert types[-2:] == ["SanctionImposed", "RecordPublished"]


# -- registered readers ----------------------------------------------------------------


def government() -> Log:
    log = Log().add(
        date(2026, 3, 2), opened(), collected(R1), collected(R2, publicity="government")
    )
    return log.add(date(2026, 3, 9), imposed(S1, R1, R2), imposed(S2, R2))


def test_government_records_are_masked_for_others() -> None:
    """An admitted public body and the node's officer see them; others see that they exist."""
    entries = government().entries
    for reader in (OFFICER, BODY):
        told = ask(entries, reader)
        assert ([line.record for line in told.records], told.masked) == ([R1, R2], ())
    told = ask(entries, OUTSIDER)
    assert [line.record for line in told.records] == [R1]
    assert [line.sanction for line in told.sanctions] == [S1]
    assert told.entries[-1].facts["records"] == [R1]
    assert told.masked == (
        Masked(f"record {R2}", "government_sharing_only"),
        Masked(f"sanction {S2}", "government_sharing_only"),
    )


def test_todays_publicity_class_decides() -> None:
    """A record put under government sharing since is masked in answers about the days before."""
    log = basic()
    size = len(log.entries)
    log.add(TODAY, corrected(R1, publicity="government"))
    assert not ask(log.entries, OUTSIDER, size=size).records
    assert ask(log.entries[:size], OUTSIDER, size=size).records


def test_a_record_past_its_retention_is_down_to_its_ids() -> None:
    """From ``held_until`` on, only ids are left of what was entered; the listing stays."""
    entries = basic().entries

    def on(today: date) -> Answer:
        return ask(entries, Registered(today, "op-9", "核查", "示例法第三条"))

    assert on(date(2031, 2, 26)).masked == ()
    told = on(date(2031, 2, 27))
    assert [dict(line.facts) for line in told.entries[1:]] == [
        {"record": R1},
        {"record": R1},
        {"sanction": S1, "records": [R1]},
    ]
    assert told.entries[0].facts["name"] == "厦门示例甲公司"
    assert told.records == on(date(2031, 2, 26)).records
    assert told.masked == (
        Masked(f"facts of record {R1}", "retention_ended"),
        Masked(f"facts of sanction {S1}", "retention_ended"),
    )


def test_the_end_of_a_licence_erases_nothing() -> None:
    """Retention binds adverse records; a licence past its validity keeps its facts."""
    facts = collected(item="administrative_licence", adverse=False, held_until=date(2026, 4, 1))
    told = ask(Log().add(TODAY, opened(), facts).entries, OFFICER)
    assert told.entries[1].facts["item"] == "administrative_licence"
    assert told.masked == ()


def sealed_log() -> Log:
    log = Log().add(TODAY, opened("natural_person"), subject=PERSON, sealed=("identifier", "name"))
    log.add(TODAY, collected(R2), subject=PERSON, sealed=("narrative",))
    return log.add(
        TODAY,
        ComplaintFiled(case=C1, against=SUPPLIER, filed_on=TODAY),
        subject=PERSON,
        sealed=("grounds", "who"),
    )


def test_opened_details_are_shown_and_the_others_named() -> None:
    """Values stand under ``details``; erased and withheld ones are told apart in ``masked``."""
    found: dict[int, dict[str, Detail]] = {
        0: {"identifier": Opened("110101190001010000", b""), "name": Withheld()},
        1: {"narrative": Erased(3)},
        2: {"grounds": Opened("示例", b""), "who": Opened("某人", b"")},
    }
    told = ask(sealed_log().entries, OFFICER, PERSON, details=found)
    assert [dict(line.details) for line in told.entries] == [
        {"identifier": "110101190001010000"},
        {},
        {},  # neither who reported nor, in their own words, why
    ]
    assert told.masked == (
        Masked("details of subject", "withheld"),
        Masked(f"details of record {R2}", "erased"),
        Masked(f"details of complaint {C1}", "informant_confidential"),
    )
    assert "details" not in json.dumps(to_json(ask(sealed_log().entries, PUBLIC, PERSON)))


def test_unopened_details_are_withheld() -> None:
    """A sealed field that the caller did not open is named, not passed over."""
    told = ask(sealed_log().entries, OFFICER, PERSON)
    assert Masked(f"details of record {R2}", "withheld") in told.masked


# -- tied streams ------------------------------------------------------------------------


def tie(old: UUID = FIRM, new: UUID = OTHER_FIRM) -> Facts:
    return IdentifierCorrected(
        old_subject=str(old), new_subject=str(new), reason="重错码", authority="示例"
    )


def test_both_identifiers_answer_with_both_chains() -> None:
    """After the tie either id gives the same entries, records and sanctions, in log order."""
    log = basic().add(TODAY, opened(), subject=OTHER_FIRM)
    before = len(log.entries)
    log.add(TODAY, tie()).add(TODAY, tie(), subject=OTHER_FIRM)
    log.add(TODAY, collected(R2), subject=OTHER_FIRM)
    one, other = (ask(log.entries, OFFICER, subject) for subject in (FIRM, OTHER_FIRM))
    assert one.entries == other.entries
    assert [line.index for line in one.entries] == list(range(len(log.entries)))
    assert [line.record for line in one.records] == [R1, R2] == [r.record for r in other.records]
    assert one.sanctions == other.sanctions
    assert one.subject is not None
    assert other.subject is not None
    assert (one.subject.id, other.subject.id) == (FIRM, OTHER_FIRM)
    then = ask(log.entries, OFFICER, OTHER_FIRM, size=before)
    assert [line.index for line in then.entries] == [4]


def test_ties_reach_over_several_corrections() -> None:
    """A code corrected twice ties three streams; an unrelated one stays out."""
    log = Log().add(TODAY, tie()).add(TODAY, tie(OTHER_FIRM, PERSON), subject=OTHER_FIRM)
    assert tied(log.entries, FIRM) == {FIRM, OTHER_FIRM, PERSON}
    assert tied(log.entries[:1], FIRM) == {FIRM, OTHER_FIRM}
    assert tied(log.entries, UUID(uid(5))) == {UUID(uid(5))}


def test_a_tied_person_stays_private() -> None:
    """What a person's stream holds is not shown with the organisation it was tied to."""
    log = basic().add(TODAY, opened("natural_person"), collected(R2), subject=PERSON)
    log.add(TODAY, tie(FIRM, PERSON)).add(TODAY, tie(FIRM, PERSON), subject=PERSON)
    told = ask(log.entries, PUBLIC)
    assert [line.record for line in told.records] == [R1]
    assert [line.index for line in told.entries] == [0, 1, 2, 3]
    assert ask(log.entries, PUBLIC, PERSON).subject is None


def test_a_mended_record_is_not_public() -> None:
    """A mended record, and the sanction that rested on it alone, leave the public's answer."""
    log = basic().add(
        TODAY,
        RecordMended(record=R1, evidence=MANIFEST, accepted_by=REVIEWER, mended_on=TODAY),
    )
    assert ask(log.entries, PUBLIC).subject is None
