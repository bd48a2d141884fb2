"""The vocabulary: names, terms, facts, strictness, and its JSON Schema."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    BaseModel,
    Field,
    PlainSerializer,
    TypeAdapter,
    ValidationError,
    create_model,
)

from ledger.events import EVENT_TYPES, Facts
from ledger.events.base import Amount, Code, Day, Id, Instant, OrganisationCode, Text
from ledger.events.members import members_of
from ledger.events.records import RecordCollected
from ledger.events.schema import event_schemas
from ledger.signing.canonical import canonical_unchecked

TYPES = sorted(EVENT_TYPES.values(), key=lambda facts: facts.__name__)

VOCABULARY = {
    "SubjectOpened": "kind scheme region identifier name",
    "IdentifierCorrected": "old_subject new_subject reason authority",
    "SubjectLinked": "other_subject role from until",
    "SubjectUnlinked": "link on",
    "PersonalDataErased": "basis records persons keys",
    "HoldPlaced": "records authority basis",
    "HoldReleased": "hold authority basis",
    "RecordCollected": "record item tier supplier document_number decided_on held_from held_until"
    " publicity publish_from publish_until legal_basis amounts correctable exemption volunteered",
    "NoticeServed": "record served_on channel",
    "RecordCorrected": "record changes cause authority",
    "RecordWithdrawn": "record cause fault effective",
    "RecordMended": "record evidence accepted_by",
    "RecordPublished": "record channel on basis",
    "PublicationEnded": "record channel on basis",
    "ConsentGiven": "what to_whom purpose until",
    "ConsentWithdrawn": "consent on",
    "SanctionImposed": "sanction measure kind records initiator enforcer approved_by legal_basis"
    " starts_on ends_on",
    "SanctionSuspended": "sanction cause from",
    "SanctionResumed": "sanction confirmation from",
    "SanctionLifted": "sanction cause from",
    "EnforcementReported": "sanction enforcer on state reason evidence",
    "IncentiveGranted": "incentive measure basis from until",
    "IncentiveEnded": "incentive on",
    "CommitmentMade": "commitment kind made_to due_on",
    "CommitmentKept": "commitment evidence",
    "CommitmentBroken": "commitment evidence",
    "RatingRecorded": "rating scheme authority from until",
    "ObjectionFiled": "objection record filed_by filed_on due_on provisional repeats",
    "ObjectionAnswered": "objection supplier finding answered_on overdue_working_days",
    "ObjectionDecided": "objection outcome reviewer told_on",
    "RepairRequested": "repair record evidence requested_on due_on",
    "RepairAccepted": "repair due_on",
    "RepairDecided": "repair outcome unmet reviewer",
    "SanctionRuledWrongful": "sanction faulty_records authority ruled_on wrong_from wrong_until",
    "RulingReversed": "sanction authority",
    "ComplaintFiled": "case against filed_on",
    "ComplaintDecided": "case outcome",
    "RestitutionMade": "sanction by what on",
    "RecordReceived": "record origin bundle origin_entry collected notice_served",
    "RecordDisclosed": "record recipient bundle purpose legal_basis",
    "DisclosureReceipted": "record bundle recipient received_at verdict",
    "CorrectionNotified": "notice record recipient act required due_on",
    "CorrectionAcknowledged": "notice recipient verdict onward statuses attached",
    "NoticeReceived": "notice origin origin_entry origin_recorded_at fault record act required",
    "EnforcementStatusReceived": "record recipient status attached",
    "CorrectionGivenUp": "notice record recipient reason",
    "ForeignReportReceived": "report issuer reference issued_on digest size media_type received_on"
    " purpose legal_basis",
    "NodeFounded": "name region clock",
    "KeyIntroduced": "keyid public_key from",
    "KeyRetired": "keyid",
    "KeyCompromised": "keyid since",
    "RulePackAdopted": "digest in_force_from",
    "HeadsCommitted": "size root",
    "AccessRefused": "asker minute count",
    "TrustListAdopted": "digest",
    "MessageRefused": "digest reason",
    "ClockJumpConfirmed": "expected observed",
    "MarkMadeAnew": "size evidence vouched_by",
    "ExportAssessed": "assessment to items purpose legal_basis authority from until",
    "OrganisationAdmitted": "organisation name",
    "RoleGranted": "organisation role from",
    "RoleEnded": "organisation role on",
    "KeyBound": "organisation keyid public_key from",
    "KeyUnbound": "organisation keyid on",
    "BundleSent": "peer bundle sequence previous size records expires_at",
    "MessageReceived": "peer message_kind message about sequence size root",
    "NoticeKept": "peer notice record message",
    "SubjectQueried": "operator role purpose basis records valid_at known_at",
}
"""Every event, and the facts it has at the least."""

SEALED = {
    "SubjectOpened": {"identifier", "name"},
    "RecordCollected": {"parties", "narrative"},
    "RecordReceived": {"parties", "narrative"},
    "RecordCorrected": {"parties", "narrative"},
    "ObjectionFiled": {"grounds"},
    "ObjectionAnswered": {"reasons"},
    "ObjectionDecided": {"reasons"},
    "RepairRequested": {"statement"},
    "RepairDecided": {"statement"},
    "SanctionRuledWrongful": {"grounds"},
    "ComplaintFiled": {"who", "grounds"},
    "ForeignReportReceived": {"content"},
}

STREAMS = {
    "node": set(list(VOCABULARY)[list(VOCABULARY).index("NodeFounded") :][:12]),
    "organisation": {
        "OrganisationAdmitted",
        "RoleGranted",
        "RoleEnded",
        "KeyBound",
        "KeyUnbound",
    },
    "access": {"SubjectQueried"},
    "exchange": {"BundleSent", "MessageReceived", "NoticeKept"},
}

UUID_ = "00000000-0000-7000-8000-000000000001"


def value_for(schema: dict[str, Any], defs: dict[str, Any]) -> Any:
    """A value that a property's JSON Schema admits: also a test that the schema tells it."""
    if "$ref" in schema:
        return value_for(defs[schema["$ref"].rsplit("/", 1)[1]], defs)
    if "anyOf" in schema:
        return value_for(schema["anyOf"][0], defs)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "integer":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return True
        case "array":
            return [value_for(schema["items"], defs)]
        case "object":
            if "properties" in schema:
                return {k: value_for(v, defs) for k, v in schema["properties"].items()}
            return {"fine": "3.5"}
        case "string":
            return string_for(schema)
        case _:
            return None


