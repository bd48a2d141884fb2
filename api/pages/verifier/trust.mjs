// Whom the reader believes: a plain trust file, or a trust list that its governors signed.

import { fromBase64, hex, utf8 } from "./bytes.mjs";
import { base64Of, dsseHolds, envelopeOf } from "./dsse.mjs";
import { isObject, parseCanonical, parseStrict } from "./json.mjs";
import { ED25519, noteKey, requireKeyName } from "./note.mjs";
import { readPolicy } from "./policy.mjs";
import { Misfit, shape } from "./shapes.mjs";
import { isAdmittedKey, sha256 } from "./sodium.mjs";
import { LIMITS, TRUST_FILE, TRUST_LIST_PAYLOAD, TYPES } from "./tables.mjs";
import { Problem, phrase, told, verbatim } from "./verdict.mjs";

const wrong = (where, why) => new Problem("trust_malformed", { where, why });
const inTrust = (name) => phrase(`trust.${name}`);
const WHOLE = () => inTrust("WHOLE");

/** Runs `read`; another problem becomes one of the trust file. */
function at(where, read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof Misfit) {
      throw wrong(error.where.slice(0, LIMITS.place) || WHOLE(), verbatim(error.message));
    }
    if (error instanceof Problem && !error.code.startsWith("trust_")) throw wrong(where, told(error));
    throw error;
  }
}

/** Whether the key is valid at an instant; compromised or not. */
export const covers = (key, instant) =>
  key.from_ <= instant && (key.until === null || instant < key.until);

export class Trust {
  constructor(read, list = null) {
    this.version = read.version;
    this.issuedAt = read.issued_at;
    this.nodes = read.nodes;
    this.keys = read.keys;
    this.list = list;
    this.policyText = read.policy;
    this.policy = read.policy === null ? null : at("policy", () => readPolicy(utf8(read.policy)));
    this.byOrigin = this.originsOf(read.nodes);
    this.byKeyid = this.keysOf(read.nodes, read.keys);
    this.logs = this.logKeysOf(read);
    checkOrganisations(read.organisations);
    this.checkNames();
  }

  knowsNode(name) {
    return this.nodes.some((one) => one.node === name);
  }

  nodeOf(origin) {
    return this.byOrigin.get(origin) ?? null;
  }

  keyOf(keyid) {
    return this.byKeyid.get(keyid) ?? null;
  }

  key(node, keyid, purpose) {
    const found = this.keyOf(keyid);
    return found && found.node === node && found.purposes.includes(purpose) ? found : null;
  }

  logKeys(origin) {
    return this.logs.get(origin) ?? [];
  }

  /** The policy's witnesses that are not the node itself. */
  witnessKeys(node) {
    const own = new Set(this.keys.filter((key) => key.node === node).map((key) => hex(key.raw)));
    return (this.policy?.witnessKeys ?? []).filter((key) => !own.has(hex(key.raw)));
  }

  originsOf(nodes) {
    const found = new Map();
    nodes.forEach((node, place) => {
      at(`nodes.${place}.origin`, () => requireKeyName(node.origin));
      if (found.has(node.origin)) throw wrong(`nodes.${place}.origin`, inTrust("_TWICE"));
      found.set(node.origin, node);
    });
    if (new Set(nodes.map((node) => node.node)).size !== nodes.length) {
      throw wrong("nodes", inTrust("_TWICE"));
    }
    return found;
  }

  keysOf(nodes, keys) {
    const known = new Set(nodes.map((node) => node.node));
    const found = new Map();
    keys.forEach((key, place) => {
      const where = `keys.${place}`;
      checkKey(key, where);
      if (!known.has(key.node)) throw wrong(where, inTrust("_NO_NODE"));
      if (new Set(key.purposes).size !== key.purposes.length) {
        throw wrong(`${where}.purposes`, inTrust("_TWICE"));
      }
      if ((key.status === "COMPROMISED_SINCE") !== (key.since !== null)) {
        throw wrong(where, inTrust("_NO_SINCE"));
      }
      if (key.status === "RETIRED" && key.until === null) throw wrong(where, inTrust("_NO_END"));
      if (key.until !== null && key.until < key.from_) throw wrong(where, inTrust("_ENDS_BEFORE"));
      if (key.next === key.keyid) throw wrong(`${where}.next`, inTrust("_OWN_NEXT"));
      if (found.has(key.keyid)) throw wrong(`${where}.keyid`, inTrust("_TWICE"));
      found.set(key.keyid, key);
    });
    return found;
  }

  logKeysOf({ nodes, keys }) {
    const originOf = new Map(nodes.map((node) => [node.node, node.origin]));
    const found = new Map();
    for (const key of keys) {
      if (!key.purposes.includes("checkpoints")) continue;
      const origin = originOf.get(key.node);
      const own = { ...noteKey(origin, ED25519, key.raw), trusted: key };
      found.set(origin, [...(found.get(origin) ?? []), own]);
    }
    return found;
  }

  /** No two keys that a signed note could not tell apart. */
  checkNames() {
    const found = new Map();
    const logs = [...this.logs.values()].flat();
    for (const key of [...logs, ...(this.policy?.witnessKeys ?? [])]) {
      const raw = hex(key.raw);
      const before = found.get(key.hint);
      if (before !== undefined && before !== raw) throw wrong(key.name, inTrust("_COLLISION"));
      found.set(key.hint, raw);
    }
  }
}

