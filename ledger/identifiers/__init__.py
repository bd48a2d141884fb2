"""Identifiers of subjects and organisations, and working-day calendars. Pure."""

from ledger.identifiers.calendar import (
    DueDate,
    UnusableTerm,
    WorkingCalendar,
    WorkingDays,
)
from ledger.identifiers.kinds import SUBJECT_KINDS, KindClass, SubjectKind, class_of_kind
from ledger.identifiers.others import BadIdentifier
from ledger.identifiers.resident import BadResidentNumber, age_on, birth_date
from ledger.identifiers.schemes import (
    SCHEMES,
    AmbiguousIdentifier,
    Scheme,
    UnknownIdentifierForm,
    UnknownScheme,
    detect_scheme,
    identify,
    is_natural_person_scheme,
    normalise,
    parse_scheme,
    scheme_of_certificate,
    settle_scheme,
)
from ledger.identifiers.subject_id import (
    BadOrganisationId,
    commitments_id,
    node_id,
    normalise_organisation_id,
    organisation_id,
    private_id,
    public_id,
    subject_id,
)
from ledger.identifiers.uscc import BadUscc, kind_of_uscc, normalise_uscc

__all__ = [
    "SCHEMES",
    "SUBJECT_KINDS",
    "AmbiguousIdentifier",
    "BadIdentifier",
    "BadOrganisationId",
    "BadResidentNumber",
    "BadUscc",
    "DueDate",
    "KindClass",
    "Scheme",
    "SubjectKind",
    "UnknownIdentifierForm",
    "UnknownScheme",
    "UnusableTerm",
    "WorkingCalendar",
    "WorkingDays",
    "age_on",
    "birth_date",
    "class_of_kind",
    "commitments_id",
    "detect_scheme",
    "identify",
    "is_natural_person_scheme",
    "kind_of_uscc",
    "node_id",
    "normalise",
    "normalise_organisation_id",
    "normalise_uscc",
    "organisation_id",
    "parse_scheme",
    "private_id",
    "public_id",
    "scheme_of_certificate",
    "settle_scheme",
    "subject_id",
]
