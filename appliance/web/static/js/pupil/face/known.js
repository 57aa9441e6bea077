// Whether this browser is still the device that it was: then a link has nothing to give it.
/** @import {Identity} from "../identity.js" */
import { readIdentity } from "../identity.js";
import { credentials } from "./credentials.js";

const PATIENCE_MS = 8000;

/** @param {Identity} identity */
function ask(identity) {
  const headers = { Authorization: credentials(identity) };
  return fetch("/pupil/session", { method: "POST", headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
}

/**
 * The appliance is asked, because a password may have been changed meanwhile. `id`: only as this very device.
 * @param {string} [id] @returns {Promise<boolean>}
 */
export async function isStillKnown(id) {
  const identity = readIdentity();
  if (!identity || (id !== undefined && identity.id !== id)) return false;
  try {
    return (await ask(identity)).ok;
  } catch {
    return false;
  }
}

/** Whether this browser is a device of the school, and no guest; in doubt, it is. @returns {Promise<boolean>} */
export async function isOwnDevice() {
  const identity = readIdentity();
  if (!identity || identity.guest) return false;
  const answer = await ask(identity).catch(() => null);
  return answer?.status !== 401;
}
