"""``verify``: judge what a log gave out, without any node."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.common import FILE, language, print_json, tell, with_json
from api.cli.files import read_input
from api.cli.history import print_limits
from api.cli.words import say
from ledger.errors import ExitCode
from ledger.exchange.forms import MAX_BUNDLE_BYTES
from ledger.exchange.judged import Judged
from ledger.exchange.judging import is_message, judge
from ledger.exchange.trust_list import MAX_LIST_BYTES, read_trust
from ledger.log.trust import Trust
from ledger.log.verdict import Verdict
from ledger.log.verifying import verify_file
from ledger.signing.dsse import MAX_ENVELOPE_BYTES
from projections.liability.page_check import PAGE_START, statement_in, verify_page
from projections.liability.statement import KINDS
from projections.statement_check import stated_limits, verify_statement


@click.command()
@click.argument("file", type=FILE)
@click.option("--trust", "trust_file", type=FILE, required=True, help="Whose keys count.")
@click.option("--entry", type=FILE, help="The entry that a .tlog-proof is for, in its envelope.")
@with_json
def verify(file: Path, trust_file: Path, entry: Path | None, as_json: bool) -> int:
    """Verify FILE: a checkpoint, a proof with its entry, an entry, a statement, a printed
    report, a bundle or any other message between nodes.

    Needs no node, no network and no clock. Ends with 0 for VALID and VALID_HISTORICAL only.
    """
    trust = read_trust(read_input(trust_file, MAX_LIST_BYTES))
    data = read_input(file, MAX_BUNDLE_BYTES)
    if entry is None and is_message(data):
        return tell_judged(judge(data, trust), as_json=as_json)
    envelope = None if entry is None else read_input(entry, MAX_ENVELOPE_BYTES)
    if entry is None and data.startswith(PAGE_START):
        verdict = verify_page(data, trust)
        data = statement_in(data) or b""
    else:
        verdict = verify_file(data, trust, entry=envelope, statement=_statement)
    told = verdict.to_value(language())
    if as_json:
        print_json(told)
    else:
        tell("verdict", **told)
        if verdict.is_good and (limits := stated_limits(data, KINDS)):
            tell("not_proved")
            print_limits(limits)
    return ExitCode.DONE if verdict.is_good else ExitCode.CHECK_FAILED


def _statement(data: bytes, trust: Trust) -> Verdict:
    return verify_statement(data, trust, KINDS)


def tell_judged(judged: Judged, *, as_json: bool) -> int:
    """Print what holds of a message: the verdict, then a line for each record."""
    told = judged.verdict.to_value(language())
    message = judged.message
    kind = None if message is None else message.kind
    records = [(record, verdict.to_value(language())) for record, verdict in judged.records]
    if as_json:
        about = {
            "kind": kind,
            "message": None if message is None else message.id,
            "digest": judged.digest,
            "records": [{"record": record} | verdict for record, verdict in records],
            "remarks": list(judged.remarks),
        }
        print_json(told | about)
    else:
        tell("verdict", **told)
        if message is not None:
            word = say(language(), f"message_kind_{kind}")
            tell("verified_message", kind=word, id=message.id, digest=judged.digest)
        for record, verdict in records:
            tell("verified_record", record=record, **verdict)
        for remark in judged.remarks:
            tell(remark)
    return ExitCode.DONE if judged.verdict.is_good else ExitCode.CHECK_FAILED
