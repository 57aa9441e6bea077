// What a page can do, by the kind of its device, and what of a wish it makes true. Nothing is pretended.
/** @import {Restrictions} from "./types.js" */
import { FREE } from "./words.js";

const OF_A_PAGE = ["lock", "sound", "apps", "open_link", "open_document", "message", "usage"];
/** A display of the lesson: the class looks at it, so it is neither locked nor counted. */
const OF_A_SCREEN = ["open_link", "open_document", "message"];

/** Commands that need no capability. */
const ALWAYS = new Set(["identify", "report"]);

/** @param {string} kind @returns {string[]} */
export function capabilitiesOf(kind) {
  return kind === "screen" ? OF_A_SCREEN : OF_A_PAGE;
}

/** @param {string} kind @param {string} type a command's */
export function canDo(kind, type) {
  return ALWAYS.has(type) || (type !== "open_app" && capabilitiesOf(kind).includes(type));
}

/**
 * What is applied, and what was asked for in vain.
 * @param {Readonly<Restrictions>} wanted @param {string} kind @returns {{applied: Restrictions, unsupported: string[]}}
 */
export function honour(wanted, kind) {
  const capable = capabilitiesOf(kind);
  /** @type {any} */ const applied = { ...wanted };
  const unsupported = Object.entries(FREE)
    .filter(([name, free]) => applied[name] !== free && !capable.includes(name))
    .map(([name]) => name);
  for (const name of unsupported) applied[name] = FREE[/** @type {keyof Restrictions} */ (name)];
  return { applied, unsupported };
}
