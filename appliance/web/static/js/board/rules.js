// What the data means for a teacher: pure questions about tiles and gestures, no page, no clock.
/** @import {Gesture, Problem, Restriction, Restrictions, Status, Tile} from "./types.js" */

/** @type {readonly Restriction[]} */
export const RESTRICTIONS = ["lock", "sound", "camera", "internet", "apps"];

/** What a device must be able to do for an action; finding is asked of all. @type {Record<string, string[]>} */
export const NEEDS = {
  open: ["open_link", "open_app", "open_document"], give: ["open_document"], say: ["message"], find: [],
  open_link: ["open_link"], open_app: ["open_app"], open_document: ["open_document"],
  lock: ["lock"], sound: ["sound"], camera: ["camera"], internet: ["internet"], apps: ["apps"], eyes: ["lock"],
};

/** @param {Restrictions} restrictions @param {Restriction} name */
export function isHeld(restrictions, name) {
  const value = restrictions[name];
  return name === "lock" || name === "apps" ? value !== null && value !== undefined : value === "blocked";
}

/** @param {Tile} tile @param {string} need a key of NEEDS */
export function can(tile, need) {
  return !NEEDS[need]?.length || NEEDS[need].some((capability) => tile.capabilities.includes(capability));
}

/** Whether it is really held: what is wanted of it counts as far as it can, and does not say that it cannot.
 * @param {Tile} tile @param {Restriction} name */
export function holds(tile, name) {
  return isHeld(tile.restrictions, name) && can(tile, name) && !tile.unsupported.includes(name);
}

/** Those of these devices that can. @param {Tile[]} tiles @param {string} need */
export function able(tiles, need) {
  return tiles.filter((tile) => can(tile, need));
}

/** @param {boolean[]} answers @returns {"all"|"some"|"none"} */
function share(answers) {
  const yes = answers.filter(Boolean).length;
  if (!yes) return "none";
  return yes === answers.length ? "all" : "some";
}

/** Those that pupils hold: what is done "to all" is done to them. A class screen is acted on by name only. @param {Tile} tile */
export function isPupils(tile) {
  return tile.kind !== "screen";
}

/** How a restriction stands among those that can have it. @param {Tile[]} tiles @param {Restriction} name */
export function heldShare(tiles, name) {
  return share(tiles.filter((tile) => can(tile, name)).map((tile) => isHeld(tile.restrictions, name)));
}

/** @param {Tile[]} tiles */
export function eyesShare(tiles) {
  return share(tiles.map((tile) => tile.eyes_up));
}

/** The args that turn one restriction on or off. @param {Restriction} name @param {boolean} on @param {string} message */
export function restrictArgs(name, on, message) {
  if (name === "lock") return { lock: on ? { message } : null };
  return { [name]: on ? "blocked" : "allowed" };
}

/** Done, but not all of it: a limit that is told. Without the lock, which is what was asked for, it is a problem.
 * @param {{unsupported?: string[]}} receipt */
function lacks({ unsupported = [] }) {
  if (!unsupported.length) return "good";
  return unsupported.includes("lock") ? "problem" : "limit";
}

/** Does it have to be dealt with, is it under way, or is it fine? @param {{status: Status, unsupported?: string[]}} receipt */
export function weight(receipt) {
  if (receipt.status === "unconfirmed") return "unsure";
  if (receipt.status === "succeeded") return lacks(receipt);
  if (receipt.status === "sent" || receipt.status === "acknowledged") return "pending";
  if (receipt.status === "queued" || receipt.status === "offline") return "quiet";
  return receipt.status === "canceled" ? "none" : "problem";
}

/** Whoever left the page since is not held by it, whatever its page confirmed. @param {Gesture} gesture @param {Iterable<Tile>} tiles @returns {Problem[]} */
export function leftSince(gesture, tiles) {
  if (gesture.kind !== "eyes_up") return [];
  const left = [...tiles].filter((tile) => tile.whereabouts === "left_page" && tile.eyes_up && tile.receipt?.gesture_id === gesture.id
    && tile.receipt.status === "succeeded");
  return left.map(({ device_id, number, name }) => ({ device_id, number, name, status: "left", error: null, unsupported: [] }));
}

/** @param {Gesture} gesture @param {Problem[]} left @returns {{done: number, pending: number, unsure: number, problem: number, observed: number}} */
export function tally(gesture, left = []) {
  const counts = gesture.counts ?? {};
  const of = (/** @type {Status[]} */ ...names) => names.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
  const partial = gesture.problems.filter((problem) => problem.status === "succeeded" && weight(problem) === "problem").length;
  return {
    done: Math.max(0, of("succeeded") - partial - left.length), pending: of("sent", "acknowledged"), unsure: of("unconfirmed"),
    problem: partial + left.length + of("failed", "rejected", "timed_out"), observed: gesture.evidence?.observed ?? 0,
  };
}

/** The order in which they are told. @type {readonly string[]} */
const TOLD = ["problem", "unsure", "limit", "quiet"];

/** @param {Problem} problem @returns {string|null} null: nothing to say of it */
export function problemKind(problem) {
  const kind = weight(problem);
  return TOLD.includes(kind) ? kind : null;
}

/** Can the same gesture, sent again, do better? @param {Problem} problem */
export function canRetry(problem) {
  return problem.status === "failed" || problem.status === "timed_out";
}

/** Which of the gesture's problems are said together: those with the same words. @param {Problem[]} problems @param {(problem: Problem) => string} wordsOf */
export function groupProblems(problems, wordsOf) {
  /** @type {Map<string, {words: string, kind: string, problems: Problem[]}>} */ const groups = new Map();
  for (const problem of problems) {
    const kind = problemKind(problem);
    if (!kind) continue;
    const words = wordsOf(problem);
    const group = groups.get(kind + words) ?? { words, kind, problems: [] };
    group.problems.push(problem);
    groups.set(kind + words, group);
  }
  return [...groups.values()].sort((one, other) => TOLD.indexOf(one.kind) - TOLD.indexOf(other.kind));
}

/** @param {number} level @param {boolean} charging */
export function batteryIcon(level, charging) {
  if (charging) return "battery-charging";
  if (level <= 15) return "battery-low";
  return level < 70 ? "battery-medium" : "battery-full";
}
