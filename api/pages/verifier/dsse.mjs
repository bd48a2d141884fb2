// DSSE v1 envelopes: {"payload": base64, "payloadType", "signatures": [{"keyid", "sig"}]}.
//
// Signed are "DSSEv1" SP len(type) SP type SP len(body) SP body. Key and algorithm come from
// the trust list, never from the envelope.

import { fromBase64, utf8 } from "./bytes.mjs";
import { hasMembers, parseStrict } from "./json.mjs";
import { signatureHolds } from "./sodium.mjs";
import { LIMITS, TYPES } from "./tables.mjs";
import { Problem } from "./verdict.mjs";

const KNOWN = new Set(Object.values(TYPES));
const KEY_ID = /^[0-9a-f]{64}$/;

const wrong = (detail) => new Problem("envelope_malformed", { detail });

export function base64Of(value, what, size = null) {
  const bytes = fromBase64(value);
  if (!bytes) throw new Problem("not_base64", { what });
  if (size !== null && bytes.length !== size) {
    throw new Problem("wrong_length", { what, size: bytes.length, expected: size });
  }
  return bytes;
}

/** The envelope in a JSON value; raises `Problem`. */
export function envelopeOf(value, { least = 1, most = LIMITS.signatures } = {}) {
  if (!hasMembers(value, ["payload", "payloadType", "signatures"])) {
    throw wrong("payload, payloadType and signatures are its members");
  }
  const { payloadType: type, signatures } = value;
  if (typeof type !== "string" || !KNOWN.has(type)) throw wrong("unknown payloadType");
  if (!Array.isArray(signatures) || signatures.length < least || signatures.length > most) {
    throw wrong(`${least} to ${most} signatures`);
  }
  const payload = base64Of(value.payload, "payload");
  return { payload, type, signatures: signatures.map(signatureOf) };
}

function signatureOf(value) {
  if (!hasMembers(value, ["keyid", "sig"])) throw wrong("a signature has the members keyid and sig");
  if (typeof value.keyid !== "string" || !KEY_ID.test(value.keyid)) {
    throw wrong("a keyid is a SHA-256 in lower-case hex");
  }
  return { keyid: value.keyid, sig: base64Of(value.sig, "sig", 64) };
}

export const readEnvelope = (bytes, maxBytes = LIMITS.envelope) =>
  envelopeOf(parseStrict(bytes, { maxBytes }));

/** Whether the signature is the key's on a payload of that type. */
export function dsseHolds(publicKey, type, payload, signature) {
  const head = utf8(`DSSEv1 ${utf8(type).length} ${type} ${payload.length} `);
  return signatureHolds(publicKey, signature, head, payload);
}
