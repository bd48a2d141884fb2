"""The words of the command line."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import api.cli.words

FOLDER = Path(api.cli.words.__file__).parent


def _keys(path: Path) -> Iterator[str]:
    """Of each table of texts in three languages that a module spells out."""
    for table in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(table, ast.Dict):
            for key, texts in zip(table.keys, table.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(texts, ast.Tuple):
                    yield str(key.value)


def test_no_word_takes_the_place_of_another() -> None:
    """The tables of all parts are put together; a name that stood twice would hide a sentence."""
    paths = [path for path in FOLDER.glob("*words.py") if path.name != "code_words.py"]
    names = Counter(name for path in paths for name in _keys(path))
    assert set(names) == set(api.cli.words.WORDS)
    assert [name for name, count in names.items() if count > 1] == []
