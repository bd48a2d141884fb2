"""The vectors that all verifiers agree on."""

from __future__ import annotations

import base64
import json

import pytest

from ledger.exchange.judging import judge
from ledger.log.trust import Trust
from tests import exchange_vectors

EXPECTED = {
    "bundle": "message_verified",
    "bundle-compromised": "compromised_undated",
    "bundle-compromised-cosigned": "compromised_undated",
    "bundle-expired-list": "key_ended",
    "bundle-relayed": "message_verified",
    "notice": "message_verified",
    "notice-of-another-act": "act_differs",
    "notice-relayed": "message_verified",
    "status": "message_verified",
    "status-false": "status_differs",
    "acknowledgement": "message_verified",
    "acknowledgement-short": "answer_unproved",
    "receipt": "message_verified",
    "refusal": "message_verified",
    "truncated": "malformed",
    "extra-member": "malformed",
    "duplicate-key": "malformed",
    "number-nan": "malformed",
    "number-fraction": "malformed",
    "number-large": "malformed",
    "unknown-key": "unknown_key",
    "forged": "signature_fails",
    "renamed": "signature_fails",
    "other-tree": "proof_fails",
    "disputed": "record_disputed",
    "withdrawn": "record_not_in_force",
    "version-true": "malformed",
    "entry-late": "entry_unreadable",
    "entry-lax": "entry_unreadable",
}


def test_the_vectors_are_those_that_are_made() -> None:
    """Each file is what its maker writes, and none is left over."""
    made = {f"{name}.json": data for name, data in exchange_vectors.vectors()}
    found = {path.name: path.read_bytes() for path in exchange_vectors.FOLDER.iterdir()}
    assert found == made
    assert {name.removesuffix(".json") for name in found} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_the_verdict_of_a_vector(name: str) -> None:
    """The file that is kept has the reason that a person wrote down for it."""
    value = json.loads((exchange_vectors.FOLDER / f"{name}.json").read_bytes())
    trust = Trust.parse(base64.b64decode(value["trust"]))
    judged = judge(base64.b64decode(value["file"]), trust)
    assert str(judged.verdict.reason) == value["reason"] == EXPECTED[name]
    assert str(judged.verdict.outcome) == value["verdict"]
    assert [str(verdict.reason) for _, verdict in judged.records] == value["records"]
