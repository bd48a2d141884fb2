"""Every reason of a rejection, their order, and what an accepted row holds."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from ledger.errors import Language
from ledger.events.base import Text
from ledger.intake import LICENCE, PENALTY, REASONS, Judge, match_template, open_table
from ledger.intake.reasons import FINDINGS, Finding, joined_message, shown
from ledger.intake.standards import Context
from scripts._sample import MINORS_DISTRICT, made_resident_number, made_uscc
from scripts._workbook import formula_cell, text_cell, write_workbook
from tests.unit.intake.made import (
    LICENCE_SUPPLIER,
    RULES,
    SUPPLIER,
    TODAY,
    accepted,
    csv_text,
    judge_file,
    judge_rows,
    licence,
    penalty,
    person_penalty,
    rejected,
)

DRAW = random.Random(7)
OTHER_BODY = made_uscc(DRAW, "11", "350100")
ADULT = made_resident_number(DRAW, "350200", date(1900, 2, 3))
BAD_NUMBER = ADULT[:-1] + ("1" if ADULT[-1] != "1" else "2")
BAD_USCC = SUPPLIER[:-1] + ("1" if SUPPLIER[-1] != "1" else "2")


def _minor(day: date) -> str:
    return made_resident_number(DRAW, MINORS_DISTRICT, day)


REJECTED: list[tuple[str, Mapping[str, str]]] = [
    ("unreadable", penalty(XDR_MC="示例\u202e公司")),
    ("unreadable", penalty(WSH="号" * 2_001)),
    ("missing_required", penalty(XDR_MC="")),
    ("missing_required", penalty(WSH="  ")),
    ("missing_required", penalty(XDR_SHXYM="")),
    ("missing_required", penalty(GSJZQ="")),
    ("missing_required", penalty(YJ="")),
    ("missing_required", person_penalty(XDR_ZJHM="")),
    ("missing_required", person_penalty(XDR_ZJLX="")),
    ("bad_date", penalty(JDRQ="2025-02-30")),
    ("bad_date", penalty(YXQ="下个月")),
    ("bad_date", penalty(GSJZQ="长期")),
    ("bad_date", penalty(JDRQ="2025-05-01", GSJZQ="2025-04-30")),
    ("date_in_future", penalty(JDRQ="2999-01-01")),
    ("bad_uscc", penalty(XDR_SHXYM=BAD_USCC)),
    ("bad_uscc", penalty(CFJGDM=BAD_USCC)),
    ("bad_uscc", penalty(SJLYDM=BAD_USCC)),
    ("bad_id_number", person_penalty(XDR_ZJHM=BAD_NUMBER)),
    ("bad_id_number", person_penalty(XDR_ZJHM=_minor(TODAY + timedelta(1)))),
    ("bad_id_number", person_penalty(XDR_ZJLX="图书证")),
    ("bad_id_number", penalty(FR_ZJHM=BAD_NUMBER)),
    ("minor", person_penalty(XDR_ZJHM=_minor(date(2012, 5, 1)))),
    ("bad_amount", penalty(NR_FK="1e3")),
    ("bad_amount", penalty(NR_WFFF="-5")),
    ("unknown_category", penalty(CFLB="罚款、没有这种处罚")),
    ("unknown_category", penalty(CFLB="、")),
    ("unknown_category", penalty(XDR_LB="外星人")),
    ("outside_directory", penalty(JDRQ="1999-01-01")),
    ("forbidden_data", penalty(BZ="当事人血型为O型")),
    ("forbidden_data", penalty(SY="当事人宗教信仰已核实")),
    ("not_this_supplier", penalty(SJLYDM=OTHER_BODY)),
]


@pytest.mark.parametrize(("reason", "row"), REJECTED)
def test_each_fault_gives_its_reason(tmp_path: Path, reason: str, row: Mapping[str, str]) -> None:
    """A row with one fault is rejected for exactly that, and says so in three languages."""
    [verdict] = judge_rows(tmp_path, row)
    assert rejected(verdict).reason == reason
    for language in get_args(Language):
        assert rejected(verdict).message(language)


def test_what_an_entry_refuses_in_a_text_is_the_fault_of_its_row(tmp_path: Path) -> None:
    """A character that no entry's text may hold makes its row unreadable, never an error."""
    text = TypeAdapter[str](Text)

    def is_refused(character: str) -> bool:
        try:
            text.validate_python(f"示{character}例")
        except ValidationError:
            return True
        return False

    refused = [chr(point) for point in range(0x10000) if is_refused(chr(point))]
    # A lone surrogate is no text of a file at all; NUL stops the reading before any row.
    held = [one for one in refused if one != "\0" and not "\ud800" <= one <= "\udfff"]
    assert "\x85" in held
    for character in held:
        [verdict] = judge_rows(tmp_path, penalty(WSH=f"示{character}例"))
        assert rejected(verdict).reason == "unreadable", repr(character)


