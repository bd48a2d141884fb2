// What was found, as a page shows it: the verdict, then each record, signature and proof.

import { Opening, code, element, facts, folded, members, table } from "./elements.mjs";
import { REMARKS, TERMS } from "./terms.mjs";
import { term, word } from "./words.mjs";

const LANGUAGES = ["en", "zh-CN", "zh-TW"];
const SIGNS = { VALID: "✓", VALID_HISTORICAL: "✓", INDETERMINATE: "?", INVALID: "✗" };
const HEADER = [
  "sender", "recipient", "purpose", "legal_basis", "jurisdictions", "issued_at", "expires_at",
  "sequence", "act", "required", "due_on", "record", "notice", "verdict", "received_at",
  "refused_at", "sanction", "enforcer", "state", "reported_on", "clock", "id",
];

export class Rendered {
  constructor(language) {
    this.language = language;
    this.word = (name) => word(name, language);
    this.heads = { heads: [this.word("member"), this.word("value")] };
  }

  /** The whole of one file's result. */
  result({ name, digest, found }) {
    const { look } = found;
    return element(
      "article",
      { class: "result" },
      this.verdict(found),
      facts(
        [
          [this.word("file"), code(name)],
          [this.word("digest"), code(digest)],
          [this.word("kind"), look.kind && this.word(`kind_${look.kind}`)],
          [this.word("reason"), code(found.reason)],
        ],
        { caption: this.word("result"), ...this.heads },
      ),
      this.look(look),
    );
  }

  verdict(found) {
    const { verdict } = found;
    return element(
      "div",
      { class: `verdict ${verdict}` },
      element("h3", {}, element("span", { "aria-hidden": "true" }, `${SIGNS[verdict]} `), this.word(verdict), " ", code(verdict)),
      element("p", { class: "sentence" }, found.detail[this.language]),
      element("p", {}, this.word(`means_${verdict}`)),
    );
  }

  look(look) {
    return [
      ...look.remarks.map((one) =>
        element("p", { class: "remark" }, REMARKS[one][LANGUAGES.indexOf(this.language)]),
      ),
      this.header(look),
      this.records(look),
      this.signatures(look),
      this.submissions(look),
      ...look.sections.map((one) => this.section(one)),
      ...look.inside.map((one, at) => this.inside(one, at)),
    ].filter(Boolean);
  }

  header({ header }) {
    if (!header) return null;
    const told = (said) => (Array.isArray(said) ? said.join(", ") : said);
    const plain = (said) => ["string", "number"].includes(typeof said) || Array.isArray(said);
    const rows = HEADER.filter((name) => plain(header[name])).map((name) => [
      this.word(name),
      String(told(header[name])),
    ]);
    const list = header.trust_list;
    if (list) rows.push([this.word("trust_list"), [`${list.version} `, code(list.digest)]]);
    return facts(rows, { caption: this.word("about"), ...this.heads });
  }

  // -- records -----------------------------------------------------------------------

  records({ records }) {
    if (!records.length) return null;
    const heads = ["record", "outcome", "subject", "item", "document", "decided_on", "path", "details"];
    const rows = records.map((one) => () => this.record(one));
    return table(this.word("records"), heads.map(this.word), rows, { more: this.word("more") });
  }

  record({ record, verdict, seen }) {
    const outcome = this.outcome(verdict);
    const id = element("span", {}, seen?.label ? `${seen.label} ` : "", code(record));
    if (!seen) return [id, outcome, "", "", "", "", "", element("span", {}, verdict.detail[this.language])];
    const { subject, facts: said } = seen;
    return [
      id,
      outcome,
      [subject.name ?? this.word("undisclosed"), element("br"), code(subject.identifier ?? subject.scheme)],
      code(said.item),
      said.document_number + (seen.isCorrected ? ` (${this.word("corrected")})` : ""),
      said.decided_on,
      seen.path.join(" → "),
      new Opening(this.word("details"), () => this.recordDetails(seen, verdict)),
    ];
  }

  recordDetails(seen, verdict) {
    const named = seen.entries.map(({ node, index }) => `${node} ${index}`).join(", ");
    return [
      element("p", {}, verdict.detail[this.language]),
      this.members("facts", seen.facts),
      this.members("disclosed", seen.disclosed),
      this.members("cells", seen.cells ?? {}),
      element("p", {}, `${this.word("entries_named")}: `, code(named)),
    ].filter(Boolean);
  }

  members(name, said) {
    return members(said, { caption: this.word(name), ...this.heads });
  }

  outcome({ verdict, reason }) {
    return element(
      "span",
      { class: `mark ${verdict}` },
      element("span", { "aria-hidden": "true" }, `${SIGNS[verdict]} `),
      this.word(verdict),
      element("br"),
      code(reason),
    );
  }

  // -- signatures and proofs ---------------------------------------------------------

  held(holds, otherwise = "unchecked") {
    const state = holds === null || holds === undefined ? otherwise : holds ? "holds" : "fails";
    const kind = { holds: "VALID", fails: "INVALID" }[state] ?? "INDETERMINATE";
    const sign = element("span", { "aria-hidden": "true" }, `${SIGNS[kind]} `);
    return element("span", { class: `mark ${kind}` }, sign, this.word(state));
  }

