"""What an identifier tells of its subject: which kind it is, and when a person is of age. Pure."""

from __future__ import annotations

from datetime import date

from ledger.errors import UnusableInput
from ledger.events.base import SubjectKind
from ledger.identifiers import birth_date, is_natural_person_scheme, kind_of_uscc
from ledger.orders import SubjectRef

BIRTHDAY_SCHEMES = frozenset({"resident_id", "residence_permit"})
"""Schemes whose identifier tells the day of birth."""


class KindNeeded(UnusableInput):
    code = "kind_needed"
    en = "the subject is new: say which kind it is (scheme {scheme} does not tell)"
    zh_cn = "该主体尚未建档：请注明主体类别（标识类型 {scheme} 无法判断）"
    zh_tw = "該主體尚未建檔：請註明主體類別（標識類型 {scheme} 無法判斷）"


class KindMismatch(UnusableInput):
    code = "kind_mismatch"
    en = "a subject of scheme {scheme} is not a {kind}; correct kind or scheme"
    zh_cn = "标识类型 {scheme} 与主体类别 {kind} 不符；请更正"
    zh_tw = "標識類型 {scheme} 與主體類別 {kind} 不符；請更正"


def kind_of(ref: SubjectRef) -> SubjectKind:
    """The kind given, or that of the identifier. Raises ``KindNeeded`` or ``KindMismatch``."""
    kind = ref.kind
    natural = is_natural_person_scheme(ref.scheme)
    if kind is None:
        if ref.scheme == "uscc":
            kind = kind_of_uscc(ref.identifier)
        elif natural:
            kind = "natural_person"
        else:
            raise KindNeeded(scheme=ref.scheme)
    if (kind == "natural_person") != natural:
        raise KindMismatch(scheme=ref.scheme, kind=kind)
    return kind


def require_kind(scheme: str, kind: SubjectKind, *, like: SubjectKind) -> None:
    """A person stays a person, an organisation an organisation. Raises ``KindMismatch``."""
    if (kind == "natural_person") != (like == "natural_person"):
        raise KindMismatch(scheme=scheme, kind=kind)


def coming_of_age(scheme: str, identifier: str, age: int) -> date | None:
    """The birthday on which ``age`` is reached; None where the identifier does not tell."""
    if scheme not in BIRTHDAY_SCHEMES:
        return None
    birth = birth_date(identifier)
    try:
        return birth.replace(year=birth.year + age)
    except ValueError:  # born on 29 February: of age on 1 March
        return date(birth.year + age, 3, 1)
