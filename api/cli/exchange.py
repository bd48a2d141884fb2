"""``exchange``: records and corrections between nodes, as files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from api.cli.apply import read_labels, write_labels
from api.cli.code_words import in_words, words_of
from api.cli.common import (
    FILE,
    FOLDER,
    INSTANT,
    STAFF,
    TEXT,
    add_row,
    console,
    language,
    note,
    opened,
    print_json,
    table,
    tell,
    with_at,
    with_home,
    with_json,
)
from api.cli.files import read_input, write_output
from api.cli.keys import OutputUnwritable
from api.cli.labels import named
from api.cli.words import say
from api.cli.writing import writing
from ledger.commands.lines import LABEL
from ledger.errors import ExitCode
from ledger.exchange.forms import MAX_BUNDLE_BYTES
from ledger.exchanging import Exchange, Outgoing, Received, SendOrder

WITH_OPERATOR = click.option(
    "--operator", type=STAFF, required=True, help="Staff id of whoever does it."
)
WITH_FOLDER = click.option("--out", "folder", type=FOLDER, required=True, help="Messages go here.")


@click.group()
def exchange() -> None:
    """Give records to other nodes, take theirs in, and have corrections follow them."""


@exchange.command()
@with_home
@click.option("--to", required=True, help="The node that receives them, as the trust list has it.")
@click.option("--record", "records", multiple=True, required=True, help="An id, or @LABEL.")
@WITH_OPERATOR
@click.option("--purpose", type=TEXT, required=True, help="What they are given for.")
@click.option("--basis", type=TEXT, required=True, help="The legal basis.")
@click.option("--disclose", "fields", multiple=True, help="A sealed field that is to leave, too.")
@click.option("--expires", type=INSTANT, help="Taken in until then; else for 30 days.")
@click.option("--labels", type=FILE, help="Where @LABEL is looked up, as `apply` keeps it.")
@with_at
@click.option("-o", "--output", type=FILE, required=True, help="The bundle.")
@with_json
def send(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    to: str,
    records: tuple[str, ...],
    operator: str,
    purpose: str,
    basis: str,
    fields: tuple[str, ...],
    expires: datetime | None,
    labels: Path | None,
    at: datetime | None,
    output: Path,
    as_json: bool,
) -> None:
    """Make a bundle of records for one node.

    It is recorded before the file is written; a file that was lost is had again from
    `exchange outbox` until the other node has answered.
    """
    chosen = [(named(one, labels), one[1:] if one.startswith("@") else None) for one in records]
    order = SendOrder(
        to=to,
        records=tuple(dict(chosen).items()),
        operator=operator,
        purpose=purpose,
        basis=basis,
        fields=tuple(dict.fromkeys(fields)),
        expires_at=expires,
        at=at,
    )
    with writing(output) as write, opened(home, passphrase_file, passphrase_fd) as node:
        sent = Exchange(node).send(order)
        write(sent.bundle.data + b"\n")
    if as_json:
        print_json({"bundle": sent.bundle.digest, "records": list(sent.records)})
        return
    digest = sent.bundle.digest
    tell("bundle_made", path=output, records=len(sent.records), to=to, digest=digest)


@exchange.command()
@click.argument("file", type=FILE)
@with_home
@WITH_OPERATOR
@WITH_FOLDER
@click.option("--labels", type=FILE, help="Where labels of a bundle are bound, as NODE/LABEL.")
@with_at
@with_json
def receive(
    file: Path,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    operator: str,
    folder: Path,
    labels: Path | None,
    at: datetime | None,
    as_json: bool,
) -> int:
    """Take in a message of any kind; what is answered at once is written to --out.

    Exit 3 where it had no effect: quarantined, or refused.
    """
    data = read_input(file, MAX_BUNDLE_BYTES)
    if labels is not None:
        read_labels(labels)  # before anything is entered
    make_folder(folder)
    with opened(home, passphrase_file, passphrase_fd) as node:
        done = Exchange(node).receive(data, operator, at)
        if labels is not None and done.labels:
            bind(labels, read_labels(labels), done)  # others may have bound some meanwhile
        paths = write_all(folder, done.replies)
    tell_received(done, paths, as_json=as_json)
    failed = done.verdict in {"quarantined", "refused"}
    return ExitCode.REFUSED if failed else ExitCode.DONE


@exchange.command()
@with_home
@click.option("--to", help="Only what is owed to this node.")
@WITH_FOLDER
@with_at
@with_json
def outbox(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    to: str | None,
    folder: Path,
    at: datetime | None,
    as_json: bool,
) -> None:
    """Write all that is owed: notices, acknowledgements, statuses, and bundles not answered yet.

    It may be repeated: what the other side has said that it has is left out.
    """
    make_folder(folder)
    with opened(home, passphrase_file, passphrase_fd) as node:
        exchanging = Exchange(node)
        messages = exchanging.outbox(to, at)
        expired = exchanging.list_warning(at)
        paths = write_all(folder, messages)
    if expired is not None:
        note("list_has_expired", version=expired)
    if as_json:
        print_json(
            {
                "messages": [
                    {"kind": one.kind, "to": one.recipient, "digest": one.digest, "path": path}
                    for one, path in zip(messages, paths, strict=True)
                ]
            }
        )
        return
    for one, path in zip(messages, paths, strict=True):
        tell("message_written", path=path, kind=kind_word(one.kind), to=one.recipient)
    if not messages:
        tell("nothing_owed")


@exchange.command()
@with_home
@click.option("--known-at", type=INSTANT, help="As known at this instant; else now.")
@with_json
def outstanding(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    known_at: datetime | None,
    as_json: bool,
) -> None:
    """List the notices that this node gave and that have not closed."""
    with opened(home, passphrase_file, passphrase_fd) as node:
        found = Exchange(node).outstanding(known_at)
    if as_json:
        print_json(
            [
                {
                    "notice": one.notice,
                    "record": one.record,
                    "recipient": one.recipient,
                    "act": one.act,
                    "required": one.required,
                    "due_on": one.due_on.isoformat(),
                    "state": one.state,
                }
                for one in found
            ]
        )
        return
    if not found:
        tell("nothing_outstanding")
        return
    made = table(
        "outstanding", "notice", "record", "recipient", "act", "required", "due_on", "state"
    )
    for one in found:
        state = say(language(), f"duty_{one.state}")
        act, required = (
            in_words(words_of("outstanding", column), getattr(one, column), language())
            for column in ("act", "required")
        )
        add_row(made, one.notice, one.record, one.recipient, act, required, one.due_on, state)
    console().print(made)


@exchange.command()
@click.argument("notice")
@with_home
@WITH_OPERATOR
@click.option("--reason", type=TEXT, required=True, help="Why no answer is waited for any more.")
@with_at
def close(
    notice: str,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    operator: str,
    reason: str,
    at: datetime | None,
) -> None:
    """Give a notice up: it stays listed as unconfirmed."""
    with opened(home, passphrase_file, passphrase_fd) as node:
        done = Exchange(node).close(notice, operator, reason, at)
    tell("notice_closed", notice=notice, recipient=done.recipient)


# -- files and labels --------------------------------------------------------------------


def make_folder(folder: Path) -> None:
    """Before anything is done. Raises ``OutputUnwritable``."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputUnwritable(path=folder, reason=error.strerror) from error


