// Signed notes, checkpoints, cosignatures and verifier keys (c2sp.org/signed-note,
// tlog-checkpoint, tlog-cosignature), and inclusion proofs as files (tlog-proof).

import { fromBase64, hex, toBase64, utf8 } from "./bytes.mjs";
import { Line, MAX_NUMBER, checkedText, linesOf, splitHead, tooLong } from "./lines.mjs";
import { isAdmittedKey, sha256, signatureHolds } from "./sodium.mjs";
import { LIMITS } from "./tables.mjs";
import { Problem, phrase, told } from "./verdict.mjs";

export const ED25519 = 1;
export const COSIGNATURE = 4;
const DASH = "— ";
const FIRST_LINE = "c2sp.org/tlog-proof@v1";
const SPACE = /[\p{White_Space}\u001c-\u001f]/u;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const VKEY_ID = /^[0-9a-f]{8}$/;

// -- names and keys ------------------------------------------------------------------

const isNoteName = (name) => name !== "" && !name.includes("+") && !SPACE.test(name);

export function requireKeyName(name) {
  if (!isNoteName(name) || CONTROL.test(name) || utf8(name).length > LIMITS.key_name) {
    throw new Problem("key_name_refused", { limit: LIMITS.key_name });
  }
  return name;
}

/** A public key under a name, for signatures of one type. */
export function noteKey(name, kind, raw) {
  requireKeyName(name);
  if (!isAdmittedKey(raw)) throw new Problem("public_key_refused");
  const id = hex(sha256(utf8(`${name}\n`), new Uint8Array([kind]), raw).subarray(0, 4));
  return { name, kind, raw, id, hint: `${name}+${id}`, own: `${name}+${kind}+${hex(raw)}` };
}

/** The key of exactly this text: name+id+base64(type || key). */
export function keyOfText(text) {
  const wrong = (why) => new Problem("verifier_key_malformed", { why });
  if ([...text].length > LIMITS.vkey) throw wrong(phrase("verifier_key._TOO_LONG"));
  const [name, id, ...rest] = text.split("+");
  if (!rest.length || !VKEY_ID.test(id)) throw wrong(phrase("verifier_key._THREE_PARTS"));
  const typed = fromBase64(rest.join("+"));
  if (typed?.length !== 33) throw wrong(phrase("verifier_key._NOT_A_KEY"));
  if (![ED25519, COSIGNATURE].includes(typed[0])) throw wrong(phrase("verifier_key._UNKNOWN_TYPE"));
  let key = null;
  try {
    key = noteKey(name, typed[0], typed.slice(1));
  } catch (error) {
    throw error instanceof Problem ? wrong(told(error)) : error;
  }
  if (key.id !== id) throw wrong(phrase("verifier_key._WRONG_ID"));
  return key;
}

// -- notes ---------------------------------------------------------------------------

function signatureOfLine(line) {
  const rest = line.after(DASH).text;
  const space = rest.indexOf(" ");
  const name = space < 0 ? rest : rest.slice(0, space);
  const bytes = new Line(space < 0 ? "" : rest.slice(space + 1), line.at, line.code).base64();
  if (space < 0 || !isNoteName(name) || bytes.length <= 4) {
    throw line.wrong(phrase("note._NOT_A_SIGNATURE"));
  }
  const id = hex(bytes.subarray(0, 4));
  return { name, id, bytes: bytes.subarray(4), own: `${name} ${hex(bytes)}` };
}

function readNote(bytes) {
  const whole = checkedText(bytes, "note_malformed", LIMITS.note);
  const split = whole.lastIndexOf("\n\n");
  const after = split < 0 ? "" : whole.slice(split + 2);
  if (!after) {
    const line = whole.split("\n").length - 1;
    throw new Problem("note_malformed", { line, why: phrase("note._NO_SIGNATURES") });
  }
  const text = whole.slice(0, split + 1);
  const first = text.split("\n").length + 1;
  if (after.split("\n").length - 1 > LIMITS.note_signatures) {
    const line = first + LIMITS.note_signatures;
    throw new Problem("note_malformed", { line, why: phrase("note._TOO_MANY") });
  }
  return { text, signatures: linesOf(after, "note_malformed", first).map(signatureOfLine) };
}

// -- checkpoints ---------------------------------------------------------------------

