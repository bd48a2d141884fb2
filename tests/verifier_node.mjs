// Answers questions to the verifier's modules, one JSON a line, for tests that compare.

import { createInterface } from "node:readline";
import { hex } from "../api/pages/verifier/bytes.mjs";
import { openTrust, verify } from "../api/pages/verifier/engine.mjs";
import { decodeEntry } from "../api/pages/verifier/entries.mjs";
import { organisationId, publicId } from "../api/pages/verifier/identifiers.mjs";
import { canonicalText, parseCanonical, parseStrict } from "../api/pages/verifier/json.mjs";
import { consistencyFault, inclusionFault } from "../api/pages/verifier/merkle.mjs";
import { Misfit, shape } from "../api/pages/verifier/shapes.mjs";
import { isAdmittedKey, signatureHolds, sodiumReady } from "../api/pages/verifier/sodium.mjs";
import { Problem } from "../api/pages/verifier/verdict.mjs";

const bytes = (text) => (text === null || text === undefined ? null : new Uint8Array(Buffer.from(text, "base64")));

const ANSWERS = {
  verify({ file, trust, entry }) {
    const opened = openTrust(bytes(trust));
    if (!opened.trust) return { code: opened.code, detail: opened.detail };
    const { look, ...found } = verify(bytes(file), opened.trust, { entry: bytes(entry) });
    const records = look.records.map((one) => one.verdict.reason);
    return { ...found, records, remarks: look.remarks };
  },
  signature: ({ key, message, signature }) =>
    signatureHolds(bytes(key), bytes(signature), bytes(message)),
  admitted: ({ key }) => isAdmittedKey(bytes(key)),
  inclusion: ({ index, size, leaf, proof, root }) =>
    inclusionFault(BigInt(index), BigInt(size), bytes(leaf), proof.map(bytes), bytes(root)),
  consistency: ({ old, grown, oldRoot, newRoot, proof }) =>
    consistencyFault(BigInt(old), BigInt(grown), bytes(oldRoot), bytes(newRoot), proof.map(bytes)),
  strict: ({ data }) => reads(() => parseStrict(bytes(data))),
  canonical: ({ data }) => reads(() => parseCanonical(bytes(data))),
  written: ({ data }) => canonicalText(parseStrict(bytes(data))),
  entry: ({ data }) => decodeEntry(bytes(data)) !== null,
  fits({ place, value }) {
    try {
      shape(place)(parseStrict(bytes(value)));
      return true;
    } catch (error) {
      if (error instanceof Misfit) return false;
      throw error;
    }
  },
  identifier: ({ scheme, identifier }) => publicId(scheme, identifier),
  organisation: ({ code }) => organisationId(code),
  hex: ({ data }) => hex(bytes(data)),
};

function reads(read) {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

await sodiumReady();
for await (const line of createInterface({ input: process.stdin })) {
  const { what, ...asked } = JSON.parse(line);
  let told = null;
  try {
    told = { answer: ANSWERS[what](asked) };
  } catch (error) {
    told = { failure: String(error?.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
