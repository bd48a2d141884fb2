"""``checkpoint``, ``prove``, ``trust``: what others verify this log with."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.common import FILE, opened, tell, with_home
from api.cli.files import print_bytes, read_input, write_output
from ledger.bootstrap import next_key
from ledger.home import PURPOSE_OF, Home, KeyRole
from ledger.log.policy import MAX_POLICY_BYTES
from ledger.log.proving import prove, with_cosignatures
from ledger.log.trust import TrustMalformed
from ledger.log.trust_export import trust_of
from ledger.log.verifier_key import VerifierKey
from ledger.node import Node
from ledger.signing.keys import SigningKey


@click.command()
@with_home
@click.option("-o", "--output", type=FILE, help="Write it to this file.")
@click.option("--vkey", is_flag=True, help="The verifier key (name+id+key), and nothing else.")
def checkpoint(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    output: Path | None,
    vkey: bool,
) -> None:
    """Sign the log as it is now: size and root, with the cosignatures known of them."""
    with opened(home, passphrase_file, passphrase_fd) as node:
        if vkey:
            node.registry()
            node.require_key(node.signing_key, "checkpoints", "node.key")
            key = VerifierKey.from_raw(node.keeper.origin, node.signing_key.public)
            data = f"{key.vkey}\n".encode()
        else:
            data = with_cosignatures(node.store, node.settle()).to_bytes()
    if output is None:
        print_bytes(data)
    else:
        write_output(output, data)


@click.command("prove")
@click.argument("index", type=click.IntRange(min=0))
@with_home
@click.option("-o", "--output", type=FILE, required=True, help="The proof, a .tlog-proof file.")
@click.option("--entry", type=FILE, help="Also the entry itself, in its DSSE envelope (JSON).")
def prove_(
    index: int,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    output: Path,
    entry: Path | None,
) -> None:
    """Prove that the log contains the entry INDEX (the first is 0)."""
    with opened(home, passphrase_file, passphrase_fd) as node:
        keys = node.registry().node_keys
        signed = with_cosignatures(node.store, node.dated_checkpoint(index) or node.settle())
        proved = prove(node.store, signed, index, keys)
    write_output(output, proved.proof.to_bytes())
    if entry is not None:
        write_output(entry, proved.envelope.to_json() + b"\n")
    tell("proved", index=index, size=signed.checkpoint.size, path=output)


@click.group()
def trust() -> None:
    """Trust files and lists: whose keys count."""


@trust.command("export")
@with_home
@click.option("-o", "--output", type=FILE, required=True, help="The trust file.")
@click.option(
    "--announce",
    is_flag=True,
    help="Make the key that is to follow the node's own, unless there is one, and announce it.",
)
def export(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    output: Path,
    announce: bool,
) -> None:
    """Describe this node: its keys and its organisations', with the node's witness policy.

    A key that was made to follow the one in use is announced by its digest. Whoever uses the
    file believes the one who handed it over: nothing in it is signed.
    """
    with opened(home, passphrase_file, passphrase_fd) as node:
        if announce:
            next_key(node, "node")
        policy = _policy(Home(home).policy_file)
        made = trust_of(node.registry(), node.instant(), policy, _following(node))
    write_output(output, made.to_json() + b"\n")
    tell("trust_exported", node=made.nodes[0].node, keys=len(made.keys), path=output)


def _following(node: Node) -> dict[str, str]:
    """The keys in use that another was made to follow, and that one's id."""
    keys: dict[KeyRole, SigningKey | None] = {
        "node": node.signing_key,
        "witness": node.witness_key,
    }
    found = {}
    for role in PURPOSE_OF:
        current, made = keys[role], node.home.read_next(role, node.wrap_key)
        if current is not None and made is not None:
            found[current.keyid] = made.signing_key().keyid
    return found


def _policy(path: Path) -> str | None:
    """The node's witness policy, if it has one. It is judged where the trust file is made."""
    if not path.exists():
        return None
    try:
        return read_input(path, MAX_POLICY_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise TrustMalformed(where=path.name, why=error.reason) from error
