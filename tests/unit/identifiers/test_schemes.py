"""Schemes: normal forms, telling one by its form, certificates, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.errors import ExitCode, UnusableInput
from ledger.identifiers import (
    SCHEMES,
    AmbiguousIdentifier,
    BadIdentifier,
    BadResidentNumber,
    BadUscc,
    Scheme,
    UnknownIdentifierForm,
    UnknownScheme,
    age_on,
    birth_date,
    detect_scheme,
    identify,
    is_natural_person_scheme,
    kind_of_uscc,
    normalise,
    normalise_uscc,
    parse_scheme,
    scheme_of_certificate,
)
from ledger.identifiers.schemes import BadNodeName
from tests.unit.identifiers.made import both_uscc_and_resident, resident_number, uscc

FIRM = uscc("91350200MADEUP00")
ADULT = resident_number("350200", date(1900, 1, 1), 111)


def test_a_code_has_one_written_form() -> None:
    """Full-width, lower-case and padded forms of a code become the same 18 characters."""
    full_width = "".join(chr(ord(sign) + 0xFEE0) for sign in FIRM)
    for text in (FIRM, FIRM.lower(), f"  {FIRM}\n", full_width):
        assert normalise_uscc(text) == FIRM


@pytest.mark.parametrize("prefix", ["N2", "A1", "Y1", "91", "12", "52"])
def test_every_registering_authority_is_accepted(prefix: str) -> None:
    """Codes of rural collectives, the military and others pass by the check character alone."""
    code = uscc(f"{prefix}350200MADEUP00")
    assert normalise_uscc(code) == code
    assert detect_scheme(code) == "uscc"


@pytest.mark.parametrize(
    "text",
    ["", "9", FIRM[:-1], FIRM + "0", "91350200MAIEUP0012", "9135020OMADEUP0012", "9" * 5000],
)
def test_what_is_no_code_is_refused(text: str) -> None:
    """Wrong length and letters outside the alphabet are ``BadUscc``, exit code 2."""
    with pytest.raises(BadUscc) as caught:
        normalise_uscc(text)
    assert caught.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [
        ("11", "government_body"),
        ("12", "public_institution"),
        ("51", "social_organisation"),
        ("53", "social_organisation"),
        ("92", "sole_trader"),
        ("91", "legal_person"),
        ("93", "legal_person"),
        ("13", "legal_person"),
        ("N2", "legal_person"),
    ],
)
def test_the_prefix_names_the_kind_of_subject(prefix: str, kind: str) -> None:
    """Kinds follow the first two characters of the code."""
    assert kind_of_uscc(uscc(f"{prefix}350200MADEUP00")) == kind


def test_a_resident_number_is_judged_by_date_and_check_character_only() -> None:
    """A district that was never issued passes; full-width digits and a small x are normalised."""
    number = next(
        found
        for sequence in range(1000)
        if (found := resident_number("999999", date(1900, 2, 28), sequence)).endswith("X")
    )
    assert normalise("resident_id", number.lower()) == number
    full_width = "".join(chr(ord(sign) + 0xFEE0) for sign in number)
    assert normalise("resident_id", full_width) == number
    assert birth_date(number) == date(1900, 2, 28)


@pytest.mark.parametrize("born", ["19000229", "19001301", "19000100", "00000000", "17991231"])
def test_a_number_needs_a_real_date_of_birth(born: str) -> None:
    """A right check character does not save a date that never was (1900 was no leap year)."""
    body = f"350200{born}111"
    number = body + resident_number_check(body)
    with pytest.raises(BadResidentNumber):
        normalise("resident_id", number)
    with pytest.raises(BadResidentNumber):
        birth_date(number)


def resident_number_check(body: str) -> str:
    """The check character by the weights printed in GB 11643."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return "10X98765432"[total % 11]


def test_an_error_never_repeats_a_persons_number() -> None:
    """Messages in all languages show no more than the district of a refused number."""
    wrong = ADULT[:-1] + ("0" if ADULT[-1] != "0" else "1")
    with pytest.raises(BadResidentNumber) as caught:
        normalise("resident_id", wrong)
    for language in ("en", "zh-CN", "zh-TW"):
        assert wrong[6:14] not in caught.value.message(language)


@pytest.mark.parametrize("prefix", ["810000", "820000", "830000"])
def test_a_residence_permit_is_a_scheme_of_its_own(prefix: str) -> None:
    """Numbers of residence permits are told by their form and lead to one scheme only."""
    number = resident_number(prefix, date(1900, 5, 6), 12)
    assert detect_scheme(number) == "residence_permit"
    assert normalise("residence_permit", number) == number
    assert identify("resident_id", number) == ("residence_permit", number)
    with pytest.raises(BadResidentNumber):
        normalise("residence_permit", ADULT)


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        (date(2000, 3, 1), date(2018, 2, 28), 17),
        (date(2000, 3, 1), date(2018, 3, 1), 18),
        (date(2000, 2, 29), date(2018, 2, 28), 17),
        (date(2000, 2, 29), date(2018, 3, 1), 18),
        (date(2000, 2, 29), date(2020, 2, 29), 20),
        (date(1900, 1, 1), date(2026, 1, 1), 126),
        (date(2020, 1, 1), date(2019, 12, 31), -1),
    ],
)
def test_a_year_of_age_is_full_on_the_birthday(birth: date, day: date, age: int) -> None:
    """Ages turn on the birthday; a leap day's child turns on 1 March of other years."""
    assert age_on(birth, day) == age


