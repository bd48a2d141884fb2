// Checkpoints, proofs and entries held against the trust list; by the rules, and in the order,
// of the program's own `ledger.log.verifying`.
//
// What is looked at on the way is told to a `look`, so that a page can show each signature and
// each proof, also of what does not hold.

import { equal, hex } from "./bytes.mjs";
import { dsseHolds, readEnvelope } from "./dsse.mjs";
import { hasMembers, parseCanonical, parseLax, isObject } from "./json.mjs";
import { inclusionFault, leafHash } from "./merkle.mjs";
import { readCheckpoint, readProof, verifiedLines } from "./note.mjs";
import { isInstant } from "./shapes.mjs";
import { sha256 } from "./sodium.mjs";
import { HEADER, LIMITS, TYPES } from "./tables.mjs";
import { covers } from "./trust.mjs";
import { Problem, Verdict, best, malformed, orMalformed, phrase, shown, verdict, worst } from "./verdict.mjs";

const inVerifying = (name) => phrase(`verifying.${name}`);
const EMPTY_ROOT = () => sha256();
const LAST_SECOND = 253402300799n; // of the year 9999

// -- checkpoints ---------------------------------------------------------------------

/** The end of that second as an instant's text; the last instant for what lies beyond. */
function ended(seconds) {
  if (seconds >= LAST_SECOND) return "9999-12-31T23:59:59.999999Z";
  return new Date(Number(seconds + 1n) * 1000).toISOString().replace("Z", "000Z");
}

/** Whether cosignatures dated before an instant suffice by the policy; at least one. */
export function seenBefore(judged, instant) {
  const early = [...judged.times].filter(([, seconds]) => ended(seconds) <= instant);
  return early.length > 0 && judged.policy !== null && judged.policy.satisfiedBy(new Map(early));
}

/** What holds of a checkpoint that was read. */
export function judgeCheckpoint(signed, trust, look) {
  const node = trust.nodeOf(signed.origin);
  const ends = (found, more = {}) => {
    const judged = { verdict: found, node, size: 0n, times: new Map(), policy: trust.policy, ...more };
    Object.assign(look, { verdict: found });
    return judged;
  };
  Object.assign(look, {
    origin: shown(signed.origin),
    node: node?.node ?? null,
    size: signed.size.toString(),
    root: hex(signed.root),
    lines: [],
  });
  if (signed.size === 0n && !equal(signed.root, EMPTY_ROOT())) {
    return ends(verdict("malformed", { why: inVerifying("_WRONG_ROOT") }));
  }
  if (node === null) return ends(verdict("unknown_log", { name: shown(signed.origin) }));
  const checkpoint = inVerifying("CHECKPOINT_");
  let found = null;
  try {
    const witnesses = trust.witnessKeys(node.node);
    const seen = (line) => look.lines.push({ ...line, name: shown(line.name) });
    found = verifiedLines(signed, trust.logKeys(signed.origin), witnesses, seen);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === "note_signature_fails") {
      return ends(verdict("signature_fails", { what: checkpoint, key: error.fields.key }));
    }
    return ends(verdict("unknown_key", { name: shown(signed.origin) }));
  }
  const times = new Map();
  for (const { key, seconds } of found.cosigned) {
    if (seconds === 0n) continue; // it says nothing of when the log was seen
    const before = times.get(key.own);
    if (before === undefined || seconds < before) times.set(key.own, seconds);
  }
  const more = { size: signed.size, times };
  if (trust.policy !== null && !trust.policy.satisfiedBy(times)) {
    return ends(verdict("policy_unmet", { size: signed.size, found: times.size }), more);
  }
  const fields = { what: checkpoint, origin: shown(signed.origin), size: signed.size };
  const judged = ends(verdict("verified", fields), more);
  const keys = found.own.map(({ key }) => key.trusted);
  const states = keys.map((key) => byKey(key, checkpoint, judged.verdict, trust, judged));
  return Object.assign(judged, { verdict: (look.verdict = best(states)) });
}

/** What becomes of a good verdict for the state of the key that signed. */
export function byKey(key, what, good, trust, judged) {
  const { keyid, since, until } = key;
  if (since !== null) {
    const isDated = judged !== null && seenBefore(judged, since);
    return verdict(isDated ? "dated_before_compromise" : "compromised_undated", { what, keyid, since });
  }
  if (until !== null && (key.status === "RETIRED" || until <= trust.issuedAt)) {
    return verdict("key_ended", { what, keyid, until });
  }
  return good;
}

function verifyCheckpoint(bytes, trust, look) {
  const signed = orMalformed(() => readCheckpoint(bytes));
  if (signed instanceof Verdict) return signed;
  look.sections.push({ entries: [] });
  return judgeCheckpoint(signed, trust, look.sections[0]).verdict;
}

