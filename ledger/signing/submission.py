"""Signed submissions: who handed in which file, and one commitment for each of its rows.

The manifest is the payload of a DSSE envelope (canonical JSON):

    {"v": 1, "supplier": CODE, "file": hex SHA-256 of the file's bytes,
     "template": "penalty" | "licence", "attested_by": "supplier" | "registrar",
     "operator": ID | null, "first_row": 2, "rows": [base64, ...]}

    row commitment = SHA-256("credit-ledger/row/v1" || salt (32) || JCS({field code: cell text}))

Rows stand in file order without gaps, so that one row can be proved without the others. The
manifest file keeps the salts beside the signed part, never inside it:

    {"format": "credit-ledger-manifest/v1", "envelope": {...}, "salts": [base64, ...]}

A supplier with a key signs with salts drawn at random. For one without, the registrar signs
and names the authenticated operator; its salts are derived, so that importing the same file
again gives the same manifest.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

from ledger.errors import UnusableInput
from ledger.signing import base64text
from ledger.signing.canonical import (
    MAX_SAFE_INTEGER,
    canonical,
    canonical_unchecked,
    require_canonical,
)
from ledger.signing.dsse import SUBMISSION, Envelope
from ledger.signing.keys import SigningKey

FORMAT: Final = "credit-ledger-manifest/v1"
ROW_DOMAIN: Final = b"credit-ledger/row/v1"
SALT_DOMAIN: Final = b"credit-ledger/row-salt/v1"
SALT_BYTES: Final = 32
COMMITMENT_BYTES: Final = 32

MAX_ROWS: Final = 500_000
"""As many as the intake reads from one file; bounds what a hostile manifest can cost."""
MAX_TEXT: Final = 128
"""Characters of a supplier's code or an operator's id; both are short by nature."""
_ROW_TEXT: Final = 47
"""A commitment or a salt in a JSON array: 44 characters of base64, quotes, a comma."""
MAX_MANIFEST_BYTES: Final = MAX_ROWS * _ROW_TEXT + 4_096
"""Of the signed payload, some 24 MB."""
MAX_MANIFEST_FILE_BYTES: Final = MAX_MANIFEST_BYTES * 4 // 3 + MAX_ROWS * _ROW_TEXT + 8_192
"""Of the file, some 55 MB: the payload in base64 and the salts."""

SUBMITTED_ROW: Final = "submitted_row"
ROW_DIGEST: Final = "row_digest"
"""Kept sealed beside an entry, without a commitment in it: what the supplier wrote (its
manifest commits to it), and how equal rows are told."""

Template = Literal["penalty", "licence"]
Attestation = Literal["supplier", "registrar"]

_HEX = frozenset("0123456789abcdef")


class ManifestMalformed(UnusableInput):
    code = "manifest_malformed"
    en = "not a submission manifest of this ledger: {detail}; sign the file again"
    zh_cn = "不是本账本的提交清单：{detail}；请重新签署文件"
    zh_tw = "不是本帳本的提交清單：{detail}；請重新簽署檔案"


class SubmissionTooLong(UnusableInput):
    code = "submission_too_long"
    en = "the file has {rows} rows, a submission holds at most {limit}; split the file"
    zh_cn = "文件有 {rows} 行，一次提交最多 {limit} 行；请拆分文件"
    zh_tw = "檔案有 {rows} 列，一次提交最多 {limit} 列；請拆分檔案"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a submission's signer vouched for. ``rows`` are the raw commitments."""

    supplier: str
    file: str
    template: Template
    attested_by: Attestation
    operator: str | None
    """Who handed the file in, named by the registrar; None when the supplier signed."""
    rows: tuple[bytes, ...]
    first_row: int = 2

    def payload(self) -> bytes:
        """The canonical bytes that are signed. ``SubmissionTooLong``, ``ManifestMalformed``."""
        if len(self.rows) > MAX_ROWS:
            raise SubmissionTooLong(rows=len(self.rows), limit=MAX_ROWS)
        head: dict[str, object] = {
            "v": 1,
            "supplier": self.supplier,
            "file": self.file,
            "template": self.template,
            "attested_by": self.attested_by,
            "operator": self.operator,
            "first_row": self.first_row,
        }
        payload = canonical(head | {"rows": [base64text.encode(row) for row in self.rows]})
        _parse_head(head)
        return payload

    @classmethod
    def parse(cls, payload: bytes) -> Manifest:
        """The manifest in a payload that ``payload`` could have written, else
        ``ManifestMalformed`` or an error of ``require_canonical``.
        """
        document = require_canonical(payload, max_bytes=MAX_MANIFEST_BYTES)
        if not isinstance(document, dict):
            raise ManifestMalformed(detail="not an object")
        rows = _packed(document.pop("rows", None), "rows", COMMITMENT_BYTES)
        supplier, file, template, attested_by, operator, first_row = _parse_head(document)
        return cls(supplier, file, template, attested_by, operator, rows, first_row)

    def commitment_of(self, row_number: int) -> bytes | None:
        """The commitment to a row (the header is row 1); None if it holds no such row."""
        place = row_number - self.first_row
        return self.rows[place] if 0 <= place < len(self.rows) else None


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """An envelope that is not yet verified, and a salt for each row in file order."""

    envelope: Envelope
    salts: tuple[bytes, ...]


