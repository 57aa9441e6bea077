// Gets a document from the appliance: with progress, again after a loss (from where it stopped), never for ever.
/** @import {Face} from "./types.js" */
import { CannotDo, NO_ANSWER, NOT_FOUND } from "./cannot.js";
import { credentials } from "./credentials.js";

export const WHOLE_BYTES = 32 * 1024 * 1024; // above: streamed, never held whole
const PAUSES_S = [1, 2, 4, 8, 15, 30, 30, 30];

/** @typedef {{sha256: string, name: string, mime: string, size: number}} Document_ */
/** @typedef {{progress: (done: number) => void, again: (seconds: number) => void, signal: AbortSignal}} Watcher */

/** @param {string} sha256 */
export function addressOf(sha256) {
  return `/documents/${sha256}`;
}

/** @param {Face} face @param {Document_} document_ @param {Watcher} watcher @returns {Promise<Blob>} */
export async function fetchWhole(face, document_, watcher) {
  /** @type {{chunks: Uint8Array[], done: number}} */ const got = { chunks: [], done: 0 };
  for (const pause of [...PAUSES_S, null]) {
    try {
      await fetchRest(face, document_, got, watcher);
      if (got.done === document_.size) return new Blob(/** @type {BlobPart[]} */ (got.chunks), { type: document_.mime });
      got.chunks = [];
      got.done = 0;
    } catch (problem) {
      if (problem instanceof CannotDo || watcher.signal.aborted) throw problem;
    }
    if (pause !== null) await rest(pause, watcher);
  }
  throw new CannotDo(NO_ANSWER);
}

/** @param {Face} face @param {Document_} document_ @param {{chunks: Uint8Array[], done: number}} got @param {Watcher} watcher */
async function fetchRest(face, document_, got, watcher) {
  /** @type {Record<string, string>} */ const headers = { Authorization: credentials(face.identity) };
  if (got.done) Object.assign(headers, { Range: `bytes=${got.done}-`, "If-Range": `"${document_.sha256}"` });
  const answer = await fetch(addressOf(document_.sha256), { headers, signal: watcher.signal });
  if (answer.status === 404) throw new CannotDo(NOT_FOUND);
  if (!answer.ok || !answer.body) throw new Error(`status ${answer.status}`);
  if (answer.status !== 206) Object.assign(got, { chunks: [], done: 0 });
  const reader = answer.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    got.chunks.push(part.value);
    got.done += part.value.length;
    if (got.done > document_.size) throw new Error("larger than was said");
    watcher.progress(got.done);
  }
}

/** Waits, or less when the network is back. @param {number} seconds @param {Watcher} watcher */
function rest(seconds, watcher) {
  watcher.again(seconds);
  return new Promise((resolve, reject) => {
    setTimeout(resolve, seconds * 1000);
    addEventListener("online", resolve, { once: true });
    addEventListener("preau:again", resolve, { once: true });
    watcher.signal.addEventListener("abort", () => reject(watcher.signal.reason), { once: true });
  });
}

/** For what carries no password of its own: players, pictures, downloads. @param {Face} face */
export async function openSession(face) {
  const answer = await fetch("/pupil/session", { method: "POST", headers: { Authorization: credentials(face.identity) } }).catch(() => null);
  if (!answer?.ok) throw new CannotDo(NO_ANSWER);
}
