// Ids of subjects and organisations: UUIDv8 of SHA-256 over what identifies them.

import { hex, utf8 } from "./bytes.mjs";
import { canonicalText } from "./json.mjs";
import { sha256 } from "./sodium.mjs";
import { SCHEMES } from "./tables.mjs";

const DOMAIN = utf8("credit-ledger/id/v1");
const USCC = /^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$/;
const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const ORGANISATION = /^[0-9A-Za-z._-]{2,64}$/;
const LONGEST = 64;

/** The id that is the same on every node. */
export function publicId(scheme, identifier) {
  const bytes = sha256(DOMAIN, utf8(canonicalText([scheme, identifier]))).slice(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The scheme of this name or alias, and whether it names natural persons; null for none. */
export function parseScheme(name) {
  const scheme = name === "resident_identity_number" ? "resident_id" : name;
  return Object.hasOwn(SCHEMES, scheme) ? { scheme, isPerson: SCHEMES[scheme] } : null;
}

function hasCheckCharacter(code) {
  let [sum, weight] = [0, 1];
  for (const sign of code.slice(0, 17)) {
    sum += ALPHABET.indexOf(sign) * weight;
    weight = (weight * 3) % 31;
  }
  return ALPHABET[(31 - (sum % 31)) % 31] === code[17];
}

const stripped = (text) => text.replace(/^[\p{White_Space}\x1c-\x1f]+|[\p{White_Space}\x1c-\x1f]+$/gu, "");

/** The id of an organisation's stream; null for what names none. */
export function organisationId(code) {
  const given = [...code].length > 2 * LONGEST ? [...code].slice(0, LONGEST + 1).join("") : code;
  const tidied = stripped(given.normalize("NFKC")).toUpperCase();
  if (USCC.test(tidied)) return hasCheckCharacter(tidied) ? publicId("uscc", tidied) : null;
  const name = stripped(code);
  return ORGANISATION.test(name) ? publicId("organisation", name) : null;
}