/** That every verifier reads the key alike, and that it bears its own id; sets `raw`. */
function checkKey(key, where) {
  key.raw = at(`${where}.public_key`, () => {
    const raw = base64Of(key.public_key, "public key");
    if (raw.length !== 32) {
      throw new Problem("wrong_length", { what: "public key", size: raw.length, expected: 32 });
    }
    if (!isAdmittedKey(raw)) throw new Problem("public_key_refused");
    return raw;
  });
  if (hex(sha256(key.raw)) !== key.keyid) throw wrong(`${where}.keyid`, inTrust("_OTHER_KEY"));
}

function checkOrganisations(organisations) {
  const codes = new Set();
  const owners = new Map();
  organisations.forEach((each, place) => {
    if (codes.has(each.organisation)) throw wrong(`organisations.${place}`, inTrust("_TWICE"));
    codes.add(each.organisation);
    const ended = new Map();
    each.keys.forEach((key, number) => {
      const where = `organisations.${place}.keys.${number}`;
      checkKey(key, where);
      if (key.until !== null && key.until < key.from_) throw wrong(where, inTrust("_ENDS_BEFORE"));
      const owner = owners.get(key.keyid) ?? each.organisation;
      owners.set(key.keyid, owner);
      const before = ended.has(key.keyid) ? ended.get(key.keyid) : "0001-01-01";
      if (owner !== each.organisation || before === null || key.from_ < before) {
        throw wrong(`${where}.keyid`, inTrust("_TWICE"));
      }
      ended.set(key.keyid, key.until);
    });
  });
}

// -- the two forms -------------------------------------------------------------------

/** Whether a JSON value calls itself one of the two forms. */
export const isTrust = (value) =>
  isObject(value) &&
  (value.payloadType === TYPES.TRUST_LIST ||
    (typeof value.format === "string" && value.format.startsWith("credit-ledger-trust")));

/** Raises `Problem`: trust_malformed, or trust_list_unsigned. */
export function readTrust(bytes) {
  const value = at(WHOLE(), () => parseStrict(bytes, { maxBytes: LIMITS.list }));
  if (isObject(value) && "payloadType" in value) return ofList(value);
  if (bytes.length > LIMITS.trust) {
    const long = new Problem("json_too_long", { size: bytes.length, limit: LIMITS.trust });
    throw wrong(WHOLE(), told(long));
  }
  return new Trust(at(WHOLE(), () => shape(TRUST_FILE)(value)));
}

function ofList(value) {
  const most = LIMITS.list_signatures;
  const envelope = at(WHOLE(), () => envelopeOf(value, { least: 0, most }));
  if (envelope.type !== TYPES.TRUST_LIST) {
    throw wrong("payloadType", phrase("trust_list._ANOTHER_TYPE"));
  }
  const said = at(WHOLE(), () => parseCanonical(envelope.payload, { maxBytes: LIMITS.trust }));
  const read = at(WHOLE(), () => shape(TRUST_LIST_PAYLOAD)(said));
  if (!isSpelled(said)) throw wrong(WHOLE(), phrase("trust_list._ANOTHER_SPELLING"));
  checkGovernance(read);
  const list = {
    digest: hex(sha256(envelope.payload)),
    expiresAt: read.expires_at,
    threshold: read.threshold,
    governors: read.governors.length,
  };
  const trust = new Trust(read, list);
  list.signed = signersOf(envelope, read.governors);
  const { held, failing } = list.signed;
  if (failing.size || held.size < read.threshold) {
    const { version, threshold } = read;
    throw new Problem("trust_list_unsigned", { version, found: held.size, threshold });
  }
  return trust;
}

/** Whether the payload names every member, as the list's makers write it. */
function isSpelled(said) {
  return said.keys.every((key) => "next" in key && "from" in key) &&
    said.organisations.every((one) => one.keys.every((key) => "from" in key));
}

function checkGovernance(read) {
  const seen = new Set();
  read.governors.forEach((governor, place) => {
    checkKey(governor, `governors.${place}`);
    if (seen.has(governor.keyid)) throw wrong(`governors.${place}.keyid`, inTrust("_TWICE"));
    seen.add(governor.keyid);
  });
  if (read.threshold > seen.size) throw wrong("threshold", phrase("trust_list._TOO_MANY"));
  if ((read.version === 1) !== (read.previous === null)) {
    throw wrong("previous", phrase("trust_list._PREVIOUS"));
  }
  if (read.expires_at <= read.issued_at) {
    throw wrong("expires_at", phrase("trust_list._NEVER_IN_FORCE"));
  }
}

function signersOf(envelope, governors) {
  const known = new Map(governors.map((one) => [one.keyid, one.raw]));
  const [held, failing] = [new Set(), new Set()];
  for (const { keyid, sig } of envelope.signatures) {
    const raw = known.get(keyid);
    if (!raw) continue;
    (dsseHolds(raw, envelope.type, envelope.payload, sig) ? held : failing).add(keyid);
  }
  for (const keyid of failing) held.delete(keyid);
  return { held, failing };
}

/** The raw key of a text that has the form of one, whatever its unused bits are. */
export const rawKey = (text) => fromBase64(text, { strict: false });
