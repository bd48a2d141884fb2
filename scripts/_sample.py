"""Made-up 双公示 files: seeded, so the same call gives the same bytes; every bad row is known.

All people, bodies and numbers are invented: names carry 示例, adults are born in 1900,
minors have a district code that was issued to nobody. Nothing is read but the arguments,
so decisions lie in 2025: judge the files on a later day.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from stdnum.cn import ric, uscc

from ledger.intake.fields import LICENCE, PENALTY, Layout
from scripts._workbook import Cell, date_cell, formula_cell, number_cell, text_cell, write_workbook

BAD_ONE_IN = 50
"""About one row in so many is bad, each kind in turn."""

MINORS_DISTRICT = "350299"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
TRADES = ("茶业", "食品", "建材", "渔业", "物流", "石材", "纺织", "电子")
FORMS = ("有限公司", "股份有限公司", "商行", "工作室")
FIRST_DAY = date(2025, 1, 1)
DAYS = 365
LATER_DAY = date(2026, 6, 1)
"""A day on which all decisions of a sample lie in the past."""


@dataclass(frozen=True)
class City:
    name: str
    code: str


XIAMEN = City("厦门", "350200")
ZHANGZHOU = City("漳州", "350600")
QUANZHOU = City("泉州", "350500")

Row = dict[str, str]
"""Cells by field code."""


@dataclass(frozen=True)
class Sample:
    """Rows of one template, and what has to become of them. Row numbers count the header."""

    layout: Layout
    supplier: str
    supplier_name: str
    rows: tuple[Row, ...]
    rejected: tuple[tuple[int, str], ...]
    formulas: frozenset[int] = frozenset()
    """Row numbers whose content is a formula when the sample is written as XLSX."""

    @property
    def accepted(self) -> int:
        return len(self.rows) - len(self.rejected)


def made_uscc(draw: random.Random, kind: str, district: str) -> str:
    """A made-up code with a right check character; ``kind`` is its first two characters."""
    body = kind + district + "".join(draw.choices(ALPHABET, k=9))
    return body + str(uscc.calc_check_digit(body))


def made_resident_number(draw: random.Random, district: str, born: date) -> str:
    """A made-up number with a right check character. Ask for adults born in 1900."""
    body = f"{district}{born:%Y%m%d}{draw.randrange(1000):03}"
    return body + str(ric.calc_check_digit(body + "0"))


def _adult(draw: random.Random, city: City) -> str:
    return made_resident_number(draw, city.code, date(1900, 1, 1) + timedelta(draw.randrange(365)))


def _written(day: date, form: int) -> str:
    if form == 0:
        return day.isoformat()
    if form == 1:
        return f"{day.year}/{day.month}/{day.day}"
    if form == 2:
        return f"{day:%Y%m%d}"
    return f"{day.year}年{day.month}月{day.day}日"


def _subject(draw: random.Random, city: City) -> Row:
    chance = draw.random()
    if chance < 0.08:
        return {
            "XDR_MC": f"示例{draw.choice('甲乙丙丁戊己庚辛')}",
            "XDR_LB": "自然人",
            "XDR_ZJLX": "身份证",
            "XDR_ZJHM": _adult(draw, city),
        }
    sole = chance < 0.16
    name = f"{city.name}示例{draw.randrange(10_000):04}{draw.choice(TRADES)}{draw.choice(FORMS)}"
    return {
        "XDR_MC": name,
        "XDR_LB": "个体工商户" if sole else "法人及非法人组织",
        "XDR_SHXYM": made_uscc(draw, "92" if sole else "91", city.code),
        "FRDB": "示例某",
        "FR_ZJLX": "身份证",
        "FR_ZJHM": _adult(draw, city),
    }


PENALTIES = (
    ("警告", "未按规定公示登记信息", "《行政处罚法》第五十一条"),
    ("罚款", "经营超过保质期的食品", "《食品安全法》第一百二十四条"),
    ("没收违法所得", "销售不合格产品", "《产品质量法》第四十九条"),
    ("警告、罚款", "超标排放水污染物", "《环境保护法》第五十九条"),
    ("吊销许可证件", "不具备安全生产条件且拒不整改", "《安全生产法》第六十条"),
)


def _penalty(draw: random.Random, city: City, supplier: str, number: int) -> Row:
    category, facts, basis = draw.choice(PENALTIES)
    decided = FIRST_DAY + timedelta(draw.randrange(DAYS))
    form = number % 4
    body = f"{city.name}示例监督管理局"
    row = _subject(draw, city) | {
        "WSH": f"{city.name[0]}示监处罚〔2025〕{number}号",
        "WFXW": facts[:8],
        "SY": facts,
        "YJ": basis,
        "CFLB": category,
        "NR": category,
        "JDRQ": _written(decided, form),
        "YXQ": "长期" if number % 7 == 0 else _written(decided + timedelta(365), form),
        "GSJZQ": _written(decided + timedelta(365), form),
        "CFJG": body,
        "CFJGDM": supplier,
        "SJLY": body,
        "SJLYDM": supplier,
    }
    if "罚款" in category:
        row["NR_FK"] = f"{draw.randrange(1, 5_000_000) / 10_000:.4f}".rstrip("0").rstrip(".")
        row["NR"] = f"罚款人民币{row['NR_FK']}万元"
    if "没收" in category:
        row["NR_WFFF"] = f"{draw.randrange(1, 1_000_000) / 1_000_000:.6f}"
    return row


def _licence(draw: random.Random, city: City, supplier: str, number: int) -> Row:
    decided = FIRST_DAY + timedelta(draw.randrange(DAYS))
    form = number % 4
    body = f"{city.name}示例审批局"
    return _subject(draw, city) | {
        "XKWS": "行政许可决定书",
        "WSH": f"{city.name}示许可〔2025〕{number}号",
        "XKLB": draw.choice(("普通", "特许", "认可", "核准", "登记")),
        "XKZS": "示例经营许可证",
        "XKBH": f"JY{city.code}{number:08}",
        "NR": "准予食品经营",
        "JDRQ": _written(decided, form),
        "YXQZ": _written(decided, form),
        "YXQZI": _written(decided + timedelta(5 * 365), form),
        "XKJG": body,
        "XKJGDM": supplier,
        "ZT": "有效",
        "LYDW": body,
        "LYDWDM": supplier,
    }


Spoiler = Callable[[random.Random, Row, Layout], Row]


def _wrong_check(text: str) -> str:
    return text[:-1] + ("1" if text[-1] != "1" else "2")


def _as_person(row: Row, number: str) -> Row:
    organisation = ("XDR_SHXYM", "FRDB", "FR_ZJLX", "FR_ZJHM")
    kept = {code: text for code, text in row.items() if code not in organisation}
    person = {"XDR_MC": "示例戊", "XDR_LB": "自然人", "XDR_ZJLX": "身份证", "XDR_ZJHM": number}
    return kept | person


def _bad_number(draw: random.Random, row: Row, _: Layout) -> Row:
    return _as_person(row, _wrong_check(_adult(draw, XIAMEN)))


def _minor(draw: random.Random, row: Row, _: Layout) -> Row:
    born = date(2012, 5, 1) + timedelta(draw.randrange(30))
    return _as_person(row, made_resident_number(draw, MINORS_DISTRICT, born))


def _bad_uscc(draw: random.Random, row: Row, _: Layout) -> Row:
    code = _wrong_check(made_uscc(draw, "91", "350200"))
    return row | {"XDR_MC": "厦门示例错码有限公司", "XDR_LB": "法人及非法人组织", "XDR_SHXYM": code}


def _bad_amount(draw: random.Random, row: Row, layout: Layout) -> Row:
    return row | {layout.fine or "": draw.choice(("1e3", "NaN", "-5", "1.2345678", "一万"))}


SPOILERS: dict[str, Spoiler] = {
    "missing_required": lambda _draw, row, _: row | {"WSH": ""},
    "bad_date": lambda draw, row, _: (
        row | {"JDRQ": draw.choice(("2025-02-30", "2025-13-01", "二〇二五年"))}
    ),
    "date_in_future": lambda _draw, row, _: row | {"JDRQ": "2999-01-01"},
    "bad_uscc": _bad_uscc,
    "bad_id_number": _bad_number,
    "minor": _minor,
    "bad_amount": _bad_amount,
    "unknown_category": lambda _draw, row, layout: row | {layout.categories: "示例类别"},
    "forbidden_data": lambda _draw, row, _: row | {"BZ": "当事人血型为O型"},
    "not_this_supplier": lambda draw, row, layout: (
        row | {layout.source_code: made_uscc(draw, "11", "350100")}
    ),
}


def _sample(
    layout: Layout,
    city: City,
    rows: int,
    seed: int,
    one: Callable[[random.Random, City, str, int], Row],
    *,
    bad: bool,
) -> Sample:
    draw = random.Random(f"{layout.item}/{city.code}/{seed}")  # noqa: S311 - samples, not secrets
    supplier = made_uscc(draw, "11", city.code)
    kinds = [kind for kind in SPOILERS if kind != "bad_amount" or layout.fine]
    kinds += ["duplicate", "formula"]
    made: list[Row] = []
    rejected: list[tuple[int, str]] = []
    formulas: set[int] = set()
    for number in range(1, rows + 1):
        row = one(draw, city, supplier, number)
        if bad and number % BAD_ONE_IN == 0:
            kind = kinds[(number // BAD_ONE_IN - 1) % len(kinds)]
            if kind == "duplicate":
                row = dict(made[number - BAD_ONE_IN // 2])
            elif kind == "formula":
                formulas.add(number + 1)
            else:
                row = SPOILERS[kind](draw, row, layout)
            if kind != "formula":
                rejected.append((number + 1, kind))
        made.append(row)
    name = f"{city.name}示例{'审批' if layout is LICENCE else '监督管理'}局"
    return Sample(layout, supplier, name, tuple(made), tuple(rejected), frozenset(formulas))


def penalties(rows: int, seed: int = 1, city: City = XIAMEN, *, bad: bool = True) -> Sample:
    return _sample(PENALTY, city, rows, seed, _penalty, bad=bad)


def licences(rows: int, seed: int = 1, city: City = QUANZHOU, *, bad: bool = True) -> Sample:
    return _sample(LICENCE, city, rows, seed, _licence, bad=bad)


def header(sample: Sample, *, codes: bool = False) -> list[str]:
    """The template's header, in Chinese or as prefixed field codes."""
    layout = sample.layout
    return [layout.prefix + c.code if codes else c.header for c in layout.columns]


