"""``witness``: watch other logs and cosign them, and have one's own cosigned."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from api.cli.common import (
    FILE,
    opened,
    print_json,
    tell,
    with_at,
    with_home,
    with_json,
)
from api.cli.files import read_input, write_output
from api.cli.witness_asking import (
    asked_by_file,
    asked_over_http,
    chosen,
    tell_outcomes,
    tell_standing,
)
from api.cli.witness_status import status_of, tell_status, write_evidence
from ledger.errors import ExitCode, LedgerError, Phrase, Refusal, UnusableInput
from ledger.exchange.trust_list import MAX_LIST_BYTES, read_trust
from ledger.high_water import HighWaterMissing
from ledger.home import Home
from ledger.log.note import MAX_NOTE_BYTES
from ledger.log.policy import MAX_POLICY_BYTES, NO_WITNESS, Policy
from ledger.log.verifier_key import VerifierKey
from ledger.log.watching import logs_of, read_watched, watchable, write_watched
from ledger.log.witness_protocol import MAX_REQUEST_BYTES, WitnessStatus
from ledger.organisations.node_keys import origin_of
from ledger.taking import Taking


class NotCosigned(Refusal):
    code = "not_cosigned"
    en = "not cosigned: {status}: {why}"
    zh_cn = "未予联署：{status}：{why}"
    zh_tw = "未予聯署：{status}：{why}"


class ForkShown(LedgerError):
    code = "fork_shown"
    exit_code = ExitCode.CHECK_FAILED
    en = "not cosigned: {status}: {why}"
    zh_cn = "未予联署：{status}：{why}"
    zh_tw = "未予聯署：{status}：{why}"


class AddressUnusable(UnusableInput):
    code = "address_unusable"
    en = "nothing can listen at {host} port {port}: {reason}"
    zh_cn = "无法在 {host} 端口 {port} 监听：{reason}"
    zh_tw = "無法在 {host} 連接埠 {port} 監聽：{reason}"


@click.group()
def witness() -> None:
    """Witnesses (C2SP): nobody rewrites a log that others have cosigned."""


@witness.command("watch")
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), required=True,
              help="The node's folder.")  # fmt: skip
@click.option("--origin", help="The log's origin, the first line of its checkpoints.")
@click.option("--vkey", "vkeys", multiple=True, help="A verifier key of that log; repeatable.")
@click.option("--trust", "trust_file", type=FILE, help="All logs of this trust file or list.")
def watch(home: Path, origin: str | None, vkeys: tuple[str, ...], trust_file: Path | None) -> None:
    """Cosign a log from now on: the one of --origin with --vkey, or those of a trust file.

    A key given with --vkey stands beside those that the log has here already; a trust file
    replaces them.
    """
    place = Home(home)
    settings = place.read_settings()
    logs = dict(read_watched(place.watched_file))
    found: dict[str, tuple[VerifierKey, ...]] = {}
    if origin is not None and vkeys and trust_file is None:
        given = tuple(map(VerifierKey.from_vkey, vkeys))
        found[origin] = watchable(origin, (*logs.get(origin, ()), *given))
    elif trust_file is not None and origin is None and not vkeys:
        trust = read_trust(read_input(trust_file, MAX_LIST_BYTES))
        found.update(logs_of(trust, but=origin_of(settings.node, settings.origin)))
    else:
        raise click.UsageError("give --origin with --vkey, or --trust alone")
    write_watched(place.watched_file, {**logs, **found})
    for name, keys in found.items():
        tell("watching", origin=name, keys=len(keys))


@witness.command("policy")
@click.argument("file", type=FILE)
@with_home
def policy(file: Path, home: Path, passphrase_file: Path | None, passphrase_fd: int | None) -> None:
    """Have this node witnessed as FILE says (C2SP tlog-policy): who, and how many."""
    data = read_input(file, MAX_POLICY_BYTES)
    read = Policy.parse(data)
    with opened(home, passphrase_file, passphrase_fd) as node:
        node.witnessing.install(read, data)
    tell("policy_installed", witnesses=len(read.witnesses), quorum=read.quorum or NO_WITNESS)


@witness.command("request")
@with_home
@click.option("-o", "--output", type=FILE, help="Write the request, instead of asking over HTTP.")
@click.option("--url", help="Ask at this address, instead of those of the policy.")
@click.option("--witness", "name", help="Only this witness of the policy.")
@click.option(
    "--old", type=click.IntRange(min=0), help="With -o: the size that the witness cosigned last."
)
@with_at
def request(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    output: Path | None,
    url: str | None,
    name: str | None,
    old: int | None,
    at: datetime | None,
) -> int:
    """Ask for cosignatures of this log as it is now; over HTTP, or by a file.

    Over HTTP it ends with 0 once the policy is met, or with --url or --witness once that
    witness has cosigned; else with 1.
    """
    if output is not None and url is not None:
        raise click.UsageError("give -o or --url, not both")
    if old is not None and output is None:
        raise click.UsageError("--old goes with -o: over HTTP the witness tells it")
    with opened(home, passphrase_file, passphrase_fd) as node:
        node.instant(at)  # an instant that this node's clock cannot take is told first
        try:
            node.settle_unasked()
        except HighWaterMissing:
            # A witness that is asked about what was signed last can make the mark anew.
            if output is None or node.witnessing.cosigning().newest() is None:
                raise
        if output is not None:
            made = asked_by_file(node, name, old)
        else:
            asked = asked_over_http(node, chosen(node, name, url), at)
    if output is not None:
        write_output(output, made.to_bytes())
        size = made.checkpoint.checkpoint.size
        tell("requested", size=size, old=made.old, path=output)
        return ExitCode.DONE
    tell_outcomes(asked)
    tell_standing(asked.checkpoint, asked.policy)
    every = all(outcome.state == "cosigned" for outcome in asked.outcomes)
    is_done = every if url is not None or name is not None else asked.witnessed
    return ExitCode.DONE if is_done else ExitCode.CHECK_FAILED


@witness.command("cosign")
@click.argument("file", metavar="REQUEST", type=FILE)
@with_home
@click.option("-o", "--output", type=FILE, required=True, help="The cosigned checkpoint.")
@with_at
def cosign(
    file: Path,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    output: Path,
    at: datetime | None,
) -> None:
    """Answer a REQUEST that came as a file.

    A refusal ends with 3 and the status of the protocol; a fork of the log with 1.
    """
    data = read_input(file, MAX_REQUEST_BYTES)
    with opened(home, passphrase_file, passphrase_fd) as node:
        answer = node.add_checkpoint(data, at)
    if answer.cosigned is None:
        status, why = int(answer.status), answer.why or Phrase("", "", "")
        if answer.fork is not None:
            raise ForkShown(status=status, why=why)
        raise NotCosigned(status=status, why=why)
    assert answer.status is WitnessStatus.COSIGNED
    write_output(output, answer.cosigned.to_bytes())
    checkpoint = answer.cosigned.checkpoint
    tell("cosigned", origin=checkpoint.origin, size=checkpoint.size, path=output)


@witness.command("take")
@click.argument("file", type=FILE)
@with_home
@with_at
def take(
    file: Path,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    at: datetime | None,
) -> None:
    """Take in FILE: a checkpoint of this log that a witness of the policy has cosigned."""
    data = read_input(file, MAX_NOTE_BYTES)
    with opened(home, passphrase_file, passphrase_fd) as node:
        # Kept while the mark is lost, it would pass for what the witness had said before.
        node.keeper.require_whole(ask=False)
        cosigning = node.witnessing.cosigning()
        own = VerifierKey.from_raw(node.keeper.origin, node.signing_key.public)
        found = Taking(node.store, cosigning, (own,)).take(data, node.instant(at))
    tell_standing(found, cosigning.policy)


@witness.command("serve")
@with_home
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen at this address.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8470, show_default=True,
    help="Listen at this port; 0 is any that is free.",
)  # fmt: skip
def serve(
    home: Path, passphrase_file: Path | None, passphrase_fd: int | None, host: str, port: int
) -> None:
    """Answer POST /add-checkpoint until stopped (SIGTERM or Ctrl-C).

    Plain HTTP: what it says is signed. Put a proxy with TLS before it where others connect.
    """
    from api.http import witness_app as http  # noqa: PLC0415 - slow to load, and used here only

    with opened(home, passphrase_file, passphrase_fd) as node:
        name = node.witnessing.witness().verifier.name
        try:
            listening = http.bind(host, port)
        except OSError as error:
            reason = error.strerror or str(error)
            raise AddressUnusable(host=host, port=port, reason=reason) from error
        with listening:
            shown = f"[{host}]" if ":" in host else host
            found = listening.getsockname()[1]
            tell("witness_answers", name=name, url=f"http://{shown}:{found}")
            http.serve(http.witness_app(node.add_checkpoint), listening)


@witness.command("status")
@with_home
@click.option("--vkey", is_flag=True, help="The witness's verifier key, and nothing else.")
@click.option("--evidence", type=FILE, help="Write the two files of every fork to this folder.")
@with_json
def status(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    vkey: bool,
    evidence: Path | None,
    as_json: bool,
) -> None:
    """Who witnesses this log and how far, which logs it witnesses, and which have forked."""
    with opened(home, passphrase_file, passphrase_fd) as node:
        if vkey:
            found_key = node.witnessing.witness().verifier.vkey
            if node.witness_key is not None:
                node.registry()
                node.require_key(node.witness_key, "witness", "witness.key")
            click.echo(found_key)
            return
        found = status_of(node)
        if evidence is not None:
            write_evidence(node, evidence)
    if as_json:
        print_json(found)
    else:
        tell_status(found)
