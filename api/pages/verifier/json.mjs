// JSON, read strictly: no member twice, no number beyond 2^53-1, no fraction, no half of a
// surrogate pair, not deeper than asked for. With `canonical` also byte for byte as RFC 8785
// writes the vocabulary of the ledger: members in order, ASCII names, no spaces, no escape but
// where there must be one.
//
// Objects come without a prototype, so that no member has a meaning of its own.

import { textOf } from "./bytes.mjs";
import { LIMITS } from "./tables.mjs";
import { Problem } from "./verdict.mjs";

const PLAIN = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const SHORT = new Set("\b\f\n\r\t");
const HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const ASCII = /^[\u0000-\u007f]*$/;
const LARGEST = 2n ** 64n;

class Reader {
  constructor(text, { canonical = false, lax = false, depth }) {
    this.text = text;
    this.at = 0;
    this.canonical = canonical;
    this.lax = lax;
    this.depth = depth;
  }

  whole() {
    this.space();
    const value = this.value(0);
    this.space();
    if (this.at !== this.text.length) this.wrong("unexpected content after document");
    return value;
  }

  wrong(detail) {
    const before = this.text.slice(0, this.at);
    const line = before.split("\n").length;
    const column = this.at - before.lastIndexOf("\n");
    throw new Problem("json_malformed", { detail, line, column });
  }

  otherwise() {
    throw new Problem("json_not_canonical", { offset: this.at });
  }

  space() {
    const start = this.at;
    for (let code; ; this.at++) {
      code = this.text.charCodeAt(this.at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) break;
    }
    if (this.canonical && this.at !== start) this.otherwise();
  }

  value(depth) {
    switch (this.text[this.at]) {
      case "{":
        return this.object(depth);
      case "[":
        return this.array(depth);
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      default:
        return this.number();
    }
  }

  word(word, value) {
    if (!this.text.startsWith(word, this.at)) this.wrong("expected value");
    this.at += word.length;
    return value;
  }

  number() {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (!found) this.wrong("expected value");
    const [text, fraction, exponent] = found;
    this.at += text.length;
    if (fraction || exponent) return this.lax ? NaN : this.notAllowed();
    const number = Number(text);
    if (Number.isSafeInteger(number)) {
      if (this.canonical && text !== String(number)) this.otherwise();
      return number + 0 === 0 ? 0 : number;
    }
    if (!this.lax) this.notAllowed();
    const large = BigInt(text);
    return large < LARGEST && large >= -LARGEST / 2n ? large : NaN;
  }

  notAllowed() {
    throw new Problem("json_number_not_allowed", { where: `@${this.at}` });
  }

  string() {
    const start = ++this.at;
    let text = "";
    for (let from = start; ; from = this.at) {
      PLAIN.lastIndex = from;
      PLAIN.exec(this.text);
      this.at = PLAIN.lastIndex;
      text += this.text.slice(from, this.at);
      const sign = this.text[this.at++];
      if (sign === '"') break;
      if (sign !== "\\") this.wrong("a text does not end, or holds a control character");
      text += this.escaped();
    }
    if (this.at - start > text.length + 1 && HALF.test(text)) this.wrong("half a surrogate pair");
    return text;
  }

  escaped() {
    const letter = this.text[this.at++];
    if (letter === "u") {
      const digits = this.text.slice(this.at, this.at + 4);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.wrong("no escape");
      this.at += 4;
      const sign = String.fromCharCode(parseInt(digits, 16));
      const isNeeded = sign < " " && !SHORT.has(sign) && digits === digits.toLowerCase();
      if (this.canonical && !isNeeded) this.otherwise();
      return sign;
    }
    const sign = ESCAPES[letter];
    if (sign === undefined) this.wrong("no escape");
    if (this.canonical && letter === "/") this.otherwise();
    return sign;
  }

  enter(depth) {
    if (depth >= this.depth) throw new Problem("json_too_deep", { limit: this.depth });
    this.at++;
    this.space();
  }

  array(depth) {
    this.enter(depth);
    const found = [];
    if (this.text[this.at] === "]") {
      this.at++;
      return found;
    }
    for (;;) {
      found.push(this.value(depth + 1));
      this.space();
      const sign = this.text[this.at++];
      if (sign === "]") return found;
      if (sign !== ",") this.wrong("expected , or ]");
      this.space();
    }
  }

  object(depth) {
    this.enter(depth);
    const found = Object.create(null);
    let last = null;
    if (this.text[this.at] === "}") {
      this.at++;
      return found;
    }
    for (;;) {
      if (this.text[this.at] !== '"') this.wrong("expected a member name");
      const name = this.string();
      if (!this.lax && name in found) throw new Problem("json_duplicate_key", { key: name });
      if (this.canonical) {
        if (!ASCII.test(name)) throw new Problem("json_key_not_ascii", { where: "" });
        if (last !== null && name < last) this.otherwise();
        last = name;
      }
      this.space();
      if (this.text[this.at++] !== ":") this.wrong("expected :");
      this.space();
      found[name] = this.value(depth + 1);
      this.space();
      const sign = this.text[this.at++];
      if (sign === "}") return found;
      if (sign !== ",") this.wrong("expected , or }");
      this.space();
    }
  }
}

function read(bytes, maxBytes, options) {
  if (bytes.length > maxBytes) {
    throw new Problem("json_too_long", { size: bytes.length, limit: maxBytes });
  }
  const text = textOf(bytes);
  if (text === null) {
    throw new Problem("json_malformed", { detail: "not UTF-8", line: 1, column: 1 });
  }
  return new Reader(text, options).whole();
}

/** JSON that a person or a foreign program wrote; order of members and spaces are free. */
export const parseStrict = (bytes, { maxBytes = LIMITS.json, depth = LIMITS.depth } = {}) =>
  read(bytes, maxBytes, { depth });

/** The value of bytes that must be exactly what RFC 8785 writes. */
export const parseCanonical = (bytes, { maxBytes = LIMITS.json, depth = LIMITS.depth } = {}) =>
  read(bytes, maxBytes, { canonical: true, depth });

/** Any JSON, the last of two members of one name; null for what is none. */
export function parseLax(bytes) {
  try {
    return read(bytes, Infinity, { lax: true, depth: 1024 });
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

const CONTROL = /["\\\u0000-\u001f]/g;
const SHORTS = { '"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function text(value) {
  const escaped = value.replace(
    CONTROL,
    (sign) => SHORTS[sign] ?? `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}

/** The RFC 8785 text of a value that was read here. Raises a problem for names not ASCII. */
export function canonicalText(value, depth = LIMITS.depth) {
  if (value === null || typeof value !== "object") {
    return typeof value === "string" ? text(value) : String(value);
  }
  if (depth === 0) throw new Problem("json_too_deep", { limit: LIMITS.depth });
  if (Array.isArray(value)) return `[${value.map((one) => canonicalText(one, depth - 1)).join(",")}]`;
  const members = Object.keys(value).sort().map((name) => {
    if (!ASCII.test(name)) throw new Problem("json_key_not_ascii", { where: "" });
    return `${text(name)}:${canonicalText(value[name], depth - 1)}`;
  });
  return `{${members.join(",")}}`;
}

export const isObject = (value) =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** Whether an object has exactly these members. */
export function hasMembers(value, names) {
  return isObject(value) && Object.keys(value).length === names.length && names.every((n) => n in value);
}
