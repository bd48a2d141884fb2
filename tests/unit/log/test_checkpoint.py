"""Checkpoints and cosignatures: three lines, signed by their log, cosigned by witnesses."""

from __future__ import annotations

from hashlib import sha256

import pytest

from ledger.errors import LedgerError
from ledger.log import cosignature
from ledger.log.checkpoint import (
    MAX_TEXT_BYTES,
    Checkpoint,
    CheckpointMalformed,
    CheckpointUnsigned,
    SignedCheckpoint,
)
from ledger.log.cosignature import CosignatureTimeRefused
from ledger.log.note import Note, NoteMalformed, NoteSignature, NoteSignatureFails, sign_text
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.signing.keys import new_signing_key, verify_bytes

ORIGIN = "credit-ledger.example/xiamen"
LOG, FIRST, SECOND = (new_signing_key(bytes([n] * 32)) for n in (1, 2, 3))
LOG_KEY = VerifierKey.from_raw(ORIGIN, LOG.public)
ONE = VerifierKey.from_raw("one.example", FIRST.public, SignatureType.COSIGNATURE)
TWO = VerifierKey.from_raw("two.example", SECOND.public, SignatureType.COSIGNATURE)
ROOT = sha256(b"root").digest()
CHECKPOINT = Checkpoint(ORIGIN, 20852163, ROOT)
SIGNED = SignedCheckpoint.signed(CHECKPOINT, LOG)
COSIGNED = SIGNED.with_signatures([CHECKPOINT.cosign(ONE.name, FIRST, 1679315147)])

PUBLISHED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv"
    "2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b"
    "2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
).encode()


def test_the_published_example_is_read() -> None:
    """The example of the specification gives its three facts, two lines, and the same bytes."""
    signed = SignedCheckpoint.parse(PUBLISHED)
    assert signed.checkpoint.origin == "example.com/behind-the-sofa"
    assert signed.checkpoint.size == 20852163
    assert signed.checkpoint.root.hex().startswith("0ac5186a")
    log, witness = signed.signatures
    assert len(log.signature) == 64
    assert int.from_bytes(witness.signature[:8], "big") == 1679315147
    assert signed.to_bytes() == PUBLISHED


def test_a_checkpoint_survives_its_bytes() -> None:
    """What is written is read back, body and signatures, and holds for its log and witness."""
    read = SignedCheckpoint.parse(COSIGNED.to_bytes())
    assert read == COSIGNED
    verified = read.verified([LOG_KEY], [ONE, TWO])
    assert verified.checkpoint == CHECKPOINT
    assert [one.key for one in verified.signatures] == [LOG_KEY]
    assert verified.cosigners == {ONE}
    assert [one.posix_seconds for one in verified.cosignatures] == [1679315147]


def test_a_cosignature_signs_what_the_specification_says() -> None:
    """Header line, time line and the whole body; the time stands before the signature."""
    (_, line) = COSIGNED.signatures
    message = b"cosignature/v1\ntime 1679315147\n" + CHECKPOINT.text
    assert line.signature[:8] == (1679315147).to_bytes(8, "big")
    assert verify_bytes(FIRST.public, message, line.signature[8:])
    hashed = b"one.example\n\x04" + FIRST.public
    assert line.key_id == sha256(hashed).digest()[:4]


def test_a_cosignature_holds_for_its_time_and_body_alone() -> None:
    """Another time, size, root, key or length makes it worthless."""
    blob = cosignature.sign(FIRST, CHECKPOINT.text, 5)
    assert cosignature.verified_time(FIRST.public, CHECKPOINT.text, blob) == 5
    for key, text, changed in (
        (SECOND, CHECKPOINT.text, blob),
        (FIRST, Checkpoint(ORIGIN, 20852164, ROOT).text, blob),
        (FIRST, CHECKPOINT.text, (6).to_bytes(8, "big") + blob[8:]),
        (FIRST, CHECKPOINT.text, blob[:-1]),
        (FIRST, CHECKPOINT.text, blob + b"\0"),
        (FIRST, CHECKPOINT.text, b""),
    ):
        assert cosignature.verified_time(key.public, text, changed) is None


def test_times_stay_below_two_to_the_63() -> None:
    """Zero and 2^63 are not signed; a time of 2^63 is not believed though the signature fits."""
    assert cosignature.sign(FIRST, b"x\n", 2**63 - 1)[:8] == b"\x7f" + b"\xff" * 7
    for seconds in (0, -1, 2**63):
        with pytest.raises(CosignatureTimeRefused):
            CHECKPOINT.cosign("one.example", FIRST, seconds)
    beyond = 2**63
    forged = beyond.to_bytes(8, "big") + FIRST.sign(cosignature.signed_message(b"x\n", beyond))
    assert cosignature.verified_time(FIRST.public, b"x\n", forged) is None


def test_cosignatures_leave_the_body_alone() -> None:
    """Adding lines changes no byte that stood there before, and repeats none."""
    more = CHECKPOINT.cosign(TWO.name, SECOND, 9)
    twice = COSIGNED.with_signatures([more, more, *COSIGNED.signatures])
    assert twice.to_bytes() == COSIGNED.to_bytes() + more.line.encode()


