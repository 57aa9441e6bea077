// Turns this browser into a device of the school: one request, an identity or a reason that can be put into words.
/** @import {Identity} from "./identity.js" */
import { capabilitiesOf } from "./agent/abilities.js";
import { aboutThis } from "./agent/about.js";
import { keepIdentity, serial } from "./identity.js";

const PATIENCE_MS = 15_000;

/**
 * `reason`: `link_over` (401: unknown, expired or used up), `invalid` (422, see `fields`), `wait` (429, see `seconds`),
 * `unreachable` (nothing answered), `no_websocket` (this appliance takes no browser), `other`.
 * @typedef {{reason: string, status: number, seconds?: number, fields?: Record<string, string>}} Problem
 */

/** @param {Response} answer @returns {Promise<Problem>} */
async function problemOf(answer) {
  const { status } = answer;
  if (status === 401) return { reason: "link_over", status };
  if (status === 429 || status === 503) return { reason: "wait", status, seconds: Number(answer.headers.get("Retry-After")) || 30 };
  if (status === 422) return { reason: "invalid", status, fields: (await answer.json().catch(() => ({}))).errors ?? {} };
  return { reason: "other", status };
}

/**
 * @param {{token: string, kind: string, guest?: boolean}} wanted
 * @returns {Promise<{identity: Identity} | {problem: Problem}>} the identity is kept already
 */
export async function enroll({ token, kind, guest = false }) {
  const number = serial(guest);
  const body = { token, serial: number, kind, capabilities: capabilitiesOf(kind), ...(await aboutThis(navigator)) };
  try {
    const answer = await fetch("/api/devices", {
      method: "POST", headers: { "Content-Type": "application/json" }, cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS), body: JSON.stringify(body),
    });
    if (answer.status !== 201) return { problem: await problemOf(answer) };
    const { id, name, school, mqtt, time } = await answer.json();
    if (!mqtt.websocket) return { problem: { reason: "no_websocket", status: 201 } };
    const ahead = Date.parse(time) - Date.now();
    const identity = { id, name, kind, serial: number, school, password: mqtt.password, websocket: mqtt.websocket, guest, ahead };
    keepIdentity(identity);
    return { identity };
  } catch {
    return { problem: { reason: "unreachable", status: 0 } };
  }
}