def cells(sample: Sample) -> Iterable[list[str]]:
    codes = [column.code for column in sample.layout.columns]
    return ([row.get(code, "") for code in codes] for row in sample.rows)


def write_csv(path: Path, sample: Sample, encoding: str = "utf-8-sig") -> None:
    """Writes the sample as CSV; formulas are a matter of XLSX and stay as they are."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header(sample))
        writer.writerows(cells(sample))


def expected_of_xlsx(sample: Sample) -> tuple[tuple[int, str], ...]:
    """What is rejected of the sample written as XLSX: the formulas as well."""
    formulas = ((number, "formula") for number in sample.formulas)
    return tuple(sorted([*sample.rejected, *formulas]))


def write_xlsx(path: Path, sample: Sample) -> None:
    """Writes a workbook of one sheet: dates as date cells, amounts as numbers."""
    layout = sample.layout
    columns = [column.code for column in layout.columns]
    rows = [[text_cell(name) for name in header(sample, codes=True)]]
    rows += [
        [
            _cell(layout, code, row.get(code, ""), formula=number in sample.formulas)
            for code in columns
        ]
        for number, row in enumerate(sample.rows, start=2)
    ]
    write_workbook(path, rows)


def _cell(layout: Layout, code: str, text: str, *, formula: bool) -> Cell:
    if formula and code == "NR":
        return formula_cell(f'HYPERLINK("x","{text}")')
    if code in (layout.valid_from, layout.valid_until, layout.publish_until, "JDRQ"):
        day = _day(text)
        return text_cell(text) if day is None else date_cell(day)
    if code in (layout.fine, layout.confiscated) and text.replace(".", "", 1).isdigit():
        return number_cell(text)
    return text_cell(text)


def _day(text: str) -> date | None:
    """The day in any of the four written forms; None: no date."""
    digits = text.translate(str.maketrans("年月/", "---", "日"))
    if len(digits) == 8 and digits.isdigit():
        digits = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    try:
        year, month, day = map(int, digits.split("-"))
        return date(year, month, day)
    except ValueError:
        return None


def write_all(folder: Path, rows: int, seed: int = 1) -> dict[str, Sample]:
    """Three files as cities send them, by file name: CSV in UTF-8, XLSX, CSV in GB18030."""
    made = {
        "xiamen_penalties.csv": penalties(rows, seed, XIAMEN),
        "zhangzhou_penalties.xlsx": penalties(rows, seed, ZHANGZHOU),
        "quanzhou_licences.csv": licences(rows, seed, QUANZHOU),
    }
    write_csv(folder / "xiamen_penalties.csv", made["xiamen_penalties.csv"])
    write_xlsx(folder / "zhangzhou_penalties.xlsx", made["zhangzhou_penalties.xlsx"])
    write_csv(folder / "quanzhou_licences.csv", made["quanzhou_licences.csv"], "gb18030")
    return made
