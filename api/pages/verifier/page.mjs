// The page: files come in, results stand below; no address is ever asked for.

import { element } from "./elements.mjs";
import { Rendered } from "./render.mjs";
import { languageFor, word } from "./words.mjs";

const byId = (id) => document.getElementById(id);

const state = {
  language: languageFor(navigator.languages ?? [navigator.language]),
  trust: null,
  documents: [],
  results: [],
  failure: null,
  turn: 0,
};

// -- the engine ----------------------------------------------------------------------

const waiting = new Map();
let asked = 0;

function heard(told) {
  const asker = waiting.get(told.id);
  if (!asker) return;
  if ("progress" in told) {
    asker.progress(told.progress);
    return;
  }
  waiting.delete(told.id);
  if ("failure" in told) asker.fail(new Error(told.failure));
  else asker.done(told.answer);
}

/** A thread of its own; where a browser allows none to a file, the page's own. */
function startEngine() {
  const source = byId("engine").textContent;
  const inPage = () => {
    document.head.append(element("script", {}, source));
    return (message) => globalThis.verifierEngine(message, heard);
  };
  if (typeof Worker === "undefined") return inPage();
  try {
    const place = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(place);
    worker.onmessage = ({ data }) => heard(data);
    worker.onerror = ({ message }) => {
      for (const { fail } of waiting.values()) fail(new Error(message));
      waiting.clear();
    };
    return (message) => worker.postMessage(message);
  } catch {
    return inPage();
  }
}

const send = startEngine();

function ask(message, progress = () => {}) {
  const id = ++asked;
  return new Promise((done, fail) => {
    waiting.set(id, { done, fail, progress });
    send({ id, ...message });
  });
}

// -- files ---------------------------------------------------------------------------

async function take(files) {
  const turn = ++state.turn;
  state.failure = null;
  const documents = [];
  try {
    for (const file of files) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const sorted = await ask({ what: "sort", bytes });
      if (sorted.kind === "trust") state.trust = { name: file.name, ...sorted };
      else documents.push({ name: file.name, bytes, digest: sorted.digest });
    }
    if (turn !== state.turn) return;
    if (documents.length) state.documents = documents;
    await verifyAll(turn);
  } catch (error) {
    state.failure = String(error.message ?? error);
    show();
  }
}

const startsWith = ({ bytes }, text) =>
  [...text].every((sign, at) => bytes[at] === sign.charCodeAt(0));
const isProof = (one) => startsWith(one, "c2sp.org/tlog-proof");

/** What is to be verified: a proof takes the one other file beside it for its entry. */
function tasks() {
  const proofs = state.documents.filter(isProof);
  const others = state.documents.filter((one) => !isProof(one));
  const [entry] = proofs.length && others.length === 1 ? others : [null];
  return state.documents
    .filter((one) => one !== entry)
    .map((one) => ({ ...one, entry: isProof(one) ? (entry?.bytes ?? null) : null }));
}

async function verifyAll(turn) {
  state.results = [];
  show();
  if (!state.trust?.told) return;
  for (const { name, bytes, digest, entry } of tasks()) {
    working(name, 0);
    const found = await ask({ what: "verify", bytes, entry }, (done) => working(name, done));
    if (turn !== state.turn) return;
    state.results.push({ name, digest, found });
  }
  byId("progress").hidden = true;
  show();
  if (state.results.length) byId("results").focus();
}

function working(name, done) {
  const said = (one) => word(one, state.language);
  byId("progress").hidden = false;
  byId("doing").textContent =
    `${said("working")} ${name}${done ? `: ${done} ${said("verified_so_far")}` : ""}`;
}

// -- what is shown -------------------------------------------------------------------

function show() {
  const { language } = state;
  const rendered = new Rendered(language);
  document.documentElement.lang = language;
  document.title = word("title", language);
  for (const one of document.querySelectorAll("[data-word]")) {
    one.textContent = word(one.dataset.word, language);
  }
  for (const one of document.querySelectorAll("button[data-language]")) {
    one.setAttribute("aria-pressed", String(one.dataset.language === language));
  }
  byId("switch").setAttribute("aria-label", word("language", language));
  byId("trust").replaceChildren(...(state.trust ? [rendered.trust(state.trust)] : []));
  const results = state.results.map((one) => rendered.result(one));
  const isWaiting = state.documents.length > 0 && !state.trust?.told;
  if (isWaiting) results.push(element("p", { class: "remark" }, word("waiting_trust", language)));
  if (state.failure !== null) {
    byId("progress").hidden = true;
    const said = element("p", {}, word("failed", language));
    results.push(element("div", { class: "verdict INDETERMINATE" }, said, element("pre", { tabindex: "0" }, state.failure)));
  }
  byId("found").replaceChildren(...results);
  byId("results").hidden = results.length === 0;
}

for (const id of ["trust-file", "files"]) {
  byId(id).addEventListener("change", ({ target }) => {
    const files = [...target.files];
    target.value = "";
    take(files);
  });
}
for (const one of document.querySelectorAll("button[data-language]")) {
  one.addEventListener("click", () => {
    state.language = one.dataset.language;
    show();
  });
}
byId("print").addEventListener("click", () => print());
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("over");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  take([...event.dataTransfer.files]);
});
show();