def test_a_second_row_of_the_same_content_is_a_duplicate(tmp_path: Path) -> None:
    """Rows equal after normalisation are one record, however the date or the amount is written."""
    day = penalty(JDRQ="2025-03-01", YXQ="", GSJZQ="2026-03-01")
    again = day | {"JDRQ": "2025年3月1日", "NR_FK": "3.500", "XDR_SHXYM": day["XDR_SHXYM"].lower()}
    first, second, other = judge_rows(tmp_path, day, again, day | {"NR_FK": "3.6"})
    assert accepted(first).number == 2
    assert rejected(second).reason == "duplicate"
    assert "2" in rejected(second).message()
    assert accepted(other).fine == "3.6"


def test_the_duplicate_of_a_bad_row_has_the_reason_of_that_row(tmp_path: Path) -> None:
    """Being a duplicate comes after every fault of the row itself, and is named beside it."""
    bad = penalty(NR_FK="一万")
    _, second = judge_rows(tmp_path, bad, bad)
    assert rejected(second).reason == "bad_amount"
    assert "第 2 行重复" in rejected(second).message()


def test_one_reason_is_given_and_all_findings_are_named(tmp_path: Path) -> None:
    """The first reason in the order counts; the message names every finding."""
    row = penalty(NR_FK="NaN", XDR_SHXYM=BAD_USCC, BZ="当事人血型为O型", JDRQ="2025-13-01")
    [verdict] = judge_rows(tmp_path, row)
    found = rejected(verdict)
    assert found.reason == "bad_date"
    assert [finding.reason for finding in found.findings] == [
        "bad_date",
        "bad_uscc",
        "bad_amount",
        "forbidden_data",
    ]
    for column in ("处罚决定日期", "统一社会信用代码", "罚款金额（万元）", "备注"):
        assert column in found.message()


def test_a_message_shows_no_identity_number(tmp_path: Path) -> None:
    """A number in the wrong column is not repeated in the message, which may reach a log."""
    [verdict] = judge_rows(tmp_path, penalty(JDRQ=ADULT, NR_FK=ADULT))
    assert rejected(verdict).reason == "bad_date"
    assert ADULT not in rejected(verdict).message()
    assert ADULT not in shown(f"见 {ADULT} 号")


def test_a_person_is_a_minor_until_the_eighteenth_birthday(tmp_path: Path) -> None:
    """On the day of the decision, not on the day of the import, the person must be 18."""
    number = _minor(date(2007, 6, 15))
    same = {"XDR_ZJHM": number, "YXQ": "", "GSJZQ": "2026-06-15"}
    before, on = judge_rows(
        tmp_path,
        person_penalty(**same, JDRQ="2025-06-14"),
        person_penalty(**same, JDRQ="2025-06-15"),
    )
    assert rejected(before).reason == "minor"
    assert accepted(on).subject.identifier == number


def test_a_decision_of_today_is_not_in_the_future(tmp_path: Path) -> None:
    """The day itself is admitted, the next is not."""
    later = {"YXQ": "", "GSJZQ": "2027-01-01"}
    today, tomorrow = judge_rows(
        tmp_path,
        penalty(JDRQ=TODAY.isoformat(), **later),
        penalty(JDRQ=(TODAY + timedelta(1)).isoformat(), **later),
    )
    assert accepted(today).decided_on == TODAY
    assert rejected(tomorrow).reason == "date_in_future"


