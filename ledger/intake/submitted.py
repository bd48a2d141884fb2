"""Which manifest a file comes under: the supplier's own, or one the registrar signs for it.

A supplier with a key signs what it supplies. Without a key it hands over a file; then the
node signs a manifest that names the operator, and the record says so (``attested_by``).
Raw files are not kept: each row stays sealed beside its entry, with its salt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ledger.errors import UnusableInput
from ledger.intake.table import Table
from ledger.intake.template import Template
from ledger.organisations.registry import Registry
from ledger.signing.dsse import Envelope
from ledger.signing.keys import SigningKey
from ledger.signing.submission import (
    MAX_MANIFEST_FILE_BYTES,
    Attestation,
    Manifest,
    manifest_digest,
    parse_manifest_file,
    row_commitment,
    row_salts,
    sign_manifest,
    verify_manifest,
    write_manifest_file,
)

FIRST_ROW = 2


class ManifestRefused(UnusableInput):
    code = "manifest_refused"
    en = "the manifest does not vouch for this file: {why}; have the supplier sign it again"
    zh_cn = "提交清单与该文件不符：{why}；请由信息提供单位重新签署"
    zh_tw = "提交清單與該檔案不符：{why}；請由資訊提供單位重新簽署"


@dataclass(frozen=True, slots=True)
class Submitted:
    """A manifest that was checked against the file, row for row."""

    digest: str
    envelope: bytes
    attested_by: Attestation
    rows: int
    """Rows after the header that hold text."""
    salt_of: Callable[[int], bytes]


def _commitments(
    table: Table, template: Template, salt_of: Callable[[int], bytes]
) -> tuple[list[bytes], int]:
    """One commitment for each row number from the first on; rows without text are empty."""
    rows: list[bytes] = []
    seen = 0
    for raw in table.rows():
        while len(rows) + FIRST_ROW < raw.number:
            rows.append(row_commitment(salt_of(len(rows) + FIRST_ROW), {}))
        rows.append(row_commitment(salt_of(raw.number), template.cells(raw)))
        seen += 1
    return rows, seen


def sign_for_supplier(
    table: Table,
    template: Template,
    *,
    operator: str,
    supplier: str,
    key: SigningKey,
    index_key: bytes,
) -> Submitted:
    """The registrar's manifest; the same for the same file, operator and key."""
    salt_of = row_salts(index_key, table.sha256)
    rows, seen = _commitments(table, template, salt_of)
    manifest = Manifest(
        supplier=supplier,
        file=table.sha256,
        template=template.layout.category_kind,
        attested_by="registrar",
        operator=operator,
        rows=tuple(rows),
    )
    envelope = sign_manifest(key, manifest)
    return Submitted(manifest_digest(envelope), envelope.to_json(), "registrar", seen, salt_of)


def sign_as_supplier(
    table: Table,
    template: Template,
    *,
    supplier: str,
    key: SigningKey,
    secret: bytes,
) -> tuple[bytes, int]:
    """The bytes of a manifest file, and how many rows it vouches for.

    ``secret`` is 32 fresh random bytes, from which the rows' salts are derived.
    """
    salt_of = row_salts(secret, table.sha256)
    rows, seen = _commitments(table, template, salt_of)
    manifest = Manifest(
        supplier=supplier,
        file=table.sha256,
        template=template.layout.category_kind,
        attested_by="supplier",
        operator=None,
        rows=tuple(rows),
    )
    salts = [salt_of(FIRST_ROW + place) for place in range(len(rows))]
    return write_manifest_file(sign_manifest(key, manifest), salts), seen


def read_manifest_bytes(path: Path) -> bytes:
    """Raises ``ManifestRefused`` when the file cannot be read or is too long."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_MANIFEST_FILE_BYTES + 1)
    except OSError as error:
        raise ManifestRefused(why=f"{path}: {error.strerror}") from error
    if len(data) > MAX_MANIFEST_FILE_BYTES:
        raise ManifestRefused(why=f"{path} is longer than {MAX_MANIFEST_FILE_BYTES} bytes")
    return data


def check_manifest(
    data: bytes,
    table: Table,
    template: Template,
    *,
    supplier: str,
    registry: Registry,
    today: date,
) -> Submitted:
    """Check a supplier's manifest: its key, its signature, the file, every row."""
    given = parse_manifest_file(data)
    manifest = _verified(given.envelope, supplier, registry, today)
    if manifest.supplier != supplier:
        raise ManifestRefused(why=f"it is signed for {manifest.supplier}, not for {supplier}")
    if manifest.attested_by != "supplier" or manifest.first_row != FIRST_ROW:
        raise ManifestRefused(why="it is not a supplier's manifest")
    if manifest.file != table.sha256:
        raise ManifestRefused(why="the file's digest differs; it was changed after signing")
    if manifest.template != template.layout.category_kind:
        raise ManifestRefused(why=f"it is for the {manifest.template} template")
    salts = given.salts

    def salt_of(number: int) -> bytes:
        if not 0 <= number - FIRST_ROW < len(salts):
            raise ManifestRefused(why=f"row {number} is not in it")
        return salts[number - FIRST_ROW]

    rows, seen = _commitments(table, template, salt_of)
    for place, (found, committed) in enumerate(zip(rows, manifest.rows, strict=False)):
        if found != committed:
            raise ManifestRefused(why=f"row {place + FIRST_ROW} differs from what was signed")
    if len(rows) != len(manifest.rows):
        raise ManifestRefused(why=f"it has {len(manifest.rows)} rows, the file {len(rows)}")
    return Submitted(
        manifest_digest(given.envelope), given.envelope.to_json(), "supplier", seen, salt_of
    )


def _verified(envelope: Envelope, supplier: str, registry: Registry, today: date) -> Manifest:
    """By a key bound to the supplier and valid today; the envelope's own keyid is a hint."""
    organisation = registry.organisations.get(supplier)
    if organisation is None:
        raise ManifestRefused(why=f"{supplier} is not admitted at this node")
    for key in organisation.keys:
        if organisation.key_on(key.keyid, today) is None:
            continue
        manifest = verify_manifest(envelope, key.public_key)
        if manifest is not None:
            return manifest
    raise ManifestRefused(why=f"no key of {supplier} that is valid on {today} signed it")
