// Words: from the page's JSON block, with numbers, plurals and times said as the page's language says them.
import { readJson } from "./dom.js";

/** @type {Record<string, any>} */ let strings = {};
/** @type {Intl.PluralRules} */ let plurals;

/** Must be called once, before any other function here. */
export function loadStrings() {
  strings = readJson("strings");
  plurals = new Intl.PluralRules(document.documentElement.lang || "fr");
}

/** @param {string} path dotted @returns {any} */
function find(path) {
  return path.split(".").reduce((place, key) => place?.[key], strings);
}

/** @param {string} path @returns {boolean} */
export function has(path) {
  return find(path) !== undefined;
}

/** A sentence; `n` chooses the plural form. @param {string} path @param {Record<string, string|number>} [values] @returns {string} */
export function say(path, values = {}) {
  const found = find(path);
  if (found === undefined) throw new Error(`no words for ${path}`);
  const form = typeof found === "string" ? found : (found[plurals.select(Number(values.n ?? 0))] ?? found.other);
  return form.replace(/\{(\w+)\}/g, (/** @type {string} */ all, /** @type {string} */ key) => String(values[key] ?? all));
}

const STEPS = /** @type {const} */ ([["ago_d", 86400], ["ago_h", 3600], ["ago_min", 60], ["ago_s", 1]]);
const NOW_SECONDS = 2; // "à l’instant", until then

/** "il y a 6 min". @param {number} seconds @param {boolean} [coarse] do not count the seconds @returns {string} */
export function ago(seconds, coarse = false) {
  const step = STEPS.find(([, size]) => seconds >= size);
  if (!step || seconds < (coarse ? 60 : NOW_SECONDS)) return say("ago_now");
  return say(step[0], { n: Math.floor(seconds / step[1]) });
}

/** By zone: making one costs a slow tablet more than a whole drawing. @type {Map<string|undefined, Intl.DateTimeFormat>} */
const dials = new Map();

/** In the school's zone, whatever the browser's is. @param {Date} time @returns {{hour: number, minute: number}} */
export function hourOf(time) {
  const { zone } = document.documentElement.dataset;
  const dial = dials.get(zone) ?? new Intl.DateTimeFormat("en-GB", { hour: "numeric", minute: "2-digit", timeZone: zone });
  dials.set(zone, dial);
  const [hour, minute] = dial.format(time).split(":").map(Number);
  return { hour, minute };
}

/** "10 h 30". @param {Date} time @returns {string} */
export function clock(time) {
  const { hour, minute } = hourOf(time);
  return say("clock", { h: hour, m: String(minute).padStart(2, "0") }).replaceAll(" ", "\u00a0");
}

/** "encore 32 min". @param {number} seconds @returns {string} */
export function remaining(seconds) {
  if (seconds <= 0) return say("remaining_over");
  if (seconds < 60) return say("remaining_last");
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 100) return say("remaining_min", { n: minutes });
  return say("remaining_h", { h: Math.floor(minutes / 60), m: String(minutes % 60).padStart(2, "0") });
}

/** @param {number} bytes @returns {string} */
export function fileSize(bytes) {
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: bytes < 10e6 ? 1 : 0 });
  return bytes < 1e6 ? say("size_kb", { n: Math.max(1, Math.round(bytes / 1000)) }) : say("size_mb", { n: number.format(bytes / 1e6) });
}

/** For searching: "Éléphant" is found by "ele". @param {string} text @returns {string} */
export function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
