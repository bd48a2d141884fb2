"""``python -m tests.simulation``: more seeds than a test run has time for.

    python -m tests.simulation --seeds 5000 --from 200
    python -m tests.simulation --from 4711 --seeds 1 --all-steps

Ends with 0 if all seeds held, with 1 if one did not; the others are still played.
"""

from __future__ import annotations

import sys
from collections import Counter

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.simulation.play import SeedFailed, memory, play
from tests.simulation.world import STEPS


@click.command()
@click.option("--seeds", type=click.IntRange(min=1), default=200, show_default=True)
@click.option("--from", "first", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--steps", type=click.IntRange(min=1), default=STEPS, show_default=True)
@click.option("--all-steps", is_flag=True, help="Print every step of a seed that holds.")
@click.option("--counts", is_flag=True, help="Print how often what happened.")
def main(seeds: int, first: int, steps: int, all_steps: bool, counts: bool) -> None:
    """Play seeds one after the other and name those that break an invariant."""
    tally: Counter[str] = Counter()
    failed: list[int] = []
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("seed {task.fields[seed]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]} failed"),
        console=console,
    )
    with memory() as folder, bar:
        task = bar.add_task("seeds", total=seeds, seed=first, failed=0)
        for seed in range(first, first + seeds):
            bar.update(task, seed=seed)
            try:
                played = play(folder, seed, steps)
            except SeedFailed as error:
                failed.append(seed)
                click.echo(str(error))
            else:
                tally += played.tally
                if all_steps:
                    click.echo("\n".join(played.steps))
            bar.update(task, advance=1, failed=len(failed))
    if counts:
        for name, number in sorted(tally.items()):
            click.echo(f"{number:8} {name}")
    click.echo(f"{seeds} seeds from {first}, failed: {failed or 'none'}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
