// The entries of a section, by what they are about. What nobody asks for is shown without need.

import { organisationId } from "./identifiers.mjs";
import { NEVER } from "./tables.mjs";
import { rawKey } from "./trust.mjs";
import { Refuted, phrase } from "./verdict.mjs";

const SANCTIONED = new Set([
  "SanctionImposed",
  "SanctionSuspended",
  "SanctionResumed",
  "SanctionLifted",
  "EnforcementReported",
  "SanctionRuledWrongful",
  "RulingReversed",
  "RestitutionMade",
]);
const ORGANISED = new Set(["OrganisationAdmitted", "RoleGranted", "RoleEnded", "KeyBound", "KeyUnbound"]);

const earlier = (until, on) => (until === null || on < until ? on : until);
const isWithin = ({ from_, until }, day) => from_ <= day && (until === null || day < until);

export class Holdings {
  /** `only`: the types that may name a record; null: all but those that never leave. */
  constructor(section, only = null) {
    this.node = section.node;
    this.section = section;
    this.used = new Set();
    this.records = new Map();
    this.sanctions = new Map();
    this.subjects = new Map();
    this.organised = new Map();
    this.registry = null;
    const tied = new Map();
    for (const one of section.entries) this.sort(one, tied, only);
  }

  sort(one, tied, only) {
    const { type, facts } = one;
    if (type === "SubjectOpened" || type === "IdentifierCorrected") {
      put(this.subjects, one.stream.id, one);
    } else if (type === "PersonalDataErased") {
      for (const record of facts.records) put(this.records, record, one);
      // Of a person, too: in which records the person is named lies sealed.
      if (facts.subject_itself || !facts.records.length) put(this.subjects, one.stream.id, one);
    } else if (type === "ObjectionAnswered" || type === "ObjectionDecided") {
      put(this.records, tied.get(facts.objection), one);
    } else if (type === "RepairAccepted" || type === "RepairDecided") {
      put(this.records, tied.get(facts.repair), one);
    } else if (SANCTIONED.has(type)) {
      put(this.sanctions, facts.sanction, one);
    } else if (ORGANISED.has(type)) {
      put(this.organised, facts.organisation, one);
    } else if (!NEVER.includes(type) && (only === null || only.includes(type))) {
      put(this.records, typeof facts.record === "string" ? facts.record : undefined, one);
    }
    if (type === "ObjectionFiled") tied.set(facts.objection, facts.record);
    else if (type === "RepairRequested") tied.set(facts.repair, facts.record);
  }

  ofRecord(record) {
    return this.marked(this.records.get(record) ?? []);
  }

  ofSanction(sanction) {
    return this.marked(this.sanctions.get(sanction) ?? []);
  }

  ofSubject(stream) {
    return this.marked(this.subjects.get(stream) ?? []);
  }

  openingsOf(entries) {
    for (const stream of new Set(entries.map((one) => one.stream.id))) this.ofSubject(stream);
  }

  /** What the entries shown say of an organisation; null where its admission is not shown. */
  organisation(code) {
    this.marked(this.organised.get(code) ?? []);
    if (this.registry === null) {
      this.registry = new Map();
      const every = [...this.organised.values()].flat().sort((a, b) => a.index - b.index);
      for (const one of every) this.organise(one);
    }
    return this.registry.get(code) ?? null;
  }

  organise(one) {
    const { type, facts, stream } = one;
    const code = facts.organisation;
    const isOwn = stream.kind === "organisation" && stream.id === organisationId(code);
    const isAdmitted = this.registry.has(code);
    if (!isOwn || isAdmitted === (type === "OrganisationAdmitted")) throw this.unasked(one);
    if (type === "OrganisationAdmitted") {
      this.registry.set(code, new Organisation(code, facts));
    } else {
      this.registry.get(code).evolve(type, facts);
    }
  }

  marked(entries) {
    for (const one of entries) this.used.add(one.index);
    return entries;
  }

  requireAllUsed() {
    for (const one of this.section.entries) if (!this.used.has(one.index)) throw this.unasked(one);
  }

  unasked({ index, type }) {
    return new Refuted("entry_extra", { what: phrase("holdings._NAMED", { index, type }), node: this.node });
  }

  requireStream(entries, stream) {
    for (const one of entries) {
      if (one.stream.id !== stream || one.stream.kind !== "subject") throw this.unasked(one);
    }
  }
}

function put(map, key, one) {
  if (key === undefined) return;
  if (map.has(key)) map.get(key).push(one);
  else map.set(key, [one]);
}

class Organisation {
  constructor(code, { name, from_ }) {
    Object.assign(this, { code, name, from_, grants: [], keys: [] });
  }

  evolve(type, facts) {
    if (type === "RoleGranted") {
      this.grants.push({ role: facts.role, from_: facts.from_, until: facts.until });
    } else if (type === "KeyBound") {
      const { keyid, from_, until } = facts;
      this.keys.push({ keyid, raw: rawKey(facts.public_key), from_, until });
    } else if (type === "RoleEnded") {
      for (const grant of this.grants) {
        if (grant.role === facts.role) grant.until = earlier(grant.until, facts.on);
      }
    } else if (type === "KeyUnbound") {
      for (const key of this.keys) {
        if (key.keyid === facts.keyid) key.until = earlier(key.until, facts.on);
      }
    }
  }

  hasRole(role, day) {
    return day >= this.from_ && this.grants.some((one) => one.role === role && isWithin(one, day));
  }

  keyOn(keyid, day) {
    return this.keys.find((one) => one.keyid === keyid && isWithin(one, day)) ?? null;
  }
}
