// What the teacher gave: opened when it comes, and found again in the list until the lesson ends.
/** @import {Face, Command} from "./types.js" */
/** @import {Given} from "./shelf.js" */
import { byId, make, redraw, setHidden, setText } from "../../core/dom.js";
import { fileSize, say } from "../../core/text.js";
import { CANNOT_SHOW, CannotDo, NOT_FOUND, REPLACED } from "./cannot.js";
import { fetchWhole, openSession, addressOf, WHOLE_BYTES } from "./fetching.js";
import { icon } from "./icon.js";
import { drawingOf, player, useOf } from "./players.js";
import { clearOthers, fileOf, isShelfRead, keepFile, keepThing, readShelf, thingsGiven } from "./shelf.js";
import { dropWaiting, isAllowed, showSite } from "./sites.js";
import { card, onShown, OWN_APP, show, shown } from "./viewer.js";

const OPEN = "preau.open";

/** What was open before a reload has been opened again, or is of no use any more. */
let isRestored = false;

/** @param {Face} face */
export function wireGiven(face) {
  onShown(() => {
    try {
      if (isRestored) sessionStorage.setItem(OPEN, shown()?.key ?? "");
    } catch { /* a reload begins with the page itself, then */ }
  });
  void readShelf().then(face.draw);
}

/** After a reload, what was open is open again. @param {Face} face */
function restore(face) {
  isRestored = true;
  let key = "";
  try { key = sessionStorage.getItem(OPEN) ?? ""; } catch { /* nothing was kept */ }
  const given = thingsGiven().find((one) => one.key === key);
  if (given && !shown()) reopen(face, given);
}

/** @param {Face} face @param {Given} given */
function reopen(face, given) {
  void (given.kind === "link" ? showSite(face, given.key) : showDocument(face, given)).catch(() => undefined);
}

/** Resolves once it is shown. @param {Face} face @param {Command} command @param {AbortSignal} over @returns {Promise<void>} */
export async function openGiven(face, command, over) {
  const { sha256, name, mime, size } = command.args;
  /** @type {Given} */ const given = { key: sha256, kind: "document", name, mime, size };
  dropWaiting();
  await keepThing(face, given);
  face.draw();
  await showDocument(face, given, over);
}

/** @param {Face} face @param {Given} given @param {AbortSignal} [over] @returns {Promise<void>} */
export function showDocument(face, given, over) {
  return new Promise((resolve, reject) => {
    const leaving = new AbortController();
    const thing = {
      key: given.key,
      title: given.name,
      app: OWN_APP,
      fill: (/** @type {HTMLElement} */ body) => void attempt(body),
      leave: () => {
        leaving.abort();
        reject(new CannotDo(REPLACED));
      },
    };
    async function attempt(/** @type {HTMLElement} */ body) {
      try {
        await put(face, given, body, leaving.signal);
        face.send({ type: "opened", ref: given.key });
        resolve();
      } catch (problem) {
        if (leaving.signal.aborted) return;
        body.replaceChildren(trouble(problem, () => void attempt(body)));
        reject(problem instanceof CannotDo ? problem : new CannotDo(CANNOT_SHOW));
      }
    }
    show(thing, over);
  });
}

/** @param {Face} face @param {Given} given @param {HTMLElement} body @param {AbortSignal} signal */
async function put(face, given, body, signal) {
  const source = given.size > WHOLE_BYTES ? await streamed(face, given) : { blob: await whole(face, given, body, signal) };
  if (signal.aborted) return;
  await player(face, given, source, body, signal);
}

/** @param {Face} face @param {Given} given */
async function streamed(face, given) {
  await openSession(face);
  return { url: addressOf(given.key) };
}

/** @param {Face} face @param {Given} given @param {HTMLElement} body @param {AbortSignal} signal */
async function whole(face, given, body, signal) {
  const kept = await fileOf(given.key);
  if (kept) return kept;
  const { element, progress, again } = waitingCard(given);
  body.replaceChildren(element);
  const document_ = { sha256: given.key, name: given.name, mime: given.mime, size: given.size };
  const blob = await fetchWhole(face, document_, { progress, again, signal });
  await keepFile(given.key, blob);
  return blob;
}

/** @param {Given} given */
function waitingCard(given) {
  const bar = /** @type {HTMLProgressElement} */ (make("progress", { max: String(given.size || 1), "aria-label": given.name }));
  const line = make("p", { class: "soft", role: "status" });
  const element = card(drawingOf(given.mime), say("fetching", { name: given.name }), [bar, line]);
  return {
    element,
    progress: (/** @type {number} */ done) => {
      bar.value = done;
      setText(line, say("fetched", { done: fileSize(done), all: fileSize(given.size) }));
    },
    again: (/** @type {number} */ seconds) => setText(line, say("fetch_again", { n: seconds })),
  };
}

/** @param {unknown} problem @param {() => void} retry */
function trouble(problem, retry) {
  const reason = problem instanceof CannotDo ? problem.message : CANNOT_SHOW;
  const words = reason === NOT_FOUND ? say("not_found") : reason === CANNOT_SHOW ? say("cannot_show") : say("fetch_failed");
  const button = make("button", { class: "button button-large", type: "button", onclick: retry }, [icon("refresh-cw"), make("span", { text: say("again") })]);
  return card("cloud-off", words, [button]);
}

/** @param {Face} face */
export function drawGiven(face) {
  const { state } = face;
  if (!state || state.version === 0) return;
  void clearOthers(state.lesson?.id ?? "");
  if (state.lesson && isShelfRead() && !isRestored) restore(face);
  const isLesson = document.body.dataset.scene === "lesson";
  const given = thingsGiven().filter((one) => one.kind === "document" || isAllowed(one.name, state.restrictions.apps));
  setHidden(byId("given"), !isLesson || given.length === 0);
  const signature = given.map((one) => `${one.key}:${one.order}`).join(" ");
  redraw(byId("given-list"), signature, () => given.map((one) => row(face, one)));
}

/** Without ".pdf", which says nothing to a child. @param {string} name */
function plainName(name) {
  return name.replace(/(?<=.)\.[a-z0-9]{2,4}$/i, "");
}

/** @param {Face} face @param {Given} given */
function row(face, given) {
  const small = say(`use.${given.kind === "link" ? "site" : useOf(given.mime)}`);
  return make("li", {}, [make("button", { class: "given-item", type: "button", onclick: () => reopen(face, given) }, [
    icon(given.kind === "link" ? "globe" : drawingOf(given.mime)),
    make("span", {}, [make("span", { text: given.kind === "link" ? given.name : plainName(given.name), dir: "auto" }), make("small", { text: small })])])]);
}

