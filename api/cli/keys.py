"""``key``: new keys, and what becomes of the keys of a node."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import Context, Parameter

from api.cli.common import (
    FILE,
    INSTANT,
    STAFF,
    TEXT,
    add_row,
    console,
    note,
    opened,
    passphrase_source,
    print_json,
    table,
    tell,
    with_at,
    with_home,
    with_json,
)
from ledger.bootstrap import FOUNDER, make_key, make_next_key, next_key
from ledger.commands.base import Command
from ledger.commands.governance_commands import CompromiseKey, RetireKey
from ledger.entry import Actor, format_instant
from ledger.errors import UnusableInput
from ledger.home import Home, KeyRole
from ledger.node import Node
from ledger.orders import Order
from ledger.organisations.introduction import (
    MAX_REQUEST_BYTES,
    KeyRequest,
    RequestUnreadable,
    approved,
    read_request,
)
from ledger.organisations.node_keys import NodeKey
from ledger.rotation import (
    Approval,
    Change,
    declare,
    request_key,
    require_roots,
    require_rotatable,
    rotate,
)
from ledger.signing.keyfile import read_key_file
from ledger.signing.keys import key_id, parse_public_key
from ledger.signing.passphrase import PassphraseSource

F = TypeVar("F", bound=Callable[..., Any])

MAX_PUBLIC_KEY_FILE = 1_024
"""44 characters are expected."""


class PublicKeyUnreadable(UnusableInput):
    code = "public_key_unreadable"
    en = "the public key file {path} cannot be read: {reason}"
    zh_cn = "无法读取公钥文件 {path}：{reason}"
    zh_tw = "無法讀取公鑰檔 {path}：{reason}"


class OutputUnwritable(UnusableInput):
    code = "output_unwritable"
    en = "{path} cannot be written: {reason}; name a new file"
    zh_cn = "无法写入 {path}：{reason}；请指定新文件"
    zh_tw = "無法寫入 {path}：{reason}；請指定新檔案"


class KeyIdType(click.ParamType[str]):
    """A key id: SHA-256 of the raw public key."""

    name = "keyid"

    def convert(self, value: Any, param: Parameter | None, ctx: Context | None) -> str:
        if not isinstance(value, str) or len(value) != 64 or set(value) - set("0123456789abcdef"):
            self.fail("a key id is 64 digits of lower-case hex", param, ctx)
        return value


KEYID = KeyIdType()


def with_by(command: F) -> F:
    return click.option(
        "--by",
        "operator",
        type=STAFF,
        default=FOUNDER,
        envvar="CREDIT_LEDGER_OPERATOR",
        help="Staff id of whoever does it.",
    )(command)


def with_reason(command: F) -> F:
    return click.option("--reason", type=TEXT, help="Why; kept in the log.")(command)


@click.group()
def key() -> None:
    """Keys of organisations, and of the node itself."""


@key.command("new")
@click.option("-o", "--output", type=FILE, required=True, help="The key file; FILE.pub beside it.")
@click.option("--passphrase-file", type=FILE, help="Lock the key; else it has mode 0600.")
def new(output: Path, passphrase_file: Path | None) -> None:
    """Make an Ed25519 key: an organisation's for its submissions, or a root's."""
    passphrase = None
    if passphrase_file is not None:
        passphrase = PassphraseSource.file(passphrase_file).passphrase_for(str(output))
    public = make_key(output, passphrase)
    tell("key_made", keyid=key_id(public), path=output)


@key.command("list")
@with_home
@with_json
def list_(
    home: Path, passphrase_file: Path | None, passphrase_fd: int | None, as_json: bool
) -> None:
    """The keys of the node, from when until when they hold, and which were compromised."""
    with opened(home, passphrase_file, passphrase_fd) as node:
        keys = node.registry().keys_known()
        current = {node.signing_key.keyid}
        if node.witness_key is not None:
            current.add(node.witness_key.keyid)
    if as_json:
        print_json({"keys": [_line(each, current) for each in keys]})
        return
    made = table("keys", "key", "purposes", "from", "until", "compromised_since")
    for each in keys:
        line = _line(each, current)
        purposes = ", ".join(each.purposes)
        cells = (line["from"], line["until"] or "", line["compromised_since"] or "")
        add_row(made, each.keyid, purposes, *cells)
    console().print(made)


def _line(key: NodeKey, current: set[str]) -> dict[str, object]:
    def instant(value: datetime | None) -> str | None:
        return None if value is None else format_instant(value)

    return {
        "keyid": key.keyid,
        "purposes": list(key.purposes),
        "from": format_instant(key.from_),
        "until": instant(key.until),
        "compromised_since": instant(key.compromised_since),
        "in_use": key.keyid in current and key.until is None,
    }


@key.command("rotate")
@with_home
@click.option("--witness", is_flag=True, help="The key that cosigns, instead of the node's own.")
@click.option(
    "--approval",
    "approvals",
    type=FILE,
    multiple=True,
    help="A request that roots approved, where the old key is lost or stolen; repeatable.",
)
@click.option(
    "--compromised-since", type=INSTANT, help="Declare the old key compromised from then on."
)
@with_reason
@with_by
@with_at
def rotate_(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    witness: bool,
    approvals: tuple[Path, ...],
    compromised_since: datetime | None,
    reason: str | None,
    operator: str,
    at: datetime | None,
) -> None:
    """Let a new key take the place of the one in use; the old one signs nothing any more.

    Programs that have the node open write nothing until they are started again.
    """
    if witness and approvals:
        raise click.UsageError("roots approve the node's own key, which introduces the witness")
    role: KeyRole = "witness" if witness else "node"
    approval = _approval(approvals)
    with opened(home, passphrase_file, passphrase_fd) as node:
        change = Change(Actor(node.name, operator), at, reason, compromised_since, approval)
        require_rotatable(node, role, change)  # before a key is made that nothing would use
        new = next_key(node, role)
        done = rotate(node, role, new, change)
        if role == "node":
            node.go_on_with(new)
        node.wrote()
        declare(node, done, change)
    tell("key_rotated", keyid=done.keyid, old=", ".join(done.replaced) or "-")


def _approval(paths: tuple[Path, ...]) -> Approval | None:
    """The request that all files are about, and their envelopes."""
    asked: KeyRequest | None = None
    envelopes = []
    for path in paths:
        found, envelope = read_request(_read(path), path)
        if asked is not None and found != asked:
            raise RequestUnreadable(path=path, reason="it is about another request")
        asked = found
        if envelope is not None:
            envelopes.append(envelope)
    return None if asked is None else Approval(asked, envelopes)


@key.command("request")
@with_home
@click.option("-o", "--output", type=FILE, required=True, help="The request, for the roots.")
@with_at
def request(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    output: Path,
    at: datetime | None,
) -> None:
    """Make a new key and ask the holders of the roots to approve it; also without the old one."""
    source = passphrase_source(passphrase_file, passphrase_fd)
    make_next_key(Home(home), source)
    with opened(home, passphrase_file, passphrase_fd, source=source) as node:
        require_roots(node)
        asked = request_key(node, next_key(node, "node"), at)
        quorum = node.registry().roots.quorum
    _write(output, asked.payload() + b"\n")
    tell("key_requested", keyid=asked.keyid, path=output, quorum=quorum)


@key.command("approve")
@click.argument("file", type=FILE)
@click.option("--key", "key_file", type=FILE, required=True, help="A root's key (of key new).")
@click.option("-o", "--output", type=FILE, required=True, help="The approved request.")
@click.option("--passphrase-file", type=FILE, help="Read the passphrase from this file.")
@click.option("--passphrase-fd", type=int, help="Read the passphrase from this open descriptor.")
def approve(
    file: Path,
    key_file: Path,
    output: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
) -> None:
    """Sign a request as a holder of a root; FILE may hold others' signatures already."""
    asked, envelope = read_request(_read(file), file)
    source = passphrase_source(passphrase_file, passphrase_fd)
    root = read_key_file(key_file, source, purpose="organisation").signing_key()
    _write(output, approved(asked, envelope, root).to_json() + b"\n")
    tell("key_approved", keyid=asked.keyid, node=asked.node, size=asked.tree_size, path=output)


