"""``init``, ``organisation admit``."""

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
from api.cli.keys import public_key_of
from ledger.bootstrap import FOUNDER, found_node
from ledger.clock import NotSimulated
from ledger.commands.governance_commands import AdmitOrganisation
from ledger.entry import Actor
from ledger.events.base import Role
from ledger.founding import Charter
from ledger.home import Home
from ledger.identifiers.schemes import normalise_node_name
from ledger.orders import Order
from ledger.signing.base64text import encode
from ledger.signing.passphrase import PassphraseSource


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
@click.option("--origin", help="The log's name in checkpoints; else credit-ledger.example/NODE.")
@click.option(
    "--root",
    "root_files",
    type=FILE,
    multiple=True,
    help="A public key (FILE.pub of key new) of those who may introduce a new key; repeatable.",
)
@click.option("--root-quorum", type=int, help="How many roots are needed; else more than half.")
def init(
    home: Path,
    name: str,
    region: str | None,
    store: str | None,
    simulated_clock: bool,
    at: datetime | None,
    passphrase_file: Path | None,
    high_water: Path | None,
    origin: str | None,
    root_files: tuple[Path, ...],
    root_quorum: int | None,
) -> None:
    """Found a node: its keys, its store, the first entries of its log."""
    if at is not None and not simulated_clock:
        raise NotSimulated
    roots = tuple(public_key_of(path) for path in root_files)
    try:
        name = normalise_node_name(name)
        Charter(name, region, origin=origin, roots=roots, root_quorum=root_quorum).facts()
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
        origin=origin,
        roots=roots,
        root_quorum=root_quorum,
        at=at,
        passphrase=passphrase,
        high_water=high_water,
    )
    tell("founded", node=settings.node, home=home)


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
    public = None if key_file is None else encode(public_key_of(key_file))
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
    if not first["loc"]:
        return str(first["msg"])  # of several options together
    name = {"organisation": "id", "granted": "role"}.get(str(first["loc"][0]), first["loc"][0])
    return f"--{str(name).replace('_', '-')}: {first['msg']}"
