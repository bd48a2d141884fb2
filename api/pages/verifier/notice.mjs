// A notice: the act itself, and the way that the word of it took; by the rules of
// `ledger.exchange.judging_notice`.

import { Holdings } from "./holdings.mjs";
import { REQUIRED_BY } from "./tables.mjs";
import { Refuted } from "./verdict.mjs";

const differs = (node) => new Refuted("notice_differs", { node });

export function judgeNotice(signed) {
  const { message: notice } = signed;
  const nodes = notice.logs.map((one) => one.node);
  const isPath =
    nodes.length === notice.path.length && nodes.every((node, at) => node === notice.path[at]) &&
    nodes.at(-1) === notice.sender && new Set(nodes).size === nodes.length;
  if (!isPath) throw differs(notice.sender);
  const sections = signed.sections(notice.logs);
  const found = signed.verdict(sections);
  if (!sections.every((one) => one.isKnown)) return found;
  const holdings = sections.map((one) => new Holdings(one));
  const [origin] = holdings;
  const entries = origin.ofRecord(notice.record);
  const ofSubject = origin.ofSubject(notice.subject);
  origin.requireStream(entries, notice.subject);
  const isIts = entries.some((one) => one.type === "RecordCollected");
  const named = isIts ? [...entries, ...ofSubject] : entries;
  const acted = named.find((one) => one.index === notice.acted) ?? null;
  const isTold =
    acted !== null && new Told(notice, acted, entries).holds() &&
    REQUIRED_BY[notice.act] === notice.required;
  if (!isTold) {
    throw new Refuted("act_differs", { index: notice.acted, node: origin.node, act: notice.act });
  }
  const heard = holdings.slice(1).map((one) => heardAt(one, notice, acted));
  requireDuty(holdings.at(-1), notice, heard.at(-1) ?? null);
  for (const one of holdings) {
    one.openingsOf(one.ofRecord(notice.record));
    one.requireAllUsed();
  }
  return found;
}

/** What a node on the way entered of the act. */
function heardAt(holdings, notice, acted) {
  for (const { type, facts } of holdings.ofRecord(notice.record)) {
    const fits =
      type === "NoticeReceived" && facts.origin === notice.path[0] &&
      facts.origin_entry === acted.digest && facts.act === notice.act;
    if (fits) return facts;
  }
  throw differs(holdings.node);
}

/** That the sender owes this notice to this recipient. */
function requireDuty(holdings, notice, heard) {
  for (const { type, facts } of holdings.ofRecord(notice.record)) {
    const fits =
      type === "CorrectionNotified" && facts.notice === notice.notice &&
      facts.recipient === notice.recipient &&
      facts.act === notice.act && facts.required === notice.required &&
      facts.due_on === notice.due_on &&
      (facts.relays === null) === (heard === null) &&
      (heard === null || facts.relays === heard.notice);
    if (fits) return;
  }
  throw differs(holdings.node);
}

/** Whether the entry that a notice names is the act it tells of. */
class Told {
  constructor(notice, acted, entries) {
    this.act = notice.act;
    this.acted = acted;
    this.before = entries.filter((one) => one.index < acted.index);
  }

  holds() {
    const { type, facts } = this.acted;
    switch (this.act) {
      case "objection":
        if (type === "ObjectionFiled") return facts.repeats === null;
        return type === "ObjectionDecided" && facts.outcome === "upheld" && this.isFiled(facts.objection);
      case "confirmed":
        return (
          type === "ObjectionDecided" && facts.outcome === "rejected" && this.isFiled(facts.objection)
        );
      case "correction":
        if (type === "RecordCorrected" || type === "IdentifierCorrected") return true;
        return (
          type === "ObjectionAnswered" && facts.finding === "corrected" && this.isFiled(facts.objection)
        );
      case "withdrawal":
        return type === "RecordWithdrawn";
      case "mended":
        return type === "RecordMended";
      case "repair":
        return (
          type === "RepairDecided" && facts.outcome === "approved" &&
          this.before.some((one) => one.type === "RepairRequested" && one.facts.repair === facts.repair)
        );
      case "erasure":
        return type === "PersonalDataErased";
      default:
        return false;
    }
  }

  isFiled(objection) {
    return this.before.some(
      (one) => one.type === "ObjectionFiled" && one.facts.objection === objection,
    );
  }
}
