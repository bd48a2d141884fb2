// What a file is and what holds of it, told so that a page can show it.

import { utf8 } from "./bytes.mjs";
import { readEnvelope } from "./dsse.mjs";
import { parseStrict } from "./json.mjs";
import { judge, newLook } from "./judging.mjs";
import { proofStart, startsWithBytes } from "./note.mjs";
import { KINDS, LIMITS, TYPES } from "./tables.mjs";
import { isTrust, readTrust } from "./trust.mjs";
import { Problem, malformed, verdict } from "./verdict.mjs";
import { verifyCheckpoint, verifyEntry, verifyProof } from "./verifying.mjs";

const NAMES = Object.keys(KINDS).map((kind) => utf8(kind.split("/")[1]));
const PAGE = utf8("<!DOCTYPE html>");

function holdsBytes(bytes, searched) {
  for (let at = bytes.indexOf(searched[0]); at >= 0; at = bytes.indexOf(searched[0], at + 1)) {
    if (searched.every((byte, place) => bytes[at + place] === byte)) return true;
  }
  return false;
}

function startsObject(bytes) {
  let at = 0;
  while (at < 64 && [9, 10, 11, 12, 13, 32].includes(bytes[at])) at++;
  return at < 64 && bytes[at] === 0x7b;
}

/** Whether bytes call themselves a message between nodes. */
const isMessage = (bytes) => startsObject(bytes) && NAMES.some((name) => holdsBytes(bytes, name));

function verdictOn(bytes, entry, trust, progress, look) {
  if (entry === null && isMessage(bytes)) return judge(bytes, trust, progress, look);
  if (bytes.length > LIMITS.file) return verdict("too_large", { limit: LIMITS.file });
  if (entry !== null || startsWithBytes(bytes, proofStart)) {
    look.kind = "proof";
    return verifyProof(bytes, entry, trust, look);
  }
  if (startsWithBytes(bytes, PAGE)) return notHere(look);
  if (!startsObject(bytes)) {
    look.kind = "checkpoint";
    return verifyCheckpoint(bytes, trust, look);
  }
  let envelope = null;
  try {
    // Only statements are as large, and they are told by their type.
    const isStatement = holdsBytes(bytes, utf8(TYPES.STATEMENT.split("/")[1]));
    envelope = readEnvelope(bytes, isStatement ? LIMITS.file : LIMITS.envelope);
  } catch (error) {
    if (error instanceof Problem) return malformed(error);
    throw error;
  }
  if (envelope.type === TYPES.STATEMENT) return notHere(look);
  if (envelope.type !== TYPES.ENTRY) return verdict("kind_not_verified", { kind: envelope.type });
  look.kind = "entry";
  return verifyEntry(envelope, trust, look);
}

/** Statements of histories and liability have to be folded anew: the command line does. */
function notHere(look) {
  look.kind = "statement";
  return verdict("kind_not_verified", { kind: TYPES.STATEMENT });
}

/** The verdict on a file, with all that was looked at. `entry`: what a proof is for. */
export function verify(bytes, trust, { entry = null, progress = () => {} } = {}) {
  const look = newLook();
  const found = verdictOn(bytes, entry, trust, progress, look);
  return { ...found.toValue(), look: plain(look) };
}

/** Whether bytes are a trust file or list, going by what they call themselves. */
export function isTrustFile(bytes) {
  if (!startsObject(bytes) || bytes.length > LIMITS.list) return false;
  try {
    return isTrust(parseStrict(bytes, { maxBytes: LIMITS.list }));
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

/** What a trust file says, and the trust itself; or what is wrong with it. */
export function openTrust(bytes) {
  try {
    const trust = readTrust(bytes);
    const { version, issuedAt, nodes, keys, list, policyText } = trust;
    const told = {
      version,
      issuedAt,
      nodes,
      keys: keys.map(({ raw, ...key }) => key),
      hasPolicy: policyText !== null,
      list: list && { ...list, signed: list.signed.held.size },
    };
    return { trust, told };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const detail = Object.fromEntries(["en", "zh-CN", "zh-TW"].map((one) => [one, error.message_(one)]));
    return { code: error.code, detail };
  }
}

// -- what can leave this thread ------------------------------------------------------

function plain(look) {
  const { header, submissions, ...rest } = look;
  return {
    ...rest,
    header: header && headerOf(header),
    submissions: [...submissions.values()],
    sections: look.sections.map((one) => ({ ...one, verdict: one.verdict?.toValue() ?? null })),
    records: look.records.map((one) => ({ ...one, verdict: one.verdict.toValue() })),
    verdict: look.verdict?.toValue() ?? null,
    inside: look.inside.map(plain),
  };
}

const HEAVY = new Set(["logs", "records", "submissions", "disclosed", "rows", "statuses", "downstream"]);

function headerOf(message) {
  const told = {};
  for (const [name, value] of Object.entries(message)) {
    if (HEAVY.has(name) && name !== "records") continue;
    if (name === "records" && value.some((one) => !("verdict" in one))) continue;
    told[name] = value;
  }
  return told;
}
