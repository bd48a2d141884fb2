// Elements of the page, made of text alone: nothing of a file is ever read as markup.

// On a phone rows look like cards: said outright, a table stays one for a reader of the screen.
const ROLES = { table: "table", thead: "rowgroup", tbody: "rowgroup", tr: "row", td: "cell" };

/** An element with attributes and children; texts become text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  const role = name === "th" ? `${attributes.scope === "row" ? "row" : "column"}header` : ROLES[name];
  if (role) made.setAttribute("role", role);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((one) => one !== null && one !== undefined));
  return made;
}

/** Rows with a header each: what it is, and what it says. */
export function facts(rows, { caption, heads }) {
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  if (!shown.length) return null;
  const body = shown.map(([name, value]) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, value)),
  );
  const head = heads.map((one) => element("th", { scope: "col" }, one));
  return element(
    "table",
    { class: "facts" },
    element("caption", {}, caption),
    element("thead", { class: "unseen" }, element("tr", {}, head)),
    element("tbody", {}, body),
  );
}

/** A table in a box that can be panned; `rows` are arrays of cells, made as they are needed. */
export function table(caption, heads, rows, { more, page = 100 }) {
  const body = element("tbody");
  let at = 0;
  const add = () => {
    for (const end = Math.min(at + page, rows.length); at < end; at++) body.append(row(rows[at], heads));
  };
  add();
  const head = element("tr", {}, heads.map((one) => element("th", { scope: "col" }, one)));
  const made = element(
    "table",
    { class: "rows" },
    element("caption", {}, `${caption} (${rows.length})`),
    element("thead", {}, head),
    body,
  );
  const box = element("div", { class: "pan", tabindex: "0", role: "region", "aria-label": caption }, made);
  if (rows.length <= page) return box;
  const button = element("button", { type: "button" }, more);
  button.addEventListener("click", () => {
    add();
    if (at >= rows.length) button.remove();
  });
  return element("div", {}, box, button);
}

function row(make, heads) {
  const cells = make();
  const made = element("tr");
  cells.forEach((cell, at) => {
    const head = { "data-head": heads[at], ...(at ? {} : { scope: "row" }) };
    const held = cell instanceof Opening ? cell.button(made, heads.length) : cell;
    made.append(element(at ? "td" : "th", head, held));
  });
  return made;
}

/** Details of a row, in a row of their own below it; made when they are asked for. */
export class Opening {
  constructor(label, make) {
    this.label = label;
    this.make = make;
  }

  button(row, columns) {
    const made = element("button", { type: "button", class: "open", "aria-expanded": "false" }, this.label);
    made.addEventListener("click", () => {
      const isOpen = made.getAttribute("aria-expanded") === "true";
      made.setAttribute("aria-expanded", String(!isOpen));
      if (isOpen) row.nextSibling.remove();
      else row.after(element("tr", { class: "below" }, element("td", { colspan: columns }, this.make())));
    });
    return made;
  }
}

/** Something to be opened; made when it is opened, or printed. */
export function folded(summary, make) {
  const made = element("details", {}, element("summary", {}, summary));
  made.addEventListener(
    "toggle",
    () => {
      if (made.childElementCount === 1) made.append(...[make()].flat().filter(Boolean));
    },
  );
  return made;
}

const LONG = 40;

export const code = (text) => element("code", { class: String(text).length > LONG ? "hash" : null }, text);

/** The members of a JSON object by name; what is not set is left out. */
export function members(said, { caption, heads }) {
  const rows = Object.entries(said).filter(
    ([, value]) => value !== null && value !== "" && !(Array.isArray(value) && !value.length),
  );
  return facts(rows.map(([name, value]) => [code(name), told(value)]), { caption, heads });
}

function told(value) {
  if (Array.isArray(value) && value.every((one) => typeof one !== "object")) return value.join(", ");
  return typeof value === "object" ? code(JSON.stringify(value)) : String(value);
}
