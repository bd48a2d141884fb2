"""Strict reading of the line formats of C2SP: one spelling of everything, or an error.

Text is UTF-8, lines end in one newline, no other control character occurs. A number is
ASCII decimal without sign or leading zero, below 2^63; a hash is 32 bytes in canonical
base64. What is read here is written back byte for byte the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ledger.errors import LedgerError, Phrase, UnusableInput
from ledger.signing import base64text

HASH_BYTES: Final = 32

MAX_NUMBER: Final = (1 << 63) - 1
"""Sizes, indexes and cosignature times: what a signed 64-bit integer holds, as in the
implementations of these formats (tlog-cosignature says so of its times)."""

MAX_HASHES: Final = 63
"""In one proof: a tree of fewer than 2^63 leaves has no longer one (tlog-witness)."""

_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z", re.ASCII)
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")

NOT_UTF8: Final = Phrase("it is not UTF-8", "不是 UTF-8 文本", "不是 UTF-8 文字")
CONTROL_CHARACTER: Final = Phrase(
    "it holds a control character (a tab or a carriage return?)",
    "含有控制字符（制表符或回车符？）",
    "含有控制字元（定位字元或歸位字元？）",
)
NO_FINAL_NEWLINE: Final = Phrase(
    "the last line does not end in a newline", "最后一行没有换行符", "最後一行沒有換行符"
)
NOT_A_NUMBER: Final = Phrase(
    "a decimal number below 2^63 without leading zeroes belongs here",
    "此处应为小于 2^63 且无前导零的十进制数",
    "此處應為小於 2^63 且無前導零的十進位數",
)
NOT_A_HASH: Final = Phrase(
    "a SHA-256 hash in padded base64 belongs here",
    "此处应为带填充的 base64 编码 SHA-256 散列",
    "此處應為帶填充的 base64 編碼 SHA-256 雜湊",
)
NOT_BASE64: Final = Phrase(
    "padded base64 in its canonical form belongs here",
    "此处应为规范且带填充的 base64",
    "此處應為規範且帶填充的 base64",
)
TOO_MANY_HASHES: Final = Phrase(
    "more than {limit} hashes are no proof",
    "证明中的散列不得多于 {limit} 个",
    "證明中的雜湊不得多於 {limit} 個",
    {"limit": MAX_HASHES},
)
NO_CHECKPOINT: Final = Phrase(
    "an empty line and a checkpoint must follow the hashes",
    "散列之后应有一个空行和检查点",
    "雜湊之後應有一個空行和檢查點",
)


def too_long(limit: int) -> Phrase:
    return Phrase(
        "it is longer than {limit} bytes",
        "长度超过 {limit} 字节",
        "長度超過 {limit} 位元組",
        {"limit": limit},
    )


def starts_with(word: str) -> Phrase:
    return Phrase(
        "this line must start with {word!r}",
        "此行必须以 {word!r} 开头",
        "此行必須以 {word!r} 開頭",
        {"word": word},
    )


class MalformedLines(UnusableInput):
    """Root of the errors of one format each. ``line`` counts from 1; 0 is the whole."""

    code = "malformed_lines"
    en = "line {line} cannot be read: {why}; ask its sender for the original"
    zh_cn = "第 {line} 行无法读取：{why}；请向发送方索取原件"
    zh_tw = "第 {line} 行無法讀取：{why}；請向發送方索取原件"


Format = type[MalformedLines]


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its newline, where it stands, and how its format says no."""

    text: str
    at: int
    format: Format

    def wrong(self, why: Phrase | LedgerError) -> MalformedLines:
        return self.format(line=self.at, why=why)

    def after(self, word: str) -> Line:
        """The rest of the line, which must start with ``word``."""
        if not self.text.startswith(word):
            raise self.wrong(starts_with(word))
        return Line(self.text[len(word) :], self.at, self.format)

    def number(self) -> int:
        """The line as a number: at least 0, at most ``MAX_NUMBER``."""
        # The pattern bounds the digits before int() sees them.
        if not _DECIMAL.match(self.text) or int(self.text) > MAX_NUMBER:
            raise self.wrong(NOT_A_NUMBER)
        return int(self.text)

    def base64(self) -> bytes:
        try:
            return base64text.decode(self.text, what="line")
        except UnusableInput as error:
            raise self.wrong(NOT_BASE64) from error

    def hash(self) -> bytes:
        """The line as 32 bytes."""
        try:
            return base64text.decode(self.text, what="line", size=HASH_BYTES)
        except UnusableInput as error:
            raise self.wrong(NOT_A_HASH) from error


def checked(data: bytes, malformed: Format, *, max_bytes: int) -> str:
    """``data`` as text, if it is UTF-8 of newline-ended lines without control characters."""
    if len(data) > max_bytes:
        raise malformed(line=0, why=too_long(max_bytes))
    if found := _CONTROL.search(data):
        raise malformed(line=data.count(b"\n", 0, found.start()) + 1, why=CONTROL_CHARACTER)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise malformed(line=data.count(b"\n", 0, error.start) + 1, why=NOT_UTF8) from error
    if not text.endswith("\n"):
        raise malformed(line=text.count("\n") + 1, why=NO_FINAL_NEWLINE)
    return text


def lines_of(text: str, malformed: Format, *, first: int = 1) -> list[Line]:
    """The lines of ``checked`` text; ``first`` is the number of the first of them."""
    return [Line(line, at, malformed) for at, line in enumerate(text[:-1].split("\n"), first)]


def split_head(
    data: bytes,
    malformed: Format,
    *,
    max_head: int,
    max_rest: int,
) -> tuple[list[Line], bytes]:
    """The lines before the first empty line, at least one, and the bytes after it.

    So are proof files and witness requests laid out: a few lines that end in hashes, then
    a checkpoint. Both limits count bytes.
    """
    if len(data) > max_head + max_rest:
        raise malformed(line=0, why=too_long(max_head + max_rest))
    head, found, rest = data.partition(b"\n\n")
    if not found:
        raise malformed(line=data.count(b"\n"), why=NO_CHECKPOINT)
    return lines_of(checked(head + b"\n", malformed, max_bytes=max_head), malformed), rest


def require_hashes(hashes: tuple[bytes, ...], malformed: Format) -> None:
    """Raise ``malformed`` unless a list of hashes could be a proof."""
    if len(hashes) > MAX_HASHES:
        raise malformed(line=0, why=TOO_MANY_HASHES)
    if any(len(one) != HASH_BYTES for one in hashes):
        raise malformed(line=0, why=NOT_A_HASH)