def test_a_key_is_a_log_only_under_the_origin() -> None:
    """A good signature under another name, or a cosignature, is not the log's own word."""
    other_name = sign_text(CHECKPOINT.text, "other.example", LOG)
    other_key = VerifierKey.from_raw("other.example", LOG.public)
    with pytest.raises(CheckpointUnsigned):
        SignedCheckpoint(CHECKPOINT, (other_name,)).verified([other_key, LOG_KEY])
    cosigned_only = SignedCheckpoint(CHECKPOINT, COSIGNED.signatures[1:])
    with pytest.raises(CheckpointUnsigned):
        cosigned_only.verified([LOG_KEY], [ONE])
    with pytest.raises(CheckpointUnsigned):
        SIGNED.verified([], [])
    # A node that cosigns under its own name has not thereby signed its checkpoint.
    own = SignedCheckpoint(CHECKPOINT, (CHECKPOINT.cosign(ORIGIN, LOG, 1),))
    with pytest.raises(CheckpointUnsigned):
        own.verified([VerifierKey.from_raw(ORIGIN, LOG.public, SignatureType.COSIGNATURE)])


def test_a_plain_key_is_no_witness() -> None:
    """A key of type 01 among the witnesses is not counted, whatever it signed."""
    plain = VerifierKey.from_raw("one.example", FIRST.public)
    signed = SIGNED.with_signatures([sign_text(CHECKPOINT.text, "one.example", FIRST)])
    assert signed.verified([LOG_KEY], [plain, ONE]).cosigners == frozenset()


def test_a_failing_cosignature_of_a_known_witness_rejects_the_checkpoint() -> None:
    """The witness is known, its line fails: nothing is believed; unknown, it is passed over."""
    bad = NoteSignature(ONE.name, ONE.key_id, bytes(72))
    with pytest.raises(NoteSignatureFails):
        SIGNED.with_signatures([bad]).verified([LOG_KEY], [ONE])
    assert SIGNED.with_signatures([bad]).verified([LOG_KEY], [TWO]).cosigners == frozenset()


def test_two_times_of_one_witness_are_one_cosigner() -> None:
    """Cosignatures of different times are all kept, their key counts once."""
    both = COSIGNED.with_signatures([CHECKPOINT.cosign(ONE.name, FIRST, 1679315148)])
    verified = both.verified([LOG_KEY], [ONE])
    assert [one.posix_seconds for one in verified.cosignatures] == [1679315147, 1679315148]
    assert verified.cosigners == {ONE}


BODY = CHECKPOINT.text


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n\n\n",
        BODY[:-1],
        BODY + b"extension\n",
        BODY + b"\n",
        b"\n" + BODY,
        BODY.replace(b"\n", b"\r\n"),
        BODY.replace(b"\n", b"\n\n", 1),
        BODY.replace(b"20852163", b"020852163"),
        BODY.replace(b"20852163", b"+20852163"),
        BODY.replace(b"20852163", b"-1"),
        BODY.replace(b"20852163", b""),
        BODY.replace(b"20852163", b" 20852163"),
        BODY.replace(b"20852163", b"20852163 "),
        BODY.replace(b"20852163", b"2_0852163"),
        BODY.replace(b"20852163", b"0x10"),
        BODY.replace(b"20852163", b"00"),
        BODY.replace(b"20852163", "２".encode()),
        BODY.replace(b"20852163", b"9223372036854775808"),
        BODY.replace(b"20852163", b"9" * 5000),
        BODY.replace(b"=", b""),
        BODY.replace(b"=", b"=="),
        BODY.replace(b"=\n", b"\n"),
        BODY.replace(ORIGIN.encode(), b""),
        BODY.replace(ORIGIN.encode(), b"a b"),
        BODY.replace(ORIGIN.encode(), b"a+b"),
        BODY.replace(ORIGIN.encode(), b"a\tb"),
        BODY.replace(ORIGIN.encode(), b"a" * 256),
        b"\xef\xbb\xbf" + BODY[:3] + b"\xff" + BODY[3:],
        b"x" * MAX_TEXT_BYTES + BODY,
    ],
)
def test_a_body_has_one_spelling(text: bytes) -> None:
    """Everything but three exact lines is refused, alone and inside a signed note."""
    with pytest.raises(CheckpointMalformed):
        Checkpoint.from_text(text)
    try:
        note = Note(text, SIGNED.signatures).to_bytes()
    except NoteMalformed:
        return
    with pytest.raises((CheckpointMalformed, NoteMalformed)):
        SignedCheckpoint.parse(note)


def test_the_last_bits_of_a_root_are_zero() -> None:
    """Base64 whose unused bits differ spells the same hash otherwise, and is refused."""
    line = Checkpoint(ORIGIN, 1, bytes(32)).text
    assert line.endswith(b"AAA=\n")
    with pytest.raises(CheckpointMalformed):
        Checkpoint.from_text(line.replace(b"AAA=\n", b"AAB=\n"))


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [("", 1, ROOT), ("a b", 1, ROOT), (ORIGIN, -1, ROOT), (ORIGIN, 2**63, ROOT), (ORIGIN, 1, b"")],
)
def test_no_other_checkpoint_can_be_made(origin: str, size: int, root: bytes) -> None:
    """A checkpoint that could not be read back cannot be made to sign it."""
    with pytest.raises(CheckpointMalformed):
        Checkpoint(origin, size, root)


def test_the_largest_sizes_are_read() -> None:
    """Size 0 and size 2^63-1, under the longest origin, come out as they went in."""
    for size in (0, 2**63 - 1):
        checkpoint = Checkpoint("o" * 255, size, ROOT)
        assert Checkpoint.from_text(checkpoint.text) == checkpoint
    assert len(checkpoint.text) == MAX_TEXT_BYTES


def test_every_changed_bit_is_noticed() -> None:
    """No bit of a checkpoint signed by its log can be turned without it being refused."""
    data = SIGNED.to_bytes()
    for at in range(len(data) * 8):
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(LedgerError):
            SignedCheckpoint.parse(bytes(changed)).verified([LOG_KEY])
