"""Which encoding a text file has, decided by reading all of it, strictly."""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass

from ledger.errors import UnusableInput
from ledger.intake.table import SourceFile

UTF8 = "utf-8"
UTF8_WITH_BOM = "utf-8-sig"
GB18030 = "gb18030"

MIN_EVIDENCE = 48
"""Bytes of characters beyond ASCII that show a damaged file to be UTF-8, some twenty of them.
One Chinese character in seven looks like UTF-8 by its two bytes in GB18030; twenty in a row
do not."""


class NotText(UnusableInput):
    code = "not_text"
    en = (
        "{path}: neither an XLSX file nor text (a zero byte at offset {offset}); "
        "save it as XLSX, or as CSV in UTF-8"
    )
    zh_cn = (
        "{path}：既不是 XLSX 文件也不是文本（偏移 {offset} 处有零字节）；"
        "请另存为 XLSX，或 UTF-8 编码的 CSV"
    )
    zh_tw = (
        "{path}：既不是 XLSX 檔案也不是文字（位移 {offset} 處有零位元組）；"
        "請另存為 XLSX，或 UTF-8 編碼的 CSV"
    )


class WrongEncoding(UnusableInput):
    code = "wrong_encoding"
    en = "{path}: cannot be read as text; tried {tried}; save it as CSV in UTF-8 or GB18030"
    zh_cn = "{path}：无法按文本读取；已尝试 {tried}；请另存为 UTF-8 或 GB18030 编码的 CSV"
    zh_tw = "{path}：無法按文字讀取；已嘗試 {tried}；請另存為 UTF-8 或 GB18030 編碼的 CSV"


@dataclass(frozen=True, slots=True)
class Decided:
    """The encoding that all bytes of the file fit, and the file's SHA-256 in hex."""

    encoding: str
    tried: str
    sha256: str


def decide_encoding(source: SourceFile) -> Decided:
    """UTF-8 when the whole file is UTF-8, else GB18030 when the whole file is that.

    The first bytes are never enough: an ASCII header says nothing about the names below.
    A file that begins as UTF-8 and then is not is damaged, and not read as GB18030, which
    nearly any bytes fit. Raises ``NotText`` (zero bytes) or ``WrongEncoding``.
    """
    digest = hashlib.sha256()
    utf8 = _Strict(UTF8)
    offset = 0
    start = b""
    for chunk in source.chunks():
        if not offset:
            start = chunk[:4]
            _refuse_utf16(source, start)
        digest.update(chunk)
        if (zero := chunk.find(0)) >= 0:
            raise NotText(path=source.path, offset=offset + zero)
        utf8.feed(chunk)
        offset += len(chunk)
    utf8.feed(b"", final=True)
    marked = start.startswith(codecs.BOM_UTF8)
    if utf8.fails_at is None:
        return Decided(UTF8_WITH_BOM if marked else UTF8, "UTF-8", digest.hexdigest())
    tried = f"UTF-8 (byte {utf8.fails_at})"
    if marked or utf8.beyond_ascii >= MIN_EVIDENCE:
        raise WrongEncoding(path=source.path, tried=tried)
    gb18030 = _Strict(GB18030)
    for chunk in source.chunks():
        gb18030.feed(chunk)
    gb18030.feed(b"", final=True)
    if gb18030.fails_at is not None:
        raise WrongEncoding(path=source.path, tried=f"{tried}, GB18030 (byte {gb18030.fails_at})")
    return Decided(GB18030, f"{tried}, GB18030", digest.hexdigest())


def _refuse_utf16(source: SourceFile, start: bytes) -> None:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise WrongEncoding(path=source.path, tried="UTF-8, GB18030; it begins as UTF-16")


class _Strict:
    """Decodes a file chunk by chunk until the first byte that does not fit."""

    def __init__(self, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._encoding = encoding
        self._offset = 0
        self.fails_at: int | None = None
        """Offset in the file of the first byte that does not fit; None: all fitted."""
        self.beyond_ascii = 0
        """Bytes that characters beyond ASCII took more than one each, up to there."""

    def feed(self, chunk: bytes, *, final: bool = False) -> None:
        if self.fails_at is not None:
            return
        pending = len(self._decoder.getstate()[0])
        try:
            self.beyond_ascii += len(chunk) - len(self._decoder.decode(chunk, final))
        except UnicodeDecodeError as error:
            self.fails_at = self._offset - pending + error.start
            fitted = error.object[: error.start]
            self.beyond_ascii += len(fitted) - len(fitted.decode(self._encoding))
        self._offset += len(chunk)
