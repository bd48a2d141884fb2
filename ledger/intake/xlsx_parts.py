"""The parts of a workbook beside its sheets: which sheets, shared strings, date styles."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from ledger.intake.table import MAX_RECORD_CHARS
from ledger.intake.xlsx_numbers import is_date_format
from ledger.intake.xlsx_package import (
    BrokenWorkbook,
    Package,
    WorkbookTooLarge,
    attributes,
    local,
    small_number,
)

MAX_SHARED_STRINGS = 2_000_000
MAX_SHARED_CHARS = 64 * 1024 * 1024
"""All shared strings together: they have to be held while rows are read."""

MAX_SHARED_BYTES = 256 * 1024 * 1024
"""Their XML: four times as much, for the elements around them and three bytes a character."""

MAX_SHEETS = 256
"""A template has one; a workbook of a year has twelve."""

MAX_STYLES = 100_000
"""Cell styles; spreadsheets stop at 65,490."""

_ROOT = "_rels/.rels"
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet in the order of the workbook's tabs."""

    name: str
    member: str
    visible: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """What is needed to read any sheet of the workbook."""

    sheets: tuple[Sheet, ...]
    since_1904: bool
    strings: tuple[str, ...]
    date_styles: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Relation:
    kind: str
    target: str


def read_parts(package: Package) -> Parts:
    """Raises ``BrokenWorkbook`` for a zip that is no workbook."""
    root = _relations(package, _ROOT, "") if _ROOT in package else {}
    workbook = next((r.target for r in root.values() if r.kind == "officeDocument"), None)
    if workbook is None or not workbook.endswith(".xml"):
        raise BrokenWorkbook(path=package.path, why="a zip file without a workbook in XML")
    folder, name = posixpath.split(workbook)
    relations = _relations(package, f"{folder}/_rels/{name}.rels".lstrip("/"), folder)
    by_kind = {relation.kind: relation.target for relation in relations.values()}
    sheets, since_1904 = _sheets(package, workbook, relations)
    return Parts(
        sheets,
        since_1904,
        _shared_strings(package, by_kind.get("sharedStrings")),
        _date_styles(package, by_kind.get("styles")),
    )


def unescape(text: str) -> str:
    """``_xHHHH_`` as the character it stands for (ECMA-376 part 1, 22.9.2.19).

    A zero or half of a surrogate pair stays escaped: no text may hold them.
    """
    return _ESCAPE.sub(_character, text) if "_x" in text else text


def _character(found: re.Match[str]) -> str:
    point = int(found.group(1), 16)
    return found.group() if point == 0 or 0xD800 <= point <= 0xDFFF else chr(point)


def _nothing(_: str) -> None:
    return None


def _relations(package: Package, name: str, folder: str) -> dict[str, _Relation]:
    found: dict[str, _Relation] = {}

    def start(tag: str, flat: list[str]) -> None:
        if local(tag) != "Relationship":
            return
        given = attributes(flat)
        if given.get("TargetMode") == "External":
            return
        target = given.get("Target", "")
        member = target[1:] if target.startswith("/") else posixpath.join(folder, target)
        kind = given.get("Type", "").rpartition("/")[2]
        found[given.get("Id", "")] = _Relation(kind, posixpath.normpath(member))

    package.parse(name, start, _nothing, _nothing)
    return found


def _sheets(
    package: Package, workbook: str, relations: dict[str, _Relation]
) -> tuple[tuple[Sheet, ...], bool]:
    sheets: list[Sheet] = []
    since_1904 = False

    def start(tag: str, flat: list[str]) -> None:
        nonlocal since_1904
        name = local(tag)
        if name == "workbookPr":
            since_1904 = attributes(flat).get("date1904", "0") in ("1", "true")
        elif name == "sheet":
            given = attributes(flat)
            relation = relations.get(given.get("id", ""))
            if relation is not None and relation.kind == "worksheet":
                visible = given.get("state", "visible") == "visible"
                sheets.append(Sheet(given.get("name", ""), relation.target, visible))

    package.parse(workbook, start, _nothing, _nothing)
    if len(sheets) > MAX_SHEETS:
        raise WorkbookTooLarge(path=package.path, what=f"{len(sheets)} sheets")
    if len({sheet.member for sheet in sheets}) < len(sheets):
        raise BrokenWorkbook(path=package.path, why="two sheets are one member")
    return tuple(sheets), since_1904


def _shared_strings(package: Package, member: str | None) -> tuple[str, ...]:
    strings: list[str] = []
    if member is None:
        return ()
    parts: list[str] = []
    reading = phonetic = False
    total = length = 0

    def start(tag: str, _: list[str]) -> None:
        nonlocal reading, phonetic, length
        name = local(tag)
        if name == "si":
            parts.clear()
            length = 0
        elif name == "rPh":
            phonetic = True
        elif name == "t":
            reading = not phonetic

    def end(tag: str) -> None:
        nonlocal reading, phonetic, total
        name = local(tag)
        if name == "t":
            reading = False
        elif name == "rPh":
            phonetic = False
        elif name == "si":
            total += length
            if total > MAX_SHARED_CHARS or len(strings) >= MAX_SHARED_STRINGS:
                raise WorkbookTooLarge(path=package.path, what="shared strings")
            strings.append(unescape("".join(parts)))

    def text(piece: str) -> None:
        nonlocal length
        if reading:
            length += len(piece)
            if length > MAX_RECORD_CHARS:
                raise WorkbookTooLarge(path=package.path, what="one shared string")
            parts.append(piece)

    package.parse(member, start, end, text, MAX_SHARED_BYTES)
    return tuple(strings)


def _date_styles(package: Package, member: str | None) -> frozenset[int]:
    """The indexes of the cell styles that show a number as a date or a time."""
    if member is None:
        return frozenset()
    custom: dict[int, str] = {}
    formats: list[int] = []
    within = ""

    def start(tag: str, flat: list[str]) -> None:
        nonlocal within
        name = local(tag)
        if name in ("cellXfs", "cellStyleXfs", "dxfs"):
            within = name
        elif name == "numFmt" and within != "dxfs":
            given = attributes(flat)
            if len(custom) < MAX_STYLES:
                custom[small_number(given.get("numFmtId"))] = given.get("formatCode", "")
        elif name == "xf" and within == "cellXfs" and len(formats) < MAX_STYLES:
            formats.append(small_number(attributes(flat).get("numFmtId")))

    def end(tag: str) -> None:
        nonlocal within
        if local(tag) == within:
            within = ""

    package.parse(member, start, end, _nothing)
    return frozenset(
        index
        for index, number_format in enumerate(formats)
        if is_date_format(number_format, custom.get(number_format))
    )
