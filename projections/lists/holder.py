"""In whose stream a record or a sanction lies: by the rows, which a log need not be read for."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from projections.models.store import Reading
from projections.models.tables import sanction_records, sanction_states, sources


def holders(reading: Reading, wanted: str) -> Iterator[str]:
    """The subjects whose rows name it, received records and partners' sanctions, too, who named
    it first before others; a hint that entries must confirm.
    """
    told: set[str] = set()
    for column, subject, first in (
        (sanction_states.c.sanction, sanction_states.c.subject, sanction_states.c.known_from),
        (sanction_records.c.sanction, sanction_records.c.subject, sanction_records.c.entry),
        (sources.c.record, sources.c.subject, sources.c.entry),
    ):
        query = select(subject).where(column == wanted).group_by(subject)
        for each in reading.connection.execute(query.order_by(func.min(first), subject)).scalars():
            if each not in told:
                told.add(each)
                yield each
