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
  return element("tr", {}, cells.map((cell, at) =>
    element(at ? "td" : "th", { "data-head": heads[at], ...(at ? {} : { scope: "row" }) }, cell),
  ));
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

export const code = (text) => element("code", {}, text);

/** A value of JSON for people: members by line. */
export function value(said) {
  if (said === null || typeof said !== "object") return element("span", {}, String(said));
  return element("pre", { tabindex: "0" }, JSON.stringify(said, null, 2));
}
