"""How well suppliers supplied, by what was entered until a day and known at a size.

Codes are wrong where the subject's identifier was corrected, or a record was withdrawn because it
was of another subject. Their rate is to stay below 1‰ of the records collected. No subject is
named, and no supplier ranked: the lines stand in the order of their codes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

from sqlalchemy import and_, func, or_, select

from projections.lists.asked import ListAsked
from projections.models.store import Reading
from projections.models.tables import supplier_acts as table

PER_MILLE: Final = 1_000
LIMIT_PER_MILLE: Final = 1
"""「信用代码错误率低于千分之一」."""


class Quality(NamedTuple):
    """Numbers of records, each once however often it was corrected, and of answers.

    ``code_error_per_mille`` is an exact decimal text rounded to two places, None where nothing
    was collected; ``within_limit`` is told by the exact numbers.
    """

    supplier: str
    collected: int
    code_errors: int
    code_error_per_mille: str | None
    within_limit: bool
    corrected: int
    withdrawn: int
    corrected_by_cause: Mapping[str, int]
    withdrawn_by_cause: Mapping[str, int]
    answers: int
    late_answers: int


def quality(
    reading: Reading, asked: ListAsked, since: date | None = None, supplier: str | None = None
) -> tuple[Quality, ...]:
    """Of every supplier, by its acts on the days from ``since`` to ``valid_at``, both included."""
    chosen = [table.c.known_from <= asked.size, table.c.on_day <= asked.valid_at]
    if since is not None:
        chosen.append(table.c.on_day >= since)
    if supplier is not None:
        chosen.append(table.c.supplier == supplier)
    records = func.count(table.c.record.distinct())
    key = (table.c.supplier, table.c.act)
    acts = select(*key, records, func.count()).where(*chosen).group_by(*key)
    by_act: Counter[tuple[str, str]] = Counter()
    answered: Counter[tuple[str, str]] = Counter()
    for code, act, many, lines in reading.connection.execute(acts):
        by_act[code, act] = many
        answered[code, act] = lines
    causes = select(*key, table.c.cause, records).where(
        *chosen, table.c.act.in_(("corrected", "withdrawn"))
    )
    by_cause: dict[tuple[str, str], dict[str, int]] = {}
    for code, act, cause, many in reading.connection.execute(
        causes.group_by(*key, table.c.cause).order_by(table.c.cause)
    ):
        by_cause.setdefault((code, act), {})[cause or ""] = many
    wrong = select(table.c.supplier, records).where(*chosen, _IS_CODE).group_by(table.c.supplier)
    errors: dict[str, int] = {code: many for code, many in reading.connection.execute(wrong)}  # noqa: C416 - rows
    return tuple(
        _line(code, by_act, answered, by_cause, errors.get(code, 0))
        for code in sorted({code for code, _ in by_act})
    )


_IS_CODE: Final = or_(
    table.c.act == "code_corrected",
    and_(table.c.act == "withdrawn", table.c.cause == "wrong_subject"),
)


def _line(
    code: str,
    by_act: Counter[tuple[str, str]],
    answered: Counter[tuple[str, str]],
    by_cause: Mapping[tuple[str, str], Mapping[str, int]],
    errors: int,
) -> Quality:
    collected, late = by_act[code, "collected"], answered[code, "answered_late"]
    return Quality(
        supplier=code,
        collected=collected,
        code_errors=errors,
        code_error_per_mille=per_mille(errors, collected),
        within_limit=errors * PER_MILLE < collected * LIMIT_PER_MILLE or not errors,
        corrected=by_act[code, "corrected"],
        withdrawn=by_act[code, "withdrawn"],
        corrected_by_cause=by_cause.get((code, "corrected"), {}),
        withdrawn_by_cause=by_cause.get((code, "withdrawn"), {}),
        answers=answered[code, "answered"] + late,
        late_answers=late,
    )


def per_mille(errors: int, collected: int) -> str | None:
    """``"0.42"``; None where nothing was collected."""
    if not collected:
        return None
    exact = Decimal(errors * PER_MILLE) / Decimal(collected)
    return str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))
