// Each record of a bundle, from its opening to the sender; by the rules of
// `ledger.exchange.judging_bundle`.

import { hex, utf8 } from "./bytes.mjs";
import { inForce } from "./fold.mjs";
import { Holdings } from "./holdings.mjs";
import { parseScheme, publicId } from "./identifiers.mjs";
import { canonicalText } from "./json.mjs";
import { sha256 } from "./sodium.mjs";
import { Submissions, legalDay, rowMatches } from "./submissions.mjs";
import { OF_BUNDLES } from "./tables.mjs";
import { Problem, Refuted, phrase, verdict, worst } from "./verdict.mjs";

const SEALED_DOMAIN = utf8("credit-ledger/sealed/v1");
const VALUE_DEPTH = 31;

const inBundle = (name) => phrase(`judging_bundle.${name}`);
const sectionsDiffer = (node, name) => new Refuted("sections_differ", { node, why: inBundle(name) });
const disclosureFails = (index, field) => new Refuted("disclosure_fails", { field, index });
const placeOf = (node, index) => `${node} ${index}`;

/** That each node has one section, the sender the first. */
export function requireSections(nodes, first) {
  if (nodes[0] !== first) throw sectionsDiffer(nodes[0], "_NOT_FIRST");
  for (const node of nodes) {
    if (nodes.indexOf(node) !== nodes.lastIndexOf(node)) throw sectionsDiffer(node, "_TWICE");
  }
}

export class BundleJudge {
  constructor(bundle, trust, sections, look) {
    this.bundle = bundle;
    this.look = look;
    this.holdings = new Map(sections.map((one) => [one.node, new Holdings(one, OF_BUNDLES)]));
    this.subjects = new Map();
    this.opened = new Set();
    this.rows = new Map();
    this.submissions = new Submissions(trust, bundle.submissions, look.submissions);
    this.requirePaths();
    this.disclosed = disclosures(bundle, this.holdings);
    for (const row of bundle.rows) {
      const place = placeOf(row.node, row.index);
      if (this.rows.has(place)) throw disclosureFails(row.index, "row");
      this.rows.set(place, row);
    }
  }

  requirePaths() {
    const passed = new Set();
    for (const { path } of this.bundle.records) {
      if (path.at(-1) !== this.bundle.sender || new Set(path).size !== path.length) {
        throw sectionsDiffer(path.at(-1), "_BAD_PATH");
      }
      for (const node of path) passed.add(node);
    }
    for (const node of this.holdings.keys()) {
      if (!passed.has(node)) throw sectionsDiffer(node, "_NOT_PASSED");
    }
    for (const node of [...passed].sort()) {
      if (!this.holdings.has(node)) throw sectionsDiffer(node, "_NOT_SHOWN");
    }
  }

  /** Each record in its order, with its verdict and what there is to see of it. */
  records() {
    const seen = new Set();
    return this.bundle.records.map((one) => {
      const { record } = one;
      if (seen.has(record)) return { record, verdict: verdict("record_twice", { record }) };
      seen.add(record);
      try {
        return this.record(one);
      } catch (error) {
        if (error instanceof Refuted) return { record, verdict: error.verdict };
        throw error;
      }
    });
  }

  /** Raises `Refuted` where more is shown than the records need. */
  requireNothingElse() {
    this.submissions.requireAllUsed();
    for (const [place, { index, fields }] of this.disclosed) {
      if (!this.opened.has(place)) throw disclosureFails(index, [...fields.keys()].sort().join(", "));
    }
    for (const { index } of this.rows.values()) throw disclosureFails(index, "row");
    for (const holdings of this.holdings.values()) holdings.requireAllUsed();
  }

  // -- one record --------------------------------------------------------------------

  record(one) {
    const { record, subject: stream, path } = one;
    const origin = this.holdings.get(path[0]);
    const entries = origin.ofRecord(record);
    origin.requireStream(entries, stream);
    const collected = only(entries, "RecordCollected");
    if (collected === null) throw new Refuted("record_missing", { record, node: origin.node });
    const subject = this.subject(origin, stream);
    if (subject.entries.some((each) => each.type === "PersonalDataErased")) {
      throw new Refuted("record_not_in_force", { record, act: "PersonalDataErased" });
    }
    const { origin: log, size } = origin.section.signed;
    const verdicts = [
      verdict("verified", { what: inBundle("RECORD_"), origin: log, size }),
      ...path.map((node) => this.holdings.get(node).section.verdict),
    ];
    const supplied = this.supplied(origin, collected);
    verdicts.push(supplied.verdict);
    const current = inForce(record, entries);
    const about = [...subject.entries, ...entries];
    for (let at = 1; at < path.length; at++) {
      about.push(...this.passed(one, path[at], path[at - 1], collected.digest));
    }
    for (const each of about) this.opened.add(placeOf(each.of, each.index));
    return {
      record,
      verdict: worst(...verdicts),
      seen: {
        label: one.label,
        path,
        subject: { ...subject, entries: undefined },
        facts: current ?? collected.facts,
        isCorrected: current !== null && entries.some((each) => each.type === "RecordCorrected"),
        disclosed: this.fields(entries),
        cells: supplied.cells,
        manifest: collected.submission?.manifest ?? null,
        entries: about.map((each) => ({ node: each.of, index: each.index })),
      },
    };
  }

