// The submissions that records of a bundle name: there, and signed by whom they should be.

import { equal, fromBase64, hex, utf8 } from "./bytes.mjs";
import { dsseHolds, envelopeOf } from "./dsse.mjs";
import { canonicalText, hasMembers, isObject, parseCanonical } from "./json.mjs";
import { sha256 } from "./sodium.mjs";
import { LIMITS, TYPES } from "./tables.mjs";
import { Problem, Refuted, best, phrase, told } from "./verdict.mjs";
import { byKey } from "./verifying.mjs";

const ROW_DOMAIN = utf8("credit-ledger/row/v1");
const HEAD = ["v", "supplier", "file", "template", "attested_by", "operator", "first_row"];
const HEX = /^[0-9a-f]{64}$/;
const DAY = 86_400_000;

const differs = (manifest, why) => new Refuted("submission_differs", { manifest, why });
const inSubmissions = (name) => phrase(`judging_submissions.${name}`);

/** The calendar day of the nodes' jurisdiction, UTC+8. */
export function legalDay(instant) {
  const at = new Date(`${instant.slice(0, 19)}Z`).getTime() + DAY / 3;
  return new Date(at).toISOString().slice(0, -14);
}

// -- manifests -----------------------------------------------------------------------

const wrong = (detail) => new Problem("manifest_malformed", { detail });

function short(value, what) {
  const length = typeof value === "string" ? [...value.slice(0, 2 * LIMITS.manifest_text + 1)].length : 0;
  if (length < 1 || length > LIMITS.manifest_text) {
    throw wrong(`${what} is no text of 1 to ${LIMITS.manifest_text} characters`);
  }
  return value;
}

/** The manifest in a payload; raises `Problem`. */
function readManifest(payload) {
  const said = parseCanonical(payload, { maxBytes: LIMITS.manifest });
  if (!isObject(said)) throw wrong("not an object");
  const { rows: given } = said;
  if (!Array.isArray(given)) throw wrong("rows is no array");
  if (given.length > LIMITS.manifest_rows) {
    throw new Problem("submission_too_long", { rows: given.length, limit: LIMITS.manifest_rows });
  }
  const rows = given.map((one) => {
    const row = fromBase64(one);
    if (!row) throw new Problem("not_base64", { what: "rows" });
    if (row.length !== 32) {
      throw new Problem("wrong_length", { what: "rows", size: row.length, expected: 32 });
    }
    return row;
  });
  if (!hasMembers(said, [...HEAD, "rows"]) || said.v !== 1) {
    throw wrong("its members are not those of version 1");
  }
  if (typeof said.file !== "string" || !HEX.test(said.file)) {
    throw wrong("file is no SHA-256 in lower-case hex");
  }
  const { first_row: first, template, attested_by: attested, operator } = said;
  if (typeof first !== "number" || first < 1) throw wrong("first_row is no row number");
  if (template !== "penalty" && template !== "licence") {
    throw wrong("template is neither penalty nor licence");
  }
  const fits =
    (attested === "supplier" && operator === null) ||
    (attested === "registrar" && typeof operator === "string");
  if (!fits) throw wrong("the supplier signs without an operator, the registrar names one");
  if (operator !== null) short(operator, "operator");
  return { supplier: short(said.supplier, "supplier"), attestedBy: attested, rows, first };
}

const commitmentOf = (manifest, row) => manifest.rows[row - manifest.first] ?? null;

