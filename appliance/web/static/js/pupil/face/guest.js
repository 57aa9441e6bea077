// A guest leaves nothing behind: not on the appliance, and not in the browser that came along.
/** @import {Face} from "./types.js" */
import { byId, setHidden } from "../../core/dom.js";
import { forgetTraces } from "../identity.js";
import { credentials } from "./credentials.js";
import { forgetMessages } from "./messages.js";
import { forgetShelf } from "./shelf.js";

const PATIENCE_MS = 5000;

/** @param {Face} face */
export function wireGuest(face) {
  byId("leave").addEventListener("click", () => void leave(face));
}

/** @param {Face} face @param {string} scene */
export function drawGuest(face, scene) {
  setHidden(byId("leave"), !(face.identity.guest && scene === "lesson"));
  if (scene === "guest" && !face.isForgotten) forget(face);
}

/** @param {Face} face */
async function leave(face) {
  face.hasLeft = true;
  face.draw();
  await fetch("/pupil/leave", { method: "POST", headers: { Authorization: credentials(face.identity) }, signal: AbortSignal.timeout(PATIENCE_MS) })
    .catch(() => undefined); // the lesson's end will forget this guest, then
}

/** @param {Face} face */
function forget(face) {
  face.isForgotten = true;
  face.send({ type: "stop" });
  forgetMessages();
  forgetTraces();
  void forgetShelf();
  try { indexedDB.deleteDatabase(`preau-${face.identity.id}`); } catch { /* it kept nothing */ }
}
