// Strict reading of the line formats of C2SP: one spelling of everything.

import { fromBase64, textOf } from "./bytes.mjs";
import { Problem, phrase, told } from "./verdict.mjs";

const DECIMAL = /^(?:0|[1-9][0-9]{0,18})$/;
export const MAX_NUMBER = (1n << 63n) - 1n;

export const tooLong = (limit) => ({
  message: (language) =>
    ({
      en: `it is longer than ${limit} bytes`,
      "zh-CN": `长度超过 ${limit} 字节`,
      "zh-TW": `長度超過 ${limit} 位元組`,
    })[language],
});

const startsWith = (word) => ({
  message: (language) =>
    ({
      en: `this line must start with '${word}'`,
      "zh-CN": `此行必须以 '${word}' 开头`,
      "zh-TW": `此行必須以 '${word}' 開頭`,
    })[language],
});

/** One line without its newline, where it stands, and the error of its format. */
export class Line {
  constructor(text, at, code) {
    this.text = text;
    this.at = at;
    this.code = code;
  }

  wrong(why) {
    return new Problem(this.code, { line: this.at, why: why instanceof Problem ? told(why) : why });
  }

  after(word) {
    if (!this.text.startsWith(word)) throw this.wrong(startsWith(word));
    return new Line(this.text.slice(word.length), this.at, this.code);
  }

  number() {
    if (!DECIMAL.test(this.text) || BigInt(this.text) > MAX_NUMBER) {
      throw this.wrong(phrase("lines.NOT_A_NUMBER"));
    }
    return BigInt(this.text);
  }

  base64() {
    const found = fromBase64(this.text);
    if (!found) throw this.wrong(phrase("lines.NOT_BASE64"));
    return found;
  }

  hash() {
    const found = fromBase64(this.text);
    if (found?.length !== 32) throw this.wrong(phrase("lines.NOT_A_HASH"));
    return found;
  }
}

export function newlinesIn(bytes, end = bytes.length) {
  let count = 0;
  for (let at = 0; at < end; at++) if (bytes[at] === 10) count++;
  return count;
}

/** Bytes as text, if they are UTF-8 of newline-ended lines without control characters. */
export function checkedText(bytes, code, maxBytes) {
  if (bytes.length > maxBytes) throw new Problem(code, { line: 0, why: tooLong(maxBytes) });
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] < 32 && bytes[at] !== 10) {
      const line = newlinesIn(bytes, at) + 1;
      throw new Problem(code, { line, why: phrase("lines.CONTROL_CHARACTER") });
    }
  }
  const text = textOf(bytes);
  if (text === null) throw new Problem(code, { line: 1, why: phrase("lines.NOT_UTF8") });
  if (!text.endsWith("\n")) {
    const line = text.split("\n").length;
    throw new Problem(code, { line, why: phrase("lines.NO_FINAL_NEWLINE") });
  }
  return text;
}

export const linesOf = (text, code, first = 1) =>
  text.slice(0, -1).split("\n").map((line, at) => new Line(line, at + first, code));

/** The lines before the first empty line, and the bytes after it. */
export function splitHead(bytes, code, maxHead, maxRest) {
  if (bytes.length > maxHead + maxRest) {
    throw new Problem(code, { line: 0, why: tooLong(maxHead + maxRest) });
  }
  let at = 0;
  while (at + 1 < bytes.length && (bytes[at] !== 10 || bytes[at + 1] !== 10)) at++;
  if (at + 1 >= bytes.length) {
    throw new Problem(code, { line: newlinesIn(bytes), why: phrase("lines.NO_CHECKPOINT") });
  }
  const head = checkedText(bytes.subarray(0, at + 1), code, maxHead);
  return [linesOf(head, code), bytes.subarray(at + 2)];
}