def string_for(schema: dict[str, Any]) -> str:
    """By format, else the first of some texts that the pattern admits."""
    if schema.get("format") == "date":
        return "2026-03-02"
    if schema.get("format") == "date-time":
        return "2026-03-02T01:15:00.000000Z"
    texts = (UUID_, "a" * 64, "A" * 43 + "=", "A" * 86 + "==", "abc", "3.5", "a/b")
    pattern = schema.get("pattern", "")
    return next(text for text in texts if re.search(pattern, text))


def sample(facts: type[Facts]) -> dict[str, Any]:
    """Facts of this type with every field set."""
    schema = facts.model_json_schema(by_alias=True)
    defs = schema.get("$defs", {})
    return {name: value_for(each, defs) for name, each in schema["properties"].items()}


def required(facts: type[Facts]) -> set[str]:
    return set(facts.model_json_schema(by_alias=True).get("required", ()))


def test_every_event_of_the_vocabulary_exists_with_its_facts() -> None:
    """Names and facts are those of the vocabulary; nothing is there that it does not have."""
    by_name = {facts.__name__: facts for facts in TYPES}
    assert set(VOCABULARY) == set(by_name)
    for name, wanted in VOCABULARY.items():
        fields = {field.alias or key for key, field in by_name[name].model_fields.items()}
        assert set(wanted.split()) <= fields, name


