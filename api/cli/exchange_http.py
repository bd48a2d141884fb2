"""``exchange serve``, ``push`` and ``pull``: the same messages as by files, over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click

from api.cli.apply import read_labels
from api.cli.common import (
    FILE,
    STAFF,
    language,
    opened,
    print_json,
    tell,
    with_at,
    with_home,
    with_json,
)
from api.cli.exchange import bind, kind_word, tell_received
from api.cli.progress import progress_bar
from api.cli.witness import AddressUnusable
from api.cli.words import say
from ledger.errors import ExitCode
from ledger.exchange.calling import CALL_SECONDS, Patience
from ledger.exchange.courier import Courier, Delivery, Line
from ledger.exchange.desk import SERVICE_OPERATOR, Desk
from ledger.exchanging import Received
from ledger.node import Node

F = TypeVar("F", bound=Callable[..., Any])

WITH_SERVICE = click.option(
    "--operator",
    type=STAFF,
    default=SERVICE_OPERATOR,
    show_default=True,
    help="Staff id under which messages are taken in; else that of the service.",
)
WITH_LABELS = click.option(
    "--labels", type=FILE, help="Where labels of bundles are bound, as NODE/LABEL."
)


def with_peer(command: F) -> F:
    """The options of one run with a peer."""
    for option in (
        WITH_LABELS,
        click.option(
            "--retries",
            type=click.IntRange(0, 20),
            default=4,
            show_default=True,
            help="How often a request is made again that found nobody.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(0.1, 3600),
            default=CALL_SECONDS,
            show_default=True,
            help="Seconds for one request and its answer.",
        ),
        WITH_SERVICE,
        click.option("--peer", "url", required=True, help="The other node's address, http(s)://."),
    ):
        command = option(command)
    return command


@click.command()
@with_home
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen at this address.")
@click.option(
    "--port", type=click.IntRange(0, 65535), required=True,
    help="Listen at this port; 0 is any that is free.",
)  # fmt: skip
@WITH_SERVICE
@WITH_LABELS
def serve(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    host: str,
    port: int,
    operator: str,
    labels: Path | None,
) -> None:
    """Answer the nodes of the trust list until stopped (SIGTERM or Ctrl-C).

    Requests and answers are signed, not secret. Put a proxy with TLS before it where others
    connect, one that leaves path, query and Host as they are.
    """
    from api.http import exchange_app as http  # noqa: PLC0415 - slow to load, and used here only
    from api.http import witness_app as server  # noqa: PLC0415

    with opened(home, passphrase_file, passphrase_fd) as node:
        desk = Desk(node, operator, binding(labels))
        try:
            listening = server.bind(host, port)
        except OSError as error:
            reason = error.strerror or str(error)
            raise AddressUnusable(host=host, port=port, reason=reason) from error
        with listening:
            shown = f"[{host}]" if ":" in host else host
            found = listening.getsockname()[1]
            tell("exchange_answers", node=node.name, url=f"http://{shown}:{found}")
            server.serve(http.exchange_app(desk), listening)


@click.command()
@with_home
@with_peer
@with_at
@with_json
def push(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    url: str,
    operator: str,
    timeout: float,
    retries: int,
    labels: Path | None,
    at: datetime | None,
    as_json: bool,
) -> int:
    """Bring a peer all that is owed to it, and take in its replies.

    It may be repeated. Exit 3 where anything was refused, 1 where the peer was not reached.
    """
    with opened(home, passphrase_file, passphrase_fd) as node:
        line = Line(node, url, patience(node, retries), at=at, seconds=timeout)
        return run(node, line, operator, at, labels, Courier.push, as_json=as_json)


@click.command()
@with_home
@with_peer
@with_at
@with_json
def pull(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    url: str,
    operator: str,
    timeout: float,
    retries: int,
    labels: Path | None,
    at: datetime | None,
    as_json: bool,
) -> int:
    """Fetch all that a peer owes to this node, and bring it the replies.

    What is owed in turn for a notice waits for `exchange push`. Exit codes as there.
    """
    with opened(home, passphrase_file, passphrase_fd) as node:
        line = Line(node, url, patience(node, retries), at=at, seconds=timeout)
        return run(node, line, operator, at, labels, Courier.pull, as_json=as_json)


def run(
    node: Node,
    line: Line,
    operator: str,
    at: datetime | None,
    labels: Path | None,
    work: Callable[[Courier], Delivery],
    *,
    as_json: bool,
) -> int:
    """One run; what it has done is told also where it breaks off."""
    with progress_bar("progress_messages", quiet=as_json) as report:
        courier = Courier(node, line, operator, at=at, took=binding(labels), report=report)
        try:
            work(courier)
        except BaseException:
            if courier.done.peer:
                tell_delivery(courier.done, as_json=as_json)
            raise
    tell_delivery(courier.done, as_json=as_json)
    return ExitCode.DONE if courier.done.is_clean else ExitCode.REFUSED


def patience(node: Node, retries: int) -> Patience:
    """Chance is that of new ids: their last 32 bits."""

    def jitter() -> float:
        return (UUID(node.new_id()).int & 0xFFFF_FFFF) / 2**32

    return Patience(time.sleep, jitter, attempts=retries + 1)


def binding(path: Path | None) -> Callable[[Received], None]:
    """Binds the labels of what was taken in, whichever thread took it in."""
    context = click.get_current_context()

    def took(done: Received) -> None:
        if path is not None and done.labels:
            with context.scope(cleanup=False):
                bind(path, read_labels(path), done)

    return took


def tell_delivery(done: Delivery, *, as_json: bool) -> None:
    if as_json:
        print_json(told(done))
        return
    for one in done.sent:
        word = "message_brought" if one.answer.reason is None else "message_not_brought"
        tell(
            word,
            kind=kind_word(one.kind),
            digest=one.digest,
            peer=done.peer,
            verdict=say(language(), f"message_verdict_{one.answer.verdict}"),
            reason=one.answer.reason,
        )
    for each in done.received:
        tell_received(each, [], as_json=False)
    if not done.sent and not done.received:
        tell("nothing_exchanged", peer=done.peer)


def told(done: Delivery) -> dict[str, Any]:
    """What was brought and taken in, in order."""
    return {
        "peer": done.peer,
        "sent": [
            {
                "kind": one.kind,
                "id": one.id,
                "digest": one.digest,
                "verdict": one.answer.verdict,
                "reason": one.answer.reason,
                "records": list(one.answer.records),
                "effects": list(one.answer.effects),
            }
            for one in done.sent
        ],
        "received": [
            {
                "kind": one.kind,
                "digest": one.digest,
                "verdict": one.verdict,
                "reason": one.reason,
                "records": list(one.records),
                "effects": list(one.effects),
            }
            for one in done.received
        ],
    }
