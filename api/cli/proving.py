"""``checkpoint``, ``prove``, ``trust``: what others verify this log with."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.common import FILE, opened, tell, with_home
from api.cli.files import print_bytes, read_input, write_output
from ledger.home import Home
from ledger.log.policy import MAX_POLICY_BYTES
from ledger.log.proving import prove, with_cosignatures
from ledger.log.trust import TrustMalformed
from ledger.log.trust_export import trust_of
from ledger.log.verifier_key import VerifierKey


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
    """Trust files: whose keys count for ``verify``."""


@trust.command("export")
@with_home
@click.option("-o", "--output", type=FILE, required=True, help="The trust file.")
def export(
    home: Path, passphrase_file: Path | None, passphrase_fd: int | None, output: Path
) -> None:
    """Describe this node: its keys and its organisations', with the node's witness policy.

    Whoever uses the file believes the one who handed it over: nothing in it is signed.
    """
    with opened(home, passphrase_file, passphrase_fd) as node:
        made = trust_of(node.registry(), node.instant(), _policy(Home(home).policy_file))
    write_output(output, made.to_json() + b"\n")
    tell("trust_exported", node=made.nodes[0].node, keys=len(made.keys), path=output)


def _policy(path: Path) -> str | None:
    """The node's witness policy, if it has one. It is judged where the trust file is made."""
    if not path.exists():
        return None
    try:
        return read_input(path, MAX_POLICY_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise TrustMalformed(where=path.name, why=error.reason) from error
