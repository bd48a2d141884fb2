"""The kinds of subject that facts are recorded about."""

from __future__ import annotations

from typing import Literal, get_args

SubjectKind = Literal[
    "legal_person",
    "sole_trader",
    "public_institution",
    "social_organisation",
    "government_body",
    "natural_person",
]
SUBJECT_KINDS: tuple[SubjectKind, ...] = get_args(SubjectKind)

KindClass = Literal["organisation", "natural_person"]
"""Directories and publicity tell organisations from natural persons, no further."""


def class_of_kind(kind: SubjectKind) -> KindClass:
    """Sole traders count as organisations: they have a code and their records are public."""
    return "natural_person" if kind == "natural_person" else "organisation"
