// What the data means for a teacher: pure questions about tiles and gestures, no page, no clock.
/** @import {Gesture, Problem, Restriction, Restrictions, Status, Tile} from "./types.js" */

/** @type {readonly Restriction[]} */
export const RESTRICTIONS = ["lock", "sound", "camera", "internet", "apps"];

/** What a device must be able to do for an action; finding is asked of all. @type {Record<string, string[]>} */
export const NEEDS = {
  open: ["open_link", "open_app", "open_document"], give: ["open_document"], say: ["message"], find: [],
  lock: ["lock"], sound: ["sound"], camera: ["camera"], internet: ["internet"], apps: ["apps"], eyes: ["lock"],
};

/** @param {Restrictions} restrictions @param {Restriction} name */
export function isHeld(restrictions, name) {
  const value = restrictions[name];
  return name === "lock" || name === "apps" ? value !== null && value !== undefined : value === "blocked";
}

/** @param {Tile} tile @param {string} need a key of NEEDS */
export function can(tile, need) {
  return !NEEDS[need].length || NEEDS[need].some((capability) => tile.capabilities.includes(capability));
}

/** @param {boolean[]} answers @returns {"all"|"some"|"none"} */
function share(answers) {
  const yes = answers.filter(Boolean).length;
  if (!yes) return "none";
  return yes === answers.length ? "all" : "some";
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

/** Does it have to be dealt with, is it under way, or is it fine? @param {{status: Status, unsupported?: string[]}} receipt */
export function weight(receipt) {
  if (receipt.status === "succeeded") return receipt.unsupported?.length ? "problem" : "good";
  if (receipt.status === "sent" || receipt.status === "acknowledged") return "pending";
  if (receipt.status === "queued" || receipt.status === "offline") return "quiet";
  return receipt.status === "canceled" ? "none" : "problem";
}

/** @param {Gesture} gesture @returns {{done: number, pending: number, quiet: number, problem: number}} */
export function tally(gesture) {
  const counts = gesture.counts ?? {};
  const of = (/** @type {Status[]} */ ...names) => names.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
  const partial = gesture.problems.filter((problem) => problem.status === "succeeded" && problem.unsupported?.length).length;
  return {
    done: Math.max(0, of("succeeded") - partial), pending: of("sent", "acknowledged"),
    quiet: of("queued", "offline"), problem: partial + of("failed", "rejected", "timed_out"),
  };
}

/** @param {Problem} problem @returns {"quiet"|"problem"|null} null: nothing to say of it */
export function problemKind(problem) {
  const kind = weight(problem);
  return kind === "quiet" || kind === "problem" ? kind : null;
}

/** Can the same gesture, sent again, do better? @param {Problem} problem */
export function canRetry(problem) {
  return problem.status === "failed" || problem.status === "timed_out";
}

/** Which of the gesture's problems are said together: those with the same words. @param {Problem[]} problems @param {(problem: Problem) => string} wordsOf */
export function groupProblems(problems, wordsOf) {
  /** @type {Map<string, {words: string, kind: "quiet"|"problem", problems: Problem[]}>} */ const groups = new Map();
  for (const problem of problems) {
    const kind = problemKind(problem);
    if (!kind) continue;
    const words = wordsOf(problem);
    const group = groups.get(words) ?? { words, kind, problems: [] };
    group.problems.push(problem);
    groups.set(words, group);
  }
  return [...groups.values()].sort((one, other) => (one.kind === other.kind ? 0 : one.kind === "problem" ? -1 : 1));
}

/** @param {number} level @param {boolean} charging */
export function batteryIcon(level, charging) {
  if (charging) return "battery-charging";
  if (level <= 15) return "battery-low";
  return level < 70 ? "battery-medium" : "battery-full";
}