  supplied(origin, collected) {
    const { facts, submission, recordedAt, index } = collected;
    const day = legalDay(recordedAt);
    const supplier = origin.organisation(facts.supplier);
    if (supplier === null || !supplier.hasRole("supplier", day)) {
      throw new Refuted("supplier_not_shown", { supplier: facts.supplier, day, record: facts.record });
    }
    const place = placeOf(origin.node, index);
    const row = this.rows.get(place) ?? null;
    this.rows.delete(place);
    if (submission === null) {
      if (row !== null) throw disclosureFails(index, "row");
      return { verdict: origin.section.verdict, cells: null };
    }
    const found = this.submissions.check(collected, facts, supplier, origin.section);
    if (row !== null && !rowMatches(found.manifest, submission.row, row.salt, row.cells)) {
      throw disclosureFails(index, "row");
    }
    return { verdict: found.verdict, cells: row?.cells ?? null };
  }

  /** The entries of a node that received the record from the one before. */
  passed({ record, path }, node, before, digest) {
    const holdings = this.holdings.get(node);
    const entries = holdings.ofRecord(record);
    const received = only(entries, "RecordReceived");
    const facts = received?.facts;
    const fits =
      facts && facts.origin_entry === digest && facts.origin === path[0] &&
      (facts.sender || facts.origin) === before;
    if (!fits) throw new Refuted("path_broken", { node, record });
    const stream = received.stream.id;
    holdings.requireStream(entries, stream);
    inForce(record, entries);
    return [...holdings.ofSubject(stream), ...entries];
  }

  // -- the subject -------------------------------------------------------------------

  subject(origin, stream) {
    const place = placeOf(origin.node, stream);
    if (!this.subjects.has(place)) this.subjects.set(place, this.opening(origin, stream));
    return this.subjects.get(place);
  }

  opening(origin, stream) {
    const chain = [];
    const seen = new Set();
    let opened = null;
    for (let next = stream; next !== null && !seen.has(next); ) {
      seen.add(next);
      const entries = origin.ofSubject(next);
      opened = only(entries, "SubjectOpened");
      if (opened === null) throw new Refuted("opening_missing", { subject: next, node: origin.node });
      requireId(opened);
      chain.push(...entries);
      const current = next;
      const change = entries.find(
        (one) => one.type === "IdentifierCorrected" && one.facts.old_subject === current,
      );
      next = change?.facts.new_subject ?? null;
    }
    const { facts, index } = opened;
    const fields = this.disclosed.get(placeOf(origin.node, index))?.fields ?? new Map();
    const text = (name) => (typeof fields.get(name) === "string" ? fields.get(name) : null);
    return {
      kind: facts.kind,
      scheme: facts.scheme,
      identifier: text("identifier") || facts.identifier,
      name: text("name") || facts.name,
      entries: chain,
    };
  }

  /** The record's sealed fields that were disclosed, as corrections left them. */
  fields(entries) {
    const found = new Map();
    for (const one of entries) {
      if (one.type !== "RecordCollected" && one.type !== "RecordCorrected") continue;
      const told = this.disclosed.get(placeOf(one.of, one.index))?.fields;
      for (const name of Object.keys(one.sealed ?? {})) {
        found.delete(name);
        if (told?.has(name)) found.set(name, told.get(name));
      }
    }
    return Object.fromEntries(found);
  }
}

/** What is disclosed, held against the commitments. */
function disclosures(bundle, holdings) {
  const found = new Map();
  for (const { node, index, field, value, salt } of bundle.disclosed) {
    const entry = holdings.get(node)?.section.byIndex.get(index);
    const sealed = entry?.sealed ?? {};
    const committed = Object.keys(sealed).includes(field) ? sealed[field] : null;
    const place = placeOf(node, index);
    if (!found.has(place)) found.set(place, { index, fields: new Map() });
    const { fields } = found.get(place);
    const matches = committed !== null && commitment(field, value, salt) === committed;
    if (!matches || fields.has(field)) throw disclosureFails(index, field);
    fields.set(field, value);
  }
  return found;
}

/** The hex commitment to a sealed field; null for a value that none is made of. */
function commitment(field, value, salt) {
  try {
    const text = `[${canonicalText(field)},${canonicalText(value, VALUE_DEPTH)}]`;
    return hex(sha256(SEALED_DOMAIN, salt, utf8(text)));
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

function only(entries, type) {
  const found = entries.filter((one) => one.type === type);
  return found.length === 1 ? found[0] : null;
}

/** That an organisation's stream bears the id of its identifier. */
function requireId({ facts, stream }) {
  const known = parseScheme(facts.scheme);
  let fits = known !== null && known.isPerson === (facts.kind === "natural_person");
  if (fits && known.isPerson) fits = facts.identifier === null && facts.name === null;
  else if (fits) {
    fits = facts.identifier !== null && publicId(known.scheme, facts.identifier) === stream.id;
  }
  if (!fits) throw new Refuted("subject_differs", { stream: stream.id });
}
