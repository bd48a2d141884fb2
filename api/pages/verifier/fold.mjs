// What entries about a record add up to: whether it is in force, and disputed; by the steps of
// `ledger.subject.evolve`, as far as a record is concerned.

import { Misfit, shape } from "./shapes.mjs";
import { EVENTS } from "./tables.mjs";
import { Refuted } from "./verdict.mjs";

const AS_IT_WAS = new Set(["RecordCollected", "NoticeServed", "RecordReceived"]);
const CORRECTIONS = new Set(["supplier_error", "own_check", "objection", "court"]);
const FIRST_DAY = "0001-01-01";

class Missing extends Error {}

const later = (one, other) => (one > other ? one : other);

function got(map, key) {
  if (!map.has(key)) throw new Missing("KeyError");
  return map.get(key);
}

class Subject {
  constructor() {
    this.records = new Map();
    this.objections = new Map();
    this.repairs = new Map();
    this.erasures = 0;
  }

  evolve(type, facts) {
    STEPS[type]?.(this, facts);
  }

  close(key, day) {
    this.objections.get(key).isClosed = true;
    this.endDispute(key, day);
  }

  endDispute(key, day) {
    const record = got(this.records, this.objections.get(key).filed.record);
    for (const dispute of record.disputes) {
      if (dispute.objection === key && dispute.until === null) dispute.until = later(day, dispute.from_);
    }
  }
}

const newRecord = (facts) => ({
  facts,
  corrections: [],
  withdrawn: null,
  mended: null,
  repaired: null,
  disputes: [],
  told: [],
});
const isOpen = (objection) => objection.decided?.outcome !== "rejected" && !objection.isClosed;
const effectiveFrom = (facts) => (facts.effective === "from_beginning" ? FIRST_DAY : facts.effective);

const STEPS = {
  RecordCollected: (state, facts) => state.records.set(facts.record, newRecord(facts)),
  NoticeServed: (state, facts) => got(state.records, facts.record),
  RecordPublished: (state, facts) => got(state.records, facts.record),
  PublicationEnded: (state, facts) => got(state.records, facts.record),
  PersonalDataErased: (state) => state.erasures++,
  RecordReceived(state, facts) {
    if (!state.records.has(facts.record)) state.records.set(facts.record, newRecord(facts.collected));
  },
  RecordCorrected(state, facts) {
    const record = got(state.records, facts.record);
    record.corrections.push(facts);
    record.facts = corrected(record.facts, facts.changes);
    for (const [key, objection] of state.objections) {
      if (objection.filed.record === facts.record && isSettled(objection, facts.cause)) {
        state.close(key, facts.corrected_on);
      }
    }
  },
  RecordWithdrawn(state, facts) {
    const record = got(state.records, facts.record);
    const day = effectiveFrom(facts);
    if (record.withdrawn === null || day < effectiveFrom(record.withdrawn)) record.withdrawn = facts;
    for (const [key, objection] of state.objections) {
      if (objection.filed.record === facts.record && isOpen(objection)) {
        state.close(key, later(day, record.facts.held_from));
      }
    }
  },
  RecordMended(state, facts) {
    const record = got(state.records, facts.record);
    if (record.mended === null || facts.mended_on < record.mended.mended_on) record.mended = facts;
  },
  ObjectionFiled(state, facts) {
    const record = got(state.records, facts.record);
    state.objections.set(facts.objection, {
      filed: facts,
      before: record.corrections.length,
      answered: null,
      decided: null,
      isClosed: false,
    });
    if (facts.repeats === null) dispute(record, facts.objection, facts.filed_on);
  },
  ObjectionAnswered(state, facts) {
    const objection = got(state.objections, facts.objection);
    objection.answered = facts;
    const { corrections } = got(state.records, objection.filed.record);
    const answersIt = corrections.slice(objection.before).some((one) => one.cause === "objection");
    if (isOpen(objection) && facts.finding === "corrected" && answersIt) {
      state.close(facts.objection, facts.answered_on);
    }
  },
  ObjectionDecided(state, facts) {
    const objection = got(state.objections, facts.objection);
    objection.decided = facts;
    if (facts.outcome === "rejected") {
      state.endDispute(facts.objection, facts.decided_on);
    } else if (objection.filed.repeats !== null) {
      dispute(got(state.records, objection.filed.record), facts.objection, facts.decided_on);
    }
  },
  RepairRequested: (state, facts) => state.repairs.set(facts.repair, facts),
  RepairAccepted: (state, facts) => got(state.repairs, facts.repair),
  RepairDecided(state, facts) {
    const requested = got(state.repairs, facts.repair);
    if (facts.outcome !== "approved") return;
    repaired(got(state.records, requested.record), facts.decided_on);
  },
  NoticeReceived(state, facts) {
    const record = got(state.records, facts.record);
    noticed(state, record, facts);
  },
};

function dispute(record, objection, from_) {
  record.disputes.push({ objection, from_, until: null });
}

function repaired(record, day) {
  if (record.repaired === null || day < record.repaired) record.repaired = day;
}

