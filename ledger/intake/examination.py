"""One row examined: every check of the templates, in one pass. Pure.

What has no value because of a finding is skipped by later checks, so no finding is the
mere consequence of another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from hashlib import blake2b

from ledger.errors import UnusableInput
from ledger.events.base import MAX_TEXT, UNSEEN
from ledger.identifiers import (
    Scheme,
    age_on,
    birth_date,
    identify,
    kind_of_uscc,
    scheme_of_certificate,
)
from ledger.intake import fields as f
from ledger.intake.normalise import has_no_end, parse_amount, parse_categories, parse_date
from ledger.intake.reasons import Finding, shown
from ledger.intake.rows import (
    AcceptedRow,
    Body,
    LicenceDetails,
    Person,
    RejectedRow,
    RowSubject,
)
from ledger.intake.standards import Standards, body_code, usable_uscc
from ledger.intake.table import RawRow

DIGEST_BYTES = 16
"""Two different rows of one file meet with a probability far below that of a broken disk."""
_CONTROL = re.compile(rf"[{UNSEEN}\ufffe\uffff]")
"""No cell of text needs them; the two-way marks make a name read as another. All that a
text of an entry refuses is here, so that a row is rejected and never stops the import."""

_NEEDED: Mapping[str, tuple[str, ...]] = {
    f.NATURAL_PERSON: (f.CERTIFICATE, f.CERTIFICATE_NUMBER),
    f.ORGANISATION: (f.USCC,),
    f.SOLE_TRADER: (f.USCC,),
}
"""What has to say who the subject is, by its category."""

_WITH_BIRTH: frozenset[Scheme] = frozenset({"resident_id", "residence_permit"})


class Examination:
    """One row under examination: its values, what was found, and the normal forms so far."""

    __slots__ = (
        "_cells",
        "_faulty",
        "_findings",
        "_layout",
        "_normal",
        "_raw",
        "_seen",
        "_standards",
        "_values",
    )

    def __init__(self, standards: Standards, raw: RawRow, seen: dict[bytes, int]) -> None:
        self._standards = standards
        self._layout = standards.layout
        self._seen = seen
        self._raw = raw
        self._cells = standards.template.cells(raw)
        self._values = {code: text for code, cell in self._cells.items() if (text := cell.strip())}
        self._normal = self._values.copy()
        self._findings: list[Finding] = []
        self._faulty: set[str] = set()

    def verdict(self) -> AcceptedRow | RejectedRow:
        self._cell_faults()
        self._texts()
        self._required()
        layout, get = self._layout, self._values.get
        decided_on, valid_from, valid_until, publish_until = self._dates()
        subject = self._subject(decided_on)
        representative = self._representative()
        organ = self._body(layout.organ, layout.organ_code)
        source = self._body(layout.source, layout.source_code)
        fine, confiscated = self._amount(layout.fine), self._amount(layout.confiscated)
        categories = self._row_categories(decided_on)
        self._directory(subject, decided_on)
        self._forbidden(decided_on)
        digest = self._duplicate()
        if source is not None and source.code != self._standards.supplier:
            fields = {"shown": shown(source.code), "supplier": self._standards.supplier}
            self._found("not_this_supplier", layout.source_code, fields)
        if self._findings:
            return RejectedRow(self._raw, tuple(self._findings))
        assert subject is not None
        assert decided_on is not None
        assert organ is not None
        assert source is not None
        return AcceptedRow(
            number=self._raw.number,
            item=layout.item,
            subject=subject,
            document_number=self._values[f.DOCUMENT_NUMBER],
            decided_on=decided_on,
            categories=categories,
            legal_basis=get(layout.legal_basis) if layout.legal_basis else None,
            fine=fine,
            confiscated=confiscated,
            organ=organ,
            source=source,
            valid_from=valid_from,
            valid_until=valid_until,
            publish_until=publish_until,
            licence=self._licence(),
            representative=representative,
            registrations={code: text for code in f.REGISTRATIONS if (text := get(code))},
            narrative={code: text for code in layout.narrative if (text := get(code))},
            cells=self._cells,
            digest=digest,
        )

    def _found(self, kind: str, code: str, fields: Mapping[str, object] | None = None) -> None:
        """Note a finding, except in a cell of which reading already said that it is faulty."""
        if code not in self._faulty:
            column = self._standards.headers[code]
            self._findings.append(Finding(kind, {"column": column, **(fields or {})}))

    # -- cells as text ----------------------------------------------------------

    def _cell_faults(self) -> None:
        for fault in self._raw.faults:
            code = self._standards.code_at.get(fault.column if fault.column is not None else -1)
            if code is not None:  # a fault in a column that is not kept harms nothing
                self._found(fault.kind, code, {"shown": shown(self._cells.get(code, ""))})
                self._faulty.add(code)

    def _texts(self) -> None:
        whole = "\n".join(self._cells.values())
        if _CONTROL.search(whole):
            for code, cell in self._cells.items():
                if _CONTROL.search(cell):
                    self._found("control_character", code)
                    self._faulty.add(code)
        if len(whole) > MAX_TEXT:
            sealed = self._layout.narrative
            for code, text in self._values.items():
                if len(text) > MAX_TEXT and code not in sealed:
                    self._found("too_long", code, {"limit": MAX_TEXT})
                    self._faulty.add(code)

    def _required(self) -> None:
        values = self._values
        needed = _NEEDED.get(values.get(f.SUBJECT_CATEGORY, ""), ())
        if not values.keys() >= self._standards.required.keys():
            needed = (*self._standards.required, *needed)
        for code in needed:
            if code not in values:
                self._found("missing_required", code)

    # -- dates ------------------------------------------------------------------

    def _dates(self) -> tuple[date | None, date | None, date | None, date | None]:
        """Decided on, valid from, valid until, published until; None: not given or no date."""
        layout = self._layout
        today = self._standards.today
        decided_on = self._date(f.DECIDED_ON)
        valid_from = self._date(layout.valid_from)
        valid_until = self._date(layout.valid_until, may_have_no_end=True)
        publish_until = self._date(layout.publish_until)
        begins_at = f.DECIDED_ON if layout.valid_from is None else layout.valid_from
        begins = decided_on if layout.valid_from is None else valid_from
        if decided_on is not None and decided_on > today:
            fields = {"shown": decided_on, "today": today}
            self._found("date_in_future", f.DECIDED_ON, fields)
        else:
            self._order(layout.publish_until, publish_until, f.DECIDED_ON, decided_on)
            self._order(layout.valid_until, valid_until, begins_at, begins)
        return decided_on, valid_from, valid_until, publish_until

    def _date(self, code: str | None, *, may_have_no_end: bool = False) -> date | None:
        text = self._values.get(code) if code else None
        if code is None or text is None:
            return None
        day = parse_date(text)
        if may_have_no_end and (day is None or day == date.max) and has_no_end(text):
            self._normal[code] = ""
            return None
        if day is None:
            self._found("bad_date", code, {"shown": shown(text)})
            return None
        self._normal[code] = day.isoformat()
        return day

    def _order(self, code: str | None, day: date | None, first: str, begins: date | None) -> None:
        if code is not None and day is not None and begins is not None and day < begins:
            fields = {"shown": day, "other": self._standards.headers[first]}
            self._found("ends_before", code, fields)

    # -- who --------------------------------------------------------------------

    def _subject(self, decided_on: date | None) -> RowSubject | None:
        values = self._values
        category = values.get(f.SUBJECT_CATEGORY)
        name = values.get(f.NAME, "")
        if category == f.NATURAL_PERSON:
            return self._natural_person(name, decided_on)
        if category is not None and category not in f.SUBJECT_CATEGORIES:
            known = "、".join(f.SUBJECT_CATEGORIES)
            fields = {"shown": shown(category), "known": known}
            self._found("unknown_category", f.SUBJECT_CATEGORY, fields)
            return None
        text = values.get(f.USCC)
        if category is None or text is None:
            return None
        code = usable_uscc(text)
        if code is None:
            self._found("bad_uscc", f.USCC)
            return None
        self._normal[f.USCC] = code
        return RowSubject("uscc", code, kind_of_uscc(code), name)

    def _natural_person(self, name: str, decided_on: date | None) -> RowSubject | None:
        text = self._values.get(f.CERTIFICATE_NUMBER)
        certificate = self._values.get(f.CERTIFICATE)
        if text is None or certificate is None:
            return None
        known = self._identity(certificate, text, f.CERTIFICATE, f.CERTIFICATE_NUMBER)
        if known is None:
            return None
        scheme, identifier = known
        if scheme in _WITH_BIRTH and decided_on is not None:
            age = self._standards.adult_age(decided_on)
            if age is not None and age_on(birth_date(identifier), decided_on) < age:
                self._found("minor", f.CERTIFICATE_NUMBER, {"age": age})
        return RowSubject(scheme, identifier, "natural_person", name)

    def _representative(self) -> Person | None:
        name = self._values.get(f.REPRESENTATIVE)
        text = self._values.get(f.REPRESENTATIVE_NUMBER)
        if text is None:
            return None if name is None else Person(name, None, None)
        certificate = self._values.get(f.REPRESENTATIVE_CERTIFICATE)
        known = self._identity(
            certificate, text, f.REPRESENTATIVE_CERTIFICATE, f.REPRESENTATIVE_NUMBER
        )
        return None if known is None else Person(name, *known)

    def _identity(
        self, certificate: str | None, text: str, certificate_at: str, number_at: str
    ) -> tuple[Scheme, str] | None:
        """Scheme and normal form of a person's number; without a certificate a resident's."""
        scheme = scheme_of_certificate(certificate) if certificate else "resident_id"
        if scheme is None:
            fields = {"shown": shown(certificate or "")}
            self._found("unknown_certificate", certificate_at, fields)
            return None
        try:
            known = identify(scheme, text)
        except UnusableInput:
            self._found("bad_id_number", number_at)
            return None
        if known[0] in _WITH_BIRTH and birth_date(known[1]) > self._standards.today:
            self._found("bad_id_number", number_at)
            return None
        self._normal[number_at] = known[1]
        return known

    def _body(self, name_at: str, code_at: str) -> Body | None:
        text = self._values.get(code_at)
        if text is None:
            return None
        code = body_code(text)
        if code is None and text == self._standards.supplier:
            code = text  # a supplier that is registered under another id than a code
        if code is None:
            self._found("bad_uscc", code_at)
            return None
        self._normal[code_at] = code
        return Body(code, self._values.get(name_at, ""))

    # -- what -------------------------------------------------------------------

    def _amount(self, code: str | None) -> str | None:
        text = self._values.get(code) if code else None
        if code is None or text is None:
            return None
        amount = parse_amount(text)
        if amount is None:
            self._found("bad_amount", code, {"shown": shown(text)})
            return None
        self._normal[code] = amount
        return amount

    def _row_categories(self, decided_on: date | None) -> tuple[str, ...]:
        """Checked against the pack of the day of the decision, where it has the item at all."""
        code = self._layout.categories
        text = self._values.get(code)
        if text is None:
            return ()
        day = decided_on or self._standards.today
        categories = parse_categories(text)
        known = self._standards.categories(day)
        fits = bool(categories) and known.issuperset(categories)
        if not fits and self._standards.has_item(day):
            unknown = "、".join(each for each in categories if each not in known) or text
            fields = {"shown": shown(unknown), "known": "、".join(sorted(known))}
            self._found("unknown_category", code, fields)
        self._normal[code] = "、".join(categories)
        return categories

    def _directory(self, subject: RowSubject | None, decided_on: date | None) -> None:
        if subject is None or decided_on is None or decided_on > self._standards.today:
            return
        if not self._standards.admits(subject.kind, decided_on):
            self._found("outside_directory", f.SUBJECT_CATEGORY, {"day": decided_on})

    def _forbidden(self, decided_on: date | None) -> None:
        day = decided_on or self._standards.today
        for code in self._layout.searched:
            text = self._values.get(code)
            if text and (names := self._standards.forbidden(text, day)):
                self._found("forbidden_data", code, {"shown": "、".join(names)})

    def _duplicate(self) -> bytes:
        whole = "\x1f".join(map("\x1e".join, self._normal.items()))
        digest = blake2b(whole.encode(), digest_size=DIGEST_BYTES).digest()
        number = self._raw.number
        if not self._faulty:
            first = self._seen.setdefault(digest, number)
            if first != number:
                self._findings.append(Finding("duplicate", {"row": first}))
        return digest

    def _licence(self) -> LicenceDetails | None:
        if self._layout.item != "administrative_licence":
            return None
        get = self._values.get
        return LicenceDetails(
            get(f.LICENCE_TITLE),
            get(f.LICENCE_CERTIFICATE),
            get(f.LICENCE_NUMBER),
            get(f.LICENCE_STATE),
        )