@pytest.mark.parametrize("facts", TYPES, ids=lambda facts: facts.__name__)
class TestEveryType:
    def test_is_frozen_and_refuses_unknown_fields(self, facts: type[Facts]) -> None:
        """Facts are never changed, and never hold what the vocabulary does not know."""
        members = sample(facts)
        made = facts.model_validate(members)
        with pytest.raises(ValidationError, match="frozen"):
            setattr(made, next(iter(facts.model_fields)), None)
        with pytest.raises(ValidationError, match="Extra inputs"):
            facts.model_validate(members | {"score": 1})

    def test_goes_through_json_and_back(self, facts: type[Facts]) -> None:
        """Written as JSON and read again, the facts are equal, and so is the JSON."""
        made = facts.model_validate(sample(facts))
        text = json.dumps(made.to_json(), ensure_ascii=False)
        again = facts.model_validate(json.loads(text))
        assert again == made
        assert json.dumps(again.to_json(), ensure_ascii=False) == text
        assert all(name.isascii() for name in made.to_json())

    def test_is_encoded_as_the_serializer_would(self, facts: type[Facts]) -> None:
        """The quick way to the members gives the very bytes, with every field and with few."""
        members = sample(facts)
        few = {name: value for name, value in members.items() if name in required(facts)}
        for one in (members, few):
            made = facts.model_validate(one)
            assert canonical_unchecked(members_of(made)) == canonical_unchecked(made.to_json())

    def test_has_a_chinese_term_a_version_and_a_stream(self, facts: type[Facts]) -> None:
        """Each says what the field calls it, and which stream it is of."""
        assert re.fullmatch(r"[\u4e00-\u9fff]+", facts.term)
        assert facts.schema_version == 1
        kind = next((k for k, names in STREAMS.items() if facts.__name__ in names), "subject")
        assert facts.stream_kind == kind

    def test_seals_what_is_personal(self, facts: type[Facts]) -> None:
        """What the vocabulary says is sealed may be sealed."""
        assert SEALED.get(facts.__name__, set()) <= facts.sealed_fields


def test_what_the_quick_way_does_not_know_goes_the_long_way() -> None:
    """Other names in JSON, instants and values in models are left to the serializer."""

    class Inside(BaseModel):
        name_: str | None = None

    class Odd(Facts):
        from_: Day = Field(alias="from")
        at: Instant
        day: Annotated[Day, PlainSerializer(lambda day: day.year)]
        word: Annotated[str, PlainSerializer(str.upper)]
        inside: Inside
        several: dict[str, str | None]
        ends: Day | Literal["never"]

    whole: dict[str, Any] = {
        "from": "2026-03-02",
        "at": "2026-03-02T01:15:00.000000Z",
        "day": "2026-03-02",
        "word": "word",
        "inside": {},
        "several": {"one": None},
        "ends": "2026-03-02",
    }
    for name, field in Odd.model_fields.items():
        kind: Any = field.rebuild_annotation()
        of_field: dict[str, Any] = {name: (kind, Field(alias=field.alias))}
        only = create_model(name, __base__=Facts, **of_field)
        outside = field.alias or name
        made = only.model_validate({outside: whole[outside]})
        assert canonical_unchecked(members_of(made)) == canonical_unchecked(made.to_json())


def test_topics_name_type_and_version() -> None:
    """The name a store files an event under does not depend on where its code lies."""
    assert EVENT_TYPES["RecordCollected:1"] is RecordCollected
    assert all(topic == f"{facts.__name__}:1" for topic, facts in EVENT_TYPES.items())


def test_schema_export_lists_all_and_is_json() -> None:
    """The exported document names every type, with its term, its sealed fields and its facts."""
    document: dict[str, Any] = json.loads(json.dumps(event_schemas(), allow_nan=False))
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["events"].keys() == EVENT_TYPES.keys()
    for topic, event in document["events"].items():
        assert event["term"] == EVENT_TYPES[topic].term
        assert event["facts"]["additionalProperties"] is False
        assert not any(name.endswith("_") for name in event["facts"]["properties"])
    collected = document["events"]["RecordCollected:1"]
    assert collected["sealed"] == ["narrative", "parties"]
    assert collected["facts"]["properties"]["decided_on"]["format"] == "date"


# -- what a value may be ---------------------------------------------------------


