"""Ids of subjects, organisations and nodes: the exact bytes, and what tells them apart."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date
from uuid import UUID

import pytest

from ledger.identifiers import (
    BadOrganisationId,
    BadUscc,
    node_id,
    organisation_id,
    private_id,
    public_id,
    subject_id,
)
from ledger.identifiers.schemes import BadNodeName
from tests.unit.identifiers.made import resident_number, uscc

FIRM = uscc("91350200MADEUP00")
ADULT = resident_number("350200", date(1900, 1, 1), 111)
KEY = bytes(range(32))


def test_an_organisations_id_is_what_anyone_computes() -> None:
    """The first 16 bytes of SHA-256 over the domain and the JSON pair, with version 8 bits."""
    digest = hashlib.sha256(f'credit-ledger/id/v1["uscc","{FIRM}"]'.encode()).hexdigest()
    found = public_id("uscc", FIRM)
    assert found.version == 8
    assert found.variant == "specified in RFC 4122"
    assert found.hex[:12] == digest[:12]
    assert found.hex[13:16] == digest[13:16]
    assert found.hex[17:] == digest[17:32]
    assert subject_id("uscc", FIRM, KEY) == found


def test_ids_never_change() -> None:
    """A known id, so that a change of the derivation cannot pass unnoticed."""
    assert node_id("xiamen") == UUID("818a3449-6ed9-8519-886f-7ff60584d027")


def test_a_persons_id_needs_the_nodes_key() -> None:
    """HMAC-SHA-256 over the same bytes: another key gives another id, and none is public."""
    message = f'credit-ledger/id/v1["resident_id","{ADULT}"]'.encode()
    digest = hmac.new(KEY, message, hashlib.sha256).hexdigest()
    found = subject_id("resident_id", ADULT, KEY)
    assert found.hex[:12] == digest[:12]
    assert found.hex[17:] == digest[17:32]
    assert found.version == 8
    assert found != subject_id("resident_id", ADULT, bytes(32))
    assert found != public_id("resident_id", ADULT)


def test_one_residence_permit_is_one_subject() -> None:
    """The same permit number recorded as a resident's and as a permit's gives one id."""
    number = resident_number("830000", date(1900, 1, 1), 1)
    assert subject_id("resident_id", number, KEY) == subject_id("residence_permit", number, KEY)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(size: int) -> None:
    """An index key has 32 bytes."""
    with pytest.raises(ValueError, match="32 bytes"):
        private_id(bytes(size), "resident_id", ADULT)


def test_an_organisation_with_a_code_acts_under_the_id_of_its_subject() -> None:
    """A valid code gives the same id in every written form, as actor and as subject."""
    assert organisation_id(FIRM.lower()) == organisation_id(f" {FIRM}") == public_id("uscc", FIRM)


def test_other_organisations_are_named_by_their_scheme_id() -> None:
    """Ids that are no codes live under the scheme ``organisation``, case as given."""
    assert organisation_id("tw.exchange-01") == public_id("organisation", "tw.exchange-01")
    assert organisation_id("Centre") != organisation_id("centre")


def test_a_mistyped_code_never_becomes_another_organisation() -> None:
    """18 characters of a code's form with a wrong check character are refused."""
    with pytest.raises(BadUscc):
        organisation_id(FIRM[:-1] + ("1" if FIRM[-1] != "1" else "2"))


@pytest.mark.parametrize("text", ["", "x", "示例机构", "a b", "a/b", "x" * 65, "x" * 100_000])
def test_an_unusable_organisation_id_is_refused(text: str) -> None:
    """Only 2 to 64 of ``0-9A-Za-z._-`` name an organisation without a code."""
    with pytest.raises(BadOrganisationId):
        organisation_id(text)


def test_a_node_is_no_organisation() -> None:
    """The same word as node and as organisation gives two ids; a bad name is refused."""
    assert node_id("xiamen") == public_id("node", "xiamen") != organisation_id("xiamen")
    with pytest.raises(BadNodeName):
        node_id("a b")
