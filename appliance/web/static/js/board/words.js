// How tiles, problems and gestures are said. Text only.
/** @import {Board} from "./state.js" */
/** @import {Asked, Gesture, Problem, Receipt, Restriction, Tile} from "./types.js" */
import { nameWords } from "../core/names.js";
import { ago, clock, has, say } from "../core/text.js";
import { isHeld, RESTRICTIONS } from "./rules.js";

/** @param {Tile} tile */
export function isFeminine(tile) {
  return tile.kind === "tablet";
}

/** "Tablette 04"; "Invité 1", who has no sticker, in the page's language. @param {Tile} tile */
export function deviceName(tile) {
  return tile.number ? say(tile.kind, { number: tile.number }) : nameWords(tile.name);
}

/** "Tablette", to be heard before its number. @param {Tile} tile */
export function deviceKind(tile) {
  return say(tile.kind, { number: "" }).trim();
}

/** "15 tablettes". @param {Tile[]} tiles */
export function countDevices(tiles) {
  return say(tiles.every(isFeminine) ? "tablets" : "devices", { n: tiles.length });
}

/** What a colleague asks for, in the board's order. @param {Board} board @param {Asked} request */
export function askedTiles(board, request) {
  return [...board.tiles.values()].filter((tile) => request.device_ids.includes(tile.device_id));
}

/** "M. Petit demande 15 tablettes". @param {Board} board @param {Asked} request */
export function askedWords(board, request) {
  const tiles = askedTiles(board, request);
  return say("ask", { by: request.by, what: tiles.length === 1 ? deviceName(tiles[0]) : countDevices(tiles) });
}

/** "hors ligne" and "vue il y a 6 min". @param {Tile} tile @param {number} now */
export function presenceWords(tile, now) {
  const suffix = isFeminine(tile) ? "" : "_m";
  if (tile.presence === "online") return { word: say("online"), seen: "" };
  if (tile.presence === "never" || !tile.seen_at) return { word: say("offline"), seen: say(`never${suffix}`) };
  const seconds = (now - Date.parse(tile.seen_at)) / 1000;
  return { word: say("offline"), seen: say(`seen${suffix}`, { ago: ago(seconds, true) }) };
}

/** What the pupil page says when nothing is opened in it, and what a kiosk says that stands on it. */
const OWN_PAGES = ["web:preau", "web:preau.local", `web:${location.hostname}`];

/** What is in front. @param {Tile} tile */
export function frontWords({ app }) {
  if (!app) return say("no_app");
  return OWN_PAGES.includes(app.package) ? say("own_page") : app.label;
}

/** What the class's screen shows. @param {Tile} tile */
export function displayWords({ display, app }) {
  if (app && !OWN_PAGES.includes(app.package)) return app.label;
  if (!display) return say("display.nothing");
  if (display.show === "timer") return say("display.timer", { time: clock(new Date(display.ends_at)) });
  return display.show === "message" ? say("display.message", { text: display.text }) : say("display.presence");
}

/** How it is known that it was done: "confirmé par l’appareil". Nothing while it is not settled. @param {Receipt} receipt */
export function evidenceWords(receipt) {
  if (receipt.status === "unconfirmed") return say("evidence.unconfirmed");
  return receipt.status === "succeeded" ? say(`evidence.${receipt.evidence ?? "confirmed"}`) : "";
}

/** @param {Tile} tile */
export function lockedWord(tile) {
  return say(isFeminine(tile) ? "locked" : "locked_m");
}

/** @param {string} capability */
function lackWords(capability) {
  return has(`unsupported.${capability}`) ? say(`unsupported.${capability}`) : say("not_managed");
}

/** How devices begin what they say went wrong, in English; the pupil page's words are in docs/decisions/pupil-page.md. */
const ERRORS = {
  "no space left": "error.no_space", "not installed": "error.not_installed", "not allowed now": "error.not_allowed",
  "not found": "error.not_found", "no answer": "error.nothing_came", "cannot be shown": "error.not_shown", "replaced": "error.replaced",
  "interrupted": "error.interrupted", "the appliance's own address": "error.own_address",
};

/** In the teacher's language where it is a usual trouble, else as the device says it. @param {string} error */
function errorWords(error) {
  if (has(`error.${error}`)) return say(`error.${error}`);
  const known = Object.entries(ERRORS).find(([start]) => error.toLowerCase().startsWith(start));
  return known ? say(known[1]) : error;
}

/** What went wrong, in a few words. @param {Problem|Receipt} problem @param {string} [kind] the gesture's */
export function problemWords(problem, kind = "") {
  if (problem.status === "offline" || problem.status === "queued") return say(`status.${problem.status}`); // first of all, it is not there
  if (problem.unsupported?.length) return problem.unsupported.map(lackWords).join(", ");
  if (problem.status === "rejected" && has(`unsupported.${kind}`)) return say(`unsupported.${kind}`);
  if (problem.error === "not_applied") return say("not_applied");
  if (problem.error) return problem.status === "failed" ? say("failed_because", { error: errorWords(problem.error) }) : problem.error;
  return say(`status.${problem.status}`);
}

/** @param {Restriction} name @param {Record<string, any>} args */
function restrictWords(name, args) {
  const on = isHeld(/** @type {any} */ (args), name);
  return say(`restrict_done.${name}_${on ? "on" : "off"}`);
}

/** "Couper le son", "Ouvrir lumni.fr". @param {Board} board @param {Pick<Gesture, "kind"|"args">} gesture */
export function gestureWords(board, { kind, args }) {
  if (kind === "restrict") {
    const parts = RESTRICTIONS.filter((name) => name in args).map((name) => restrictWords(name, args));
    return parts.join(", ") || say("gesture.restrict");
  }
  return has(`gesture.${kind}`) ? say(`gesture.${kind}`, { what: whatOf(board, kind, args) }) : kind;
}

/** @param {Board} board @param {string} kind @param {Record<string, any>} args */
function whatOf(board, kind, args) {
  if (kind === "open_link") return hostOf(args.url);
  if (kind === "open_app") return board.apps.find((app) => app.package === args.package)?.label ?? args.package ?? "";
  if (kind === "open_document") return args.name ?? board.documents.find((document) => document.sha256 === args.sha256)?.name ?? "";
  return args.text ?? "";
}

/** "lumni.fr", or with its path. @param {string} url @param {boolean} [whole] */
export function hostOf(url, whole = false) {
  try {
    const { hostname, pathname } = new URL(url);
    return hostname.replace(/^www\./, "") + (whole ? pathname.replace(/\/$/, "") : "");
  } catch {
    return String(url);
  }
}