def admits(kind: Any, value: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("good", ["2026-03-02", "2024-02-29", date(2026, 3, 2), "0001-01-01"])
def test_days(good: object) -> None:
    """A legal date is a calendar date."""
    assert admits(Day, good)


@pytest.mark.parametrize(
    "bad",
    [
        "2026-02-30",
        "2025-02-29",
        "2026-13-01",
        "2026-00-10",
        "0000-01-01",
        "20260302",
        "2026-3-2",
        "2026/03/02",
        "2026-W10-1",
        "2026-061",
        " 2026-03-02",
        "2026-03-02\n",
        "2026-03-02T00:00:00",
        "2026-03-02T00:00:00Z",
        "\uff12\uff10\uff12\uff16-\uff10\uff13-\uff10\uff12",
        "+026-03-02",
        datetime(2026, 3, 2),
        datetime(2026, 3, 2, tzinfo=UTC),
        20260302,
        1_772_409_600,
        1.5,
        True,
        None,
        b"2026-03-02",
    ],
)
def test_what_is_no_day(bad: object) -> None:
    """No instant, no number, no other form, no day that the calendar does not have."""
    assert not admits(Day, bad)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("2026-03-02T01:15:00.000000Z", True),
        ("2026-03-02T01:15:00Z", False),
        ("2026-03-02T01:15:00.000Z", False),
        ("2026-03-02T01:15:00.000000+00:00", False),
        ("2026-03-02T09:15:00.000000+08:00", False),
        ("2026-03-02 01:15:00.000000Z", False),
        ("2026-03-02T24:00:00.000000Z", False),
        ("2026-03-02T01:15:60.000000Z", False),
        (datetime(2026, 3, 2, tzinfo=UTC), True),
        (datetime(2026, 3, 2), False),
        (1_772_409_600, False),
    ],
)
def test_instants(text: object, fits: bool) -> None:
    """An instant has one written form, aware UTC with microseconds."""
    assert admits(Instant, text) == fits


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("0", True),
        ("3.5", True),
        ("0.000001", True),
        ("999999999999999.999999", True),
        ("", False),
        ("-1", False),
        ("+1", False),
        ("03.5", False),
        (".5", False),
        ("3.", False),
        ("3,5", False),
        ("1e3", False),
        ("1E3", False),
        ("0.0000001", False),
        ("1000000000000000", False),
        ("NaN", False),
        ("Infinity", False),
        ("3.5\n", False),
        (" 3.5", False),
        ("\uff13", False),
        (3.5, False),
        (3, False),
    ],
)
def test_amounts(text: object, fits: bool) -> None:
    """Exact decimals of 万元, at most six decimals, no sign, no exponent, no float."""
    assert admits(Amount, text) == fits


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("厦门示监处罚〔2026〕17号", True),
        ("two\nlines\tand a tab", True),
        ("x" * 2_000, True),
        ("x" * 2_001, False),
        ("", False),
        (" ", False),
        ("\u3000", False),
        ("a\x00b", False),
        ("a\x1b[31m", False),
        ("a\x07", False),
        ("a\x7f", False),
        ("a\x85b", False),
        ("abc\u202edcba", False),
        ("a\u2066b", False),
        ("a\ud800", False),
        (1, False),
        (None, False),
    ],
)
def test_texts(text: object, fits: bool) -> None:
    """Text says something; it commands no terminal, hides nothing and is no half character."""
    assert admits(Text, text) == fits


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Id, UUID_, [UUID_.upper().replace("0", "A"), "{" + UUID_ + "}", UUID_ + "\n", "1"]),
        (Code, "limit_bidding", ["Limit", "1a", "", "a-b", "a\n", "代码"]),
        (OrganisationCode, "11350200MB0000000X", ["", "x", "a b", "a/b", "机构", "ab\n"]),
    ],
)
def test_ids_and_codes(kind: Any, good: str, bad: list[str]) -> None:
    """Ids and codes have one form, and nothing hangs on at their end."""
    assert admits(kind, good)
    for each in bad:
        assert not admits(kind, each), each


LAX = {int: (True, "5", "1"), bool: (0, 1, "yes", "true")}
"""What pydantic alone would take for a whole number, and for a truth value."""

PLAIN_FIELDS = [
    pytest.param(facts, name, kind, id=f"{facts.__name__}.{name}")
    for facts in TYPES
    for name, field in facts.model_fields.items()
    for kind in (int, bool)
    if field.annotation in (kind, kind | None)
]


@pytest.mark.parametrize(("facts", "name", "kind"), PLAIN_FIELDS)
def test_numbers_and_truth_values_are_only_what_json_writes_so(
    facts: type[Facts], name: str, kind: type
) -> None:
    """No text is a number or a truth value, and none of the two is the other."""
    for value in LAX[kind]:
        with pytest.raises(ValidationError) as caught:
            facts.model_validate({name: value})
        assert (name,) in [one["loc"] for one in caught.value.errors()]


def test_so_are_those_inside() -> None:
    """In a list, and in a part of the facts."""
    for facts, value, where in (
        ("PersonalDataErased", {"keys": ["5"]}, ("keys", 0)),
        ("KeyIntroduced", {"continues": {"size": "5", "head": "0" * 64}}, ("continues", "size")),
    ):
        with pytest.raises(ValidationError) as caught:
            EVENT_TYPES[f"{facts}:1"].model_validate(value)
        assert where in [one["loc"] for one in caught.value.errors()]
