"""Signed notes (c2sp.org/signed-note).

    This is an example message.

    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYj...

A text that ends in a newline, an empty line, then one line a signature: U+2014, space, key
name, space, base64(key id (4 bytes) || signature). The text is what stands before the last
empty line. A note is worth nothing until ``Note.verified`` returned.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ledger.errors import ExitCode, LedgerError, Phrase
from ledger.log import cosignature
from ledger.log.lines import Line, MalformedLines, checked, lines_of
from ledger.log.verifier_key import (
    KEY_ID_BYTES,
    SignatureType,
    VerifierKey,
    is_note_name,
    note_key_id,
    require_key_name,
)
from ledger.signing import base64text
from ledger.signing.keys import SigningKey, verify_bytes

MAX_SIGNATURES: Final = 100
"""At least 16 must be accepted; golang.org/x/mod reads no more than 100, so a note with
more could be opened here and not there."""

MAX_NOTE_BYTES: Final = 1 << 20
"""100 signatures of the longest kind (5 kB, post-quantum) are 670 kB in base64."""

DASH: Final = "— "

_NO_SIGNATURES = Phrase(
    "an empty line and signatures must follow the text",
    "正文之后应有一个空行和签名",
    "正文之後應有一個空行和簽名",
)
_TOO_MANY = Phrase(
    "more than {limit} signatures",
    "签名多于 {limit} 个",
    "簽名多於 {limit} 個",
    {"limit": MAX_SIGNATURES},
)
_NOT_A_SIGNATURE = Phrase(
    "a signature is U+2014, a space, a key name, a space and base64 of more than 4 bytes",
    "签名应为 U+2014、空格、密钥名称、空格和多于 4 字节的 base64",
    "簽名應為 U+2014、空格、金鑰名稱、空格和多於 4 位元組的 base64",
)


class NoteMalformed(MalformedLines):
    code = "note_malformed"
    en = "not a signed note: line {line}: {why}; ask its sender for the original"
    zh_cn = "不是签名文本：第 {line} 行：{why}；请向发送方索取原件"
    zh_tw = "不是簽名文本：第 {line} 行：{why}；請向發送方索取原件"


class NoteSignatureFails(LedgerError):
    code = "note_signature_fails"
    exit_code = ExitCode.CHECK_FAILED
    en = "a signature under the known key {key} fails: the whole note is refused; do not use it"
    zh_cn = "已知密钥 {key} 名下的签名验证失败：整份文本不予接受，请勿使用"
    zh_tw = "已知金鑰 {key} 名下的簽名驗證失敗：整份文本不予接受，請勿使用"


class NoteUnsigned(LedgerError):
    code = "note_unsigned"
    exit_code = ExitCode.CHECK_FAILED
    en = "none of the signatures is by a known key: nothing in the note can be believed"
    zh_cn = "没有任何已知密钥的签名：其内容不可采信"
    zh_tw = "沒有任何已知金鑰的簽名：其內容不可採信"


class AmbiguousVerifierKeys(LedgerError):
    code = "ambiguous_verifier_keys"
    exit_code = ExitCode.CHECK_FAILED
    en = "two different keys are known as {key}: one of the two was made to collide; remove it"
    zh_cn = "有两个不同的密钥同为 {key}：其中之一系刻意碰撞所得，请将其移除"
    zh_tw = "有兩個不同的金鑰同為 {key}：其中之一係刻意碰撞所得，請將其移除"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line, of any type, known or not; nothing is verified."""

    name: str
    key_id: bytes
    signature: bytes
    """What follows the key id; its form is its type's own."""

    def __post_init__(self) -> None:
        """Raises ``NoteMalformed`` for what no line could hold."""
        # ``name`` may come from elsewhere than a note: then it may hold any character.
        clean = not any(ord(c) < 0x20 or 0xD800 <= ord(c) < 0xE000 for c in self.name)
        if not (
            clean
            and is_note_name(self.name)
            and len(self.key_id) == KEY_ID_BYTES
            and self.signature
        ):
            raise NoteMalformed(line=0, why=_NOT_A_SIGNATURE)

    @property
    def line(self) -> str:
        """The line with its newline."""
        return f"{DASH}{self.name} {base64text.encode(self.key_id + self.signature)}\n"

    @classmethod
    def from_line(cls, line: Line) -> NoteSignature:
        name, space, encoded = line.after(DASH).text.partition(" ")
        data = Line(encoded, line.at, line.format).base64()
        if not space or not is_note_name(name) or len(data) <= KEY_ID_BYTES:
            raise line.wrong(_NOT_A_SIGNATURE)
        return cls(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that holds. ``posix_seconds`` is the time of a cosignature, else None."""

    key: VerifierKey
    posix_seconds: int | None
    signature: NoteSignature


def sign_text(text: bytes, name: str, key: SigningKey) -> NoteSignature:
    """``key``'s Ed25519 signature (type 0x01) of a note's text, under ``name``."""
    key_id = note_key_id(require_key_name(name), SignatureType.ED25519, key.public)
    return NoteSignature(name, key_id, key.sign(text))


def cosign_text(text: bytes, name: str, key: SigningKey, posix_seconds: int) -> NoteSignature:
    """``key``'s cosignature (type 0x04) of a checkpoint's text, under ``name``, at that time."""
    key_id = note_key_id(require_key_name(name), SignatureType.COSIGNATURE, key.public)
    return NoteSignature(name, key_id, cosignature.sign(key, text, posix_seconds))


def parse_signatures(text: str, malformed: type[MalformedLines], *, first: int = 1) -> tuple[
    NoteSignature, ...
]:  # fmt: skip
    """The signature lines of ``checked`` text: at least one, at most ``MAX_SIGNATURES``."""
    if text.count("\n") > MAX_SIGNATURES:
        raise malformed(line=first + MAX_SIGNATURES, why=_TOO_MANY)
    return tuple(map(NoteSignature.from_line, lines_of(text, malformed, first=first)))


@dataclass(frozen=True, slots=True)
class Note:
    """A text with its signatures, not yet verified."""

    text: bytes
    """With its final newline."""
    signatures: tuple[NoteSignature, ...]

    @classmethod
    def parse(cls, data: bytes, *, max_bytes: int = MAX_NOTE_BYTES) -> Note:
        """Read a note; ``to_bytes`` gives the same bytes back. Raises ``NoteMalformed``."""
        whole = checked(data, NoteMalformed, max_bytes=max_bytes)
        before, found, after = whole.rpartition("\n\n")
        if not found or not after:
            raise NoteMalformed(line=whole.count("\n"), why=_NO_SIGNATURES)
        text = before + "\n"
        first = text.count("\n") + 2
        return cls(text.encode("utf-8"), parse_signatures(after, NoteMalformed, first=first))

    def to_bytes(self) -> bytes:
        """The note as it is passed on. Raises ``NoteMalformed`` for one no reader accepts."""
        if not self.signatures:
            raise NoteMalformed(line=0, why=_NO_SIGNATURES)
        if len(self.signatures) > MAX_SIGNATURES:
            raise NoteMalformed(line=0, why=_TOO_MANY)
        checked(self.text, NoteMalformed, max_bytes=MAX_NOTE_BYTES)
        lines = "".join(one.line for one in self.signatures)
        data = self.text + b"\n" + lines.encode("utf-8")
        checked(data, NoteMalformed, max_bytes=MAX_NOTE_BYTES)
        return data

    def with_signatures(self, more: Iterable[NoteSignature]) -> Note:
        """The same text under further signatures; one that is there already is not repeated."""
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *more))))

    def verified(self, keys: Iterable[VerifierKey]) -> tuple[Verified, ...]:
        """The signatures by ``keys`` in the note's order, each distinct line once, all valid.

        1. A key is told by its name and key id, both; lines of other keys are ignored.
        2. Every line of a known key is verified, also the second of one key: one that fails
           rejects the whole note (``NoteSignatureFails``).
        3. Without any signature of a known key: ``NoteUnsigned``.

        One key can appear more than once (cosignatures of different times): who counts
        signers counts keys.
        """
        found = self.verified_if_any(keys)
        if not found:
            raise NoteUnsigned
        return found

    def verified_if_any(self, keys: Iterable[VerifierKey]) -> tuple[Verified, ...]:
        """As ``verified``, but empty where no known key signed: no reason to believe the text."""
        known = _by_name_and_id(keys)
        return tuple(
            _verify(key, self.text, one)
            for one in dict.fromkeys(self.signatures)
            if (key := known.get((one.name, one.key_id))) is not None
        )


def _by_name_and_id(keys: Iterable[VerifierKey]) -> dict[tuple[str, bytes], VerifierKey]:
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise AmbiguousVerifierKeys(key=f"{key.name}+{key.key_id.hex()}")
    return known


def _verify(key: VerifierKey, text: bytes, one: NoteSignature) -> Verified:
    seconds = None
    if key.kind is SignatureType.COSIGNATURE:
        seconds = cosignature.verified_time(key.public, text, one.signature)
        holds = seconds is not None
    else:
        holds = verify_bytes(key.public, text, one.signature)
    if not holds:
        raise NoteSignatureFails(key=f"{key.name}+{key.key_id.hex()}")
    return Verified(key, seconds, one)
