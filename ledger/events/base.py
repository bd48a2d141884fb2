"""What every event type shares: frozen facts, a Chinese term, a version, a stream.

Facts are the structural part of an entry (ids, codes, days, organisations). What is
personal or narrative is sealed beside them; ``sealed_fields`` names what may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    PlainSerializer,
    StringConstraints,
)
from pydantic_core import CoreSchema

from ledger.entry import StreamKind, format_instant, parse_instant

MAX_TEXT = 2_000
"""Characters of one text fact; longer narrative is a sealed attachment named by digest."""

MAX_LIST = 500
"""Members of one list fact, so that a payload stays under its 65,535 bytes."""

ISO_DAY_LENGTH = 10


def _day(value: object) -> object:
    """Only a calendar date or its exact ISO form; no instants, no numbers."""
    if type(value) is date:
        return value
    if isinstance(value, str) and len(value) == ISO_DAY_LENGTH and value[4] == value[7] == "-":
        return date.fromisoformat(value)
    raise ValueError("a legal date is written YYYY-MM-DD")


def _instant(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    if isinstance(value, str):
        return parse_instant(value)
    raise ValueError("an instant is written YYYY-MM-DDThh:mm:ss.ffffffZ")


Day = Annotated[date, BeforeValidator(_day), PlainSerializer(date.isoformat, when_used="json")]
"""A legal calendar date of the node's jurisdiction (UTC+8)."""

Instant = Annotated[
    datetime, BeforeValidator(_instant), PlainSerializer(format_instant, when_used="json")
]
"""An aware UTC instant with microseconds."""

Id = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
]
"""A UUID in its lower-case canonical form (UUIDv7 unless said otherwise)."""

OrganisationCode = Annotated[
    str, StringConstraints(pattern=r"^[0-9A-Za-z._-]+$", min_length=2, max_length=64)
]
"""An organisation's registered id: a USCC, or an id of the node's own scheme."""

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
"""An item, measure or reason code of a rule pack."""

Operator = Annotated[
    str, StringConstraints(pattern=r"^[0-9A-Za-z._@:-]+$", min_length=1, max_length=64)
]
"""A staff id, never a name."""

UNSEEN = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
"""Control characters (but for tab and line ends) and those that reorder what is shown."""

Text = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=MAX_TEXT,
        pattern=rf"^[^{UNSEEN}]*[^{UNSEEN}\s][^{UNSEEN}]*$",
    ),
]
"""Text that says something and shows all it says; nothing in it commands a terminal."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in lower-case hex."""

Amount = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?$")]
"""An exact decimal in 万元, at most six decimals, never in exponent form."""

SubjectKind = Literal[
    "legal_person",
    "sole_trader",
    "public_institution",
    "social_organisation",
    "government_body",
    "natural_person",
]
Role = Literal["supplier", "registrar", "initiator", "enforcer", "reviewer", "inspector", "partner"]
Tier = Literal["none", "minor", "general", "serious"]
Publicity = Literal["public", "authorised", "government"]


def _strict(schema: Any) -> Any:
    """The form with every whole number and truth value strict, at whatever depth."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _strict(value) for name, value in schema.items()}
    return found | {"strict": True} if schema.get("type") in {"int", "bool"} else found


class Part(BaseModel):
    """Facts, or a part of them. Frozen; unknown fields are refused.

    Whole numbers and truth values are taken only as JSON writes them: one payload says one
    thing to every reader, where pydantic alone takes "5" for 5 and 1 for true.
    """

    # What is wrong with a value is told without the value: it may be personal.
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True
    )

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        strict: CoreSchema = _strict(handler(source))
        return strict


class Facts(Part):
    """The structural facts of one event type."""

    term: ClassVar[str]
    """The field's own word for it, in Chinese."""
    schema_version: ClassVar[int] = 1
    stream_kind: ClassVar[StreamKind] = "subject"
    sealed_fields: ClassVar[frozenset[str]] = frozenset()
    """Details that may be sealed beside these facts."""

    @classmethod
    def type_name(cls) -> str:
        return cls.__name__

    @classmethod
    def topic(cls) -> str:
        """The name the store files it under, for example ``RecordCollected:1``."""
        return f"{cls.__name__}:{cls.schema_version}"

    def to_json(self) -> dict[str, object]:
        """The JSON members of the facts; what is not set is left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


Changes = Mapping[str, object]
