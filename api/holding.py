"""Whose a record or a sanction is: the read models say where to look, the entries whether."""

from __future__ import annotations

from uuid import UUID

from api.models import read_models
from ledger.exchange.attached import statuses_of
from ledger.node import Node
from projections.lists.holder import holders
from projections.models.errors import (
    HelperEnded,
    NoReadModels,
    ReadModelsBusy,
    ReadModelsUnusable,
    UnreadableValue,
)


def holder_of(node: Node, wanted: str) -> UUID | None:
    """The subject in whose verified entries ``wanted`` is imposed, collected or received, or
    told of by a partner.

    None where the read models do not lead there, whatever is wrong with them.
    """
    try:
        with read_models(node) as models, models.reading() as reading:
            found = [UUID(each) for each in holders(reading, wanted)]
    except (
        HelperEnded,
        NoReadModels,
        ReadModelsBusy,
        ReadModelsUnusable,
        UnreadableValue,
        ValueError,
    ):
        return None
    return next((each for each in found if _names(node, each, wanted)), None)


def _names(node: Node, subject: UUID, wanted: str) -> bool:
    return any(
        wanted in (getattr(entry.facts, "sanction", None), getattr(entry.facts, "record", None))
        or any(each.sanction == wanted for each in statuses_of(entry.facts))
        for entry in node.entries(subject)
    )
