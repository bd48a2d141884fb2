"""The zip and XML layer of an XLSX file (ECMA-376): guarded, streamed, nothing extracted.

A workbook comes from outside. Members are counted and sized before any is read, nothing
inflates beyond what the directory declared, a ratio that no real sheet reaches is
refused, and XML with a document type (the way to external and nested entities) as well.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from ledger.errors import UnusableInput
from ledger.intake.table import SourceFile

MAX_DIRECTORY_BYTES = 1024 * 1024
"""The zip's list of members: room for some ten thousand, a workbook has a dozen."""

LIMIT = MAX_DIRECTORY_BYTES + 1
MAX_MEMBERS = 2_000

MAX_INFLATED_BYTES = 512 * 1024 * 1024
"""All members together. Half a million rows of the template inflate to about that much."""

MAX_RATIO = 250
"""Inflated to stored. Sheets of one repeated row reach about 100; deflate itself 1,032."""

RATIO_FREE_BYTES = 4 * 1024 * 1024
"""Up to this size a member may have any ratio: it can do no harm."""

MAX_PART_BYTES = 8 * 1024 * 1024
"""A part that is held as a whole: relations, list of sheets, styles."""

MAX_TOKEN_BYTES = 2 * 1024 * 1024
"""One tag, which the XML parser has to hold at once."""

MAX_DIGITS = 8
"""Of an index or a row number; the largest have seven."""

XML_CHUNK_BYTES = 64 * 1024
_ENCRYPTED = 0x1

Start = Callable[[str, list[str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]


class BrokenWorkbook(UnusableInput):
    code = "broken_workbook"
    en = "{path}: not a readable XLSX workbook ({why}); open it in a spreadsheet and save it anew"
    zh_cn = "{path}：不是可读取的 XLSX 工作簿（{why}）；请用电子表格软件打开并重新保存"
    zh_tw = "{path}：不是可讀取的 XLSX 活頁簿（{why}）；請用試算表軟體開啟並重新儲存"


class WorkbookTooLarge(UnusableInput):
    code = "workbook_too_large"
    en = (
        "{path}: unpacks to more than a workbook of this kind can hold ({what}); "
        "it was not read; split it, or save it as CSV"
    )
    zh_cn = "{path}：解压后超出此类工作簿的合理大小（{what}）；未读取；请拆分或另存为 CSV"
    zh_tw = "{path}：解壓縮後超出此類活頁簿的合理大小（{what}）；未讀取；請拆分或另存為 CSV"


class _Bounded:
    """A reader that refuses a single read no workbook needs, such as a huge directory."""

    def __init__(self, reader: BufferedReader, path: Path) -> None:
        self._reader = reader
        self._path = path
        self.seek = reader.seek
        self.tell = reader.tell
        self.seekable = reader.seekable
        self.close = reader.close

    def read(self, size: int = -1) -> bytes:
        data = self._reader.read(min(size, LIMIT) if size >= 0 else LIMIT)
        if len(data) == LIMIT:
            raise WorkbookTooLarge(path=self._path, what=f"zip directory > {MAX_DIRECTORY_BYTES}")
        return data


class Package:
    """The members of an XLSX file. Raises ``WorkbookTooLarge`` or ``BrokenWorkbook``."""

    def __init__(self, source: SourceFile) -> None:
        self.path = source.path
        try:
            bounded: Any = _Bounded(source.reader(), source.path)  # as much of IO as zipfile uses
            self._zip = zipfile.ZipFile(bounded)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise BrokenWorkbook(path=self.path, why=f"zip: {error}") from error
        members = self._zip.infolist()
        if len(members) > MAX_MEMBERS:
            raise WorkbookTooLarge(path=self.path, what=f"{len(members)} members")
        if sum(member.file_size for member in members) > MAX_INFLATED_BYTES:
            raise WorkbookTooLarge(path=self.path, what=f"> {MAX_INFLATED_BYTES} bytes")
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            self._check(member)
            self._members[member.filename] = member

    def _check(self, member: zipfile.ZipInfo) -> None:
        if member.filename in self._members:
            raise BrokenWorkbook(path=self.path, why="zip: two members of one name")
        if member.flag_bits & _ENCRYPTED:
            raise BrokenWorkbook(path=self.path, why="zip: a member with a password")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BrokenWorkbook(path=self.path, why="zip: an unusual compression")
        if member.file_size > max(RATIO_FREE_BYTES, MAX_RATIO * member.compress_size):
            raise WorkbookTooLarge(path=self.path, what=f"ratio > {MAX_RATIO}")

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def parse(
        self, name: str, start: Start, end: End, text: Text, limit: int = MAX_PART_BYTES
    ) -> None:
        """Parse a whole member of at most ``limit`` bytes; see ``parse_steps``."""
        if name in self._members and self._members[name].file_size > limit:
            raise WorkbookTooLarge(path=self.path, what=f"{name} > {limit}")
        for _ in self.parse_steps(name, start, end, text):
            pass

    def parse_steps(self, name: str, start: Start, end: End, text: Text) -> Iterator[None]:
        """Parse a member as XML, calling back with local names; yields after each chunk.

        Attributes come as a flat list of names and values.
        """
        if name not in self._members:
            raise BrokenWorkbook(path=self.path, why=f"{name} is missing")
        parser = self._parser(start, end, text)
        fed = 0
        try:
            with self._zip.open(self._members[name]) as member:
                for chunk in _chunks(member):
                    parser.Parse(chunk, False)
                    fed += len(chunk)
                    if fed - max(parser.CurrentByteIndex, 0) > MAX_TOKEN_BYTES:
                        raise WorkbookTooLarge(path=self.path, what=f"{name}: one huge tag")
                    yield
            parser.Parse(b"", True)
            yield
        except expat.ExpatError as error:
            raise BrokenWorkbook(path=self.path, why=f"{name}: {error}") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise BrokenWorkbook(path=self.path, why=f"zip: {error}") from error

    def _parser(self, start: Start, end: End, text: Text) -> expat.XMLParserType:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        return parser

    def _refuse_doctype(self, *_: object) -> None:
        raise BrokenWorkbook(path=self.path, why="XML with a document type")


def local(name: str) -> str:
    """An element's name without its namespace prefix."""
    return name.rpartition(":")[2]


def attributes(flat: list[str]) -> dict[str, str]:
    """Attributes by local name. ``r:id`` and ``id`` do not meet in the elements read here."""
    return {local(flat[i]): flat[i + 1] for i in range(0, len(flat), 2)}


def small_number(text: str | None, otherwise: int = 0) -> int:
    """Digits of an attribute as a number; ``otherwise`` for anything else or more than eight."""
    if text is not None and len(text) <= MAX_DIGITS and text.isascii() and text.isdigit():
        return int(text)
    return otherwise


def _chunks(member: IO[bytes]) -> Iterator[bytes]:
    # zipfile inflates what a read of compressed input gives; small reads keep that small.
    while chunk := member.read(XML_CHUNK_BYTES):
        yield chunk
