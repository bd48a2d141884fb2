// What a verification ends with: one reason of a closed list, one sentence in three languages.

import { ERRORS, OUTCOMES, PHRASES, REASONS } from "./tables.mjs";

const LANGUAGES = ["en", "zh-CN", "zh-TW"];

/** As Python writes a text in quotation marks. */
function quoted(text) {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = text.replace(/\\/g, "\\\\").replaceAll(mark, `\\${mark}`);
  return mark + inside.replace(/\n/g, "\\n").replace(/\t/g, "\\t") + mark;
}

function filled(texts, fields, language) {
  return texts[LANGUAGES.indexOf(language)].replace(/\{(\w+)(!r)?\}/g, (whole, name, asQuoted) => {
    const field = fields[name];
    if (field === undefined) return whole;
    if (field !== null && typeof field === "object") return field.message(language);
    return asQuoted ? quoted(String(field)) : String(field);
  });
}

/** Part of a sentence, by its name in the program. */
class Phrase {
  constructor(name, fields) {
    this.texts = PHRASES[name];
    this.fields = fields;
    if (!this.texts) throw new Error(`no phrase ${name}`);
  }

  message(language) {
    return filled(this.texts, this.fields, language);
  }
}

export const phrase = (name, fields = {}) => new Phrase(name, fields);

/** A phrase of the verifier's own: the same in every language. */
export const verbatim = (text) => ({ message: () => text });

/** What is wrong with bytes that cannot be read: one of the program's errors. */
export class Problem extends Error {
  constructor(code, fields = {}) {
    super(code);
    this.code = code;
    this.fields = fields;
  }

  message_(language) {
    return filled(ERRORS[this.code], this.fields, language);
  }
}

/** A problem as part of a sentence. */
export const told = (problem) => ({ message: (language) => problem.message_(language) });

export class Verdict {
  constructor(reason, fields) {
    this.reason = reason;
    this.fields = fields;
  }

  get outcome() {
    return REASONS[this.reason][0];
  }

  get badness() {
    return OUTCOMES.indexOf(this.outcome);
  }

  get isGood() {
    return this.badness <= 1;
  }

  detail(language) {
    return filled(REASONS[this.reason].slice(1), this.fields, language);
  }

  /** In all languages, so that it can leave this thread. */
  toValue() {
    const detail = Object.fromEntries(LANGUAGES.map((one) => [one, this.detail(one)]));
    return { verdict: this.outcome, reason: this.reason, detail };
  }
}

export function verdict(reason, fields = {}) {
  if (!REASONS[reason]) throw new Error(`no reason ${reason}`);
  return new Verdict(reason, fields);
}

/** Ends a judgement, of the whole or of one record. */
export class Refuted extends Error {
  constructor(reason, fields = {}) {
    super(reason);
    this.verdict = verdict(reason, fields);
  }
}

/** The first of the worst. */
export const worst = (...verdicts) =>
  verdicts.reduce((found, one) => (one.badness > found.badness ? one : found));

/** The first of the best. */
export const best = (verdicts) =>
  verdicts.reduce((found, one) => (one.badness < found.badness ? one : found));

export const malformed = (problem) => verdict("malformed", { why: told(problem) });

/** Runs `read`; what it finds wrong with the bytes is a verdict instead of an error. */
export function orMalformed(read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof Problem) return malformed(error);
    throw error;
  }
}

const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/** A name that somebody else wrote, harmless on a screen and not at length. */
export function shown(text) {
  return [...text.slice(0, 160)].slice(0, 80).join("").replace(UNSEEN, "?");
}
