// Coming in, said in words: what device this probably is, and why it did not work.
import { byId, setText } from "../../core/dom.js";
import { say } from "../../core/text.js";
import { enroll } from "../enroll.js";
import { isOwnDevice } from "./known.js";

const WORDS = { link_over: "join.link_over", wait: "join.too_many", unreachable: "join.network", no_websocket: "join.no_websocket" };

/** @returns {string} a kind */
export function guessKind() {
  const agent = navigator.userAgent;
  if (/CrOS/.test(agent)) return "chromebook";
  if (/Android|iPad|iPhone|Mobile|Silk/.test(agent) || matchMedia("(pointer: coarse)").matches) return "tablet";
  return "laptop";
}

/** Whether this browser still knows on the next page who it is. */
function isKept() {
  try {
    return localStorage.length > 0;
  } catch {
    return false;
  }
}

/**
 * Becomes a device and goes to its page; or says why not. A device of the school never becomes a guest: it would forget
 * who it is. @param {{token: string, kind: string, guest: boolean}} wanted
 */
export async function enter(wanted) {
  setText(byId("join-error"), say("join.wait"));
  if (wanted.guest && await isOwnDevice()) return location.replace("/pupil");
  const { problem } = /** @type {any} */ (await enroll(wanted));
  if (!problem && isKept()) return location.replace("/pupil");
  sayProblem(problem ?? { reason: "storage", status: 0 });
  return undefined;
}

/** @param {{reason: string, status: number}} problem */
export function sayProblem({ reason, status }) {
  const key = reason === "storage" ? "join.storage" : (WORDS[/** @type {keyof typeof WORDS} */ (reason)] ?? "join.refused");
  setText(byId("join-error"), say(key, { code: status }));
}
