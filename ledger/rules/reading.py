"""Reading a rule pack from its JSON document; and the packaged default, at one place."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from pydantic import ValidationError

from ledger.rules.errors import BadRulePack
from ledger.rules.model import SECTIONS, PackContent
from ledger.rules.pack import RulePack
from ledger.rules.patterns import fault_of_pattern
from ledger.signing.canonical import canonical, parse_strict

MAX_PACK_BYTES = 4 << 20
"""A hundred times the default pack."""

_DEFAULT = resources.files("ledger.rules") / "default"


def parse_document(raw: bytes | Mapping[str, object]) -> object:
    """The JSON value of ``raw``; raises the strict reader's ``UnusableInput`` errors."""
    if isinstance(raw, bytes):
        return parse_strict(raw, max_bytes=MAX_PACK_BYTES)
    return dict(raw)


def load(raw: bytes | Mapping[str, object]) -> RulePack:
    """The pack of one JSON document. Pure.

    Raises ``BadRulePack`` naming the first place that has not the shape of a pack or
    holds an unfit pattern, and the strict reader's errors for what is no JSON. Whether
    its rules fit together is for ``check_pack`` to say before it is adopted.
    """
    document = parse_document(raw)
    content = canonical(document)
    try:
        data = PackContent.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = "/".join(map(str, first["loc"])) or "/"
        raise BadRulePack(where=where, why=first["msg"]) from error
    for place, rule in enumerate(data.data_patterns):
        why = fault_of_pattern(rule.pattern)
        if why is not None:
            raise BadRulePack(where=f"data_patterns/{place}", why=why)
    return RulePack(data, content)


@cache
def load_default() -> RulePack:
    """The pack that this package ships: read once from its data files, always the same."""
    document = parse_strict((_DEFAULT / "pack.json").read_bytes())
    if not isinstance(document, dict):
        raise BadRulePack(where="pack.json", why="it is no object")
    for section in (*SECTIONS, "calendar"):
        document[section] = parse_strict((_DEFAULT / f"{section}.json").read_bytes())
    return load(document)
