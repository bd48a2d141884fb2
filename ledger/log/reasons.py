"""The outcomes of a verification and the closed list of its reasons.

Each reason belongs to one outcome; their sentences stand in ``ledger.log.verdict`` and
``ledger.log.message_reasons``. Reasons are stable: programs match on them.
"""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """From the best to the worst."""

    VALID = "VALID"
    VALID_HISTORICAL = "VALID_HISTORICAL"
    INDETERMINATE = "INDETERMINATE"
    INVALID = "INVALID"


class Reason(StrEnum):
    """Why; the order within an outcome is no rank."""

    # VALID
    VERIFIED = "verified"
    SIGNATURE_ONLY = "signature_only"
    # VALID, of a message between nodes
    MESSAGE_VERIFIED = "message_verified"
    # VALID_HISTORICAL
    KEY_ENDED = "key_ended"
    DATED_BEFORE_COMPROMISE = "dated_before_compromise"
    # INDETERMINATE
    UNKNOWN_LOG = "unknown_log"
    UNKNOWN_KEY = "unknown_key"
    POLICY_UNMET = "policy_unmet"
    COMPROMISED_UNDATED = "compromised_undated"
    ENTRY_NEEDED = "entry_needed"
    KIND_NOT_VERIFIED = "kind_not_verified"
    FOLD_UNKNOWN = "fold_unknown"
    # INVALID
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    SIGNATURE_FAILS = "signature_fails"
    KEY_NOT_ALLOWED = "key_not_allowed"
    OUTSIDE_VALIDITY = "outside_validity"
    ANOTHER_NODE = "another_node"
    PROOF_FAILS = "proof_fails"
    # INVALID, of a history statement
    ANOTHER_LOG = "another_log"
    COMMITMENT_FAILS = "commitment_fails"
    COMMITMENT_STALE = "commitment_stale"
    ENTRY_MISPLACED = "entry_misplaced"
    KNOWN_AT_DIFFERS = "known_at_differs"
    STREAMS_DIFFER = "streams_differ"
    HELD_NOT_PROVED = "held_not_proved"
    INCOMPLETE = "incomplete"
    NEXT_NOT_LATER = "next_not_later"
    SUBJECT_DIFFERS = "subject_differs"
    DISCLOSURE_FAILS = "disclosure_fails"
    UNFOLDABLE = "unfoldable"
    ANSWER_DIFFERS = "answer_differs"
    LIMITS_DIFFER = "limits_differ"
    ATTACHED_DIFFERS = "attached_differs"
    PAGE_DIFFERS = "page_differs"
    # INDETERMINATE, of a message between nodes
    EVENT_UNKNOWN = "event_unknown"
    # INVALID, of a message between nodes
    WRONG_RECIPIENT = "wrong_recipient"
    SECTIONS_DIFFER = "sections_differ"
    ENTRY_UNREADABLE = "entry_unreadable"
    ENTRIES_UNORDERED = "entries_unordered"
    ENTRY_EXTRA = "entry_extra"
    RECORD_TWICE = "record_twice"
    RECORD_MISSING = "record_missing"
    OPENING_MISSING = "opening_missing"
    PATH_BROKEN = "path_broken"
    SUPPLIER_NOT_SHOWN = "supplier_not_shown"
    SUBMISSION_MISSING = "submission_missing"
    SUBMISSION_UNSIGNED = "submission_unsigned"
    SUBMISSION_DIFFERS = "submission_differs"
    RECORD_NOT_IN_FORCE = "record_not_in_force"
    RECORD_DISPUTED = "record_disputed"
    ACT_DIFFERS = "act_differs"
    NOTICE_DIFFERS = "notice_differs"
    ANSWER_UNPROVED = "answer_unproved"
    STATUS_DIFFERS = "status_differs"
    NESTED_TOO_MUCH = "nested_too_much"
    NESTED_DIFFERS = "nested_differs"
