"""Lists are cut into pages that a cursor continues, whatever was entered meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_

from ledger.errors import UnusableInput
from projections.models.columns import Day
from projections.models.store import Reading

T_co = TypeVar("T_co", covariant=True)

LIMIT: Final = 100
"""Lines of a page where nobody says how many."""

MAX_LIMIT: Final = 1_000
"""Each subject on a page has its look registered, in one transaction."""

SEPARATOR: Final = "/"
"""Between the parts of a cursor; no day, code or id holds one."""


class BadCursor(UnusableInput):
    code = "bad_cursor"
    en = "{after!r} continues no list of this kind; give the `next` of the page before"
    zh_cn = "{after!r} 不能接续此类列表；请使用上一页的 next"
    zh_tw = "{after!r} 不能接續此類列表；請使用上一頁的 next"


class BadLimit(UnusableInput):
    code = "bad_limit"
    en = "a page holds 1 to {most} lines, not {limit}"
    zh_cn = "每页为1至{most}行，不能为{limit}"
    zh_tw = "每頁為1至{most}列，不能為{limit}"


@dataclass(frozen=True, slots=True)
class Cut:
    """Which page: so many lines after the one that ``after`` names."""

    limit: int = LIMIT
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """``left`` lines follow; ``next`` is None on the last page."""

    lines: tuple[T_co, ...]
    left: int
    next: str | None


def page(
    reading: Reading, query: Select[Any], order: Sequence[ColumnElement[Any]], cut: Cut
) -> Page[Any]:
    """The rows of ``query`` on one page, in ``order``, whose columns tell each row from another.

    Raises ``BadCursor`` and ``BadLimit``.
    """
    if not 1 <= cut.limit <= MAX_LIMIT:
        raise BadLimit(limit=cut.limit, most=MAX_LIMIT)
    if cut.after is not None:
        query = query.where(tuple_(*order) > _place(order, cut.after))
    found = reading.connection.execute(query.order_by(*order).limit(cut.limit)).all()
    is_full = len(found) == cut.limit
    counted = select(func.count()).select_from(query.order_by(None).subquery())
    total = reading.connection.execute(counted).scalar_one() if is_full else len(found)
    left = total - len(found)
    last = found[-1] if left else None
    after = (
        None
        if last is None
        else SEPARATOR.join(str(getattr(last, each.key or "")) for each in order)
    )
    return Page(tuple(found), left, after)


def _place(order: Sequence[ColumnElement[Any]], after: str) -> Any:
    parts = after.split(SEPARATOR)
    if len(parts) != len(order):
        raise BadCursor(after=after)
    values = []
    for column, part in zip(order, parts, strict=True):
        try:
            value = date.fromisoformat(part) if isinstance(column.type, Day) else part
        except ValueError:
            raise BadCursor(after=after) from None
        values.append(literal(value, column.type))
    return tuple_(*values)
