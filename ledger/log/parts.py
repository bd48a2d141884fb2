"""What holds between entries far apart, part by part: chains, and the map of subjects.

While the audit reads the log, each entry leaves a record (``parting``) with those of its part,
and each commitment a claim. Once all are there, every part is replayed by itself, on every
core; what the parts tell of the map is joined to its root at each claim.

Memory: some megabytes, whatever the log holds; beside it, temporary files of some 150 bytes an
entry, but for small logs.
"""

from __future__ import annotations

from typing import Final, Self

from ledger.log.claims import Claim, ClaimWriter, Steps
from ledger.log.faults import MAX_KEPT_PER_KIND, FaultKind, FaultList
from ledger.log.heads import bits_for
from ledger.log.heads_proof import MIN_BITS
from ledger.log.judges import Crew, Replayed, ReplayTask
from ledger.log.maproots import Places, items, roots, subjects
from ledger.log.parting import Parted, Runs, bits_of_parts
from ledger.log.replay import Found
from ledger.log.scratch import Scratch

IN_MEMORY: Final = 20_000
"""Entries of a log that needs no files: 3 MB of records."""


class Parts:
    """Of a log of so many ``entries``. Raises errors of ``scratch``; to be closed."""

    def __init__(self, entries: int, faults: FaultList) -> None:
        self.bits = bits_of_parts(entries)
        on_disk = entries > IN_MEMORY
        records = Scratch(on_disk=on_disk)
        try:
            self.scratches = records, Scratch(on_disk=on_disk)
        except BaseException:
            records.close()
            raise
        self._faults = faults
        self._runs = Runs(records, self.bits)
        self._claims = ClaimWriter(self.scratches[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.scratches:
            each.close()

    def add(self, records: Parted) -> None:
        """The next entries' records."""
        self._runs.add(records)

    def claim(self, claim: Claim) -> None:
        """The next commitment; covers more than the one before."""
        # So many entries never have more subjects: nothing is allocated for a mere word.
        if MIN_BITS <= claim.bits <= bits_for(claim.size):
            self._claims.add(claim)
        else:
            self._refute(claim)

    def finish(self, crew: Crew) -> None:
        """Replay them all, and tell what is wrong."""
        self._runs.flush()
        self._claims.flush()
        claims, chains = self._claims, ChainFaults()
        if claims.is_rising:
            told = self._replayed(crew, claims, claims.steps, chains)
        else:
            counted = self._replayed(crew, claims, None, chains)
            claims = self._of_true_size(claims, counted)
            told = self._replayed(crew, claims, claims.steps, ChainFaults())
        chains.tell(self._faults)
        read = claims.reader(self.scratches[1].read)
        made = roots(items(self.scratches[0].read, told), read.count, claims.steps, self.bits)
        for claim, (root, total) in zip(read, made, strict=True):
            if claim.root != root or claim.bits != bits_for(total):
                self._refute(claim)

    def _replayed(
        self, crew: Crew, claims: ClaimWriter, steps: Steps | None, chains: ChainFaults
    ) -> Places:
        """Where each part's items stand."""
        places: dict[int, list[tuple[int, int]]] = {}
        parts = sorted(self._runs.parts)
        task = ReplayTask(self._runs.places, claims.start, claims.count, steps)
        for part, replayed in zip(parts, crew.parts(task, parts), strict=True):
            chains.add(replayed)
            if replayed.items:
                places[part] = replayed.items
        return places

    def _of_true_size(self, claims: ClaimWriter, counted: Places) -> ClaimWriter:
        """Those with as many buckets as there must be; where they fall, some have not.

        To make maps for all of them would take as long as a forger likes.
        """
        kept = ClaimWriter(self.scratches[1])
        totals = subjects(items(self.scratches[0].read, counted), claims.count)
        read = claims.reader(self.scratches[1].read)
        for claim, total in zip(read, totals, strict=True):
            if claim.bits == bits_for(total):
                kept.add(claim)
            else:
                self._refute(claim)
        kept.flush()
        return kept

    def _refute(self, claim: Claim) -> None:
        why = f"not the map of the first {claim.size} entries"
        self._faults.add(claim.leaf, "heads_mismatch", why)


class ChainFaults:
    """The first faults of each kind, whichever part tells of them when."""

    def __init__(self) -> None:
        self._found: dict[FaultKind, list[Found]] = {}
        self._counts: dict[FaultKind, int] = {}

    def add(self, replayed: Replayed) -> None:
        for kind, count in replayed.counts.items():
            self._counts[kind] = self._counts.get(kind, 0) + count
        for found in replayed.faults:
            kept = self._found.setdefault(found.kind, [])
            kept.append(found)
            if len(kept) > 2 * MAX_KEPT_PER_KIND:
                kept.sort()
                del kept[MAX_KEPT_PER_KIND:]

    def tell(self, faults: FaultList) -> None:
        for kind, kept in self._found.items():
            first = sorted(kept)[:MAX_KEPT_PER_KIND]
            for found in first:
                faults.add(*found)
            faults.omit(kind, self._counts[kind] - len(first))
