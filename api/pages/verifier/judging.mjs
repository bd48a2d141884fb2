// Messages between nodes, held against the trust list; by the rules, and in the order, of
// `ledger.exchange.judging`. Neither clock nor network: an expired bundle is no fault here.

import { hex } from "./bytes.mjs";
import { BundleJudge, requireSections } from "./bundle.mjs";
import { Nesting, judgeAcknowledgement, judgeStatus } from "./answers.mjs";
import { dsseHolds, readEnvelope } from "./dsse.mjs";
import { Evidence } from "./evidence.mjs";
import { parseCanonical } from "./json.mjs";
import { judgeNotice } from "./notice.mjs";
import { Misfit, shape } from "./shapes.mjs";
import { sha256 } from "./sodium.mjs";
import { KINDS, LIMITS, MESSAGES, PURPOSES } from "./tables.mjs";
import { covers } from "./trust.mjs";
import { Problem, Refuted, best, malformed, phrase, told, verbatim, verdict, worst } from "./verdict.mjs";
import { byKey } from "./verifying.mjs";

const MESSAGE = () => phrase("refuted.MESSAGE_");

/** What a page shows of a message; filled on the way, also of one that does not hold. */
export const newLook = () => ({
  kind: null,
  header: null,
  signatures: [],
  sections: [],
  records: [],
  submissions: new Map(),
  inside: [],
  remarks: [],
});

/** What holds of the bytes of a message. */
export function judge(bytes, trust, progress, look) {
  if (bytes.length > LIMITS.bundle) return verdict("too_large", { limit: LIMITS.bundle });
  let envelope = null;
  try {
    envelope = readEnvelope(bytes, LIMITS.bundle);
  } catch (error) {
    if (error instanceof Problem) return malformed(error);
    throw error;
  }
  return judgeEnvelope(envelope, new Evidence(trust, progress), null, look).verdict;
}

function judgeEnvelope(envelope, evidence, nesting, look = newLook()) {
  const digest = hex(sha256(envelope.payload));
  const kind = Object.hasOwn(KINDS, envelope.type) ? KINDS[envelope.type] : null;
  Object.assign(look, { kind, digest });
  const ends = (found, message = null) => {
    look.verdict = found;
    return { verdict: found, digest, kind, message, look };
  };
  if (kind === null) return ends(verdict("kind_not_verified", { kind: envelope.type }));
  if (kind !== "bundle" && envelope.payload.length > LIMITS.message) {
    return ends(verdict("too_large", { limit: LIMITS.message }));
  }
  let message = null;
  let found = null;
  try {
    const signers = signersOf(envelope, evidence.trust, look);
    message = readMessage(envelope, kind);
    look.header = message;
    requireHeader(message, kind, signers);
    const signed = new Signed(message, kind, signers, evidence, look);
    if (signers.length) {
      const inner = nesting ?? new Nesting((each, depth) => judgeEnvelope(each, evidence, depth));
      return ends(JUDGES[kind](signed, inner), message);
    }
    found = signed.verdict([]); // nobody's word: what is around it is not looked at
  } catch (error) {
    if (error instanceof Refuted) found = error.verdict;
    else if (error instanceof Problem) found = malformed(error);
    else throw error;
  }
  if (kind === "bundle" && message !== null && !look.records.length) {
    look.records = message.records.map(({ record }) => ({ record, verdict: found }));
  }
  return ends(found, message);
}

/** The known keys, under each of which the signature holds. */
function signersOf(envelope, trust, look) {
  const found = [];
  for (const { keyid, sig } of envelope.signatures) {
    const key = trust.keyOf(keyid);
    const holds = key === null ? null : dsseHolds(key.raw, envelope.type, envelope.payload, sig);
    look.signatures.push({ keyid, holds, node: key?.node ?? null });
    if (holds === false) throw new Refuted("signature_fails", { what: MESSAGE(), key: keyid });
    if (key !== null) found.push(key);
  }
  return found;
}

function readMessage({ type, payload }, kind) {
  const wrong = (where, why) => new Problem("message_malformed", { where, why });
  try {
    const maxBytes = kind === "bundle" ? LIMITS.bundle : LIMITS.message;
    return shape(MESSAGES[type])(parseCanonical(payload, { maxBytes, depth: LIMITS.message_depth }));
  } catch (error) {
    if (error instanceof Misfit) {
      throw wrong(error.where.slice(0, LIMITS.place) || "-", verbatim(error.message));
    }
    if (error instanceof Problem) throw wrong("-", told(error));
    throw error;
  }
}

