"""What is kept of a bundle: everything but sealed values, which are put back to the byte."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, cast

import pytest

from ledger.exchange import keeping
from ledger.exchange.forms import FORMS, MAX_BUNDLE_BYTES, Disclosed, DisclosedRow, Message
from ledger.exchange.keeping import Place, is_whole, read_kept, to_keep, whole
from ledger.signing.canonical import JSON
from ledger.signing.dsse import Envelope
from ledger.signing.sealing import Opened
from ledger.storage.rows import MAX_VALUE_BYTES
from tests.exchange_material import Region, made_key

SALT = bytes(range(32))
SECRETS = (
    Disclosed(node="xiamen", index=3, field="narrative", value="示例情节", salt=SALT),
    Disclosed(node="xiamen", index=1, field="parties", value=[{"name": "示例壬"}], salt=SALT),
)
ROW = DisclosedRow(node="xiamen", index=3, cells={"XDR_MC": "示例行"}, salt=SALT)


def made(**changed: Any) -> tuple[Envelope, Message]:
    region = Region("xiamen", "zhangzhou")
    record = region["xiamen"].collect()
    envelope = region["xiamen"].bundle("zhangzhou", [record])
    message = FORMS[envelope.payload_type].from_payload(envelope.payload)
    message = message.model_copy(update=changed)
    signed = Envelope.signed(made_key("xiamen"), envelope.payload_type, message.payload())
    return signed, message  # type: ignore[return-value]


def test_a_bundle_without_secrets_is_kept_as_it_came() -> None:
    """Its envelope, so that anybody can verify it later."""
    envelope, message = made()
    assert to_keep(envelope, message) == envelope.to_json()
    kept = read_kept(envelope.to_json(), max_bytes=MAX_BUNDLE_BYTES)
    assert kept.payload == envelope.payload
    assert whole(kept, {}) == envelope


def test_a_large_bundle_is_kept_without_base64(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its payload fits into a value of the store where its envelope would not."""
    envelope, message = made()
    monkeypatch.setattr(keeping, "MAX_AS_IT_CAME", len(envelope.payload) - 1)
    data = to_keep(envelope, message)
    assert data != envelope.to_json()
    assert whole(read_kept(data, max_bytes=MAX_BUNDLE_BYTES), {}) == envelope


def test_the_largest_bundle_fits_into_the_store() -> None:
    """Kept with or without base64, by the limits as they are."""
    header = 1 << 20
    assert MAX_BUNDLE_BYTES * 3 // 4 + header <= MAX_VALUE_BYTES
    assert keeping.MAX_AS_IT_CAME * 4 // 3 + header <= MAX_VALUE_BYTES


def test_no_sealed_value_is_kept() -> None:
    """Neither value, row nor salt stands in what is kept, only where they belong."""
    envelope, message = made(disclosed=SECRETS, rows=(ROW,))
    data = to_keep(envelope, message)
    for secret in (
        "示例情节",
        "示例壬",
        "示例行",
        json.dumps(SECRETS[0].model_dump(mode="json")["salt"]),
    ):
        assert secret.encode() not in data
    kept = read_kept(data, max_bytes=MAX_BUNDLE_BYTES)
    assert kept.payload is None
    assert kept.value["disclosed"] == kept.value["rows"] == []
    assert kept.withheld == (
        Place("xiamen", 3, "narrative"),
        Place("xiamen", 1, "parties"),
        Place("xiamen", 3, None),
    )


def test_with_the_values_it_is_what_was_signed() -> None:
    """To the byte: the signature holds again."""
    envelope, message = made(disclosed=SECRETS, rows=(ROW,))
    kept = read_kept(to_keep(envelope, message), max_bytes=MAX_BUNDLE_BYTES)
    opened = {
        Place(one.node, one.index, one.field): Opened(cast("JSON", one.value), one.salt)
        for one in SECRETS
    }
    opened[Place("xiamen", 3, None)] = Opened(dict(ROW.cells), ROW.salt)
    digest = sha256(envelope.payload).hexdigest()
    assert whole(kept, opened) == envelope
    assert is_whole(whole(kept, opened), digest)
    opened[Place("xiamen", 3, "narrative")] = Opened("anders", SALT)
    assert not is_whole(whole(kept, opened), digest)


def test_a_value_that_is_gone_leaves_nothing_to_send() -> None:
    """What was erased is not made up."""
    envelope, message = made(disclosed=SECRETS)
    kept = read_kept(to_keep(envelope, message), max_bytes=MAX_BUNDLE_BYTES)
    with pytest.raises(KeyError):
        whole(kept, {})
