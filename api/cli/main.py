"""``credit-ledger``: the group of commands, its language, and its exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from api.cli import (
    across,
    apply,
    exchange_http,
    follows,
    founding,
    history,
    intake,
    keys,
    lists,
    proving,
    rules,
    schema,
    trust_lists,
)
from api.cli.affected import affected
from api.cli.audit import audit
from api.cli.common import Session, finish
from api.cli.exchange import exchange
from api.cli.liability import liability
from api.cli.read_models import check, rebuild
from api.cli.reconcile import reconcile
from api.cli.tiles import tiles
from api.cli.verifying import verify
from api.cli.witness import witness
from api.cli.words import choose, say
from ledger.errors import ExitCode

PAST_STREAMS = 2
"""The descriptor of standard error."""

INTERRUPTED = 130
"""What shells expect of a program that a person stopped: 128 and the signal's number."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", help="en, zh-CN or zh-TW; else CREDIT_LEDGER_LANG or the locale.")
@click.version_option(package_name="credit-ledger")
@click.pass_context
def cli(ctx: click.Context, lang: str | None) -> None:
    """A signed ledger of public-credit facts that answers for any date."""
    ctx.obj.language = choose(lang)


cli.add_command(founding.init)
cli.add_command(keys.key)
cli.add_command(founding.organisation)
cli.add_command(intake.submission)
cli.add_command(intake.import_)
cli.add_command(apply.apply)
cli.add_command(history.history)
cli.add_command(follows.status)
cli.add_command(follows.periods)
cli.add_command(follows.diff)
cli.add_command(lists.sanctions)
cli.add_command(lists.deadlines)
cli.add_command(lists.quality)
cli.add_command(liability)
cli.add_command(affected)
cli.add_command(rebuild)
cli.add_command(check)
cli.add_command(audit)
cli.add_command(proving.checkpoint)
cli.add_command(proving.prove_)
cli.add_command(proving.trust)
proving.trust.add_command(trust_lists.make)
proving.trust.add_command(trust_lists.sign)
proving.trust.add_command(trust_lists.check)
proving.trust.add_command(trust_lists.adopt)
exchange.add_command(exchange_http.serve)
exchange.add_command(exchange_http.push)
exchange.add_command(exchange_http.pull)
cli.add_command(verify)
cli.add_command(tiles)
cli.add_command(reconcile)
cli.add_command(witness)
cli.add_command(exchange)
exchange.add_command(across.assess)
exchange.add_command(across.passed_)
cli.add_command(across.report)
cli.add_command(schema.schema)
cli.add_command(rules.rules)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0, 1, 2, 3 or 70."""
    hold_descriptors()
    sys.exit(run(arguments))


def hold_descriptors() -> None:
    """Give the three standard streams something to stand on where the caller closed them.

    Else the next file that is opened, a database perhaps, would get their number.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= PAST_STREAMS:
        pass
    os.close(number)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115 - for the whole run
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    session = Session(choose(None))
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with cli.make_context("credit-ledger", given, obj=session) as ctx:
            return int(cli.invoke(ctx) or ExitCode.DONE)
    except click.exceptions.Exit as leave:
        return int(leave.exit_code)
    except click.Abort:
        return int(ExitCode.USAGE)
    except click.ClickException as wrong:
        wrong.show()
        return int(ExitCode.USAGE)  # 1 is click's own word for a file that cannot be opened
    except BrokenPipeError:
        # Whoever read has enough; without this the interpreter complains at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.DONE)
    except KeyboardInterrupt:
        click.echo(say(session.language, "interrupted"), err=True)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, a person gets one line
        return finish(error, session)


if __name__ == "__main__":
    main()
