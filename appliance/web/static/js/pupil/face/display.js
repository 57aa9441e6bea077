// The screen of the class, read from the back of the room: who is here, a timer, a message; a calm clock when nothing.
/** @import {Face} from "./types.js" */
import { byId, make, redraw, setText } from "../../core/dom.js";
import { clock, say } from "../../core/text.js";
import { drawDial, shape } from "./dial.js";
import { credentials } from "./credentials.js";
import { closeViewer } from "./viewer.js";

const ASK_MS = 4000;
const TIMER = "preau.timer";

/** @type {{present: string[], missing: string[]}|null} */ let people = null;
let askedAt = 0;
/** @type {string|null} */ let asked = null;

/** @param {Face} face @param {string} scene */
export function drawDisplay(face, scene) {
  if (scene !== "display" || !face.state) return;
  uncover(face);
  const now = Date.now() + face.state.now_offset;
  const shown = face.state.lesson ? face.state.display : null;
  const draw = shown && Object.hasOwn(SHOWS, shown.show) ? SHOWS[shown.show] : drawClock;
  byId("scene-display").dataset.show = shown?.show ?? "clock";
  draw(byId("scene-display"), shown ?? { show: "clock" }, now, face);
}

/** What was opened covers the display until another is asked for. @param {Face} face */
function uncover(face) {
  const wanted = JSON.stringify(face.state?.display ?? null);
  if (asked !== null && asked !== wanted) closeViewer();
  asked = wanted;
}

/** @typedef {{show: string, text?: string, label?: string, ends_at?: string}} Shown */
/** @type {Record<string, (place: HTMLElement, shown: Shown, now: number, face: Face) => void>} */
const SHOWS = { presence: drawPresence, timer: drawTimer, message: drawMessage };

/** @param {HTMLElement} place @param {Shown} _shown @param {number} now */
function drawClock(place, _shown, now) {
  redraw(place, "clock", () => [dial(), make("h1", { class: "display-time" }), make("p", { class: "display-day" })]);
  drawDial(part(place, ".dial"), new Date(now), now);
  setText(part(place, ".display-time"), clock(new Date(now)));
  setText(part(place, ".display-day"), dayOf(new Date(now)));
}

/** "lundi 23 novembre", where the school is. @param {Date} at */
function dayOf(at) {
  const { lang, dataset } = document.documentElement;
  const locale = lang === "en" ? "en-GB" : lang;
  return new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", timeZone: dataset.zone }).format(at);
}

/** @param {HTMLElement} place @param {Shown} shown */
function drawMessage(place, shown) {
  redraw(place, `message ${shown.text}`, () => [make("h1", { class: "display-message", text: shown.text ?? "", dir: "auto" })]);
}

/** @param {HTMLElement} place @param {Shown} shown @param {number} now */
function drawTimer(place, shown, now) {
  const left = Math.max(0, Math.ceil((Date.parse(shown.ends_at ?? "") - now) / 1000));
  redraw(place, `timer ${shown.ends_at} ${shown.label}`, () => {
    place.dataset.whole = String(wholeOf(shown.ends_at ?? "", left));
    return [ring(), make("div", { class: "display-timer" }, [make("p", { class: "display-label", text: shown.label ?? "", dir: "auto" }), make("h1", { class: "display-left" })])];
  });
  const share = Math.min(1, left / Number(place.dataset.whole));
  const share_ = part(place, ".ring-share");
  share_.setAttribute("stroke-dasharray", share === 1 ? "none" : `${share} 1`);
  share_.setAttribute("visibility", share === 0 ? "hidden" : "visible");
  place.dataset.phase = left === 0 ? "over" : left <= 60 ? "last" : "going";
  const words = left === 0 ? say("timer_over") : `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  setText(part(place, ".display-left"), words);
}

/** How long the timer was when it came; a reload does not fill it again. @param {string} end @param {number} left seconds */
function wholeOf(end, left) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(TIMER) ?? "null");
    if (kept?.end === end && kept.whole >= left) return kept.whole;
    sessionStorage.setItem(TIMER, JSON.stringify({ end, whole: Math.max(left, 1) }));
  } catch { /* it is as long as what is left of it */ }
  return Math.max(left, 1);
}

/** @param {HTMLElement} place @param {Shown} _shown @param {number} _now @param {Face} face */
function drawPresence(place, _shown, _now, face) {
  void askPeople(face);
  const signature = `presence ${JSON.stringify(people)}`;
  redraw(place, signature, () => {
    if (!people) return [];
    const present = people.present.map((name) => make("li", { text: name, dir: "auto" }));
    return [
      make("h1", { class: "display-count", text: people.present.length ? say("present", { n: people.present.length }) : say("nobody") }),
      make("ul", { class: "display-names", "data-count": people.present.length > 20 ? "many" : people.present.length > 12 ? "some" : "few" }, present),
      people.missing.length ? make("p", { class: "display-missing", text: say("missing", { names: people.missing.join(", ") }) }) : null,
    ].filter((one) => one !== null);
  });
}

/** @param {Face} face */
async function askPeople(face) {
  if (Date.now() - askedAt < ASK_MS) return;
  askedAt = Date.now();
  try {
    const answer = await fetch("/pupil/lesson", { headers: { Authorization: credentials(face.identity) }, cache: "no-store" });
    if (!answer.ok) return;
    const { present, missing } = await answer.json();
    people = { present: present ?? [], missing: missing ?? [] };
    face.draw();
  } catch {
    // The names stay as they were known; the top line says that the box is looked for.
  }
}

/** @param {HTMLElement} place @param {string} selector @returns {HTMLElement} */
function part(place, selector) {
  return /** @type {HTMLElement} */ (place.querySelector(selector));
}

function dial() {
  return shape("svg", { class: "dial", viewBox: "0 0 100 100", "aria-hidden": "true" });
}

function ring() {
  const drawn = shape("svg", { class: "ring", viewBox: "0 0 100 100", "aria-hidden": "true" });
  const circle = { cx: "50", cy: "50", r: "44", pathLength: "1" };
  drawn.append(shape("circle", { ...circle, class: "ring-whole" }), shape("circle", { ...circle, class: "ring-share" }));
  return drawn;
}
