"""Ids of subjects, organisations and nodes: UUIDv8 of what identifies them (RFC 9562, 5.8).

``bytes = "credit-ledger/id/v1" || JCS([scheme, identifier])`` with the identifier in its
normal form. Organisations and nodes: the first 16 bytes of SHA-256 of it, so that anyone
can check an id. Natural persons: of HMAC-SHA-256 under the node's index key, so that
nobody can find a person by trying numbers.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Literal
from uuid import UUID

from ledger.errors import UnusableInput
from ledger.identifiers import uscc
from ledger.identifiers.schemes import (
    Scheme,
    is_natural_person_scheme,
    normalise_node_name,
    settle_scheme,
)
from ledger.identifiers.text import masked, tidy
from ledger.signing.canonical import canonical

ID_DOMAIN = b"credit-ledger/id/v1"
INDEX_KEY_BYTES = 32
"""The output size of SHA-256: a shorter key would be the weakest part."""

_UUID8_BITS = 0x8 << 76 | 0b10 << 62
"""Version and variant (RFC 9562, sections 4.1 and 4.2)."""
_FREE_BITS = (1 << 128) - 1 & ~(0xF << 76 | 0b11 << 62)

_ORGANISATION = re.compile(r"[0-9A-Za-z._-]{2,64}")


class BadOrganisationId(UnusableInput):
    code = "bad_organisation_id"
    en = (
        "{shown} cannot name an organisation: give its unified social credit code, "
        "or 2 to 64 of the characters 0-9 A-Z a-z . _ -"
    )
    zh_cn = "{shown} 不能作为机构标识：请使用统一社会信用代码，或2至64位的 0-9 A-Z a-z . _ -"
    zh_tw = "{shown} 不能作為機構識別碼：請使用統一社會信用代碼，或2至64位的 0-9 A-Z a-z . _ -"


def public_id(scheme: Scheme | Literal["organisation", "commitments"], identifier: str) -> UUID:
    """The id that is the same on every node, from a normalised identifier."""
    return _uuid8(hashlib.sha256(_preimage(scheme, identifier)).digest())


def private_id(index_key: bytes, scheme: Scheme, identifier: str) -> UUID:
    """The id of a natural person at the node whose 32-byte ``index_key`` this is.

    A key of another length is a ``ValueError``.
    """
    if len(index_key) != INDEX_KEY_BYTES:
        raise ValueError(f"an index key has {INDEX_KEY_BYTES} bytes, not {len(index_key)}")
    return _uuid8(hmac.digest(index_key, _preimage(scheme, identifier), "sha256"))


def subject_id(scheme: Scheme, identifier: str, index_key: bytes) -> UUID:
    """The id of the subject that a normalised ``identifier`` names.

    ``private_id`` for the schemes of natural persons, else ``public_id``; a residence
    permit's number gives the same id under either of its two scheme names.
    """
    if is_natural_person_scheme(scheme):
        return private_id(index_key, settle_scheme(scheme, identifier), identifier)
    return public_id(scheme, identifier)


def normalise_organisation_id(code: str) -> tuple[Literal["uscc", "organisation"], str]:
    """The scheme and the registered form of an organisation's id.

    A valid unified social credit code counts as one; 18 characters of its form with a
    wrong check character raise ``BadUscc``, anything else unusable ``BadOrganisationId``.
    """
    tidied = tidy(code)
    if uscc.has_uscc_form(tidied):
        return "uscc", uscc.normalise_uscc(tidied)
    name = code.strip()
    if _ORGANISATION.fullmatch(name) is None:
        raise BadOrganisationId(shown=masked(name))
    return "organisation", name


def organisation_id(code: str) -> UUID:
    """The id of an organisation's stream; raises as ``normalise_organisation_id``."""
    scheme, identifier = normalise_organisation_id(code)
    return public_id(scheme, identifier)


def node_id(name: str) -> UUID:
    """The id of a node's stream; raises ``BadIdentifier``."""
    return public_id("node", normalise_node_name(name))


def commitments_id(name: str) -> UUID:
    """The id of the stream in which a node commits to its subjects; raises as ``node_id``."""
    return public_id("commitments", normalise_node_name(name))


def _preimage(scheme: str, identifier: str) -> bytes:
    return ID_DOMAIN + canonical([scheme, identifier])


def _uuid8(digest: bytes) -> UUID:
    number = int.from_bytes(digest[:16], "big")
    return UUID(int=number & _FREE_BITS | _UUID8_BITS)
