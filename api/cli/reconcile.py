"""``reconcile``: what a store lacks of its log, and getting it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from api.cli.common import (
    FILE,
    FOLDER,
    TEXT,
    add_row,
    console,
    language,
    note,
    opened,
    print_json,
    table,
    tell,
    with_home,
    with_json,
)
from api.cli.files import read_input
from api.cli.keys import with_by
from api.cli.progress import Report, progress_bar
from api.cli.words import say
from ledger.entry import format_instant
from ledger.errors import ExitCode, LedgerError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.note import MAX_NOTE_BYTES
from ledger.node import Node
from ledger.restoring import Finding, Restored, Standing, believe, restore, standing
from ledger.vouching import enter_voucher


@click.command()
@with_home
@click.option(
    "--from",
    "copy",
    type=FOLDER,
    help="An auditor's copy (tiles export --with-entries): what is lost is restored from it.",
)
@click.option(
    "--against",
    type=FILE,
    help="A checkpoint of this log that somebody else kept: what the store must hold at least.",
)
@click.option(
    "--vouched-by",
    "voucher",
    type=TEXT,
    help="Where this node has no witness: who says that somebody else kept what is given; the "
    "log keeps the name.",
)
@with_by
@with_json
def reconcile(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    copy: Path | None,
    against: Path | None,
    voucher: str | None,
    operator: str,
    as_json: bool,
) -> int:
    """Explain what the store holds, what it had, and what is lost; restore it from a copy."""
    signed = None
    if against is not None:
        signed = SignedCheckpoint.parse(read_input(against, MAX_NOTE_BYTES))
    with opened(home, passphrase_file, passphrase_fd, explains=True) as node:
        found, restored, refused = standing(node), None, None
        if not as_json:
            _show(node, found)
        if copy is not None:
            with _bars(quiet=as_json) as bar:
                restored = restore(node, copy, bar, voucher)
            _enter(node, restored.on_word, voucher, operator)
        if signed is not None:
            try:
                believed = believe(node, signed, voucher)
                _enter(node, signed if believed.on_word else None, voucher, operator)
            except LedgerError as error:  # once what was restored is told
                refused = error
        then = standing(node)
    if as_json:
        if refused is None or restored is not None:
            print_json(_to_json(then, found, restored))
    elif restored is not None:
        _tell_restored(restored, then.size)
    if refused is not None:
        raise refused
    if not as_json:
        if signed is not None:
            tell("believed", size=signed.checkpoint.size)
        elif restored is not None and restored.made_mark:
            tell("believed", size=restored.leaves.stop)
        tell(f"standing_{then.finding}")
    return ExitCode.DONE if then.finding is Finding.WHOLE else ExitCode.CHECK_FAILED


def _enter(node: Node, signed: SignedCheckpoint | None, voucher: str | None, operator: str) -> None:
    """Once the mark is made on somebody's word alone."""
    if signed is not None and voucher is not None:
        enter_voucher(node, signed, voucher, operator)


@contextmanager
def _bars(*, quiet: bool) -> Iterator[_Bars]:
    with ExitStack() as stack:
        yield _Bars(stack, quiet=quiet)


class _Bars:
    """One bar after the other: a new one takes the place of the one before."""

    def __init__(self, stack: ExitStack, *, quiet: bool) -> None:
        self._stack = stack
        self._quiet = quiet

    def __call__(self, word: str) -> Report | None:
        self._stack.close()
        return self._stack.enter_context(progress_bar(word, quiet=self._quiet))


def _show(node: Node, found: Standing) -> None:
    made = table("standing", "what", "entries", "detail")
    recorded = "" if found.recorded_at is None else _said("last_recorded", at=_last(found))
    add_row(made, _said("store"), found.size, recorded)
    if found.remembered is not None:
        add_row(made, _said("store_remembers"), found.remembered, "")
    mark = found.mark
    detail = _said(
        f"mark_{found.mark_state}",
        file=node.keeper.high_water.path,
        origin="" if mark is None else mark.origin,
        store="" if mark is None else mark.store_id,
    )
    add_row(made, _said("mark"), "-" if mark is None else mark.size, detail)
    kept = found.checkpoint
    add_row(made, _said("last_checkpoint"), "-" if kept is None else kept.size, "")
    lost = found.lost
    where = ""
    if lost:
        where = _said("lost_leaves", first=lost[0], last=lost[-1], after=_last(found))
    add_row(made, _said("lost"), len(lost), where)
    console().print(made)


def _last(found: Standing) -> str:
    return "-" if found.recorded_at is None else format_instant(found.recorded_at)


def _said(word: str, **fields: object) -> str:
    return say(language(), word, **fields)


def _tell_restored(restored: Restored, size: int) -> None:
    leaves = restored.leaves
    if not leaves or restored.first is None or restored.last is None:
        tell("restored_none", size=size)
    else:
        since, until = format_instant(restored.first), format_instant(restored.last)
        tell("restored", first=leaves[0], last=leaves[-1], since=since, until=until)
    if restored.unchecked:
        note("restored_unchecked", count=restored.unchecked)


def _to_json(then: Standing, before: Standing, restored: Restored | None) -> dict[str, object]:
    mark, kept, lost = then.mark, then.checkpoint, before.lost
    return {
        "finding": str(then.finding),
        "store": {
            "size": then.size,
            "store_id": then.store_id,
            "recorded_at": None if then.recorded_at is None else _last(then),
            "remembered": then.remembered,
        },
        "mark": {
            "state": str(then.mark_state),
            "size": None if mark is None else mark.size,
            "root": None if mark is None else mark.root,
        },
        "checkpoint": None if kept is None else {"size": kept.size, "root": kept.root.hex()},
        "lost": {"from": lost.start, "to": lost.stop, "after": _last(before)} if lost else None,
        "restored": None
        if restored is None
        else {
            "from": restored.leaves.start,
            "to": restored.leaves.stop,
            "recorded_from": None if restored.first is None else format_instant(restored.first),
            "recorded_to": None if restored.last is None else format_instant(restored.last),
            "notes": restored.notes,
            "unchecked_details": restored.unchecked,
        },
    }