def row_commitment(salt: bytes, cells: Mapping[str, str]) -> bytes:
    """The raw commitment to the cells of one row, as given, by field code."""
    assert len(salt) == SALT_BYTES, "a salt of another length could move bytes into the row"
    return sha256(ROW_DOMAIN + salt + canonical(dict(cells))).digest()


def row_matches(manifest: Manifest, row_number: int, salt: bytes, cells: Mapping[str, str]) -> bool:
    """Whether these are the cells that the manifest commits to at ``row_number``."""
    committed = manifest.commitment_of(row_number)
    return (
        committed is not None
        and len(salt) == SALT_BYTES
        and hmac.compare_digest(committed, row_commitment(salt, cells))
    )


def row_salts(index_key: bytes, file_digest: str) -> Callable[[int], bytes]:
    """The derived salts of a registrar's manifest: row number to 32 bytes.

    HMAC-SHA-256(index key, "credit-ledger/row-salt/v1" || file digest (32) || row number
    (u64, big-endian)). The index key is the node's: without it a row cannot be guessed
    from its commitment.
    """
    keyed = hmac.new(index_key, SALT_DOMAIN + bytes.fromhex(file_digest), sha256)

    def salt_of(row_number: int) -> bytes:
        one = keyed.copy()
        one.update(row_number.to_bytes(8, "big"))
        return one.digest()

    return salt_of


def sign_manifest(key: SigningKey, manifest: Manifest) -> Envelope:
    """The manifest in a DSSE envelope under one signature; deterministic."""
    return Envelope.signed(key, SUBMISSION, manifest.payload())


def verify_manifest(envelope: Envelope, public_key: bytes) -> Manifest | None:
    """The manifest, if ``public_key`` signed it as a submission; else None.

    Nothing of an unverified payload is read. Whose key may sign for whom is for the
    caller, who knows the organisations. Raises ``ManifestMalformed`` or an error of
    ``require_canonical`` for a signed payload of the wrong form.
    """
    if not envelope.verified_by(public_key, SUBMISSION):
        return None
    return Manifest.parse(envelope.payload)


def manifest_digest(envelope: Envelope) -> str:
    """Hex SHA-256 of the signed payload: how an entry names its submission."""
    return sha256(envelope.payload).hexdigest()


def write_manifest_file(envelope: Envelope, salts: Sequence[bytes]) -> bytes:
    """The bytes of a manifest file: canonical JSON and a newline."""
    document = {
        "format": FORMAT,
        "envelope": envelope.to_value(),
        "salts": [base64text.encode(salt) for salt in salts],
    }
    return canonical_unchecked(document) + b"\n"


def parse_manifest_file(data: bytes) -> ManifestFile:
    """Read what ``write_manifest_file`` wrote, byte for byte (the newline may be missing).

    Takes memory of some five times the size, which is bounded. Raises ``JsonTooLong``
    before anything is parsed, ``ManifestMalformed``, or an error of ``require_canonical``,
    ``Envelope.from_value`` or base64.
    """
    document = require_canonical(data.removesuffix(b"\n"), max_bytes=MAX_MANIFEST_FILE_BYTES)
    if not isinstance(document, dict) or document.keys() != {"format", "envelope", "salts"}:
        raise ManifestMalformed(detail="format, envelope and salts are its members")
    if document["format"] != FORMAT:
        raise ManifestMalformed(detail=f'"format" is not "{FORMAT}"')
    envelope = Envelope.from_value(document["envelope"])
    if envelope.payload_type != SUBMISSION:
        raise ManifestMalformed(detail="the envelope holds no submission")
    return ManifestFile(envelope, _packed(document["salts"], "salts", SALT_BYTES))


def _parse_head(
    document: Mapping[str, object],
) -> tuple[str, str, Template, Attestation, str | None, int]:
    """The checked members of a manifest less its rows."""
    members = {"v", "supplier", "file", "template", "attested_by", "operator", "first_row"}
    if document.keys() != members or document["v"] != 1 or document["v"] is True:
        raise ManifestMalformed(detail="its members are not those of version 1")
    file, first_row = document["file"], document["first_row"]
    if not isinstance(file, str) or len(file) != 64 or not _HEX.issuperset(file):
        raise ManifestMalformed(detail="file is no SHA-256 in lower-case hex")
    if type(first_row) is not int or not 1 <= first_row <= MAX_SAFE_INTEGER:
        raise ManifestMalformed(detail="first_row is no row number")
    template: Template
    match document["template"]:
        case "penalty" | "licence" as template:
            pass
        case _:
            raise ManifestMalformed(detail="template is neither penalty nor licence")
    operator = document["operator"]
    attested_by: Attestation
    match document["attested_by"], operator:
        case ("supplier", None) | ("registrar", str()):
            attested_by = "supplier" if operator is None else "registrar"
        case _:
            raise ManifestMalformed(
                detail="the supplier signs without an operator, the registrar names one"
            )
    named = None if operator is None else _short(operator, "operator")
    return _short(document["supplier"], "supplier"), file, template, attested_by, named, first_row


def _short(value: object, what: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_TEXT:
        raise ManifestMalformed(detail=f"{what} is no text of 1 to {MAX_TEXT} characters")
    return value


def _packed(value: object, what: str, size: int) -> tuple[bytes, ...]:
    if not isinstance(value, list):
        raise ManifestMalformed(detail=f"{what} is no array")
    if len(value) > MAX_ROWS:
        raise SubmissionTooLong(rows=len(value), limit=MAX_ROWS)
    return tuple(base64text.decode(one, what=what, size=size) for one in value)
