// A page that is open while the box is upgraded still runs the scripts of before: it loads itself anew, once, and only
// when nobody needs it. It asks each time that the connection is back, because an upgrade ends every connection.
import { uppermost } from "./layers.js";

/** @import {Face} from "./types.js" */

const ASK_MS = 8_000;
/** For which version this tab was loaded anew: a copy that some cache gave back again must not turn in a circle. */
const DONE = "preau.renewed";

const seen = { connection: "", newer: "" };

/** @param {Face} face */
export function renew(face) {
  const connection = face.state?.connection ?? "";
  if (connection === "online" && seen.connection !== "online") void ask();
  seen.connection = connection;
  if (seen.newer && isAtRest(face)) reload(seen.newer);
}

/** No lesson, nothing open, nothing given that waits to be read. @param {Face} face */
function isAtRest(face) {
  return face.state?.connection === "online" && !face.state.lesson && !face.state.restrictions.lock && uppermost() === "app";
}

async function ask() {
  try {
    const answer = await fetch("/pupil/version", { cache: "no-store", signal: AbortSignal.timeout(ASK_MS) });
    const { version } = await answer.json();
    if (version !== document.documentElement.dataset.version) seen.newer = String(version); // an answer of before may come last
  } catch { /* an older box, or none again: the next connection asks */ }
}

/** @param {string} version */
function reload(version) {
  seen.newer = "";
  if (sessionStorage.getItem(DONE) === version) return;
  sessionStorage.setItem(DONE, version);
  location.reload();
}
