// Merkle trees of RFC 6962, section 2.1, worded as RFC 9162. Sizes and indexes are BigInt.

import { equal } from "./bytes.mjs";
import { MAX_NUMBER } from "./lines.mjs";
import { sha256 } from "./sodium.mjs";

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

export const leafHash = (payload) => sha256(LEAF, payload);
export const nodeHash = (left, right) => sha256(NODE, left, right);

function withoutZeros(node, last) {
  while (node && !(node & 1n)) [node, last] = [node >> 1n, last >> 1n];
  return [node, last];
}

/** What is wrong with a proof that `leaf` is leaf `index` of `size`; null: it holds. */
export function inclusionFault(index, size, leaf, proof, root) {
  if (!(0n <= index && index < size && size <= MAX_NUMBER)) return "out_of_range";
  if (leaf.length !== 32) return "hash_length";
  let [node, last, computed] = [index, size - 1n, leaf];
  for (const sibling of proof) {
    if (last === 0n) return "too_long";
    if (sibling.length !== 32) return "hash_length";
    if (node & 1n || node === last) {
      computed = nodeHash(sibling, computed);
      [node, last] = withoutZeros(node, last);
    } else {
      computed = nodeHash(computed, sibling);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  if (last) return "too_short";
  return equal(computed, root) ? null : "root_differs";
}

/** What is wrong with a proof that tree `old` is the beginning of `new`; null: it holds. */
export function consistencyFault(old, grown, oldRoot, newRoot, proof) {
  if (!(0n < old && old <= grown && grown <= MAX_NUMBER)) return "out_of_range";
  if (old === grown) {
    if (proof.length) return "too_long";
    return equal(oldRoot, newRoot) ? null : "root_differs";
  }
  if (!proof.length) return "too_short";
  const isPower = (old & (old - 1n)) === 0n;
  const rest = isPower ? proof : proof.slice(1);
  const seed = isPower ? oldRoot : proof[0];
  if (seed.length !== 32) return "hash_length";
  let [node, last] = [old - 1n, grown - 1n];
  while (node & 1n) [node, last] = [node >> 1n, last >> 1n];
  let [fromOld, fromNew] = [seed, seed];
  for (const sibling of rest) {
    if (last === 0n) return "too_long";
    if (sibling.length !== 32) return "hash_length";
    if (node & 1n || node === last) {
      fromOld = nodeHash(sibling, fromOld);
      fromNew = nodeHash(sibling, fromNew);
      [node, last] = withoutZeros(node, last);
    } else {
      fromNew = nodeHash(fromNew, sibling);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  if (last) return "too_short";
  if (!equal(fromNew, newRoot)) return "root_differs";
  return equal(fromOld, oldRoot) ? null : "old_root_differs";
}
