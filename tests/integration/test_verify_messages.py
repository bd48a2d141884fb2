"""``verify`` of messages between nodes: far from any node, in three languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli.main import run
from tests.exchange_material import FIRMS, ISSUED, Region
from tests.integration.driving import call, process


def files(folder: Path, **changed: object) -> tuple[Path, Path]:
    """A bundle of two records, and a trust file; ``changed``: members of the sender's key."""
    region = Region("xiamen", "zhangzhou")
    node = region["xiamen"]
    records = [node.collect(), node.collect(2, opened=node.open(FIRMS[1]))]
    bundle, trust = folder / "bundle.json", folder / "trust.json"
    bundle.write_bytes(node.bundle("zhangzhou", records).to_json())
    trust.write_bytes(region.trust(changed={"xiamen": changed}).to_json())
    return bundle, trust


def test_a_stranger_verifies_a_bundle(tmp_path: Path) -> None:
    """The verdict and each record, as a program of its own, with two files and nothing else."""
    bundle, trust = files(tmp_path)
    ended = process("verify", bundle, "--trust", trust, "--json")
    assert ended.code == 0, ended.err
    told = ended.json
    assert (told["verdict"], told["reason"], told["kind"]) == (
        "VALID",
        "message_verified",
        "bundle",
    )
    assert [one["verdict"] for one in told["records"]] == ["VALID", "VALID"]
    assert len(told["digest"]) == 64
    assert told["remarks"] == []


@pytest.mark.parametrize("language", ["en", "zh-CN", "zh-TW"])
def test_a_person_reads_one_line_a_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    """Verdict, message, then the records and remarks, in every language."""
    bundle, trust = files(tmp_path, status="COMPROMISED_SINCE", since=ISSUED)
    assert run(["--lang", language, "verify", str(bundle), "--trust", str(trust)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert "compromised_undated" in lines[0]
    assert "{" not in "".join(lines)


def test_a_bundle_that_is_no_bundle(tmp_path: Path) -> None:
    """Whatever the file holds, there is a verdict, and the command ends with 1."""
    bundle, trust = files(tmp_path)
    whole = bundle.read_bytes()
    for data in (whole[:-1], whole[:500], whole.replace(b"bundle.v1", b"notice.v1"), b"{"):
        bundle.write_bytes(data)
        ended = call("verify", bundle, "--trust", trust, "--json")
        assert (ended.code, ended.json["verdict"]) == (1, "INVALID")