def write_all(folder: Path, messages: tuple[Outgoing, ...]) -> list[str]:
    """Each message in its file; the paths."""
    paths = [folder / one.name for one in messages]
    for path, one in zip(paths, messages, strict=True):
        write_output(path, one.data + b"\n")
    return [str(path) for path in paths]


def bind(path: Path, known: dict[str, str], done: Received) -> None:
    """The labels of a bundle under its sender's name; one that is bound stays as it is."""
    for label, record in done.labels:
        if not LABEL.fullmatch(label) or known.get(label, record) != record:
            note("label_not_bound", label=label)
            continue
        known[label] = record
    write_labels(path, known)


def kind_word(kind: str | None) -> str:
    return say(language(), f"message_kind_{kind or 'none'}")


def tell_received(done: Received, paths: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "kind": done.kind,
                "digest": done.digest,
                "verdict": done.verdict,
                "reason": done.reason,
                "records": list(done.records),
                "effects": list(done.effects),
                "replies": paths,
            }
        )
        return
    verdict = say(language(), f"message_verdict_{done.verdict}")
    kind = kind_word(done.kind)
    if done.why is not None:
        why = done.why.message(language())
        tell(
            "message_not_taken",
            kind=kind,
            digest=done.digest,
            verdict=verdict,
            reason=done.reason,
            why=why,
        )
    else:
        tell("message_taken", kind=kind, digest=done.digest, sender=done.sender, verdict=verdict)
    for effect in done.effects:
        word = say(language(), f"effect_{effect['effect']}")
        tell("message_effect", sanction=effect["sanction"], effect=word)
    for path, kind_of in zip(paths, done.replies[: len(paths)], strict=True):
        to = kind_of.recipient or say(language(), "message_to_nobody")
        tell("message_written", path=path, kind=kind_word(kind_of.kind), to=to)