@pytest.mark.parametrize("number", ["62140097", "00501508", "00000074", "00501503"])
def test_a_taiwan_business_number_follows_the_rule_since_2023(number: str) -> None:
    """Numbers of the mod 5 rule and of the older mod 10 rule are accepted."""
    assert normalise("tw_ubn", f" {number} ") == number


@pytest.mark.parametrize("number", ["62140098", "00501502", "1234567", "123456789", "A2140097"])
def test_a_wrong_taiwan_business_number_is_refused(number: str) -> None:
    """Form or check digit wrong: ``BadIdentifier``."""
    with pytest.raises(BadIdentifier):
        normalise("tw_ubn", number)


@pytest.mark.parametrize(
    ("scheme", "text", "normal"),
    [
        ("taiwan_travel_permit", "01234567", "01234567"),
        ("taiwan_travel_permit", "0123456701（b）", "0123456701B"),
        ("taiwan_travel_permit", "0123456701", "0123456701"),
        ("hk_macao_travel_permit", "h12345678", "H12345678"),
        ("hk_macao_travel_permit", "M1234567803", "M12345678"),
        ("passport", "e12345678", "E12345678"),
        ("node", "xiamen", "xiamen"),
    ],
)
def test_documents_have_one_written_form(scheme: Scheme, text: str, normal: str) -> None:
    """Each scheme has a normal form, and normalising twice changes nothing."""
    assert normalise(scheme, text) == normal
    assert normalise(scheme, normal) == normal


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        ("taiwan_travel_permit", "1234567"),
        ("hk_macao_travel_permit", "A12345678"),
        ("passport", "ABCDEF"),
        ("passport", "E1"),
    ],
)
def test_wrong_documents_are_refused(scheme: Scheme, text: str) -> None:
    """What does not have the form of its scheme is ``BadIdentifier``."""
    with pytest.raises(BadIdentifier):
        normalise(scheme, text)


def test_the_form_tells_the_scheme() -> None:
    """What fits exactly one scheme is detected."""
    assert detect_scheme(FIRM) == "uscc"
    assert detect_scheme(ADULT) == "resident_id"
    assert detect_scheme("E12345678") == "passport"
    assert detect_scheme("12345678") == "taiwan_travel_permit"
    assert detect_scheme("0123456701B") == "taiwan_travel_permit"


def test_what_fits_several_schemes_is_refused_with_their_names() -> None:
    """Ambiguity is told, never guessed: the message names every candidate."""
    for text, names in (
        (both_uscc_and_resident(), ("uscc", "resident_id")),
        ("62140097", ("tw_ubn", "taiwan_travel_permit")),
        ("H12345678", ("hk_macao_travel_permit", "passport")),
    ):
        with pytest.raises(AmbiguousIdentifier) as caught:
            detect_scheme(text)
        assert isinstance(caught.value, UnusableInput)
        assert all(name in str(caught.value) for name in names)


def test_a_wrong_check_character_is_told_as_such() -> None:
    """A mistyped code is a bad code and a mistyped number a bad number, neither unknown."""
    with pytest.raises(BadUscc):
        detect_scheme(FIRM[:-1] + ("1" if FIRM[-1] != "1" else "2"))
    with pytest.raises(BadResidentNumber):
        detect_scheme(ADULT[:-1] + ("1" if ADULT[-1] != "1" else "2"))


@pytest.mark.parametrize("text", ["", "厦门", "xiamen", "12345", "9" * 100_000, "\x00" * 18])
def test_an_unknown_form_is_refused(text: str) -> None:
    """What fits nothing is ``UnknownIdentifierForm``, however long it is."""
    with pytest.raises(UnknownIdentifierForm):
        detect_scheme(text)


def test_schemes_are_named_exactly() -> None:
    """Every scheme parses to itself, the one alias to its scheme, anything else is refused."""
    assert [parse_scheme(scheme) for scheme in SCHEMES] == list(SCHEMES)
    assert parse_scheme("resident_identity_number") == "resident_id"
    with pytest.raises(UnknownScheme):
        parse_scheme("USCC")


def test_only_documents_of_people_count_as_natural_persons() -> None:
    """Codes, business numbers and nodes are organisations, the rest are people."""
    organisations = {scheme for scheme in SCHEMES if not is_natural_person_scheme(scheme)}
    assert organisations == {"uscc", "tw_ubn", "node"}


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("身份证", "resident_id"),
        (" 身份证 ", "resident_id"),
        ("护照号", "passport"),
        ("港澳居民来往内地通行证", "hk_macao_travel_permit"),
        ("台湾居民来往大陆通行证", "taiwan_travel_permit"),
        ("港澳居民居住证", "residence_permit"),
        ("台湾居民居住证", "residence_permit"),
        ("驾驶证", None),
        ("", None),
    ],
)
def test_certificate_types_lead_to_schemes(name: str, scheme: Scheme | None) -> None:
    """The certificate types of the templates are known by name; others are None."""
    assert scheme_of_certificate(name) == scheme


@pytest.mark.parametrize("name", ["x", "厦门", "a b", "-" * 65])
def test_a_wrong_node_name_is_told_what_a_name_is(name: str) -> None:
    """A node's name has its own error, which says what may stand in it."""
    with pytest.raises(BadNodeName, match="2 to 64"):
        normalise("node", name)
