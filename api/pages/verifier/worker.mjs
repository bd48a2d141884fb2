// The engine by itself: in a thread of its own, or in that of the page where there is none.

import { hex } from "./bytes.mjs";
import { isTrustFile, openTrust, verify } from "./engine.mjs";
import { sha256, sodiumReady } from "./sodium.mjs";

let trust = null;

async function answer(asked, tell) {
  await sodiumReady();
  const { bytes } = asked;
  if (asked.what === "sort") {
    const digest = hex(sha256(bytes));
    if (!isTrustFile(bytes)) return { kind: "document", digest };
    const opened = openTrust(bytes);
    trust = opened.trust ?? null;
    return { kind: "trust", digest, told: opened.told ?? null, detail: opened.detail ?? null };
  }
  const progress = (done) => tell({ progress: done });
  return verify(bytes, trust, { entry: asked.entry, progress });
}

async function serve({ id, ...asked }, tell) {
  try {
    tell({ id, answer: await answer(asked, (more) => tell({ id, ...more })) });
  } catch (error) {
    tell({ id, failure: String(error?.stack ?? error) });
  }
}

if (typeof WorkerGlobalScope !== "undefined" && globalThis instanceof WorkerGlobalScope) {
  globalThis.onmessage = ({ data }) => serve(data, (told) => globalThis.postMessage(told));
} else {
  globalThis.verifierEngine = serve;
}
