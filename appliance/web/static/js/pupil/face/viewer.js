// What was opened: one thing at a time, a site or a document, under a line with its name and the way back.
/** @import {Face} from "./types.js" */
import { byId, make, setText } from "../../core/dom.js";
import { icon } from "./icon.js";
import { hideLayer, showLayer } from "./layers.js";

export const OWN_APP = "web:preau";

/**
 * @typedef {object} Thing
 * @property {string} key what it is: an address, a document's hash
 * @property {string} title
 * @property {string} app as usage names it
 * @property {(body: HTMLElement) => void} fill
 * @property {(() => void)} [leave] it is no longer shown
 * @property {((face: Face) => void)} [draw] each second, and whenever the state changed
 */

/** @type {Thing|null} */ let current = null;
/** @type {Set<() => void>} */ const watchers = new Set();

/** @returns {Thing|null} */
export function shown() {
  return current;
}

/** @param {() => void} watcher told when something else is shown */
export function onShown(watcher) {
  watchers.add(watcher);
}

/** @param {Thing} thing @param {AbortSignal} [over] when it is not to be shown, or no longer */
export function show(thing, over) {
  if (over?.aborted) return thing.leave?.();
  over?.addEventListener("abort", () => { if (current === thing) closeViewer(); }, { once: true });
  leave();
  current = thing;
  setText(byId("viewer-title"), thing.title);
  note("");
  byId("viewer-tools").hidden = true;
  byId("viewer-body").replaceChildren();
  thing.fill(byId("viewer-body"));
  showLayer("viewer", byId("viewer-title"));
  watchers.forEach((tell) => tell());
  return undefined;
}

export function closeViewer() {
  if (!current) return;
  leave();
  byId("viewer-body").replaceChildren();
  hideLayer("viewer");
  watchers.forEach((tell) => tell());
}

function leave() {
  const before = current;
  current = null;
  before?.leave?.();
}

/** A line under the bar, or none. @param {string} words */
export function note(words) {
  const line = byId("viewer-note");
  setText(line, words);
  line.hidden = words === "";
}

/** A drawing, words and perhaps more, in the middle. @param {string} drawing @param {string} words @param {(Node|null)[]} [more] */
export function card(drawing, words, more = []) {
  return make("div", { class: "viewer-card" }, [icon(drawing), make("p", { text: words }), ...more]);
}

/** @param {Face} face */
export function drawViewer(face) {
  const { before, state } = face;
  const isOver = !state?.lesson && before?.lesson;
  const isOut = state?.connection === "refused" || state?.connection === "elsewhere";
  if (isOver || isOut) closeViewer();
  else current?.draw?.(face);
}

/** @param {Face} _face */
export function wireViewer(_face) {
  byId("viewer-back").addEventListener("click", closeViewer);
  byId("viewer").addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeViewer();
  });
}
