"""Signed notes and verifier keys: published examples, strict reading, who is believed."""

from __future__ import annotations

import pytest

from ledger.errors import LedgerError
from ledger.log.note import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    AmbiguousVerifierKeys,
    Note,
    NoteMalformed,
    NoteSignature,
    NoteSignatureFails,
    NoteUnsigned,
    Verified,
    cosign_text,
    sign_text,
)
from ledger.log.verifier_key import (
    MAX_NAME_BYTES,
    KeyNameRefused,
    SignatureType,
    VerifierKey,
    VerifierKeyMalformed,
    is_note_name,
)
from ledger.signing.keys import PublicKeyRefused, new_signing_key

PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM=\n"
).encode()
FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
FOOS_NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ON"
    "ncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()

NAME = "credit-ledger.example/xiamen"
KEY, OTHER = new_signing_key(bytes(32)), new_signing_key(b"o" * 32)
PUBLIC = VerifierKey.from_raw(NAME, KEY.public)
TEXT = "厦门\n\n二\n".encode()
SIGNED = Note(TEXT, (sign_text(TEXT, NAME, KEY),))
DATA = SIGNED.to_bytes()


@pytest.mark.parametrize(("vkey", "data"), [(PETER, PETERS_NOTE), (FOO, FOOS_NOTE)])
def test_published_notes_are_verified(vkey: str, data: bytes) -> None:
    """The examples of the specification and of golang.org/x/mod verify, and come out as they went in."""
    key = VerifierKey.from_vkey(vkey)
    assert key.vkey == vkey
    assert VerifierKey.from_raw(key.name, key.public) == key
    note = Note.parse(data)
    assert note.to_bytes() == data
    (found,) = note.verified([key])
    assert (found.key, found.posix_seconds) == (key, None)


def test_a_published_private_key_makes_the_published_note() -> None:
    """Signing is deterministic: the private key of the example gives the very bytes of its note."""
    seed = bytes.fromhex("810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173")
    text = PETERS_NOTE.partition(b"\n\n")[0] + b"\n"
    signature = sign_text(text, "PeterNeumann", new_signing_key(seed))
    assert Note(text, (signature,)).to_bytes() == PETERS_NOTE


def test_the_text_ends_at_the_last_empty_line() -> None:
    """Empty lines inside a text belong to it."""
    assert Note.parse(DATA).text == TEXT
    assert Note.parse(b"\n" + DATA).text == b"\n" + TEXT


def test_every_changed_byte_of_a_note_is_noticed() -> None:
    """No bit of a note with one signature can be turned without it being refused."""
    for at in range(len(DATA)):
        for bit in range(8):
            changed = DATA[:at] + bytes([DATA[at] ^ 1 << bit]) + DATA[at + 1 :]
            with pytest.raises(LedgerError):
                Note.parse(changed).verified([PUBLIC])


SIGNATURE = SIGNED.signatures[0].line.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        TEXT,
        TEXT + b"\n",
        TEXT + SIGNATURE,
        DATA[:-1],
        DATA + b"\n",
        DATA + b"x\n",
        DATA.replace(b"\n", b"\r\n"),
        DATA.replace(SIGNATURE, SIGNATURE[:-1] + b"\r\n"),
        DATA.replace(b"\n", b"\t\n", 1),
        b"\0" + DATA,
        b"\xff" + DATA,
        b"\xed\xa0\x80" + DATA,
        DATA.replace("—".encode(), b"-"),
        DATA.replace("— ".encode(), "—".encode()),
        DATA.replace("— ".encode(), "—  ".encode()),
        DATA.replace(b"xiamen ", b"xiamen  "),
        DATA.replace(b"xiamen ", b"xia+men "),
        DATA.replace(b"xiamen ", "xia\u3000men ".encode()),
        DATA.replace(NAME.encode() + b" ", b""),
        DATA.replace(NAME.encode(), b""),
        DATA.replace(b"\n" + SIGNATURE, b"\n" + SIGNATURE[:-1] + b" \n"),
        DATA.replace(b"\n" + SIGNATURE, b"\n" + SIGNATURE[:-1] + b"=\n"),
        TEXT + "\n— a AAAAAA==\n".encode(),  # a key id and nothing more
        TEXT + "\n— a AAAAAAA\n".encode(),  # no padding
        TEXT + "\n— a AAAAAAB=\n".encode(),  # unused bits that are not zero
        TEXT + "\n— a AAAA-_AA\n".encode(),  # the other alphabet
        TEXT + "\n— a\n".encode(),
        TEXT + b"\n" + SIGNATURE * (MAX_SIGNATURES + 1),
        b"x" * MAX_NOTE_BYTES + DATA,
    ],
)
def test_a_note_that_nobody_would_write_is_refused(data: bytes) -> None:
    """Every other spelling of a note is a typed error, told in three languages."""
    with pytest.raises(NoteMalformed) as caught:
        Note.parse(data)
    assert all(caught.value.message(language) for language in ("en", "zh-CN", "zh-TW"))


