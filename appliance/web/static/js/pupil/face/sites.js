// Sites that the teacher opens: in a frame where the site permits it, else behind one large button.
// Never the appliance's own pages, never anything but http and https; only what the lesson allows.
/** @import {Face} from "./types.js" */
import { make } from "../../core/dom.js";
import { say } from "../../core/text.js";
import { CannotDo, NOT_ALLOWED, REPLACED } from "./cannot.js";
import { credentials } from "./credentials.js";
import { icon } from "./icon.js";
import { keepThing } from "./shelf.js";
import { card, closeViewer, show } from "./viewer.js";

const ASK_MS = 5000;
const LOAD_MS = 15_000;
const MAY = "allow-scripts allow-same-origin allow-forms";
const HUSH = "media-playback-while-not-visible";

/** Whether this browser stops what a frame plays while it is not seen: then it can stay behind a lock. */
const CAN_HUSH = Boolean(/** @type {any} */ (document).featurePolicy?.features?.().includes(HUSH));

/** What waits for a finger on the button. @type {{url: string, drop: () => void}|null} */
let waiting = null;

/** An address that may be opened from here. @param {string} text @returns {URL|null} */
export function siteOf(text) {
  try {
    const url = new URL(text);
    const isWeb = url.protocol === "http:" || url.protocol === "https:";
    return isWeb && url.host !== location.host ? url : null;
  } catch {
    return null;
  }
}

/** @param {string} host @param {string[]|null} apps */
export function isAllowed(host, apps) {
  return apps === null || apps.some((app) => app === `web:${host}` || (app.startsWith("web:") && host.endsWith(`.${app.slice(4)}`)));
}

/** Resolves once it is open. @param {Face} face @param {string} text @param {AbortSignal} over @returns {Promise<void>} */
export async function openSite(face, text, over) {
  const url = siteOf(text);
  if (!url || !isAllowed(url.hostname, face.state?.restrictions.apps ?? null)) throw new CannotDo(NOT_ALLOWED);
  dropWaiting();
  void keepThing(face, { key: text, kind: "link", name: url.hostname, mime: "", size: 0 }).then(face.draw);
  return showSite(face, text, over);
}

/** @param {Face} face @param {string} text the address as the teacher gave it @param {AbortSignal} [over] @returns {Promise<void>} */
export async function showSite(face, text, over) {
  const url = new URL(text);
  const app = `web:${url.hostname}`;
  const answer = ask(face, text);
  show({ key: url.href, title: url.hostname, app, fill: (body) => body.append(card("globe", say("site_loading", { host: url.hostname }))) }, over);
  const isFramed = (await answer) === "yes";
  if (over?.aborted) throw new CannotDo(REPLACED);
  return isFramed ? showFrame(url, app, over) : offer(url, app, over);
}

/** Whether the site lets itself be framed: the appliance knows, of what it told us to open, to the letter. @param {Face} face @param {string} text */
async function ask(face, text) {
  try {
    const answer = await fetch(`/pupil/frame?url=${encodeURIComponent(text)}`, {
      headers: { Authorization: credentials(face.identity) }, cache: "no-store", signal: AbortSignal.timeout(ASK_MS) });
    return answer.ok ? String((await answer.json()).frame) : "unknown";
  } catch {
    return "unknown";
  }
}

/** @param {URL} url @param {string} app @param {AbortSignal} [over] @returns {Promise<void>} */
function showFrame(url, app, over) {
  return new Promise((resolve) => {
    /** @type {HTMLElement|null} */ let place = null;
    let isQuiet = false;
    const frame = () => {
      const element = make("iframe", { src: url.href, title: url.hostname, sandbox: MAY, allow: CAN_HUSH ? `${HUSH} 'none'` : "", referrerpolicy: "no-referrer" });
      element.addEventListener("load", () => resolve(), { once: true });
      setTimeout(resolve, LOAD_MS);
      return element;
    };
    show({
      key: url.href, title: url.hostname, app,
      fill: (body) => { place = body; body.replaceChildren(frame()); },
      draw: ({ state }) => {
        if (!isAllowed(url.hostname, state?.restrictions.apps ?? null)) return closeViewer();
        // A site's sound cannot be cut from outside of it: it goes, and comes back with the sound.
        const { lock = null, sound } = state?.restrictions ?? {};
        const mustBeQuiet = lock === null ? sound === "blocked" : !CAN_HUSH;
        if (mustBeQuiet === isQuiet) return;
        isQuiet = mustBeQuiet;
        place?.replaceChildren(isQuiet ? card("volume-x", say("site_quiet")) : frame());
      },
    }, over);
  });
}

/** One large button. @param {URL} url @param {string} app @param {AbortSignal} [over] @returns {Promise<void>} */
function offer(url, app, over) {
  return new Promise((resolve, reject) => {
    const drop = () => reject(new CannotDo(REPLACED));
    waiting = { url: url.href, drop };
    over?.addEventListener("abort", drop, { once: true });
    const link = make("a", { class: "button button-primary button-site", href: url.href, target: "_blank", rel: "noopener noreferrer" },
      [icon("external-link"), make("span", { text: say("site_open") })]);
    link.addEventListener("click", () => {
      waiting = null;
      resolve();
    });
    show({
      key: url.href, title: url.hostname, app: "web:preau",
      fill: (body) => body.replaceChildren(card("globe", url.hostname, [link, make("p", { class: "soft", text: say("site_waits") })])),
      draw: ({ state }) => {
        if (!isAllowed(app.slice(4), state?.restrictions.apps ?? null)) closeViewer();
      },
    }, over);
  });
}

/** Something newer was opened before anybody pressed. */
export function dropWaiting() {
  waiting?.drop();
  waiting = null;
}
