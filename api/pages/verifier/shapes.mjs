// Values held against the forms of the program's own models (`SHAPES`), with the same
// leniency: what the program's reader takes is taken here, and nothing else.
//
// Days and instants stay texts: their one form sorts as they do.

import { characters, fromBase64 } from "./bytes.mjs";
import { hasMembers, isObject } from "./json.mjs";
import { SHAPES } from "./tables.mjs";

/** A value that does not fit: where, and why, in the words of the program. */
export class Misfit extends Error {
  constructor(why, place) {
    super(why);
    this.place = place === undefined ? [] : [place];
  }

  inside(place) {
    this.place.unshift(place);
    return this;
  }

  get where() {
    return this.place.join(".");
  }
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether a text is a calendar day, YYYY-MM-DD, of the years 1 to 9999. */
export function isDay(value) {
  const found = typeof value === "string" && /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(value);
  if (!found) return false;
  const [year, month, day] = found.slice(1).map(Number);
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const last = month === 2 && isLeap ? 29 : DAYS[month - 1];
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= last;
}

/** After it no day of UTC+8 is left in the calendar. */
const LAST_INSTANT = "9999-12-31T15:59:59.999999Z";

/** Whether a text is an instant as the ledger writes it. */
export function isInstant(value) {
  return (
    typeof value === "string" &&
    /^.{10}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z$/.test(value) &&
    isDay(value.slice(0, 10)) &&
    value <= LAST_INSTANT
  );
}

const counted = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

/** Python's \s and $ as the program's patterns mean them. */
const pattern = (text) => new RegExp(text.replaceAll("\\s", "\\p{White_Space}"), "u");

const MAKERS = {
  str(least, most, rule) {
    const fits = rule === null ? null : pattern(rule);
    return (value) => {
      if (typeof value !== "string") throw new Misfit("Input should be a valid string");
      if (least !== null && value.length < least && characters(value) < least) {
        throw new Misfit(`String should have at least ${counted(least, "character")}`);
      }
      if (most !== null && value.length > most && characters(value) > most) {
        throw new Misfit(`String should have at most ${counted(most, "character")}`);
      }
      if (fits && !fits.test(value)) throw new Misfit(`String should match pattern '${rule}'`);
      return value;
    };
  },
  int(least, most) {
    return (number) => {
      if (typeof number !== "number") throw new Misfit("Input should be a valid integer");
      if (least !== null && number < least) {
        throw new Misfit(`Input should be greater than or equal to ${least}`);
      }
      if (most !== null && number > most) {
        throw new Misfit(`Input should be less than or equal to ${most}`);
      }
      return number;
    };
  },
  bool() {
    return (value) => {
      if (typeof value !== "boolean") throw new Misfit("Input should be a valid boolean");
      return value;
    };
  },
  literal(expected) {
    const words = expected.map((one) => `'${one}'`);
    const last = words.pop();
    const why = `Input should be ${words.length ? `${words.join(", ")} or ${last}` : last}`;
    return (value) => {
      if (!expected.includes(value)) throw new Misfit(why);
      return value;
    };
  },
  nullable(inner) {
    const held = shape(inner);
    return (value) => (value === null ? null : held(value));
  },
  list(inner, least, most) {
    const held = shape(inner);
    return (value) => {
      if (!Array.isArray(value)) throw new Misfit("Input should be a valid tuple");
      if (most !== null && value.length > most) {
        throw new Misfit(
          `Tuple should have at most ${counted(most, "item")} after validation, not ${value.length}`,
        );
      }
      const found = value.map((one, at) => within(at, () => held(one)));
      if (least !== null && value.length < least) {
        throw new Misfit(
          `Tuple should have at least ${counted(least, "item")} after validation, not ${value.length}`,
        );
      }
      return found;
    };
  },
  dict(keys, values) {
    const [held, inner] = [keys, values].map((one) => (one === null ? (value) => value : shape(one)));
    return (value) => {
      if (!isObject(value)) throw new Misfit("Input should be a valid dictionary");
      const found = Object.create(null);
      for (const name of Object.keys(value)) {
        within(name, () => {
          held(name);
          found[name] = inner(value[name]);
        });
      }
      return found;
    };
  },
  union(choices) {
    const every = choices.map(shape);
    return (value) => {
      let first = null;
      for (const held of every) {
        try {
          return held(value);
        } catch (error) {
          if (!(error instanceof Misfit)) throw error;
          first ??= error;
        }
      }
      throw first;
    };
  },
  any: () => (value) => value,
  day() {
    return (value) => {
      if (!isDay(value)) throw new Misfit("Value error, a legal date is written YYYY-MM-DD");
      return value;
    };
  },
  instant() {
    return (value) => {
      if (!isInstant(value)) {
        throw new Misfit("Value error, an instant is written YYYY-MM-DDThh:mm:ss.ffffffZ");
      }
      return value;
    };
  },
  hashes(most) {
    return (value) => {
      if (!Array.isArray(value) || value.length > most) {
        throw new Misfit(`Value error, a proof has at most ${most} hashes`);
      }
      return value.map((one) => {
        const hash = fromBase64(one);
        if (hash?.length !== 32) throw new Misfit("Value error, a hash has 32 bytes in base64");
        return hash;
      });
    };
  },
  entries(most, text, hashes) {
    const proof = MAKERS.hashes(hashes);
    return (value) => {
      if (!Array.isArray(value) || value.length > most) {
        throw new Misfit(`Value error, a list of at most ${most} entries is expected`);
      }
      return value.map((one) => shownEntry(one, text, proof));
    };
  },
  bytes(what, size, most) {
    return (value) => {
      if (most !== null && typeof value === "string" && value.length > 4 * (Math.floor(most / 3) + 1)) {
        throw new Misfit(`Value error, ${what} is longer than ${most} bytes`);
      }
      const found = fromBase64(value);
      if (!found) throw new Misfit(`${what} is not base64 in its canonical form`);
      if (size !== null && found.length !== size) {
        throw new Misfit(`${what} is ${found.length} bytes long, it must be ${size}`);
      }
      return found;
    };
  },
  after(inner, name) {
    const held = shape(inner);
    return (value) => AFTER[name](held(value));
  },
  model(members, name) {
    const every = members.map(([own, alias, isRequired, initial, inner]) => ({
      own,
      alias,
      isRequired,
      initial,
      held: shape(inner),
    }));
    const names = new Set(members.flatMap(([own, alias]) => [own, alias]));
    return (value) => modelled(value, every, names, name);
  },
};

const ENTRY = ["index", "payload", "keyid", "signature", "proof"];

/** An entry as messages show it: its exact signed bytes, and where it stands in its log. */
function shownEntry(value, text, proof) {
  if (!hasMembers(value, ENTRY)) throw new Misfit("Value error, these are not the members of an entry");
  const { index, payload, keyid, signature } = value;
  const found = {
    index,
    payload: typeof payload === "string" && payload.length <= text ? fromBase64(payload) : null,
    keyid,
    signature: fromBase64(signature),
    proof: proof(value.proof),
  };
  const fits =
    typeof index === "number" && index >= 0 && found.payload !== null &&
    typeof keyid === "string" && /^[0-9a-f]{64}$/.test(keyid) && found.signature?.length === 64;
  if (!fits) throw new Misfit("Value error, this is no entry with its signature and its place");
  return found;
}

function modelled(value, members, names, name) {
  if (!isObject(value)) {
    throw new Misfit(`Input should be a valid dictionary or instance of ${name}`);
  }
  const found = {};
  let used = 0;
  for (const { own, alias, isRequired, initial, held } of members) {
    const given = alias in value ? alias : own in value ? own : null;
    if (given === null) {
      if (isRequired) throw new Misfit("Field required", alias);
      found[own] = Array.isArray(initial) ? [...initial] : initial;
      continue;
    }
    used++;
    try {
      found[own] = held(value[given]);
    } catch (error) {
      throw error instanceof Misfit ? error.inside(given) : error;
    }
  }
  const all = Object.keys(value);
  if (all.length !== used) {
    const extra = all.find((one) => !names.has(one)) ?? all[0];
    throw new Misfit("Extra inputs are not permitted", extra);
  }
  return found;
}

/** What a model asks for beside the form of each member. */
const AFTER = {
  quorum_fits(found) {
    const { roots, root_quorum: quorum } = found;
    if (new Set(roots).size !== roots.length) throw new Misfit("Value error, a root is named twice");
    if ((quorum === null) !== (roots.length === 0)) {
      throw new Misfit("Value error, roots and their quorum are given together");
    }
    if (quorum !== null && quorum > roots.length) {
      throw new Misfit("Value error, the quorum is larger than the number of roots");
    }
    return found;
  },
  covered_by_evidence(found) {
    if ((found.covered === null) !== (found.evidence === null)) {
      throw new Misfit("Value error, covered and evidence are given together");
    }
    return found;
  },
};

function within(place, read) {
  try {
    return read();
  } catch (error) {
    throw error instanceof Misfit ? error.inside(place) : error;
  }
}

const MADE = new Map();

/** The function that holds a value against a form, by its place; raises `Misfit`. */
export function shape(place) {
  if (!MADE.has(place)) {
    const [kind, ...rest] = SHAPES[place];
    MADE.set(place, MAKERS[kind](...rest));
  }
  return MADE.get(place);
}
