// The device protocol's form: topics, times, and what arrives made into values or refused. Without I/O, without a clock.
/** @import {Command, Desired, Restrictions} from "./types.js" */

const MAX_PAYLOAD_BYTES = 65_536;
const MAX_MESSAGE_CHARS = 500;
const SHA256 = /^[0-9a-f]{64}$/;
const RFC3339_UTC = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,12})?([Zz]|\+00:00)$/;

export const TIME_TOPIC = "hub/time";
export const RETAINED = new Set(["presence", "reported", "inventory"]);

/** @type {Readonly<Restrictions>} */
export const FREE = Object.freeze({ lock: null, sound: "allowed", camera: "allowed", internet: "allowed", apps: null });

/** What a message is not. `id`: of the command that cannot be read, where it says one. */
export class Malformed extends Error {
  /** @param {string} text @param {string|null} [id] @param {string} [type] */
  constructor(text, id = null, type = "") {
    super(text);
    this.id = id;
    this.type = type;
  }
}

/** @param {boolean} fact @param {string} text */
function need(fact, text) {
  if (!fact) throw new Malformed(text);
}

/** @param {unknown} value @param {number} maximum @param {string} name @returns {string} */
function text(value, maximum, name) {
  need(typeof value === "string" && value.length >= 1 && value.length <= maximum, name);
  return /** @type {string} */ (value);
}

/** @param {unknown} value @param {string} name @returns {number} */
function whole(value, name) {
  need(Number.isSafeInteger(value) && Number(value) >= 0, name);
  return Number(value);
}

/** @param {unknown} value @param {string} name @returns {number} milliseconds */
export function readTime(value, name) {
  need(typeof value === "string" && RFC3339_UTC.test(value), name);
  const at = Date.parse(/** @type {string} */ (value).toUpperCase().replace(":60", ":59"));
  need(Number.isFinite(at), name);
  return at;
}

/** Whole seconds, cut. @param {number} at milliseconds */
export function formatTime(at) {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

/** @param {Uint8Array} payload @returns {Record<string, any>} */
export function readObject(payload) {
  need(payload.length <= MAX_PAYLOAD_BYTES, "too large");
  let value;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload));
  } catch {
    throw new Malformed("not JSON");
  }
  need(typeof value === "object" && value !== null && !Array.isArray(value), "not an object");
  return value;
}

/** @param {unknown} value @param {string} name */
function access(value, name) {
  need(value === undefined || value === null || value === "allowed" || value === "blocked", name);
  return /** @type {string} */ (value ?? "allowed");
}

/** What is not named is not asked for. @param {any} value @returns {Restrictions} */
function readRestrictions(value) {
  need(typeof value === "object" && value !== null, "restrictions");
  const lock = value.lock ?? null;
  const apps = value.apps ?? null;
  need(lock === null || typeof lock === "object", "restrictions.lock");
  need(apps === null || (Array.isArray(apps) && apps.every((app) => typeof app === "string")), "restrictions.apps");
  return {
    lock: lock && { message: String(lock.message ?? "").slice(0, MAX_MESSAGE_CHARS) },
    sound: access(value.sound, "restrictions.sound"),
    camera: access(value.camera, "restrictions.camera"),
    internet: access(value.internet, "restrictions.internet"),
    apps: apps && [...apps],
  };
}

/** @param {Readonly<Restrictions>} restrictions */
export function isFree(restrictions) {
  return Object.entries(FREE).every(([name, value]) => restrictions[/** @type {keyof Restrictions} */ (name)] === value);
}

/** @param {Uint8Array} payload @returns {Desired} */
export function readDesired(payload) {
  const value = readObject(payload);
  const restrictions = readRestrictions(value.restrictions);
  const until = value.restrictions_until == null ? null : readTime(value.restrictions_until, "restrictions_until");
  need(until !== null || isFree(restrictions), "restrictions_until: null with a restriction");
  const lesson = value.lesson ?? null;
  const display = value.display ?? null;
  readTime(value.issued_at, "issued_at");
  return {
    version: whole(value.version, "version"),
    restrictions,
    until,
    lesson: lesson && { id: text(lesson.id, 64, "lesson.id"), teacher: String(lesson.teacher ?? "") },
    name: typeof value.name === "string" ? value.name : "",
    display: typeof display === "object" && !Array.isArray(display) ? display : null,
  };
}

/** @param {Uint8Array} payload @returns {number} the hub's time, milliseconds */
export function readHubTime(payload) {
  return readTime(readObject(payload).now, "now");
}

/** @param {Uint8Array} payload @returns {{boot: string, upTo: number}} */
export function readUsageAck(payload) {
  const value = readObject(payload);
  return { boot: text(value.boot, 128, "boot"), upTo: whole(value.up_to, "up_to") };
}

/** http and https, with a host; no blanks or signs by which a browser would read another address. @param {unknown} url */
export function isWebLink(url) {
  if (typeof url !== "string" || /[\s\\\p{C}]/u.test(url)) return false;
  try {
    const { protocol, hostname } = new URL(url);
    return /^https?:$/.test(protocol) && hostname !== "" && /^https?:\/\//i.test(url);
  } catch {
    return false;
  }
}

/** @type {Record<string, (args: Record<string, any>) => void>} */
const CHECKS = {
  open_link: (args) => need(isWebLink(args.url), "args.url: not an http or https address"),
  open_document: (args) => {
    need(isWebLink(args.url), "args.url: not an http or https address");
    text(args.name, 255, "args.name");
    text(args.mime, 255, "args.mime");
    whole(args.size, "args.size");
    need(typeof args.sha256 === "string" && SHA256.test(args.sha256), "args.sha256");
  },
  message: (args) => {
    need(typeof args.text === "string" && [...args.text].length <= MAX_MESSAGE_CHARS && args.text !== "", "args.text");
    need(args.from == null || typeof args.from === "string", "args.from");
  },
};

/**
 * Throws Malformed with the command's id where it has one: a hub should be told what cannot be done.
 * @param {Uint8Array} payload @returns {Command}
 */
export function readCommand(payload) {
  const value = readObject(payload);
  const id = text(value.id, 64, "id");
  const type = text(value.type, 64, "type");
  try {
    const args = value.args ?? {};
    need(typeof args === "object" && !Array.isArray(args), "args");
    if (Object.hasOwn(CHECKS, type)) CHECKS[type](args);
    readTime(value.issued_at, "issued_at");
    return { id, type, expiresAt: readTime(value.expires_at, "expires_at"), args };
  } catch (problem) {
    throw problem instanceof Malformed ? new Malformed(problem.message, id, type) : problem;
  }
}
