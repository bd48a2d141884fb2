"""Who asks: the options that make of an anonymous question a registered look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from api.cli.common import STAFF, TEXT

F = TypeVar("F", bound=Callable[..., Any])


def with_reader(command: F) -> F:
    """``--operator``, ``--purpose``, ``--basis`` and ``--organisation``."""
    for option in (
        click.option(
            "--organisation", help="The body the operator asks for; else the node itself."
        ),
        click.option("--basis", type=TEXT, help="The legal basis of the look."),
        click.option("--purpose", type=TEXT, help="What the answer is needed for."),
        click.option(
            "--operator",
            type=STAFF,
            help="Staff id; with purpose and basis the look is registered.",
        ),
    ):
        command = option(command)
    return command


def require_all_or_none(
    operator: str | None, purpose: str | None, basis: str | None, organisation: str | None
) -> None:
    """A look names all of the first three; an organisation is asked for by an operator."""
    given = [operator, purpose, basis]
    if any(given) and not all(text and text.strip() for text in given):
        raise click.UsageError("--operator, --purpose and --basis go together")
    if organisation is not None and operator is None:
        raise click.UsageError("--organisation needs --operator, --purpose and --basis")
