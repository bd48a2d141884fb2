"""Erasures that were told of by a notice, carried out whenever the program was stopped."""

from __future__ import annotations

from ledger.node import Node
from ledger.subject.aggregate import Subject


def finish_erasure(node: Node, subject: Subject, record: str) -> None:
    """Destroy the data key of ``record`` where the log says that it was erased, and it lives on.

    A node that is stopped after it entered an erasure and before it destroyed the key would
    else acknowledge what it did not do: the same notice has no effect a second time. A key
    that is younger than the erasure stays.
    """
    named = {
        key
        for erased in subject.state.erasures
        if record in erased.facts.records
        for key in erased.facts.keys
    }
    name = f"record:{record}"
    if named and node.data_keys.living([name]).get(name) in named:
        node.data_keys.destroy([name], node.now())