def test_what_could_not_be_read_is_not_written() -> None:
    """A text without final newline, no signature, too many: refused before anybody gets it."""
    for text in (b"", b"x", b"x\r\n", b"\xff\n"):
        with pytest.raises(NoteMalformed):
            Note(text, SIGNED.signatures).to_bytes()
    with pytest.raises(NoteMalformed):
        Note(TEXT, ()).to_bytes()
    with pytest.raises(NoteMalformed):
        Note(TEXT, SIGNED.signatures * (MAX_SIGNATURES + 1)).to_bytes()
    for name, key_id, signature in (
        ("a b", b"1234", b"s"),
        ("a\n", b"1234", b"s"),
        ("\x01", b"1234", b"s"),
        ("\ud800", b"1234", b"s"),
        ("a", b"123", b"s"),
        ("a", b"1234", b""),
    ):
        with pytest.raises(NoteMalformed):
            NoteSignature(name, key_id, signature)


def test_the_line_of_a_fault_is_named() -> None:
    """An error says which line of the note cannot be read, counted from the top."""
    with pytest.raises(NoteMalformed) as caught:
        Note.parse(DATA + b"- a AAAA\n")
    assert caught.value.fields["line"] == 6
    with pytest.raises(NoteMalformed) as caught:
        Note.parse(TEXT + "\n— a AAAAAA==\n".encode())
    assert caught.value.fields["line"] == 5
    with pytest.raises(NoteMalformed) as caught:
        Note.parse(TEXT + b"\r\n")
    assert caught.value.fields["line"] == 4


# -- whom to believe -------------------------------------------------------------


def line(note: Note, **changes: object) -> NoteSignature:
    one = note.signatures[0]
    fields = {"name": one.name, "key_id": one.key_id, "signature": one.signature} | changes
    return NoteSignature(**fields)  # type: ignore[arg-type]


def test_unknown_keys_are_ignored() -> None:
    """A line that shares only name or only id with a known key is passed over, right or wrong."""
    strangers = (
        line(SIGNED, name="somebody.example"),
        line(SIGNED, key_id=b"\0\0\0\0"),
        NoteSignature("post-quantum.example", b"1234", bytes(4627)),
    )
    note = Note(TEXT, strangers + SIGNED.signatures)
    assert Note.parse(note.to_bytes()) == note
    assert note.verified([PUBLIC]) == (Verified(PUBLIC, None, SIGNED.signatures[0]),)
    with pytest.raises(NoteUnsigned):
        Note(TEXT, strangers).verified([PUBLIC])
    assert Note(TEXT, strangers).verified_if_any([PUBLIC]) == ()


def test_a_known_key_that_fails_rejects_the_note() -> None:
    """One failing line of a known key rejects all, before or after lines that hold."""
    bad = line(SIGNED, signature=bytes(64))
    short = line(SIGNED, signature=SIGNED.signatures[0].signature[:-1])
    for lines in ((bad,), (bad, *SIGNED.signatures), (*SIGNED.signatures, bad), (short,)):
        with pytest.raises(NoteSignatureFails):
            Note(TEXT, lines).verified([PUBLIC])


def test_the_same_line_twice_counts_once() -> None:
    """A repeated line is read, and gives one verified signature."""
    twice = Note.parse(DATA + SIGNATURE)
    assert len(twice.signatures) == 2
    assert len(twice.verified([PUBLIC, PUBLIC])) == 1


