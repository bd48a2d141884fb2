// Acknowledgements and enforcement statuses, with what stands inside them; by the rules of
// `ledger.exchange.judging_answers`.

import { envelopeOf } from "./dsse.mjs";
import { Holdings } from "./holdings.mjs";
import { LIMITS, TYPES } from "./tables.mjs";
import { Problem, Refuted, phrase, told, worst } from "./verdict.mjs";

const INSIDE = new Set([TYPES.ACKNOWLEDGEMENT, TYPES.ENFORCEMENT_STATUS]);
const inAnswers = (name) => phrase(`judging_answers.${name}`);
const unproved = (node, name) => new Refuted("answer_unproved", { node, why: inAnswers(name) });

/** How many messages stand inside one, and how deep; both are bounded. */
export class Nesting {
  constructor(judge) {
    this.judge = judge;
    this.left = LIMITS.nested;
    this.depth = 0;
  }

  judged(value) {
    this.left--;
    if (this.left < 0 || this.depth >= LIMITS.sections) {
      throw new Refuted("nested_too_much", { limit: this.left < 0 ? LIMITS.nested : LIMITS.sections });
    }
    let envelope = null;
    try {
      envelope = envelopeOf(value);
    } catch (error) {
      if (error instanceof Problem) throw new Refuted("malformed", { why: told(error) });
      throw error;
    }
    if (!INSIDE.has(envelope.type)) {
      throw new Refuted("nested_differs", { kind: envelope.type, sender: "-" });
    }
    this.depth++;
    try {
      return this.judge(envelope, this);
    } finally {
      this.depth--;
    }
  }
}

export function judgeAcknowledgement(signed, nesting) {
  const { message } = signed;
  requireOwn(message);
  const sections = signed.sections(message.logs);
  const found = signed.verdict(sections);
  if (sections.every((one) => one.isKnown)) {
    for (const section of sections) {
      const holdings = new Holdings(section);
      holdings.openingsOf(holdings.ofRecord(message.record));
      holdings.requireAllUsed();
    }
    requireAnswer(message, sections.flatMap((one) => one.entries));
  }
  return worst(found, ...inner(signed, nesting).map((one) => one.verdict));
}

export function judgeStatus(signed, nesting) {
  const { message } = signed;
  requireOwn(message);
  const sections = signed.sections(message.logs);
  const found = signed.verdict(sections);
  if (sections.every((one) => one.isKnown)) {
    const holdings = new Holdings(sections[0]);
    const about = holdings.ofRecord(message.record);
    const ofSanction = holdings.ofSanction(message.sanction);
    holdings.openingsOf([...about, ...ofSanction]);
    holdings.requireAllUsed();
    requireStatus(message, about, ofSanction);
  }
  return worst(found, ...inner(signed, nesting).map((one) => one.verdict));
}

function requireOwn({ sender, logs }) {
  for (const { node } of logs) {
    if (node !== sender) throw new Refuted("sections_differ", { node, why: inAnswers("_OTHER_LOG") });
  }
}

/** That the entries bear out what is answered. */
function requireAnswer(message, entries) {
  const { sender, received_at: receivedAt } = message;
  const heard = entries.filter((one) => one.type === "NoticeReceived");
  if (message.verdict === "not_held") {
    if (receivedAt !== null || heard.length) throw unproved(sender, "_HELD");
  } else if (!heard.some((one) => one.recordedAt === receivedAt)) {
    throw unproved(sender, "_NOT_ENTERED");
  }
  const named = new Set(message.onward.map((one) => one.node));
  if (named.size !== message.onward.length) throw unproved(sender, "_TWICE");
  const ids = new Set([message.notice]);
  for (const one of heard) if (one.recordedAt === receivedAt) ids.add(one.facts.notice);
  for (const { type, facts } of entries) {
    if (type === "CorrectionNotified" && ids.has(facts.relays) && !named.has(facts.recipient)) {
      throw unproved(sender, "_ONWARD");
    }
  }
}

/** That the sanction's entries say what the status says. */
function requireStatus(message, about, ofSanction) {
  let imposed = null;
  let last = null;
  for (const { type, facts } of ofSanction) {
    if (type === "SanctionImposed") imposed = facts;
    else if (type === "EnforcementReported" && facts.enforcer === message.enforcer) last = facts;
  }
  const fits =
    imposed !== null && about.some((one) => one.type === "RecordReceived") &&
    imposed.records.includes(message.record) && imposed.enforcer === message.enforcer &&
    (last?.state ?? null) === message.state && (last?.on ?? null) === message.reported_on;
  if (!fits) throw new Refuted("status_differs", { sanction: message.sanction });
}

// -- what stands inside --------------------------------------------------------------

/** Every message inside, judged, each of a kind and a node that belong there. */
function inner(signed, nesting) {
  const { message } = signed;
  const found = [];
  const seen = new Set();
  const take = (value, belongs) => {
    const one = nesting.judged(value);
    signed.look.inside.push(one.look);
    if (one.message !== null && !belongs(one, message, seen)) {
      throw new Refuted("nested_differs", { kind: one.kind, sender: one.message.sender });
    }
    found.push(one);
  };
  for (const value of message.statuses ?? []) take(value, isOwn);
  for (const value of message.downstream) take(value, isBehind);
  return found;
}

/** Whether a status is of the acknowledgement it stands in; each sanction once. */
function isOwn({ kind, message: inside }, message, seen) {
  if (kind !== "enforcement-status" || seen.has(inside.sanction)) return false;
  seen.add(inside.sanction);
  return (
    inside.sender === message.sender && inside.recipient === message.recipient &&
    inside.record === message.record
  );
}

/** Whether a message came from a node that the sender passed the record on to; each once. */
function isBehind({ digest, message: inside }, message, seen) {
  if (seen.has(digest)) return false;
  seen.add(digest);
  const isNamed = !message.onward || message.onward.some((one) => one.node === inside.sender);
  return isNamed && inside.recipient === message.sender && inside.record === message.record;
}
