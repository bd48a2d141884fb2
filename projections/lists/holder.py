"""In whose stream a record or a sanction lies: by the rows, which a log need not be read for."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from projections.models.store import Reading
from projections.models.tables import sanction_records, sanction_states, sources


def holders(reading: Reading, wanted: str) -> Iterator[str]:
    """The subjects whose rows name it, received records and partners' sanctions, too; a hint
    that entries must confirm.
    """
    told: set[str] = set()
    for column, subject in (
        (sanction_states.c.sanction, sanction_states.c.subject),
        (sanction_records.c.sanction, sanction_records.c.subject),
        (sources.c.record, sources.c.subject),
    ):
        query = select(subject).where(column == wanted).distinct().order_by(subject)
        for each in reading.connection.execute(query).scalars():
            if each not in told:
                told.add(each)
                yield each