@key.command("retire")
@click.argument("keyid", type=KEYID)
@with_home
@with_reason
@with_by
@with_at
def retire(
    keyid: str,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    reason: str | None,
    operator: str,
    at: datetime | None,
) -> None:
    """End a key of the node; the one that signs entries is rotated instead."""
    with opened(home, passphrase_file, passphrase_fd) as node:
        command = RetireKey(keyid=keyid, from_=node.instant(at), reason=reason)
        _govern(node, command, operator, at)
    tell("key_retired", keyid=keyid)


@key.command("compromised")
@click.argument("keyid", type=KEYID)
@click.option("--since", type=INSTANT, required=True, help="From when on it may be another's.")
@with_home
@with_reason
@with_by
@with_at
def compromised(
    keyid: str,
    since: datetime,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    reason: str | None,
    operator: str,
    at: datetime | None,
) -> None:
    """Declare a key of the node compromised: what it signed loses its adverse effect.

    What an independent cosigner dated before the compromise keeps it.
    """
    with opened(home, passphrase_file, passphrase_fd) as node:
        _govern(node, CompromiseKey(keyid=keyid, since=since, reason=reason), operator, at)
        covered = node.registry().compromises_known().by_key[keyid].covered
        declared = node.registry().node_keys[keyid]
    if "entries" not in declared.purposes:
        tell("witness_key_compromised", keyid=keyid)
        return
    tell("key_compromised", keyid=keyid, covered=covered)
    if declared.until is None:
        note("key_signs_on", keyid=keyid)


def _govern(node: Node, command: Command, operator: str, at: datetime | None) -> None:
    node.execute(Order(command, Actor(node.name, operator), at=at))


def public_key_of(path: Path) -> bytes:
    """The raw public key in a ``.pub`` file. Raises ``PublicKeyUnreadable``."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_PUBLIC_KEY_FILE + 1)
        return parse_public_key(text.decode("ascii").strip())
    except OSError as error:
        raise PublicKeyUnreadable(path=path, reason=error.strerror) from error
    except UnicodeDecodeError as error:
        raise PublicKeyUnreadable(path=path, reason="it is not base64") from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_REQUEST_BYTES + 1)
    except OSError as error:
        raise RequestUnreadable(path=path, reason=error.strerror) from error


def _write(path: Path, data: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(data)
    except OSError as error:
        raise OutputUnwritable(path=path, reason=error.strerror) from error