function requireHeader(message, kind, signers) {
  const { sender, recipient, issued_at: at } = message;
  const wrong = (name) => new Refuted("malformed", { why: phrase(`judging.${name}`) });
  if (recipient === null && kind !== "refusal") throw wrong("_NO_RECIPIENT");
  if (recipient === sender) throw wrong("_OWN_RECIPIENT");
  for (const key of signers) {
    const { keyid } = key;
    if (key.node !== sender || !key.purposes.includes(PURPOSES[kind])) {
      throw new Refuted("key_not_allowed", { keyid, node: sender });
    }
    if (!covers(key, at)) throw new Refuted("outside_validity", { what: MESSAGE(), at, keyid });
  }
}

/** A message whose envelope and header hold, and what its sections make of it. */
class Signed {
  constructor(message, kind, signers, evidence, look) {
    Object.assign(this, { message, kind, signers, evidence, look });
    this.trust = evidence.trust;
    this.addRemarks();
  }

  sections(given) {
    const { sender } = this.message;
    return given.map((one) => {
      const look = {};
      this.look.sections.push(look);
      return this.evidence.section(one, one.node === sender, look);
    });
  }

  /** What the keys that signed make of the whole, and the worst of the sections. */
  verdict(sections, what = MESSAGE()) {
    const { sender, recipient } = this.message;
    const every = sections.map((one) => one.verdict);
    if (!this.signers.length) {
      const reason = this.trust.knowsNode(sender) ? "unknown_key" : "unknown_log";
      return worst(verdict(reason, { name: sender }), ...every);
    }
    const good = verdict("message_verified", { what, node: sender, recipient: recipient || "-" });
    // Nothing dates an envelope: whoever has the key puts an old checkpoint into one of today.
    const states = this.signers.map((key) => byKey(key, what, good, this.trust, null));
    return worst(best(states), ...every);
  }

  addRemarks() {
    const { remarks } = this.look;
    if (this.signers.length && this.signers.every((key) => key.since !== null)) {
      remarks.push("signer_compromised");
    }
    const listed = this.message.trust_list;
    if (listed !== null && listed.version > this.trust.version) remarks.push("newer_trust_list");
  }
}

function judgeBundle(signed) {
  const { message: bundle, look, trust } = signed;
  if (!coversRegions(bundle, trust)) look.remarks.push("jurisdictions_differ");
  if ((bundle.sequence === 1) !== (bundle.previous === null)) {
    throw new Refuted("malformed", { why: phrase("judging._BAD_SEQUENCE") });
  }
  requireSections(bundle.logs.map((one) => one.node), bundle.sender);
  const sections = signed.sections(bundle.logs);
  const whole = signed.verdict(sections, phrase("refuted.BUNDLE_"));
  if (!sections.every((one) => one.isKnown)) {
    look.records = bundle.records.map(({ record }) => ({ record, verdict: whole }));
    return whole;
  }
  const judged = new BundleJudge(bundle, trust, sections, look);
  const records = judged.records();
  const found = worst(whole, ...records.map((one) => one.verdict));
  if (found.isGood) judged.requireNothingElse();
  look.records = records;
  return found;
}

function coversRegions(bundle, trust) {
  const region = (name) => trust.nodes.find((one) => one.node === name)?.jurisdiction ?? null;
  const named = [region(bundle.sender), region(bundle.recipient)].filter((one) => one !== null);
  return named.every((one) => bundle.jurisdictions.includes(one));
}

/** A receipt or a refusal: its sender's word, with no evidence. */
function judgePlain(signed) {
  const { message } = signed;
  const seen = new Set();
  for (const { record } of signed.kind === "receipt" ? message.records : []) {
    if (seen.has(record)) throw new Refuted("record_twice", { record });
    seen.add(record);
  }
  return signed.verdict([]);
}

const JUDGES = {
  bundle: judgeBundle,
  receipt: judgePlain,
  refusal: judgePlain,
  notice: judgeNotice,
  acknowledgement: judgeAcknowledgement,
  "enforcement-status": judgeStatus,
};
