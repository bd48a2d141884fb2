"""``liability`` of a sanction that rests on a record for government sharing only, too."""

from __future__ import annotations

import json
from pathlib import Path

from tests.integration.driving import Founded
from tests.integration.material import BANK, OFFICER, admit_bank, at, collect
from tests.integration.test_history import CASE


def test_a_government_record_under_a_sanction_is_hidden_without_the_right(
    simulated: Founded, tmp_path: Path
) -> None:
    """A body that is not admitted sees the other record; the node's officer sees both."""
    lines = [
        *CASE[:2],
        collect(18, **{"as": "R2"}, at=at("03-03"), publicity="government", publish_until=None),
        CASE[1] | {"record": "@R2"},
        CASE[2] | {"records": ["@R1", "@R2"]},
    ]
    labels = tmp_path / "labels.json"
    done = simulated.apply(tmp_path, lines, "--labels", labels)
    assert done.code == 0, done.out
    ids = done.json["labels"]
    admit_bank(simulated, "--at", at("03-15"))
    who = (*OFFICER, "--at", at("03-16"))
    bank = (*who, "--organisation", BANK)
    ask = ("liability", "--labels", labels)
    for form in ("json", "prov", "svg"):  # a signed page is refused to this body as a whole
        out = simulated.call(*ask, "@S1", *bank, "--format", form).out
        assert [name for name in ("R1", "R2", "S1") if ids[name] in out] == ["R1", "S1"]
    assert json.loads(simulated.acts()[-1].state)["facts"]["records"] == [ids["R1"]]
    by_hidden = simulated.call(*ask, "--record", "@R2", *bank, "--json")
    assert by_hidden.code == 0, by_hidden.err
    assert ids["S1"] not in by_hidden.out
    assert ids["R1"] not in by_hidden.out
    assert ids["R2"] in simulated.call(*ask, "@S1", *who, "--json").out
