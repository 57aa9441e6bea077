// What is in force: the hub's last wish, as long as its lease runs and as far as this kind of device can. Rules, no I/O.
/** @import {Desired, Restrictions} from "./types.js" */
import { honour } from "./abilities.js";
import { FREE } from "./words.js";

/** Whether the hub wants this instead of what is known. @param {Desired|null} known @param {Desired} wish */
export function isNews(known, wish) {
  return known === null || wish.version > known.version;
}

/** Whether the lease has run out: nothing of it is in force any more. @param {Desired|null} wish @param {number} now the hub's time */
export function isOver(wish, now) {
  return wish !== null && wish.until !== null && now >= wish.until;
}

/**
 * @param {Desired|null} wish @param {number} now the hub's time @param {string} kind
 * @returns {{applied: Restrictions, unsupported: string[]}}
 */
export function inForce(wish, now, kind) {
  return honour(wish === null || isOver(wish, now) ? FREE : wish.restrictions, kind);
}
