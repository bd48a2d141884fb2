"""A trail as W3C PROV-JSON, read back by the library that others use."""

from __future__ import annotations

from dataclasses import replace

import pytest
from prov.model import (
    ProvActivity,
    ProvAgent,
    ProvAssociation,
    ProvAttribution,
    ProvCommunication,
    ProvDelegation,
    ProvDerivation,
    ProvDocument,
    ProvEntity,
    ProvGeneration,
    ProvUsage,
)

from projections.liability.prov import document, to_prov_json
from tests.unit.projections.liability.trails import (
    RECORD,
    SANCTION,
    STEPS,
    SUPPLIER,
    TRAIL,
    with_label,
)


def _read(data: bytes) -> ProvDocument:
    return ProvDocument.deserialize(content=data.decode(), format="json")


def _names(found: ProvDocument, kind: type) -> set[str]:
    return {str(each.identifier) for each in found.get_records(kind)}


def _pairs(found: ProvDocument, kind: type) -> set[tuple[str, ...]]:
    return {tuple(str(value) for value in each.args[:2]) for each in found.get_records(kind)}


def test_it_loads_again_as_the_same_document() -> None:
    """What the library reads is what it wrote, and twice the same bytes are written."""
    assert _read(to_prov_json(TRAIL)) == document(TRAIL)
    assert to_prov_json(TRAIL) == to_prov_json(replace(TRAIL))


def test_entries_are_activities_things_entities_and_bodies_agents() -> None:
    """Each entry, each record, sanction and notice, and each body once, whatever its roles."""
    found = _read(to_prov_json(TRAIL))
    entries = {f"cl:entry/{step.node}/{step.index}" for step in STEPS}
    assert _names(found, ProvActivity) == entries
    assert {f"cl:sanction/{SANCTION}", f"cl:record/{RECORD}"} <= _names(found, ProvEntity)
    agents = [str(each.identifier) for each in found.get_records(ProvAgent)]
    assert len(agents) == len(set(agents))
    assert f"cl:organisation/{SUPPLIER}" in agents
    assert f"cl:staff/{SUPPLIER}/op-7" in agents


def test_who_did_what_follows() -> None:
    """Generation, use, association, attribution, delegation, derivation and order of entries."""
    found = _read(to_prov_json(TRAIL))
    collected, imposed = "cl:entry/xiamen/7", "cl:entry/quanzhou/12"
    supplier, record, sanction = (
        f"cl:organisation/{SUPPLIER}", f"cl:record/{RECORD}", f"cl:sanction/{SANCTION}",
    )  # fmt: skip
    assert (record, collected) in _pairs(found, ProvGeneration)
    assert (sanction, imposed) in _pairs(found, ProvGeneration)
    assert ("cl:entry/quanzhou/9", record) in _pairs(found, ProvUsage)
    assert (collected, supplier) in _pairs(found, ProvAssociation)
    assert (record, supplier) in _pairs(found, ProvAttribution)
    assert (f"cl:staff/{SUPPLIER}/op-7", supplier) in _pairs(found, ProvDelegation)
    assert (sanction, record) in _pairs(found, ProvDerivation)
    assert (imposed, "cl:entry/quanzhou/9") in _pairs(found, ProvCommunication)


@pytest.mark.parametrize("label", ['a"b', "厦门 〔2026〕", "cl:x y%", "\u2028"])
def test_any_text_survives(label: str) -> None:
    """Labels are values, never names of the document's own."""
    found = _read(to_prov_json(with_label(label)))
    assert found == document(with_label(label))
    assert any(label in str(each.label) for each in found.get_records(ProvEntity))


def test_the_days_are_in_it() -> None:
    """Total and shares stand as members of one collection."""
    (total,) = [
        value
        for each in _read(to_prov_json(TRAIL)).get_records(ProvEntity)
        for name, value in each.attributes
        if str(name) == "cl:total"
    ]
    assert total == TRAIL.days.total
