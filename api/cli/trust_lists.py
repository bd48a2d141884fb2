"""``trust make``, ``sign``, ``check`` and ``adopt``: the governed list of whose keys count."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from api.cli.common import (
    FILE,
    INSTANT,
    STAFF,
    language,
    note,
    opened,
    passphrase_source,
    print_json,
    tell,
    with_at,
    with_home,
    with_json,
)
from api.cli.files import read_input, write_output
from api.cli.keys import public_key_of
from ledger.adopting import adopt_list
from ledger.entry import format_instant
from ledger.errors import ExitCode
from ledger.exchange.trust_faults import check_list
from ledger.exchange.trust_list import MAX_LIST_BYTES, TrustList
from ledger.exchange.trust_making import make_list
from ledger.log.trust import MAX_TRUST_BYTES, Trust
from ledger.signing.keyfile import read_key_file

AFTER = click.option("--after", type=FILE, help="The list that it follows.")


def _before(path: Path | None) -> TrustList | None:
    """A list that others are held to counts only if its governors signed it."""
    if path is None:
        return None
    return TrustList.read(read_input(path, MAX_LIST_BYTES)).require_signed()


def _write(path: Path, listed: TrustList) -> None:
    write_output(path, listed.envelope.to_json() + b"\n")


@click.command()
@click.argument("members", type=FILE, nargs=-1, required=True, metavar="MEMBER...")
@click.option(
    "--governor",
    "governors",
    type=FILE,
    multiple=True,
    required=True,
    help="Public key file (of key new) of one who signs; repeatable.",
)
@click.option(
    "--threshold", type=click.IntRange(min=1), required=True, help="How many of them must sign."
)
@click.option("--issued", type=INSTANT, required=True, help="The instant of issue.")
@click.option(
    "--expires", type=INSTANT, required=True, help="From then on nothing new is accepted."
)
@AFTER
@click.option("-o", "--output", type=FILE, required=True, help="The list, unsigned.")
def make(
    members: tuple[Path, ...],
    governors: tuple[Path, ...],
    threshold: int,
    issued: datetime,
    expires: datetime,
    after: Path | None,
    output: Path,
) -> None:
    """Put together the trust files of the members (of trust export) to a list, to be signed.

    With --after it is the next version; it then needs the signatures of that list's governors,
    too.
    """
    listed = make_list(
        [Trust.parse(read_input(path, MAX_TRUST_BYTES)) for path in members],
        governors=[public_key_of(path) for path in governors],
        threshold=threshold,
        issued_at=issued,
        expires_at=expires,
        before=_before(after),
    )
    _write(output, listed)
    tell(
        "trust_list_made",
        path=output,
        version=listed.version,
        digest=listed.digest,
        nodes=len(listed.trust.nodes),
        keys=len(listed.trust.keys),
        threshold=listed.threshold,
        governors=len(listed.governors),
    )


@click.command()
@click.argument("file", type=FILE, metavar="LIST")
@click.option("--key", "key_file", type=FILE, required=True, help="A governor's key (of key new).")
@click.option("-o", "--output", type=FILE, required=True, help="The signed list; may be LIST.")
@click.option("--passphrase-file", type=FILE, help="Read the passphrase from this file.")
@click.option("--passphrase-fd", type=int, help="Read the passphrase from this open descriptor.")
def sign(
    file: Path,
    key_file: Path,
    output: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
) -> None:
    """Sign a list as one of its governors; LIST may hold others' signatures already."""
    listed = TrustList.read(read_input(file, MAX_LIST_BYTES))
    source = passphrase_source(passphrase_file, passphrase_fd)
    key = read_key_file(key_file, source, purpose="organisation").signing_key()
    signed = listed.signed_by(key)
    _write(output, signed)
    tell(
        "trust_list_signed",
        path=output,
        version=signed.version,
        digest=signed.digest,
        found=len(signed.signers(signed.governors)),
        threshold=signed.threshold,
    )
    if all(governor.keyid != key.keyid for governor in signed.governors):
        note("not_a_governor", keyid=key.keyid)


@click.command()
@click.argument("file", type=FILE, metavar="LIST")
@AFTER
@with_json
def check(file: Path, after: Path | None, as_json: bool) -> int:
    """Check a list: its form, its governors' signatures and, with --after, the succession.

    No clock is asked: whether it has expired is told where it is used. Ends with 0 or 1.
    """
    found = check_list(read_input(file, MAX_LIST_BYTES), _before(after), language())
    listed = found.listed
    if as_json:
        print_json(
            {
                "ok": found.ok,
                "version": None if listed is None else listed.version,
                "digest": None if listed is None else listed.digest,
                "faults": [
                    {"kind": each.kind, "what": each.what, "message": each.message(language())}
                    for each in found.faults
                ],
            }
        )
    else:
        for each in found.faults:
            tell("trust_list_fault", kind=each.kind, message=each.message(language()))
        if found.ok and listed is not None:
            tell("trust_list_ok", version=listed.version, digest=listed.digest)
    return ExitCode.DONE if found.ok else ExitCode.CHECK_FAILED


@click.command()
@click.argument("file", type=FILE, metavar="LIST")
@with_home
@click.option("--operator", type=STAFF, required=True, help="Staff id of whoever adopts it.")
@with_at
def adopt(
    file: Path,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    operator: str,
    at: datetime | None,
) -> None:
    """Go by a list from now on: whom this node exchanges with, and by which keys.

    The first list is adopted on the operator's word; every later one only with the signatures
    of enough governors of the one before.
    """
    data = read_input(file, MAX_LIST_BYTES)
    with opened(home, passphrase_file, passphrase_fd) as node:
        done = adopt_list(node, data, operator, at)
    listed = done.listed
    expires = format_instant(listed.expires_at)
    tell("trust_list_adopted", version=listed.version, digest=listed.digest, expires=expires)
    if done.is_first:
        keyids = ", ".join(governor.keyid for governor in listed.governors)
        note("first_trust_list", threshold=listed.threshold, governors=keyids)
