"""The demo itself; started by scripts/demo, which makes the environment first."""

from __future__ import annotations

import argparse
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.cli.words import choose
from ledger.errors import Language
from scripts import _demo_answers as answers
from scripts import _demo_case as case
from scripts import _demo_days as days
from scripts import _demo_evidence as evidence
from scripts import _demo_harm as harm
from scripts import _demo_import as importing
from scripts import _demo_region as region
from scripts._demo_stage import Stage, Unexpected
from scripts._demo_words import say


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/demo")
    parser.add_argument("--keep", type=Path, metavar="DIR")
    parser.add_argument("--lang", choices=("en", "zh-CN", "zh-TW"))
    parser.add_argument("--from", dest="origin", type=Path, default=Path.cwd())
    chosen = parser.parse_args()
    language = choose(chosen.lang)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _ended)  # so that services are ended, and the folder removed
    try:
        with _folder(chosen.keep and chosen.origin / chosen.keep, language) as folder:
            _play(Stage(folder, language))
    except (Unexpected, sqlite3.Error) as wrong:
        print(f"scripts/demo: {wrong}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def _ended(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


@contextmanager
def _folder(kept: Path | None, language: Language) -> Iterator[Path]:
    """A new folder for the demo: temporary, or ``kept``. Ends with 2 where it is not empty."""
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="credit-ledger-demo-") as name:
            yield Path(name)
        print(f"\n{say(language, 'done')}")
        return
    try:
        kept.mkdir(parents=True, exist_ok=True)
        empty = not any(kept.iterdir())
    except OSError:
        empty = False
    if not empty:
        print(f"scripts/demo: {say(language, 'not_empty', folder=kept)}", file=sys.stderr)
        sys.exit(2)
    yield kept
    print(f"\n{say(language, 'done')} {say(language, 'kept', folder=kept)}")


def _play(stage: Stage) -> None:
    stage.tell("folder", folder=stage.folder)
    region.found(stage)
    sample = importing.make_sample(stage)
    region.admit(stage, sample.body)
    importing.take_in(stage, sample)
    with stage.services():
        region.agree(stage)
        _live_through(stage, sample.body.code)
        evidence.leave(stage)
    evidence.verify(stage)
    harm.audit(stage)
    harm.tamper(stage)
    harm.roll_back(stage)


def _live_through(stage: Stage, supplier: str) -> None:
    """The case, and what is asked about it."""
    days.until_mid_march(stage, supplier)
    stage.heading("ask_march")
    stage.tell("ask_why")
    first = answers.on_15_march(stage, case.at("03-16"))
    days.objection(stage)
    days.withdrawal(stage, supplier)
    answers.days(stage)
    answers.questions(stage, first)
    answers.reach(stage)


if __name__ == "__main__":
    sys.exit(main())
