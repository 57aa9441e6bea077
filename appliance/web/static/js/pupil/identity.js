// Who this browser is for the appliance, kept in localStorage. A pupil may edit it or clear it: what does not look right is nobody.
/** @typedef {{id: string, name: string, kind: string, serial: string, school: string, password: string, websocket: string, guest: boolean, ahead: number}} Identity */

const IDENTITY = "preau.identity";
const SERIAL = "preau.serial";
const KINDS = ["tablet", "chromebook", "laptop", "screen"];
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Where the browser refuses storage, as long as the page is open. @type {Map<string, string>} */
const here = new Map();

/** @param {string} name @returns {string|null} */
function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return here.get(name) ?? null;
  }
}

/** @param {string} name @param {string} value */
function write(name, value) {
  here.set(name, value);
  try {
    localStorage.setItem(name, value);
  } catch { /* it lasts as long as the page */ }
}

/** @param {any} value @returns {boolean} */
function isIdentity(value) {
  return typeof value === "object" && value !== null && /^d-[a-z0-9]{8}$/.test(value.id) && KINDS.includes(value.kind)
    && ["name", "serial", "school", "password"].every((name) => typeof value[name] === "string")
    && /^wss?:\/\/[^/]+/.test(value.websocket);
}

/** @returns {Identity|null} */
export function readIdentity() {
  try {
    const value = JSON.parse(read(IDENTITY) ?? "null");
    return isIdentity(value) ? value : null;
  } catch {
    return null;
  }
}

/** @param {Identity} identity */
export function keepIdentity(identity) {
  write(IDENTITY, JSON.stringify(identity));
}

/** The device is no more; the serial stays, by which the appliance would know it again. */
export function forgetIdentity() {
  here.delete(IDENTITY);
  try {
    localStorage.removeItem(IDENTITY);
  } catch { /* there was none */ }
}

/** Made once: a browser that is enrolled again keeps its record. @returns {string} */
export function serial() {
  const known = read(SERIAL);
  if (known && /^web-[0-9a-z]{16}$/.test(known)) return known;
  const fresh = `web-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => ALPHABET[byte % 32]).join("")}`;
  write(SERIAL, fresh);
  return fresh;
}
