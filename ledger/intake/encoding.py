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
    Raises ``NotText`` (zero bytes) or ``WrongEncoding``.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder(UTF8)("strict")
    offset = 0
    utf8_ends_at: int | None = None
    start = b""
    for chunk in source.chunks():
        if not offset:
            start = chunk[:4]
            _refuse_utf16(source, start)
        digest.update(chunk)
        if (zero := chunk.find(0)) >= 0:
            raise NotText(path=source.path, offset=offset + zero)
        if utf8_ends_at is None:
            utf8_ends_at = _fails_at(decoder, chunk, offset)
        offset += len(chunk)
    if utf8_ends_at is None:
        utf8_ends_at = _fails_at(decoder, b"", offset, final=True)
    bom = start.startswith(codecs.BOM_UTF8)
    if utf8_ends_at is None:
        return Decided(UTF8_WITH_BOM if bom else UTF8, "UTF-8", digest.hexdigest())
    tried = f"UTF-8 (byte {utf8_ends_at})"
    if bom:
        raise WrongEncoding(path=source.path, tried=tried)
    fails_at = _gb18030_fails_at(source)
    if fails_at is not None:
        raise WrongEncoding(path=source.path, tried=f"{tried}, GB18030 (byte {fails_at})")
    return Decided(GB18030, f"{tried}, GB18030", digest.hexdigest())


def _refuse_utf16(source: SourceFile, start: bytes) -> None:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise WrongEncoding(path=source.path, tried="UTF-8, GB18030; it begins as UTF-16")


def _gb18030_fails_at(source: SourceFile) -> int | None:
    decoder = codecs.getincrementaldecoder(GB18030)("strict")
    offset = 0
    for chunk in source.chunks():
        fails_at = _fails_at(decoder, chunk, offset)
        if fails_at is not None:
            return fails_at
        offset += len(chunk)
    return _fails_at(decoder, b"", offset, final=True)


def _fails_at(
    decoder: codecs.IncrementalDecoder, chunk: bytes, offset: int, *, final: bool = False
) -> int | None:
    """The offset in the file of the first byte that does not fit; None: all fit so far."""
    pending = len(decoder.getstate()[0])
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        return offset - pending + error.start
    return None
