"""Acts on the subject itself, which touch several streams or keys, need their roles too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.driving import Founded
from tests.integration.material import BUYER, OTHER_FIRM, at, by, collect, firm

ACTS: tuple[dict[str, Any], ...] = (
    {"command": "open_subject", "subject": firm(OTHER_FIRM)},
    {
        "command": "correct_identifier",
        "subject": firm(),
        "new_scheme": "uscc",
        "new_identifier": OTHER_FIRM,
        "reason": "示例",
        "authority": "示例复核局",
    },
    {"command": "erase_personal_data", "records": ["@R1"], "basis": "示例法第四十七条"},
)


@pytest.mark.parametrize("act", ACTS, ids=[act["command"] for act in ACTS])
def test_an_act_on_the_subject_needs_its_role(
    embedded: Founded, tmp_path: Path, act: dict[str, Any]
) -> None:
    """A body without the role opens, corrects and erases nothing; no entry is written."""
    labels = ("--labels", tmp_path / "labels.json")
    first = collect(1, **{"as": "R1", "at": at("03-02")})
    assert embedded.apply(tmp_path, [first], *labels).code == 0
    size = embedded.size()
    done = embedded.apply(tmp_path, [act | {"by": by(BUYER), "at": at("03-03")}], *labels)
    assert [each["error"] for each in done.json["refused"]] == ["without_role"]
    assert embedded.size() == size