  signatures({ signatures }) {
    if (!signatures.length) return null;
    const heads = ["key", "node", "signature"].map(this.word);
    const rows = signatures.map(({ keyid, node, holds }) => () => [
      code(keyid),
      node ?? "",
      this.held(holds, "unknown"),
    ]);
    return table(this.word("signatures"), heads, rows, { more: this.word("more") });
  }

  submissions({ submissions }) {
    if (!submissions.length) return null;
    const heads = ["manifest", "supplier", "attested_by", "key", "signature"].map(this.word);
    const rows = submissions.map((one) => () => [
      code(one.digest),
      code(one.supplier),
      this.word(`by_${one.attestedBy}`),
      code(one.keyid),
      this.held(true),
    ]);
    return table(this.word("submissions"), heads, rows, { more: this.word("more") });
  }

  section(one) {
    const name = one.shownNode ?? one.node ?? one.origin;
    return element(
      "section",
      { class: "log" },
      name ? element("h3", {}, `${this.word("log_of")} `, code(name)) : null,
      one.verdict ? this.outcome(one.verdict) : null,
      facts(
        [
          [this.word("log"), one.origin && code(one.origin)],
          [this.word("size"), one.size],
          [this.word("root"), one.root && code(one.root)],
          [
            this.word("consistency"),
            one.consistency ? `${one.consistency} (${this.word("consistency_note")})` : null,
          ],
        ],
        { caption: this.word("log"), ...this.heads },
      ),
      this.lines(one.lines ?? []),
      this.entries(one.entries),
    );
  }

  lines(lines) {
    if (!lines.length) return null;
    const heads = ["signer", "role", "seen_at", "signature"].map(this.word);
    const rows = lines.map((one) => () => [
      element("span", {}, code(one.name), " ", code(one.id)),
      one.holds === null ? "" : this.word(one.isCosignature ? "witness" : "own_log"),
      one.seconds ? new Date(Number(one.seconds) * 1000).toISOString().replace(".000", "") : "",
      this.held(one.holds, "unknown"),
    ]);
    return table(this.word("checkpoint_lines"), heads, rows, { more: this.word("more") });
  }

  entries(entries) {
    if (!entries.length) return null;
    const heads = ["index", "event", "recorded_at", "signature", "proof", "details"].map(this.word);
    const rows = entries.map((one) => () => [
      one.index || "-",
      this.event(one.type),
      one.recordedAt,
      this.held(one.signature),
      this.held(one.proof),
      new Opening(this.word("details"), () => this.entryDetails(one)),
    ]);
    return table(this.word("entries"), heads, rows, { more: this.word("more") });
  }

  event(type) {
    const own = TERMS[type];
    if (!own || this.language === "en") return code(type);
    return element("span", {}, `${term(own, this.language)} `, code(type));
  }

  entryDetails(one) {
    return [
      element("p", {}, "SHA-256 ", code(one.digest)),
      element("p", {}, `${this.word("key")} `, code(one.keyid)),
      this.members("actor", one.actor ?? {}),
      this.members("facts", one.facts ?? {}),
      one.sealed.length ? element("p", {}, `${this.word("sealed")}: `, code(one.sealed.join(", "))) : null,
    ].filter(Boolean);
  }

  inside(look, at) {
    const kind = look.kind ? this.word(`kind_${look.kind}`) : "";
    const from = look.header?.sender ?? "";
    const box = folded(`${this.word("inside")} ${at + 1}: ${kind} ${from}`, () => [
      look.verdict && this.verdict(look.verdict),
      ...this.look(look),
    ]);
    return element("section", { class: "inside" }, box);
  }

  // -- the trust file ----------------------------------------------------------------

  trust({ name, digest, told, detail }) {
    if (!told) {
      return element(
        "div",
        { class: "verdict INVALID" },
        element("h3", {}, this.word("trust_bad")),
        element("p", { class: "sentence" }, detail[this.language]),
        facts([[this.word("file"), code(name)]], { caption: this.word("file"), ...this.heads }),
      );
    }
    const { list } = told;
    const governed = list
      ? `${list.signed} (${this.word("of")} ${list.threshold})`
      : this.word("not_governed");
    return element(
      "div",
      { class: "trust" },
      facts(
        [
          [this.word("file"), code(name)],
          [this.word("version"), String(told.version)],
          [this.word("issued_at"), told.issuedAt],
          [this.word("expires_at"), list?.expiresAt],
          [this.word("nodes"), told.nodes.map((one) => one.node).join(", ")],
          [this.word("governed"), governed],
          [list ? this.word("list_digest") : this.word("digest"), code(list?.digest ?? digest)],
        ],
        { caption: this.word("trust_good"), ...this.heads },
      ),
      list ? element("p", {}, this.word("compare")) : null,
      folded(`${this.word("keys")} (${told.keys.length})`, () => this.keys(told.keys)),
    );
  }

  keys(keys) {
    const heads = ["key", "node", "purposes", "validity", "status"].map(this.word);
    const rows = keys.map((one) => () => [
      code(one.keyid),
      one.node,
      one.purposes.join(", "),
      `[${one.from_}, ${one.until ?? "…"})`,
      one.since ? `${one.status} ${one.since}` : one.status,
    ]);
    return table(this.word("keys"), heads, rows, { more: this.word("more") });
  }
}
