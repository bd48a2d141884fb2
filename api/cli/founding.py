"""``init``, ``key new``, ``organisation admit``."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import get_args

import click
from pydantic import ValidationError

from api.cli.common import (
    DAY,
    FILE,
    FOLDER,
    INSTANT,
    STAFF,
    opened,
    tell,
    with_at,
    with_home,
)
from ledger.bootstrap import FOUNDER, found_node, make_key
from ledger.clock import NotSimulated
from ledger.commands.governance_commands import AdmitOrganisation
from ledger.entry import Actor
from ledger.errors import UnusableInput
from ledger.events.base import Role
from ledger.events.governance import NodeFounded
from ledger.home import Home
from ledger.identifiers.schemes import normalise_node_name
from ledger.orders import Order
from ledger.signing.base64text import encode
from ledger.signing.keys import key_id, parse_public_key
from ledger.signing.passphrase import PassphraseSource

MAX_PUBLIC_KEY_FILE = 1_024
"""44 characters are expected."""


class PublicKeyUnreadable(UnusableInput):
    code = "public_key_unreadable"
    en = "the public key file {path} cannot be read: {reason}"
    zh_cn = "无法读取公钥文件 {path}：{reason}"
    zh_tw = "無法讀取公鑰檔 {path}：{reason}"


@click.command()
@click.option("--home", type=FOLDER, required=True, help="A new or empty folder.")
@click.option("--node", "name", required=True, help="The node's name, such as xiamen.")
@click.option("--region", help="Region code, such as 350200.")
@click.option("--store", help="sqlite:///path or postgresql://...; else a file in the home.")
@click.option("--simulated-clock", is_flag=True, help="The clock is told its instants, for ever.")
@click.option("--at", type=INSTANT, help="The founding instant, with --simulated-clock.")
@click.option("--passphrase-file", type=FILE, help="Lock the keys; else they have mode 0600.")
@click.option(
    "--high-water",
    type=FILE,
    help="A new file, best on another disk, that tells how far the log had come; else in the home.",
)
def init(
    home: Path,
    name: str,
    region: str | None,
    store: str | None,
    simulated_clock: bool,
    at: datetime | None,
    passphrase_file: Path | None,
    high_water: Path | None,
) -> None:
    """Found a node: its keys, its store, the first entries of its log."""
    if at is not None and not simulated_clock:
        raise NotSimulated
    try:
        name = NodeFounded(name=normalise_node_name(name), region=region, clock="real").name
    except ValidationError as error:
        raise click.UsageError(_wrong(error)) from error
    passphrase = None
    if passphrase_file is not None:
        passphrase = PassphraseSource.file(passphrase_file).passphrase_for(str(home))
    settings = found_node(
        Home(home),
        name=name,
        region=region,
        store_url=store,
        simulated=simulated_clock,
        at=at,
        passphrase=passphrase,
        high_water=high_water,
    )
    tell("founded", node=settings.node, home=home)


@click.group()
def key() -> None:
    """Keys of organisations."""


@key.command("new")
@click.option("-o", "--output", type=FILE, required=True, help="The key file; FILE.pub beside it.")
@click.option("--passphrase-file", type=FILE, help="Lock the key; else it has mode 0600.")
def new(output: Path, passphrase_file: Path | None) -> None:
    """Make an Ed25519 key for an organisation's signed submissions."""
    passphrase = None
    if passphrase_file is not None:
        passphrase = PassphraseSource.file(passphrase_file).passphrase_for(str(output))
    public = make_key(output, passphrase)
    tell("key_made", keyid=key_id(public), path=output)


@click.group()
def organisation() -> None:
    """Organisations, their roles and keys."""


@organisation.command("admit")
@with_home
@click.option("--id", "code", required=True, help="USCC, or an id of the node's own scheme.")
@click.option("--name", required=True, help="What it is called; kept in the log.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(get_args(Role)),
    help="A role it holds; may be given again.",
)
@click.option("--from", "from_", type=DAY, help="The day from which; else the day of recording.")
@click.option("--key", "key_file", type=FILE, help="Its public key (FILE.pub of key new).")
@click.option(
    "--operator",
    type=STAFF,
    default=FOUNDER,
    envvar="CREDIT_LEDGER_OPERATOR",
    help="Staff id of whoever admits it.",
)
@with_at
def admit(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    code: str,
    name: str,
    roles: tuple[Role, ...],
    from_: date | None,
    key_file: Path | None,
    operator: str,
    at: datetime | None,
) -> None:
    """Admit a body with its roles and key; of one admitted already, what is new is added."""
    public = None if key_file is None else _public_key(key_file)
    with opened(home, passphrase_file, passphrase_fd) as node:
        try:
            command = AdmitOrganisation(
                organisation=code, name=name, granted=roles, from_=from_, public_key=public
            )
        except ValidationError as error:
            raise click.UsageError(_wrong(error)) from error
        actor = Actor(node.name, operator)
        node.execute(Order(command, actor, at=at))
    tell("admitted", code=code, roles=", ".join(roles))


def _wrong(error: ValidationError) -> str:
    """Which option was wrong, and how; without the value."""
    first = error.errors(include_url=False, include_input=False)[0]
    name = {"organisation": "id", "granted": "role"}.get(str(first["loc"][0]), first["loc"][0])
    return f"--{name}: {first['msg']}"


def _public_key(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_PUBLIC_KEY_FILE + 1)
        return encode(parse_public_key(text.decode("ascii").strip()))
    except OSError as error:
        raise PublicKeyUnreadable(path=path, reason=error.strerror) from error
    except UnicodeDecodeError as error:
        raise PublicKeyUnreadable(path=path, reason="it is not base64") from error
