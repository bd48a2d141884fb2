// How many witnesses a reader asks for (c2sp.org/tlog-policy).

import { textOf } from "./bytes.mjs";
import { Line, tooLong } from "./lines.mjs";
import { COSIGNATURE, ED25519, keyOfText } from "./note.mjs";
import { LIMITS } from "./tables.mjs";
import { Problem, phrase } from "./verdict.mjs";

const NOT_ALLOWED = /[\u0000-\u0008\u000b-\u001f\u007f]/;

const tooMany = (limit) => ({
  message: (language) =>
    ({
      en: `more than ${limit} lines of this kind`,
      "zh-CN": `此类行多于 ${limit} 行`,
      "zh-TW": `此類行多於 ${limit} 行`,
    })[language],
});

/** A policy as the file says it; raises `Problem`. */
export function readPolicy(bytes) {
  const wrong = (line, why) => new Problem("policy_malformed", { line, why });
  if (bytes.length > LIMITS.policy) throw wrong(0, tooLong(LIMITS.policy));
  const text = textOf(bytes);
  if (text === null) throw wrong(1, phrase("lines.NOT_UTF8"));
  const control = text.search(NOT_ALLOWED);
  if (control >= 0) {
    throw wrong(text.slice(0, control).split("\n").length, phrase("policy_words.NOT_PRINTABLE"));
  }
  if (!text.endsWith("\n")) {
    throw wrong(text.split("\n").length, phrase("lines.NO_FINAL_NEWLINE"));
  }
  const reader = new Reader();
  text.slice(0, -1).split("\n").forEach((line, at) => {
    const items = line.replace(/^[ \t]+|[ \t]+$/g, "").split(/[ \t]+/);
    if (items[0] && !items[0].startsWith("#")) {
      reader.read(new Line(line, at + 1, "policy_malformed"), items);
    }
  });
  return reader.policy();
}

class Reader {
  constructor() {
    this.logs = [];
    this.witnesses = [];
    this.groups = [];
    this.quorum = null;
    this.names = new Set();
    this.members = new Set();
    this.keys = new Set();
  }

  read(line, items) {
    const [word, ...rest] = items;
    if (word === "log" && (rest.length === 1 || rest.length === 2)) {
      this.room(line, this.logs);
      this.logs.push(this.key(line, rest[0], ED25519));
    } else if (word === "witness" && (rest.length === 2 || rest.length === 3)) {
      this.room(line, this.witnesses);
      const key = this.key(line, rest[1], COSIGNATURE);
      this.witnesses.push({ name: this.newName(line, rest[0]), key });
    } else if (word === "group" && rest.length >= 3) {
      this.room(line, this.groups);
      this.groups.push(this.group(line, ...rest));
    } else if (word === "quorum" && rest.length === 1) {
      if (this.quorum !== null) throw line.wrong(phrase("policy_words.QUORUM_TWICE"));
      if (rest[0] !== "none") this.defined(line, rest[0]);
      this.quorum = rest[0];
    } else {
      throw line.wrong(phrase("policy_words.NOT_A_LINE"));
    }
  }

  policy() {
    if (this.quorum === null) {
      throw new Problem("policy_malformed", { line: 0, why: phrase("policy_words.NO_QUORUM") });
    }
    const { witnesses, groups, quorum } = this;
    const satisfiedBy = (cosigners) => {
      if (quorum === "none") return true;
      const satisfied = new Set();
      for (const { name, key } of witnesses) if (cosigners.has(key.own)) satisfied.add(name);
      for (const { name, least, members } of groups) {
        if (members.filter((one) => satisfied.has(one)).length >= least) satisfied.add(name);
      }
      return satisfied.has(quorum);
    };
    return { witnessKeys: witnesses.map((one) => one.key), satisfiedBy };
  }

  group(line, name, threshold, ...members) {
    for (const member of members) {
      this.defined(line, member);
      if (this.members.has(member)) throw line.wrong(phrase("policy_words.MEMBER_TWICE"));
      this.members.add(member);
    }
    let least = threshold === "any" ? 1 : members.length;
    if (threshold !== "any" && threshold !== "all") {
      const number = new Line(threshold, line.at, line.code).number();
      least = number > BigInt(members.length) ? 0 : Number(number);
    }
    if (least < 1) throw line.wrong(phrase("policy_words.NOT_A_THRESHOLD"));
    return { name: this.newName(line, name), least, members };
  }

  key(line, text, kind) {
    let key = null;
    try {
      key = keyOfText(text);
    } catch (error) {
      throw error instanceof Problem ? line.wrong(error) : error;
    }
    if (key.kind !== kind) throw line.wrong(phrase("policy_words.WRONG_KEY_TYPE"));
    const own = `${kind} ${key.raw}`;
    if (this.keys.has(own)) throw line.wrong(phrase("policy_words.KEY_TWICE"));
    this.keys.add(own);
    return key;
  }

  newName(line, name) {
    if (name === "none") throw line.wrong(phrase("policy_words.RESERVED"));
    if (this.names.has(name)) throw line.wrong(phrase("policy_words.DEFINED_TWICE"));
    this.names.add(name);
    return name;
  }

  defined(line, name) {
    if (!this.names.has(name)) throw line.wrong(phrase("policy_words.NOT_DEFINED"));
  }

  room(line, made) {
    if (made.length >= LIMITS.policy_definitions) {
      throw line.wrong(tooMany(LIMITS.policy_definitions));
    }
  }
}
