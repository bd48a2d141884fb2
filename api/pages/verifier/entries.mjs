// Entries read: the exact header, an event that is known, its facts of the right form.

import { characters } from "./bytes.mjs";
import { hasMembers, isObject, parseCanonical, parseLax } from "./json.mjs";
import { Misfit, isInstant, shape } from "./shapes.mjs";
import { EVENTS, HEADER, STREAM_KINDS } from "./tables.mjs";
import { Problem } from "./verdict.mjs";

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const isText = (value) => typeof value === "string";
const isPositive = (value) => typeof value === "number" && value >= 1;

/** The entry that bytes say, or null for what is none that is known. */
export function decodeEntry(payload) {
  let value = null;
  try {
    value = parseCanonical(payload);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
  if (!hasMembers(value, HEADER) || value.v !== 1) return null;
  const { stream, actor, submission, sealed, prev } = value;
  const topic = topicOf(value);
  const event = Object.hasOwn(EVENTS, topic) ? EVENTS[topic] : null;
  const fits =
    event !== null &&
    hasMembers(stream, ["id", "kind"]) &&
    hasMembers(actor, ["operator", "organisation"]) &&
    (submission === null || hasMembers(submission, ["manifest", "row"])) &&
    isText(stream.id) && ID.test(stream.id) && stream.kind === event.stream &&
    isPositive(value.seq) &&
    (prev === null || (isText(prev) && characters(prev) === 64)) &&
    isInstant(value.recorded_at) &&
    isText(value.node) && isText(actor.organisation) && isText(actor.operator) &&
    (submission === null || (isText(submission.manifest) && isPositive(submission.row))) &&
    (sealed === null || isSealed(sealed));
  if (!fits) return null;
  try {
    return {
      stream: { ...stream, key: `${stream.kind}/${stream.id}` },
      seq: value.seq,
      prev,
      type: value.type,
      recordedAt: value.recorded_at,
      node: value.node,
      actor,
      submission,
      facts: shape(event.shape)(value.facts),
      said: value.facts,
      sealed,
    };
  } catch (error) {
    if (error instanceof Misfit) return null;
    throw error;
  }
}

function topicOf({ type, schema }) {
  return isText(type) && typeof schema === "number" ? `${type}:${schema}` : "";
}

const isSealed = (sealed) =>
  isObject(sealed) && Object.keys(sealed).length > 0 && Object.values(sealed).every(isText);

/** The type of an entry that is in order but for its type; null for what is no entry. */
export function unknownEvent(payload) {
  const value = parseLax(payload);
  if (!hasMembers(value, HEADER) || value.v !== 1) return null;
  const { type, schema, stream } = value;
  const isWhole = Number.isInteger(schema) || typeof schema === "bigint";
  if (!isText(type) || !isWhole || !isObject(stream)) return null;
  const topic = `${type}:${schema}`;
  return Object.hasOwn(EVENTS, topic) && STREAM_KINDS.includes(stream.kind) ? null : topic;
}
