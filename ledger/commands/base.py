"""What every command shares: frozen fields, the roles that may give it, what it names.

A command is the imperative of its event. Its name is the snake_case of its class, its
fields are the event's facts that are not decided by the ledger itself.
"""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ledger.entry import StreamKind
from ledger.events.base import MAX_LIST, Facts, Id, Role, Text

SUPPLIER: frozenset[Role] = frozenset({"supplier"})
INITIATOR: frozenset[Role] = frozenset({"initiator"})
ENFORCER: frozenset[Role] = frozenset({"enforcer"})
REGISTRAR: frozenset[Role] = frozenset({"registrar"})
REVIEWER: frozenset[Role] = frozenset({"reviewer"})
INSPECTOR: frozenset[Role] = frozenset({"inspector"})

Ids = Annotated[tuple[Id, ...], Field(max_length=MAX_LIST)]
Texts = Annotated[tuple[Text, ...], Field(max_length=MAX_LIST)]


class Command(BaseModel):
    """One order of a body acting in a role. Unknown fields are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True
    )

    event: ClassVar[type[Facts]]
    """The event it leads to; its sealed fields may be given beside the command's."""
    roles: ClassVar[frozenset[Role]]
    """The body must hold one of these on the day of ``recorded_at``; empty: the node itself."""
    names: ClassVar[str | None] = None
    """The field of the event whose new id a label may stand for."""
    refers: ClassVar[tuple[str, ...]] = ()
    """Fields that hold ids of what exists already (a label may stand there)."""
    seals: ClassVar[bool] = True
    """False: what its event seals comes from the subject, not from the line."""
    stream_kind: ClassVar[StreamKind] = "subject"

    @classmethod
    def command_name(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