/** A checkpoint with its signature lines; nothing is verified. */
export function readCheckpoint(bytes) {
  const { text, signatures } = readNote(bytes);
  const code = "checkpoint_malformed";
  const lines = linesOf(checkedText(utf8(text), code, LIMITS.checkpoint), code);
  if (lines.length !== 3) {
    const line = Math.min(lines.length, 4);
    throw new Problem(code, { line, why: phrase("checkpoint._THREE_LINES") });
  }
  const [origin, size, root] = lines;
  const found = { origin: origin.text, size: size.number(), root: root.hash(), signatures };
  try {
    requireKeyName(found.origin);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem(code, { line: 1, why: told(error) });
  }
  found.text = utf8(`${found.origin}\n${found.size}\n${toBase64(found.root)}\n`);
  return found;
}

/** The POSIX seconds of a cosignature of a text, or null if it is not the key's. */
function cosignedAt(raw, text, bytes) {
  if (bytes.length !== 72) return null;
  const seconds = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
  if (seconds > MAX_NUMBER) return null;
  const head = utf8(`cosignature/v1\ntime ${seconds}\n`);
  return signatureHolds(raw, bytes.subarray(8), head, text) ? seconds : null;
}

/**
 * The signatures of a checkpoint by known keys, each distinct line once.
 *
 * `seen` is told of every line. Raises `Problem` where one by a known key fails
 * (note_signature_fails), or none is the log's own (checkpoint_unsigned).
 */
export function verifiedLines(checkpoint, logKeys, witnessKeys, seen) {
  const logs = logKeys.filter((key) => key.kind === ED25519 && key.name === checkpoint.origin);
  const witnesses = witnessKeys.filter((key) => key.kind === COSIGNATURE);
  const known = new Map();
  for (const key of [...logs, ...witnesses]) {
    const before = known.get(`${key.name} ${key.id}`);
    if (before && before.own !== key.own) {
      throw new Problem("ambiguous_verifier_keys", { key: key.hint });
    }
    known.set(`${key.name} ${key.id}`, key);
  }
  const found = { own: [], cosigned: [] };
  const done = new Set();
  for (const line of checkpoint.signatures) {
    if (done.has(line.own)) continue;
    done.add(line.own);
    const key = known.get(`${line.name} ${line.id}`);
    if (!key) {
      seen({ name: line.name, id: line.id, holds: null });
      continue;
    }
    const isCosignature = key.kind === COSIGNATURE;
    const seconds = isCosignature ? cosignedAt(key.raw, checkpoint.text, line.bytes) : null;
    const holds = isCosignature
      ? seconds !== null
      : signatureHolds(key.raw, line.bytes, checkpoint.text);
    seen({ name: line.name, id: line.id, holds, isCosignature, seconds: seconds?.toString() });
    if (!holds) throw new Problem("note_signature_fails", { key: key.hint });
    (isCosignature ? found.cosigned : found.own).push({ key, seconds });
  }
  if (!found.own.length) throw new Problem("checkpoint_unsigned", { origin: checkpoint.origin });
  return found;
}

// -- proof files ---------------------------------------------------------------------

/** A .tlog-proof file: the entry's index, hashes upwards, the checkpoint verbatim. */
export function readProof(bytes) {
  const code = "proof_file_malformed";
  const [lines, rest] = splitHead(bytes, code, LIMITS.proof_head, LIMITS.note);
  const first = lines.shift();
  if (first.text !== FIRST_LINE) throw first.wrong(phrase("proof_file._FIRST"));
  let extra = null;
  if (lines.length && lines[0].text.startsWith("extra ")) {
    extra = lines.shift().after("extra ").base64();
  }
  if (!lines.length) throw new Problem(code, { line: 2, why: phrase("proof_file._NO_INDEX") });
  const index = lines.shift().after("index ").number();
  const hashes = lines.map((line) => line.hash());
  const checkpoint = readCheckpoint(rest);
  if (hashes.length > LIMITS.hashes) {
    throw new Problem(code, { line: 0, why: phrase("lines.TOO_MANY_HASHES") });
  }
  if (extra && (!extra.length || extra.length > LIMITS.proof_extra)) {
    const why = extra.length ? tooLong(LIMITS.proof_extra) : phrase("proof_file._EMPTY_EXTRA");
    throw new Problem(code, { line: 2, why });
  }
  return { index, hashes, checkpoint };
}

export const proofStart = utf8("c2sp.org/tlog-proof");
export const startsWithBytes = (bytes, start) =>
  bytes.length >= start.length && start.every((byte, at) => bytes[at] === byte);
