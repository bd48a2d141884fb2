"""What the verifier in a browser knows from the program: reasons, sentences, forms, limits.

``api/pages/verifier/tables.mjs`` is made of the program's own tables, and a test holds it
current: a sentence, a reason or the form of an event is written down once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from inspect import getclosurevars
from typing import Any, Final

from api.cli.message_words import MESSAGE_WORDS
from ledger.codec import HEADER
from ledger.entry import MAX_PAYLOAD_BYTES, STREAM_KINDS
from ledger.errors import LedgerError, Phrase
from ledger.events import EVENT_TYPES
from ledger.exchange import forms, judging_answers, shown, trust_list
from ledger.exchange.holdings import NEVER, OF_BUNDLES
from ledger.exchange.judging import PURPOSES
from ledger.exchange.judging_notice import REQUIRED_BY
from ledger.identifiers import SCHEMES, is_natural_person_scheme
from ledger.log import checkpoint, lines, note, policy, proof_file, trust, verifier_key, verifying
from ledger.log.message_reasons import MESSAGE_TABLE
from ledger.log.reasons import Outcome, Reason
from ledger.log.verdict import Verdict
from ledger.signing import canonical, dsse, submission

_HEAD: Final = "// Made by scripts/make_verifier of the program's own tables; not to be edited.\n"

PHRASES: Final = {
    "ledger.log.verifying": (
        "CHECKPOINT_", "ENTRY_", "PROVED_", "ALONE_", "_WRONG_ROOT", "_NOT_AN_ENTRY",
    ),
    "ledger.log.lines": (
        "NOT_UTF8", "CONTROL_CHARACTER", "NO_FINAL_NEWLINE", "NOT_A_NUMBER", "NOT_A_HASH",
        "NOT_BASE64", "TOO_MANY_HASHES", "NO_CHECKPOINT",
    ),
    "ledger.log.note": ("_NO_SIGNATURES", "_TOO_MANY", "_NOT_A_SIGNATURE"),
    "ledger.log.checkpoint": ("_THREE_LINES",),
    "ledger.log.proof_file": ("_FIRST", "_NO_INDEX", "_EMPTY_EXTRA"),
    "ledger.log.verifier_key": (
        "_THREE_PARTS", "_TOO_LONG", "_NOT_A_KEY", "_UNKNOWN_TYPE", "_WRONG_ID",
    ),
    "ledger.log.policy_words": (
        "DEFINED_TWICE", "KEY_TWICE", "MEMBER_TWICE", "NO_QUORUM", "NOT_A_LINE",
        "NOT_A_THRESHOLD", "NOT_DEFINED", "NOT_PRINTABLE", "QUORUM_TWICE", "RESERVED",
        "WRONG_KEY_TYPE",
    ),
    "ledger.log.trust": (
        "WHOLE", "_TWICE", "_NO_NODE", "_OTHER_KEY", "_ENDS_BEFORE", "_NO_SINCE", "_NO_END",
        "_OWN_NEXT", "_COLLISION",
    ),
    "ledger.exchange.trust_list": (
        "_TOO_MANY", "_PREVIOUS", "_NEVER_IN_FORCE", "_ANOTHER_TYPE", "_ANOTHER_SPELLING",
    ),
    "ledger.exchange.refuted": ("BUNDLE_", "MESSAGE_", "SUBMISSION_"),
    "ledger.exchange.evidence": ("_NO_CONSISTENCY", "_LARGER"),
    "ledger.exchange.judging": ("_NO_RECIPIENT", "_OWN_RECIPIENT", "_BAD_SEQUENCE"),
    "ledger.exchange.judging_bundle": (
        "RECORD_", "_TWICE", "_NOT_FIRST", "_NOT_PASSED", "_NOT_SHOWN", "_BAD_PATH",
    ),
    "ledger.exchange.judging_submissions": (
        "_NOT_A_MANIFEST", "_UNORDERED", "_OTHER_SUPPLIER", "_OTHER_ATTESTATION", "_NO_ROW",
    ),
    "ledger.exchange.judging_answers": (
        "_NOT_ENTERED", "_HELD", "_ONWARD", "_TWICE", "_OTHER_LOG",
    ),
    "ledger.exchange.holdings": ("_NAMED",),
}  # fmt: skip
"""The parts of sentences that a verdict can name, by the module that has them."""

CODES: Final = frozenset(
    {
        "json_number_not_allowed", "json_key_not_ascii", "json_too_deep", "json_too_long",
        "json_malformed", "json_duplicate_key", "json_not_canonical", "json_lone_surrogate",
        "not_base64", "wrong_length", "envelope_malformed", "note_malformed",
        "checkpoint_malformed", "proof_file_malformed", "public_key_refused",
        "key_name_refused", "verifier_key_malformed", "policy_malformed", "trust_malformed",
        "trust_list_unsigned", "message_malformed", "manifest_malformed", "submission_too_long",
        "note_signature_fails", "checkpoint_unsigned", "ambiguous_verifier_keys",
    }
)  # fmt: skip
"""The errors that the verifier can tell of."""


def modules() -> dict[str, str]:
    """The modules by name: what the engine knows, and what the page around it shows."""
    terms = {facts.type_name(): facts.term for facts in EVENT_TYPES.values()}
    return {
        "tables.mjs": _module(_values()),
        "terms.mjs": _module({"TERMS": terms, "REMARKS": MESSAGE_WORDS}),
    }


def _module(values: Mapping[str, object]) -> str:
    """One member a line."""
    return _HEAD + "".join(
        f"export const {name} = {json.dumps(value, ensure_ascii=False, separators=(',', ':'))};\n"
        for name, value in values.items()
    )


def _values() -> dict[str, object]:
    shapes = _Shapes()
    messages = {kind: shapes.of_model(form) for kind, form in forms.FORMS.items()}
    events = {
        topic: {"stream": facts.stream_kind, "shape": shapes.of_model(facts)}
        for topic, facts in sorted(EVENT_TYPES.items())
    }
    return {
        "REASONS": {str(reason): _reason(reason) for reason in Reason},
        "OUTCOMES": [str(outcome) for outcome in Outcome],
        "PHRASES": _phrases(),
        "ERRORS": {code: texts for code, texts in sorted(_errors().items()) if code in CODES},
        "LIMITS": _limits(),
        "TYPES": {name: value for name, value in vars(dsse).items() if _is_type(value)},
        "KINDS": {kind: form.kind for kind, form in forms.FORMS.items()},
        "MESSAGES": messages,
        "EVENTS": events,
        "TRUST_FILE": shapes.of_model(trust._File),  # noqa: SLF001 - the form itself, which nobody else needs
        "TRUST_LIST_PAYLOAD": shapes.of_model(trust_list._Payload),  # noqa: SLF001 - as above
        "SHAPES": shapes.known,
        "PURPOSES": PURPOSES,
        "REQUIRED_BY": dict(REQUIRED_BY),
        "SCHEMES": {scheme: is_natural_person_scheme(scheme) for scheme in SCHEMES},
        "STREAM_KINDS": list(STREAM_KINDS),
        "HEADER": sorted(HEADER),
        "OF_BUNDLES": sorted(one.type_name() for one in OF_BUNDLES),
        "NEVER": sorted(one.type_name() for one in NEVER),
    }


def _is_type(value: object) -> bool:
    return isinstance(value, str) and value.startswith("application/vnd.credit-ledger.")


def _reason(reason: Reason) -> list[str]:
    from ledger.log.verdict import _TABLE  # noqa: PLC0415 - the table itself, not its sentences

    outcome, phrase = (_TABLE | MESSAGE_TABLE)[reason]
    assert Verdict.of(reason).outcome is outcome
    return [str(outcome), phrase.en, phrase.zh_cn, phrase.zh_tw]


def _phrases() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for module, names in PHRASES.items():
        for name in names:
            phrase = getattr(import_module(module), name)
            assert isinstance(phrase, Phrase)
            texts = [phrase.en, phrase.zh_cn, phrase.zh_tw]
            if phrase.fields:
                texts = [text.format(**phrase.fields) for text in texts]
            found[f"{module.rpartition('.')[2]}.{name}"] = texts
    return found


def _errors() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    waiting = [LedgerError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found[kind.code] = [kind.en, kind.zh_cn, kind.zh_tw]
    return found


def _limits() -> dict[str, int]:
    return {
        "file": verifying.MAX_FILE_BYTES,
        "payload": MAX_PAYLOAD_BYTES,
        "json": canonical.MAX_JSON_BYTES,
        "depth": canonical.MAX_DEPTH,
        "message_depth": forms.MESSAGE_DEPTH,
        "envelope": dsse.MAX_ENVELOPE_BYTES,
        "signatures": dsse.MAX_SIGNATURES,
        "list_signatures": trust_list.MAX_LIST_SIGNATURES,
        "list": trust_list.MAX_LIST_BYTES,
        "trust": trust.MAX_TRUST_BYTES,
        "note": note.MAX_NOTE_BYTES,
        "note_signatures": note.MAX_SIGNATURES,
        "checkpoint": checkpoint.MAX_TEXT_BYTES,
        "hashes": lines.MAX_HASHES,
        "proof_head": proof_file.MAX_HEAD_BYTES,
        "proof_extra": proof_file.MAX_EXTRA_BYTES,
        "policy": policy.MAX_POLICY_BYTES,
        "policy_definitions": policy.MAX_DEFINITIONS,
        "key_name": verifier_key.MAX_NAME_BYTES,
        "vkey": verifier_key.MAX_VKEY_CHARACTERS,
        "bundle": forms.MAX_BUNDLE_BYTES,
        "message": forms.MAX_MESSAGE_BYTES,
        "sections": forms.MAX_SECTIONS,
        "nested": judging_answers.MAX_NESTED,
        "manifest": submission.MAX_MANIFEST_BYTES,
        "manifest_rows": submission.MAX_ROWS,
        "manifest_text": submission.MAX_TEXT,
        "place": forms.MAX_PLACE,
    }


# -- forms -------------------------------------------------------------------------


class _Shapes:
    """The forms that pydantic holds values against, each once, in few words.

    ``known[n]`` is one shape: ``[kind, ...]``; a number in it is the place of another.
    """

    def __init__(self) -> None:
        self.known: list[list[Any]] = []
        self._places: dict[str, int] = {}

    def of_model(self, model: Any) -> int:
        return self._of(model.__pydantic_core_schema__)

    def _kept(self, shape: list[Any]) -> int:
        text = json.dumps(shape)
        if text not in self._places:
            self._places[text] = len(self.known)
            self.known.append(shape)
        return self._places[text]

    def _of(self, schema: Mapping[str, Any]) -> int:
        return self._kept(_MAKERS[schema["type"]](self, schema))

    def of_str_(self, schema: Mapping[str, Any]) -> list[Any]:
        bounds = [schema.get("min_length"), schema.get("max_length")]
        return ["str", *bounds, schema.get("pattern")]

    def of_int_(self, schema: Mapping[str, Any]) -> list[Any]:
        assert schema["strict"]
        return ["int", schema.get("ge"), schema.get("le")]

    def of_bool_(self, schema: Mapping[str, Any]) -> list[Any]:
        assert schema["strict"]
        return ["bool"]

    def of_literal_(self, schema: Mapping[str, Any]) -> list[Any]:
        assert all(type(one) is str for one in schema["expected"])
        return ["literal", list(schema["expected"])]

    def of_nullable_(self, schema: Mapping[str, Any]) -> list[Any]:
        return ["nullable", self._of(schema["schema"])]

    def of_tuple_(self, schema: Mapping[str, Any]) -> list[Any]:
        (item,) = schema["items_schema"]
        assert schema["variadic_item_index"] == 0
        return ["list", self._of(item), schema.get("min_length"), schema.get("max_length")]

    def of_dict_(self, schema: Mapping[str, Any]) -> list[Any]:
        assert "min_length" not in schema
        assert "max_length" not in schema
        keys, values = schema.get("keys_schema"), schema.get("values_schema")
        return ["dict", *(None if one is None else self._of(one) for one in (keys, values))]

    def of_union_(self, schema: Mapping[str, Any]) -> list[Any]:
        return ["union", [self._of(one) for one in schema["choices"]]]

    def of_any_(self, _: Mapping[str, Any]) -> list[Any]:
        return ["any"]

    def of_definitions_(self, schema: Mapping[str, Any]) -> list[Any]:
        # The only recursive form is that of any JSON value.
        (one,) = schema["definitions"]
        assert one["ref"].startswith("pydantic.types.JsonValue")
        return self.known[self._of(schema["schema"])]

    def of_reference_(self, _: Mapping[str, Any]) -> list[Any]:
        return ["any"]

    def of_before_(self, schema: Mapping[str, Any]) -> list[Any]:
        function = schema["function"]["function"]
        name = function.__name__
        if name == "_day":
            return ["day"]
        if name == "_instant":
            return ["instant"]
        if name == "hashes_of":
            return ["hashes", 2 * forms.MAX_PATH]
        assert name == "read"
        given = getclosurevars(function).nonlocals
        return ["bytes", given["what"], given["size"], given["most"]]

    def of_plain_(self, schema: Mapping[str, Any]) -> list[Any]:
        assert schema["function"]["function"] is shown.entries_of
        text = 4 * (MAX_PAYLOAD_BYTES // 3 + 1)
        return ["entries", shown.MAX_ENTRIES, text, 2 * shown.MAX_PATH]

    def of_after_(self, schema: Mapping[str, Any]) -> list[Any]:
        name = schema["function"]["function"].__name__
        return ["after", self._of(schema["schema"]), name.strip("_")]

    def of_model_(self, schema: Mapping[str, Any]) -> list[Any]:
        inner = schema["schema"]
        if inner["type"] != "model-fields":
            return ["after", *self.known[self._of(inner)][1:]]
        assert schema["config"]["extra_fields_behavior"] == "forbid"
        members = []
        for name, field in inner["fields"].items():
            form, default, is_required = field["schema"], None, True
            if form["type"] == "default":
                is_required, default, form = False, form["default"], form["schema"]
            default = list(default) if isinstance(default, tuple) else default
            alias = field.get("validation_alias", name)
            members.append([name, alias, is_required, default, self._of(form)])
        return ["model", members, schema["cls"].__name__]


_MAKERS: Final = {
    "str": _Shapes.of_str_,
    "int": _Shapes.of_int_,
    "bool": _Shapes.of_bool_,
    "literal": _Shapes.of_literal_,
    "nullable": _Shapes.of_nullable_,
    "tuple": _Shapes.of_tuple_,
    "dict": _Shapes.of_dict_,
    "union": _Shapes.of_union_,
    "any": _Shapes.of_any_,
    "definitions": _Shapes.of_definitions_,
    "definition-ref": _Shapes.of_reference_,
    "function-before": _Shapes.of_before_,
    "function-plain": _Shapes.of_plain_,
    "function-after": _Shapes.of_after_,
    "model": _Shapes.of_model_,
}
