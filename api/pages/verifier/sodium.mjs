// libsodium: SHA-256, Ed25519 signatures, and which public keys are admitted.
//
// crypto_sign_verify_detached is the very rule by which the nodes verify: canonical S,
// canonical and not small-order A and R.

import makeSodium from "./vendor/libsodium-sumo.mjs";

const ROOM = 1 << 17;
let sodium = null;
let place = 0;
let room = 0;

/** To be awaited once, before anything else here is called. */
export async function sodiumReady() {
  if (sodium) return;
  const getRandomValue = () => globalThis.crypto.getRandomValues(new Uint32Array(1))[0];
  const made = await makeSodium({ getRandomValue });
  if (made._sodium_init() < 0) throw new Error("libsodium cannot be used");
  sodium = made;
}

/** Where parts lie one behind the other, after 128 bytes for keys, signatures and digests. */
function laid(parts) {
  let size = 128;
  for (const part of parts) size += part.length;
  if (size > room) {
    if (place) sodium._free(place);
    room = Math.max(ROOM, size);
    place = sodium._malloc(room);
    if (!place) throw new Error("not enough memory");
  }
  let at = place + 128;
  for (const part of parts) {
    sodium.HEAPU8.set(part, at);
    at += part.length;
  }
  return size - 128;
}

/** The 32 bytes of SHA-256 over the parts, one behind the other. */
export function sha256(...parts) {
  const size = laid(parts);
  sodium._crypto_hash_sha256(place, place + 128, size, 0);
  return sodium.HEAPU8.slice(place, place + 32);
}

/** Whether the signature is the key's on the parts; never throws for wrong sizes. */
export function signatureHolds(publicKey, signature, ...parts) {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const size = laid(parts);
  sodium.HEAPU8.set(publicKey, place);
  sodium.HEAPU8.set(signature, place + 64);
  const message = place + 128;
  return sodium._crypto_sign_verify_detached(place + 64, message, size, 0, place) === 0;
}

/** Whether 32 bytes are a public key that every verifier reads alike. */
export function isAdmittedKey(publicKey) {
  laid([]);
  sodium.HEAPU8.set(publicKey, place);
  return sodium._crypto_core_ed25519_is_valid_point(place) === 1;
}