def test_a_wrong_decision_date_does_not_add_consequences(tmp_path: Path) -> None:
    """A decision in the future is that and no misordered period as well."""
    [verdict] = judge_rows(tmp_path, penalty(JDRQ="2999-01-01", GSJZQ="2026-01-01"))
    assert [finding.kind for finding in rejected(verdict).findings] == ["date_in_future"]


def test_an_accepted_penalty_holds_the_row_in_types(tmp_path: Path) -> None:
    """Trimmed text, dates, exact amounts, the cells as given."""
    given = penalty(
        XDR_MC="  厦门示例商行 ",
        XDR_SHXYM=" " + penalty()["XDR_SHXYM"].lower(),
        JDRQ="2025年3月1日",
        YXQ="长期",
        GSJZQ="20260301",
        CFLB="警告，罚款",
        NR_FK="3.500",
        NR_WFFF="0.25",
        XDR_GSZC="3502",
        BZ="",
    )
    [verdict] = judge_rows(tmp_path, given)
    row = accepted(verdict)
    assert row.subject.name == "厦门示例商行"
    assert row.subject.identifier == penalty()["XDR_SHXYM"]
    assert row.subject.scheme == "uscc"
    assert row.item == "administrative_penalty"
    assert row.decided_on == date(2025, 3, 1)
    assert (row.valid_from, row.valid_until) == (None, None)
    assert row.publish_until == date(2026, 3, 1)
    assert row.categories == ("警告", "罚款")
    assert row.amounts == {"fine": "3.5", "confiscated": "0.25"}
    assert row.organ.code == row.source.code == SUPPLIER
    assert row.registrations == {"XDR_GSZC": "3502"}
    assert set(row.narrative) == {"WFXW", "SY", "NR"}
    assert row.representative is not None
    assert row.representative.scheme == "resident_id"
    assert row.licence is None
    assert row.cells["XDR_MC"] == "  厦门示例商行 "
    assert "BZ" not in row.cells


def test_an_accepted_licence_holds_its_validity(tmp_path: Path) -> None:
    """From and until as the file writes them; 长期 is no end."""
    given = licence(JDRQ="2025-03-01", YXQZ="2025-03-05", YXQZI="2030-03-04")
    first, endless = judge_rows(
        tmp_path, given, given | {"YXQZI": "长期", "WSH": "另一号"}, layout=LICENCE
    )
    row = accepted(first)
    assert row.item == "administrative_licence"
    assert (row.valid_from, row.valid_until) == (date(2025, 3, 5), date(2030, 3, 4))
    assert row.legal_basis is None
    assert row.publish_until is None
    assert row.licence is not None
    assert row.licence.state == "有效"
    assert accepted(endless).valid_until is None


def test_a_licence_may_not_end_before_it_begins(tmp_path: Path) -> None:
    """有效期至 before 有效期自 is a bad date; the same day is one day of validity."""
    given = licence(JDRQ="2025-03-01", YXQZ="2025-03-05", YXQZI="2025-03-04")
    bad, good = judge_rows(tmp_path, given, given | {"YXQZI": "2025-03-05"}, layout=LICENCE)
    assert rejected(bad).reason == "bad_date"
    assert accepted(good).valid_until == date(2025, 3, 5)


def test_the_kind_of_subject_follows_from_the_code(tmp_path: Path) -> None:
    """11, 12, 5 and 92 at the beginning of a code tell the kind; a person has none."""
    codes = {
        "government_body": made_uscc(DRAW, "11", "350200"),
        "public_institution": made_uscc(DRAW, "12", "350200"),
        "social_organisation": made_uscc(DRAW, "51", "350200"),
        "sole_trader": made_uscc(DRAW, "92", "350200"),
        "legal_person": made_uscc(DRAW, "91", "350200"),
    }
    verdicts = judge_rows(
        tmp_path, *(penalty(XDR_SHXYM=code) for code in codes.values()), person_penalty()
    )
    kinds = [accepted(verdict).subject.kind for verdict in verdicts]
    assert kinds == [*codes, "natural_person"]


