"""What may be given to a node of another jurisdiction, and on what assessment. Pure.

Data of state organs stays inside unless its export was assessed; across a border go facts of
organisations alone. Corrections of what went before are not asked here: they always follow.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Final

from ledger.errors import Refusal, UnusableInput
from ledger.events.across import ExportAssessed
from ledger.events.base import SubjectKind
from ledger.organisations.registry import Registry
from ledger.signing.submission import SUBMITTED_ROW

DIVISION: Final = re.compile(r"[0-9]{6}")
"""A code of GB/T 2260."""
COUNTRY: Final = re.compile(r"([A-Z]{2})(?:-([0-9A-Z]{1,6}))?")
"""A code of ISO 3166, with or without its subdivision."""

UNTOLD: Final = "-"
"""No code, or one of a form that is not known."""
MAINLAND: Final = "CN"

OF_DIVISIONS: Final[Mapping[str, str]] = {
    "71": "TW",
    "81": "HK",
    "82": "MO",
    "350527": "TW",
}
"""Divisions with a law of their own on what comes and goes, by the first digits of their codes.

350527 is Kinmen: the table of divisions counts it under Quanzhou, but what goes to a body there
crosses the Strait.
"""
OF_SUBDIVISIONS: Final[Mapping[str, str]] = {"TW": "TW", "HK": "HK", "MO": "MO"}
"""The same as subdivisions of ``MAINLAND`` in ISO 3166-2; digits there are those of divisions."""

OF_PERSONS: Final = frozenset({"parties", SUBMITTED_ROW})
"""Sealed fields of an organisation's record in which natural persons stand."""


class PersonStaysHere(Refusal):
    code = "person_stays_here"
    en = (
        "record {record} is of a natural person: to {recipient}, a node of another jurisdiction, "
        "go records of organisations only"
    )
    zh_cn = "信用信息 {record} 属于自然人：向境外节点 {recipient} 只能提供组织的信用信息"
    zh_tw = "信用資訊 {record} 屬於自然人：向境外節點 {recipient} 只能提供組織的信用資訊"


class FieldStaysHere(Refusal):
    code = "field_stays_here"
    en = (
        "{field} may hold data of natural persons; it is not given to {recipient}, a node of "
        "another jurisdiction: leave it out of --disclose"
    )
    zh_cn = "{field} 可能含有自然人信息，不得提供给境外节点 {recipient}；请勿在 --disclose 中列明"
    zh_tw = "{field} 可能含有自然人資訊，不得提供給境外節點 {recipient}；請勿在 --disclose 中列明"


class ExportNotAssessed(Refusal):
    code = "export_not_assessed"
    en = (
        "no assessment in force on {day} allows all of {items} to be given to {recipient}, a node "
        "of another jurisdiction, for this purpose on this basis: `credit-ledger exchange assess`"
    )
    zh_cn = (
        "没有在 {day} 有效且目的、依据相同的出境评估允许将 {items} 提供给境外节点 {recipient}："
        "请先运行 `credit-ledger exchange assess`"
    )
    zh_tw = (
        "沒有在 {day} 有效且目的、依據相同的出境評估允許將 {items} 提供給境外節點 {recipient}："
        "請先執行 `credit-ledger exchange assess`"
    )


class OutlivesAssessment(UnusableInput):
    code = "outlives_assessment"
    en = "the bundle would be good until {expires_at}, but assessment {assessment} ends on {until}"
    zh_cn = "共享包有效期至 {expires_at}，而出境评估 {assessment} 于 {until} 终止"
    zh_tw = "共享包有效期至 {expires_at}，而出境評估 {assessment} 於 {until} 終止"


def territory(jurisdiction: str | None) -> str:
    """Whose law a code stands for: an ISO 3166 country code, or ``UNTOLD``."""
    code = (jurisdiction or "").strip()
    if DIVISION.fullmatch(code):
        return _of_division(code)
    found = COUNTRY.fullmatch(code)
    if found is None:
        return UNTOLD
    country, part = found.groups()
    if country != MAINLAND or part is None:
        return country
    return OF_SUBDIVISIONS.get(part) or _of_division(part)


def _of_division(code: str) -> str:
    return next((there for head, there in OF_DIVISIONS.items() if code.startswith(head)), MAINLAND)


def crosses(own: str | None, other: str | None) -> bool:
    """Whether what goes from one to the other leaves a jurisdiction.

    Where only one of them is told, it does. Two that are not told are taken for one: nodes
    that name no jurisdiction have no border between them.
    """
    return territory(own) != territory(other)


def require_export(
    registry: Registry,
    recipient: str,
    exported: Iterable[tuple[str, SubjectKind, str]],
    *,
    fields: Collection[str],
    purpose: str,
    legal_basis: str,
    today: date,
) -> ExportAssessed:
    """The assessment on which records, each with the kind of its subject and its item, may go.

    One assessment covers all of them; of several the one that ends last. Raises
    ``PersonStaysHere``, ``FieldStaysHere`` or ``ExportNotAssessed``.
    """
    items: set[str] = set()
    for record, kind, item in exported:
        if kind == "natural_person":
            raise PersonStaysHere(record=record, recipient=recipient)
        items.add(item)
    for name in sorted(OF_PERSONS.intersection(fields)):
        raise FieldStaysHere(field=name, recipient=recipient)
    fitting = [
        each
        for each in registry.assessments
        if each.to == recipient
        and each.from_ <= today < each.until
        and items <= {*each.items}
        and (each.purpose, each.legal_basis) == (purpose, legal_basis)
    ]
    if not fitting:
        raise ExportNotAssessed(day=today, items=", ".join(sorted(items)), recipient=recipient)
    return max(fitting, key=lambda each: each.until)