def test_sixteen_signers_and_more_are_accepted() -> None:
    """As many signatures as the bound allows are verified, each by its key."""
    keys = [new_signing_key(bytes([n] * 32)) for n in range(MAX_SIGNATURES)]
    assert len(keys) >= 16
    note = Note(TEXT, tuple(sign_text(TEXT, f"n{n}", key) for n, key in enumerate(keys)))
    known = [VerifierKey.from_raw(f"n{n}", key.public) for n, key in enumerate(keys)]
    assert [one.key for one in Note.parse(note.to_bytes()).verified(known)] == known


def test_signatures_are_added_beneath() -> None:
    """Further lines follow the old ones, the text stays, none is repeated."""
    more = sign_text(TEXT, "other.example", OTHER)
    assert SIGNED.with_signatures([more, more, *SIGNED.signatures]).to_bytes() == (
        DATA + more.line.encode()
    )


def test_two_keys_of_one_name_and_id_are_not_guessed_between() -> None:
    """Keys made to collide are an error, whichever of the two signed."""
    twin = VerifierKey.from_raw(NAME, OTHER.public)
    object.__setattr__(twin, "key_id", PUBLIC.key_id)
    with pytest.raises(AmbiguousVerifierKeys):
        SIGNED.verified([PUBLIC, twin])


def test_a_signature_is_of_one_type() -> None:
    """A cosignature key's id differs from that of the same key for plain signatures."""
    cosigner = VerifierKey.from_raw(NAME, KEY.public, SignatureType.COSIGNATURE)
    assert cosigner.key_id != PUBLIC.key_id
    with pytest.raises(NoteUnsigned):
        SIGNED.verified([cosigner])
    note = Note(TEXT, (cosign_text(TEXT, NAME, KEY, 7),))
    assert [one.posix_seconds for one in note.verified([cosigner])] == [7]
    with pytest.raises(NoteUnsigned):
        note.verified([PUBLIC])


# -- verifier keys ----------------------------------------------------------------

SMALL_ORDER = "AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        PETER + "\n",
        " " + PETER,
        PETER + "=",
        PETER[:-1],
        PETER.replace("c74f20a3", "C74F20A3"),
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("c74f20a3", "0c74f20a3"),
        PETER.replace("c74f20a3", "c74f20a"),
        PETER.replace("Peter", "peter"),
        PETER.replace("PeterNeumann", ""),
        PETER.replace("PeterNeumann", "Peter Neumann"),
        PETER.replace("+ARpc", "+Ahpc"),
        PETER.replace("+ARpc", "+BRpc"),
        "PeterNeumann+c74f20a3+" + SMALL_ORDER,
        "a\ud800" + PETER,
        "a" * 300 + PETER,
    ],
)
def test_a_verifier_key_has_one_spelling(text: str) -> None:
    """Another name, id, type, case, padding or a key no verifier agrees on is refused."""
    with pytest.raises(VerifierKeyMalformed) as caught:
        VerifierKey.from_vkey(text)
    assert all(caught.value.message(language) for language in ("en", "zh-CN", "zh-TW"))


def test_only_admitted_keys_exist() -> None:
    """A key of small order cannot be made a verifier key in any way."""
    with pytest.raises(PublicKeyRefused):
        VerifierKey.from_raw(NAME, bytes([1, *bytes(31)]))


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\u00a0b", "a\u2028", "a\n", "a\x7f", "a\x9f", "é" * 128, "\ud800"]
)
def test_key_names_are_bounded_and_plain(name: str) -> None:
    """No space of any script, no plus, no control character, at most 255 bytes."""
    with pytest.raises(KeyNameRefused):
        VerifierKey.from_raw(name, KEY.public)
    with pytest.raises(KeyNameRefused):
        sign_text(TEXT, name, KEY)


def test_the_longest_key_name_is_usable() -> None:
    """A name of exactly 255 bytes makes a key whose text is read back."""
    key = VerifierKey.from_raw("é" * 127 + "x", KEY.public)
    assert len(key.name.encode()) == MAX_NAME_BYTES
    assert VerifierKey.from_vkey(key.vkey) == key


def test_spaces_are_those_of_unicode() -> None:
    """The characters no key name may hold are exactly White_Space, plus and control characters."""
    white = {0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
    refused = {code for code in range(0x20, 0x110000) if not is_note_name(chr(code))}
    assert refused == white | {0x20, ord("+")}