// -- entries -------------------------------------------------------------------------

/** Node and instant of an entry, or null for what is none; its facts are not read. */
function headerOf(envelope) {
  if (envelope.type !== TYPES.ENTRY) return null;
  const value = orMalformed(() => parseCanonical(envelope.payload, { maxBytes: LIMITS.payload }));
  if (value instanceof Verdict || !hasMembers(value, HEADER)) return null;
  if (value.v !== 1 || typeof value.node !== "string" || !isInstant(value.recorded_at)) return null;
  return { node: value.node, recordedAt: value.recorded_at };
}

function judgeEntry(envelope, trust, judged, look) {
  const header = headerOf(envelope);
  if (header === null) return verdict("malformed", { why: inVerifying("_NOT_AN_ENTRY") });
  const { node, recordedAt } = header;
  if (judged?.node && judged.node.node !== node) {
    return verdict("another_node", { node: shown(node), origin: shown(judged.node.origin) });
  }
  if (!trust.knowsNode(node)) return verdict("unknown_log", { name: shown(node) });
  const what = inVerifying(judged === null ? "ALONE_" : "ENTRY_");
  const signers = [];
  for (const { keyid, sig } of envelope.signatures) {
    const key = trust.keyOf(keyid);
    if (key === null) {
      look.signatures.push({ keyid, holds: null });
      continue;
    }
    if (key.node !== node || !key.purposes.includes("entries")) {
      return verdict("key_not_allowed", { keyid, node: shown(node) });
    }
    const holds = dsseHolds(key.raw, TYPES.ENTRY, envelope.payload, sig);
    look.signatures.push({ keyid, holds });
    if (!holds) return verdict("signature_fails", { what, key: keyid });
    if (!covers(key, recordedAt)) return verdict("outside_validity", { what, at: recordedAt, keyid });
    signers.push(key);
  }
  if (!signers.length) return verdict("unknown_key", { name: shown(node) });
  let good = verdict("signature_only", { node: shown(node) });
  if (judged?.node) {
    const fields = { origin: shown(judged.node.origin), size: judged.size };
    good = verdict("verified", { what: inVerifying("PROVED_"), ...fields });
  }
  return best(signers.map((key) => byKey(key, what, good, trust, judged)));
}

/** What an entry says, for people; nothing of it is believed here. */
export function entryLook(payload, more) {
  const value = parseLax(payload);
  const said = isObject(value) ? value : {};
  const text = (name) => (typeof said[name] === "string" ? shown(said[name]) : "");
  return {
    type: text("type"),
    recordedAt: text("recorded_at"),
    node: text("node"),
    digest: hex(sha256(payload)),
    facts: said.facts ?? null,
    sealed: isObject(said.sealed) ? Object.keys(said.sealed) : [],
    actor: isObject(said.actor) ? said.actor : null,
    ...more,
  };
}

function verifyProof(bytes, entry, trust, look) {
  const proof = orMalformed(() => readProof(bytes));
  if (proof instanceof Verdict) return proof;
  const section = { entries: [] };
  look.sections.push(section);
  const { index, checkpoint } = proof;
  const judged = judgeCheckpoint(checkpoint, trust, section);
  if (entry === null) return worst(judged.verdict, verdict("entry_needed", { index }));
  const envelope = orMalformed(() => readEnvelope(entry));
  if (envelope instanceof Verdict) return envelope;
  look.signatures = [];
  const found = judgeEntry(envelope, trust, judged, look);
  const { size, root } = checkpoint;
  const fault = inclusionFault(index, size, leafHash(envelope.payload), proof.hashes, root);
  section.entries.push(entryLook(envelope.payload, {
    index: index.toString(),
    keyid: envelope.signatures[0].keyid,
    signature: look.signatures.length ? look.signatures.every((one) => one.holds) : null,
    proof: fault === null,
  }));
  if (fault === null) return worst(found, judged.verdict);
  return worst(judged.verdict, found, verdict("proof_fails", { index, size, fault }));
}

/** An entry's envelope by itself. */
export function verifyEntry(envelope, trust, look) {
  look.signatures = [];
  const found = judgeEntry(envelope, trust, null, look);
  const holds = look.signatures.map((one) => one.holds);
  look.sections.push({
    entries: [entryLook(envelope.payload, {
      index: "",
      keyid: envelope.signatures[0].keyid,
      signature: holds.includes(false) ? false : holds.includes(true) || null,
      proof: null,
    })],
  });
  return found;
}

export { malformed, verifyCheckpoint, verifyProof };
