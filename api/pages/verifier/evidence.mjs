// What a message shows of the logs of nodes: sections judged, entries proved; by the rules,
// and in the order, of `ledger.exchange.evidence`.

import { hex, utf8 } from "./bytes.mjs";
import { dsseHolds } from "./dsse.mjs";
import { decodeEntry, unknownEvent } from "./entries.mjs";
import { inclusionFault, leafHash } from "./merkle.mjs";
import { readCheckpoint } from "./note.mjs";
import { sha256 } from "./sodium.mjs";
import { TYPES } from "./tables.mjs";
import { covers } from "./trust.mjs";
import { Problem, Refuted, phrase, shown, told, verdict, worst } from "./verdict.mjs";
import { byKey, judgeCheckpoint } from "./verifying.mjs";

const ENTRY = () => phrase("verifying.ENTRY_");
const STEP = 50; // entries between two words of progress

const differs = (node, name) =>
  new Refuted("sections_differ", { node, why: phrase(`evidence.${name}`) });
const unordered = (node, index) => new Refuted("entries_unordered", { index, node });

export class Evidence {
  /** `progress` is told how many entries were verified, now and then. */
  constructor(trust, progress = () => {}) {
    this.trust = trust;
    this.progress = progress;
    this.done = 0;
  }

  /** A section judged; raises `Refuted`. `look` is filled on the way. */
  section(given, mayExtend, look) {
    const { node, consistency } = given;
    Object.assign(look, { shownNode: node, consistency: consistency?.size ?? null, entries: [] });
    const { signed, judged } = this.checkpoint(given, look);
    if (consistency !== null) {
      if (!mayExtend) throw differs(node, "_NO_CONSISTENCY");
      if (BigInt(consistency.size) > signed.size) throw differs(node, "_LARGER");
    }
    let last = -1;
    for (const { index } of given.entries) {
      if (index <= last) throw unordered(node, index);
      last = index;
    }
    const entries = [];
    const verdicts = [judged.verdict];
    for (const one of given.entries) {
      const found = this.read(node, one, look);
      if (found.verdict) verdicts.push(found.verdict);
      else entries.push(found.entry);
    }
    requireChained(entries);
    verdicts.push(...this.signatures(given, entries, judged, look));
    this.prove(given, signed, look);
    const isKnown = entries.length === given.entries.length;
    look.verdict = worst(...verdicts);
    const byIndex = new Map(entries.map((one) => [one.index, one]));
    return { node, verdict: look.verdict, signed, judged, entries, byIndex, isKnown, look };
  }

  checkpoint(given, look) {
    let signed = null;
    try {
      signed = readCheckpoint(utf8(given.checkpoint));
    } catch (error) {
      if (error instanceof Problem) throw new Refuted("malformed", { why: told(error) });
      throw error;
    }
    const judged = judgeCheckpoint(signed, this.trust, look);
    if (judged.node !== null && judged.node.node !== given.node) {
      throw new Refuted("another_log", { found: given.node, origin: shown(signed.origin) });
    }
    return { signed, judged };
  }

  read(node, { index, payload, keyid }, look) {
    const entry = decodeEntry(payload);
    const digest = hex(sha256(payload));
    look.entries.push({
      index: String(index),
      keyid,
      digest,
      type: entry?.type ?? "",
      recordedAt: entry?.recordedAt ?? "",
      facts: entry?.said ?? null,
      actor: entry?.actor ?? null,
      sealed: Object.keys(entry?.sealed ?? {}),
      signature: null,
      proof: null,
    });
    if (entry === null) {
      const type = unknownEvent(payload);
      if (type === null) throw new Refuted("entry_unreadable", { index, node });
      return { verdict: verdict("event_unknown", { index, node, type: shown(type) }) };
    }
    if (entry.node !== node) {
      throw new Refuted("another_node", { node: shown(entry.node), origin: shown(node) });
    }
    return { entry: Object.assign(entry, { index, digest, keyid, of: node }) };
  }

  /** What the keys' states make of the entries; one verdict a key. */
  signatures(given, entries, judged, look) {
    const { node } = given;
    const found = new Map();
    const instants = new Map(entries.map((one) => [one.index, one.recordedAt]));
    given.entries.forEach(({ index, payload, keyid, signature }, place) => {
      const key = this.trust.keyOf(keyid);
      this.tick();
      if (key === null) {
        found.set(keyid, verdict("unknown_key", { name: shown(node) }));
        return;
      }
      if (key.node !== node || !key.purposes.includes("entries")) {
        throw new Refuted("key_not_allowed", { keyid, node: shown(node) });
      }
      const holds = dsseHolds(key.raw, TYPES.ENTRY, payload, signature);
      look.entries[place].signature = holds;
      if (!holds) throw new Refuted("signature_fails", { what: ENTRY(), key: keyid });
      const at = instants.get(index);
      if (at !== undefined && !covers(key, at)) {
        throw new Refuted("outside_validity", { what: ENTRY(), at, keyid });
      }
      if (!found.has(keyid)) found.set(keyid, byKey(key, ENTRY(), judged.verdict, this.trust, judged));
    });
    return found.values();
  }

  prove(given, { size, root }, look) {
    given.entries.forEach(({ index, payload, proof }, place) => {
      const fault = inclusionFault(BigInt(index), size, leafHash(payload), proof, root);
      look.entries[place].proof = fault === null;
      if (fault !== null) throw new Refuted("proof_fails", { index, size, fault });
    });
  }

  tick() {
    this.done++;
    if (this.done % STEP === 0) this.progress(this.done);
  }
}

/** Streams go on from entry to entry, as far as they are shown. */
function requireChained(entries) {
  const heads = new Map();
  for (const { of, stream, seq, prev, index, digest } of entries) {
    const head = heads.get(stream.key) ?? { seq: 0, digest: null };
    const follows = seq === head.seq + 1;
    if (seq <= head.seq || (follows && prev !== head.digest) || (seq === 1) !== (prev === null)) {
      throw unordered(of, index);
    }
    heads.set(stream.key, { seq, digest });
  }
}
