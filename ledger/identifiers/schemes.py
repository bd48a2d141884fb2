"""Identity schemes: their names, their normal forms, and telling one by its form."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, get_args

from ledger.errors import UnusableInput
from ledger.identifiers import others, resident, uscc
from ledger.identifiers.text import masked, tidy

Scheme = Literal[
    "uscc",
    "resident_id",
    "residence_permit",
    "tw_ubn",
    "taiwan_travel_permit",
    "hk_macao_travel_permit",
    "passport",
    "node",
]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

_ALIASES: dict[str, Scheme] = {"resident_identity_number": "resident_id"}

_NATURAL_PERSONS: frozenset[Scheme] = frozenset(
    {
        "resident_id",
        "residence_permit",
        "taiwan_travel_permit",
        "hk_macao_travel_permit",
        "passport",
    }
)

_NODE_NAME = re.compile(r"[0-9A-Za-z._-]{2,64}")

_CERTIFICATES: dict[str, Scheme] = {
    "身份证": "resident_id",
    "居民身份证": "resident_id",
    "中华人民共和国居民身份证": "resident_id",
    "护照": "passport",
    "护照号": "passport",
    "普通护照": "passport",
    "港澳居民来往内地通行证": "hk_macao_travel_permit",
    "台湾居民来往大陆通行证": "taiwan_travel_permit",
    "台胞证": "taiwan_travel_permit",
    "港澳居民居住证": "residence_permit",
    "台湾居民居住证": "residence_permit",
    "港澳台居民居住证": "residence_permit",
}
"""Certificate types 证件类型 of the 双公示 templates, and the short names in use."""


class UnknownScheme(UnusableInput):
    code = "unknown_scheme"
    en = "there is no identity scheme {scheme!r}; the schemes are {known}"
    zh_cn = "没有名为 {scheme!r} 的身份标识类型；可用类型：{known}"
    zh_tw = "沒有名為 {scheme!r} 的身分識別類型；可用類型：{known}"


class UnknownIdentifierForm(UnusableInput):
    code = "unknown_identifier_form"
    en = "the form of {shown} fits no identity scheme; check it, or name the scheme"
    zh_cn = "{shown} 的格式不符合任何身份标识类型；请核对，或指明类型"
    zh_tw = "{shown} 的格式不符合任何身分識別類型；請核對，或指明類型"


class AmbiguousIdentifier(UnusableInput):
    code = "ambiguous_identifier"
    en = "the form of {shown} fits several identity schemes ({candidates}); name the scheme"
    zh_cn = "{shown} 的格式同时符合多种身份标识类型（{candidates}）；请指明类型"
    zh_tw = "{shown} 的格式同時符合多種身分識別類型（{candidates}）；請指明類型"


def parse_scheme(text: str) -> Scheme:
    """The scheme of this name or alias; raises ``UnknownScheme``."""
    for scheme in SCHEMES:
        if scheme == text:
            return scheme
    if text in _ALIASES:
        return _ALIASES[text]
    raise UnknownScheme(scheme=text[:64], known=", ".join(SCHEMES))


def is_natural_person_scheme(scheme: Scheme) -> bool:
    """True when identifiers of the scheme name natural persons, so that ids are keyed."""
    return scheme in _NATURAL_PERSONS


class BadNodeName(UnusableInput):
    code = "bad_node_name"
    en = "{shown} cannot name a node: a name has 2 to 64 letters, digits and . _ -"
    zh_cn = "{shown} 不能作为节点名称：名称为 2 至 64 个字母、数字及 . _ -"
    zh_tw = "{shown} 不能作為節點名稱：名稱為 2 至 64 個字母、數字及 . _ -"


def normalise_node_name(text: str) -> str:
    """A node's name as given, 2 to 64 of ``0-9A-Za-z._-``; raises ``BadNodeName``."""
    name = text.strip()
    if _NODE_NAME.fullmatch(name) is None:
        raise BadNodeName(shown=masked(name))
    return name


_NORMALISERS: dict[Scheme, Callable[[str], str]] = {
    "uscc": uscc.normalise_uscc,
    "resident_id": resident.normalise_resident_id,
    "residence_permit": resident.normalise_residence_permit,
    "tw_ubn": others.normalise_tw_ubn,
    "taiwan_travel_permit": others.normalise_taiwan_travel_permit,
    "hk_macao_travel_permit": others.normalise_hk_macao_travel_permit,
    "passport": others.normalise_passport,
    "node": normalise_node_name,
}


def normalise(scheme: Scheme, text: str) -> str:
    """The one written form of ``text`` in ``scheme``; idempotent.

    Raises ``BadUscc``, ``BadResidentNumber`` or ``BadIdentifier``, each ``UnusableInput``.
    """
    return _NORMALISERS[scheme](text)


def identify(scheme: Scheme, text: str) -> tuple[Scheme, str]:
    """The scheme and normal form that name the subject; raises as ``normalise``.

    A residence permit's number given as a resident's comes back under
    ``residence_permit``: one number never names two subjects.
    """
    identifier = normalise(scheme, text)
    return settle_scheme(scheme, identifier), identifier


def settle_scheme(scheme: Scheme, identifier: str) -> Scheme:
    """``residence_permit`` for a resident number that begins with 81, 82 or 83, else as given."""
    if scheme == "resident_id" and resident.is_permit_number(identifier):
        return "residence_permit"
    return scheme


def detect_scheme(text: str) -> Scheme:
    """The one scheme that ``text`` fits by its form and check digit.

    Raises ``AmbiguousIdentifier`` when several fit, ``BadUscc`` or ``BadResidentNumber``
    when 18 characters have the form but not the check character, and
    ``UnknownIdentifierForm`` when nothing fits. Node names are never detected.
    """
    tidied = tidy(text)
    candidates = candidate_schemes(tidied)
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise AmbiguousIdentifier(shown=masked(tidied), candidates=", ".join(candidates))
    if resident.has_resident_form(tidied):
        raise resident.BadResidentNumber(shown=masked(tidied))
    if uscc.has_uscc_form(tidied):
        raise uscc.BadUscc(shown=masked(tidied))
    raise UnknownIdentifierForm(shown=masked(tidied))


def candidate_schemes(tidied: str) -> tuple[Scheme, ...]:
    """Every scheme that tidied text fits, in the order of ``SCHEMES``."""
    found: list[Scheme] = []
    if uscc.is_uscc(tidied):
        found.append("uscc")
    if resident.is_resident_number(tidied):
        found.append(settle_scheme("resident_id", tidied))
    if others.is_tw_ubn(tidied):
        found.append("tw_ubn")
    if others.has_taiwan_permit_form(tidied):
        found.append("taiwan_travel_permit")
    if others.has_hk_macao_permit_form(tidied):
        found.append("hk_macao_travel_permit")
    if others.has_passport_form(tidied):
        found.append("passport")
    return tuple(found)


def scheme_of_certificate(name: str) -> Scheme | None:
    """The scheme of a certificate type 证件类型; None when it names none that is known."""
    return _CERTIFICATES.get(tidy(name))