def test_a_supplier_may_be_registered_under_another_id(tmp_path: Path) -> None:
    """A source code that is the supplier's registered id counts, code or not; others do not."""
    own, other = judge_rows(
        tmp_path,
        penalty(SJLYDM="fj-example-01"),
        penalty(SJLYDM="fj-example-02"),
        supplier="fj-example-01",
    )
    assert accepted(own).source.code == "fj-example-01"
    assert rejected(other).reason == "bad_uscc"


def test_other_certificates_name_persons_too(tmp_path: Path) -> None:
    """A passport gives no date of birth: such a person is admitted under that scheme."""
    [verdict] = judge_rows(tmp_path, person_penalty(XDR_ZJLX="护照", XDR_ZJHM="e12345678"))
    assert accepted(verdict).subject.scheme == "passport"
    assert accepted(verdict).subject.identifier == "E12345678"


def test_forbidden_words_in_names_of_documents_are_no_data(tmp_path: Path) -> None:
    """Only narrative is searched: a hospital's name says nothing about anybody's illness."""
    [verdict] = judge_rows(
        tmp_path, penalty(XDR_MC="厦门示例血型试剂有限公司", WSH="血型〔2025〕1号")
    )
    assert accepted(verdict).subject.name == "厦门示例血型试剂有限公司"


def test_every_reason_has_a_finding_and_the_order_of_the_domain() -> None:
    """No reason without words; the order is the one that decides between two."""
    assert {words.reason for words in FINDINGS.values()} == set(REASONS)
    assert REASONS.index("unreadable") < REASONS.index("formula") < REASONS.index("minor")
    assert REASONS[-1] == "not_this_supplier"


def test_the_three_texts_of_a_finding_ask_for_the_same() -> None:
    """A finding can be told in each language with the same fields."""
    names = "column shown found expected limit other today age known day row supplier"
    fields = dict.fromkeys(names.split(), "§")
    for kind in FINDINGS:
        texts = [Finding(kind, fields).message(language) for language in get_args(Language)]
        assert len({text.count("§") for text in texts}) == 1, kind


def test_findings_are_told_once_in_the_order_of_reasons() -> None:
    """The message leads with what the row is rejected for."""
    column = {"column": "甲", "shown": "乙"}
    findings = [
        Finding("bad_amount", column),
        Finding("formula", column),
        Finding("formula", column),
    ]
    assert joined_message(findings).startswith("甲：是公式")
    assert joined_message(findings).count("公式") == 1


def test_a_conflict_is_told_by_the_importer(tmp_path: Path) -> None:
    """What only the ledger knows becomes a rejection like the others."""
    path = tmp_path / "rows.csv"
    path.write_text(csv_text([licence()], LICENCE), encoding="utf-8", newline="")
    with open_table(path) as table:
        judge = Judge(match_template(table), Context(LICENCE_SUPPLIER, TODAY, RULES))
        [raw] = table.rows()
        assert accepted(judge.judge(raw)).number == 2
        conflict = judge.conflict(raw)
    assert conflict.reason == "conflicts_with_recorded"
    assert conflict.number == 2
    assert "行政许可决定文书号" in conflict.message()


def test_a_faulty_cell_is_told_once_and_makes_no_duplicate(tmp_path: Path) -> None:
    """A formula without a value is a formula, neither empty nor equal to another formula."""
    columns = [column.code for column in PENALTY.columns]
    row = [text_cell(penalty().get(code, "")) for code in columns]
    row[columns.index("NR")] = formula_cell("A1")
    header = [text_cell(PENALTY.prefix + code) for code in columns]
    write_workbook(tmp_path / "rows.xlsx", [header, row, row])
    for verdict in judge_file(tmp_path / "rows.xlsx"):
        assert [finding.kind for finding in rejected(verdict).findings] == ["formula"]
        assert "CF_NR（处罚内容）" in rejected(verdict).message()
