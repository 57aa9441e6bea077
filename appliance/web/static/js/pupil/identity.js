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

/** A guest leaves nothing of ours behind; but by its serial the school would know its own device again. */
export function forgetTraces() {
  here.clear();
  try {
    for (const store of [localStorage, sessionStorage]) {
      Object.keys(store).filter((key) => key.startsWith("preau.") && key !== SERIAL).forEach((key) => store.removeItem(key));
    }
  } catch { /* nothing was kept */ }
}

function newSerial() {
  return `web-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => ALPHABET[byte % 32]).join("")}`;
}

/** Of a guest: as long as this page is open, which may have to ask twice. */
const once = newSerial();

/** Made once: a browser that is enrolled again keeps its record. A guest is another one each time. @param {boolean} guest @returns {string} */
export function serial(guest) {
  if (guest) return once;
  const known = read(SERIAL);
  if (known && /^web-[0-9a-z]{16}$/.test(known)) return known;
  const fresh = newSerial();
  write(SERIAL, fresh);
  return fresh;
}