function isSettled(objection, cause) {
  if (!isOpen(objection) || cause === "own_check") return false;
  return objection.decided !== null || (objection.answered?.finding ?? "confirmed") !== "confirmed";
}

function corrected(facts, changes) {
  const members = Object.create(null);
  for (const [name, value] of Object.entries(facts)) if (value !== null) members[name] = value;
  for (const { field, new: value } of changes) {
    if (value === null) delete members[field];
    else members[field] = value;
  }
  return shape(EVENTS["RecordCollected:1"].shape)(members);
}

// -- what a notice does --------------------------------------------------------------

function noticed(state, record, facts) {
  const { act, received_on: day } = facts;
  const actedOn = facts.acted_on ?? day;
  record.told.push(facts);
  if (act === "objection") {
    const key = keyOf(facts);
    const isOpenYet = record.disputes.some((one) => one.objection === key && one.until === null);
    if (!isOver(record, facts) && !isOpenYet) dispute(record, key, day);
  } else if (act === "confirmed") {
    endDisputes(state, record, day, [facts.objection]);
  } else if (act === "correction") {
    if (facts.objection !== null) {
      endDisputes(state, record, day, [facts.objection, ...facts.settles]);
    }
    if (!facts.changes.length && facts.cause === null) return; // of the subject's identifier
    const cause = CORRECTIONS.has(facts.cause) ? facts.cause : "own_check";
    const changes = stillCounting(record, facts);
    state.evolve("RecordCorrected", { record: facts.record, changes, cause, corrected_on: actedOn });
  } else if (act === "withdrawal") {
    endDisputes(state, record, day, [null]);
    const effective = facts.effective ?? "from_beginning";
    state.evolve("RecordWithdrawn", { record: facts.record, effective });
  } else if (act === "mended") {
    state.evolve("RecordMended", { record: facts.record, mended_on: actedOn });
  } else if (act === "repair") {
    repaired(record, actedOn);
  } else if (act === "erasure") {
    state.evolve("PersonalDataErased", {});
  }
}

const keyOf = (facts) => facts.objection ?? facts.notice;

/** Whether the end of the dispute that an objection begins, or of the record, was told before. */
function isOver(record, facts) {
  const key = keyOf(facts);
  const at = facts.origin_recorded_at;
  const isEnded = record.told.some((one) => {
    const settles = one.act === "correction" && [one.objection, ...one.settles].includes(key);
    return one.origin_recorded_at >= at && (one.act === "withdrawal" || settles);
  });
  return isEnded || isConfirmed(record, key);
}

/** Whether the origin told that it rejected this objection; or all that it had told of before. */
function isConfirmed(record, key) {
  const filed = record.told
    .filter((one) => one.act === "objection" && keyOf(one) === key)
    .map((one) => one.origin_recorded_at);
  if (!filed.length) return false;
  const first = filed.reduce((one, other) => (one < other ? one : other));
  return record.told.some(
    ({ act, objection, origin_recorded_at: at }) =>
      act === "confirmed" && (objection === key || (objection === null && at >= first)),
  );
}

/** The changes of a correction but for those that a later one, told before it, has set. */
function stillCounting(record, { changes, origin_recorded_at: at }) {
  const later = new Set();
  for (const one of record.told) {
    if (one.act !== "correction" || one.origin_recorded_at <= at) continue;
    for (const { field } of one.changes) later.add(field);
  }
  return changes.filter(({ field }) => !later.has(field));
}

/** Ends the disputes that notices began: those named, or all for null. */
function endDisputes(state, record, day, objections) {
  for (const one of record.disputes) {
    const isNamed = objections.some((key) => key === null || key === one.objection);
    if (isNamed && one.until === null && !state.objections.has(one.objection)) {
      one.until = later(day, one.from_);
    }
  }
}

// -- the answer ----------------------------------------------------------------------

/** The record's facts as corrected; null where nothing befell it. Raises `Refuted`. */
export function inForce(record, entries) {
  if (entries.every((one) => AS_IT_WAS.has(one.type))) return null;
  const state = new Subject();
  let held = null;
  try {
    for (const one of entries) state.evolve(one.type, one.facts);
    held = got(state.records, record);
  } catch (error) {
    if (error instanceof Missing) throw new Refuted("unfoldable", { why: "KeyError" });
    if (error instanceof Misfit) throw new Refuted("unfoldable", { why: "ValidationError" });
    throw error;
  }
  const act = ended(state, held);
  if (act !== null) throw new Refuted("record_not_in_force", { record, act });
  const isDisputed = [...state.objections.values()].some(
    (one) => isOpen(one) && (one.filed.repeats === null || one.decided !== null),
  );
  if (isDisputed || held.disputes.some((one) => one.until === null)) {
    throw new Refuted("record_disputed", { record });
  }
  return held.facts;
}

function ended(state, held) {
  if (held.withdrawn !== null) return "RecordWithdrawn";
  if (held.mended !== null) return "RecordMended";
  if (held.repaired !== null) return "RepairDecided";
  return state.erasures ? "PersonalDataErased" : null;
}
