"""In whose stream a record or a sanction lies: by the rows, which a log need not be read for."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from projections.models.store import Reading
from projections.models.tables import sanction_states, sources


def holders(reading: Reading, wanted: str) -> Iterator[str]:
    """The subjects whose rows name it, received records, too; a hint that entries must confirm."""
    for column, subject in (
        (sanction_states.c.sanction, sanction_states.c.subject),
        (sources.c.record, sources.c.subject),
    ):
        query = select(subject).where(column == wanted).distinct().order_by(subject)
        yield from reading.connection.execute(query).scalars()