/** Whether these are the cells that a manifest commits to. */
export function rowMatches(manifest, number, salt, cells) {
  const committed = commitmentOf(manifest, number);
  if (committed === null || salt.length !== 32) return false;
  try {
    return equal(committed, sha256(ROW_DOMAIN, salt, utf8(canonicalText(cells))));
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

// -- the submissions of a bundle -----------------------------------------------------

export class Submissions {
  constructor(trust, given, look) {
    this.trust = trust;
    this.look = look;
    this.envelopes = new Map();
    this.known = new Map();
    this.used = new Set();
    let last = "";
    for (const value of given) {
      let envelope = null;
      try {
        envelope = envelopeOf(value);
      } catch (error) {
        if (error instanceof Problem) throw new Refuted("malformed", { why: told(error) });
        throw error;
      }
      const digest = hex(sha256(envelope.payload));
      if (envelope.type !== TYPES.SUBMISSION) throw differs(digest, inSubmissions("_NOT_A_MANIFEST"));
      if (digest <= last) throw differs(digest, inSubmissions("_UNORDERED"));
      this.envelopes.set(digest, envelope);
      last = digest;
    }
  }

  /** The manifest that a record's entry names, and what its signer's key makes of it. */
  check(one, collected, supplier, origin) {
    const { manifest: digest, row } = one.submission;
    const envelope = this.envelopes.get(digest);
    if (!envelope) {
      throw new Refuted("submission_missing", { record: collected.record, manifest: digest });
    }
    this.used.add(digest);
    const found =
      collected.attested_by === "registrar"
        ? this.byNode(digest, envelope, one, origin)
        : { manifest: this.bySupplier(digest, envelope, one, supplier), verdict: origin.verdict };
    const { manifest } = found;
    if (manifest.supplier !== collected.supplier) throw differs(digest, inSubmissions("_OTHER_SUPPLIER"));
    if (manifest.attestedBy !== collected.attested_by) {
      throw differs(digest, inSubmissions("_OTHER_ATTESTATION"));
    }
    if (commitmentOf(manifest, row) === null) throw differs(digest, inSubmissions("_NO_ROW"));
    return found;
  }

  requireAllUsed() {
    for (const digest of this.envelopes.keys()) {
      if (!this.used.has(digest)) throw differs(digest, inSubmissions("_UNORDERED"));
    }
  }

  bySupplier(digest, envelope, one, supplier) {
    const day = legalDay(one.recordedAt);
    for (const { keyid } of envelope.signatures) {
      const key = supplier.keyOn(keyid, day);
      const manifest = key && this.manifest(digest, envelope, key.raw);
      if (manifest) return this.signed(digest, keyid, manifest);
    }
    throw unsigned(digest, supplier.code, one);
  }

  byNode(digest, envelope, one, origin) {
    const found = [];
    for (const { keyid } of envelope.signatures) {
      const key = this.trust.key(origin.node, keyid, "submissions");
      if (key === null || key.from_ > one.recordedAt) continue;
      const manifest = this.manifest(digest, envelope, key.raw);
      if (manifest) found.push({ manifest: this.signed(digest, keyid, manifest), key });
    }
    if (!found.length) throw unsigned(digest, origin.node, one);
    const what = phrase("refuted.SUBMISSION_");
    const { verdict: good, judged } = origin;
    const states = found.map(({ key }) => byKey(key, what, good, this.trust, judged));
    return { manifest: found[0].manifest, verdict: best(states) };
  }

  signed(digest, keyid, manifest) {
    this.look.set(digest, { digest, keyid, supplier: manifest.supplier, attestedBy: manifest.attestedBy });
    return manifest;
  }

  /** Null where the key did not sign it. */
  manifest(digest, envelope, raw) {
    const place = `${digest} ${hex(raw)}`;
    if (!this.known.has(place)) this.known.set(place, this.read(digest, envelope, raw));
    return this.known.get(place);
  }

  read(digest, { type, payload, signatures }, raw) {
    const own = hex(sha256(raw));
    const isSigned = signatures.some((one) => one.keyid === own && dsseHolds(raw, type, payload, one.sig));
    if (!isSigned) return null;
    try {
      return readManifest(payload);
    } catch (error) {
      if (error instanceof Problem) throw differs(digest, told(error));
      throw error;
    }
  }
}

function unsigned(manifest, signer, one) {
  return new Refuted("submission_unsigned", { manifest, signer, day: legalDay(one.recordedAt) });
}
