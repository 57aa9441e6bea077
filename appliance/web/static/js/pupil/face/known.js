// Whether this browser is still the device that it was: then a link has nothing to give it.
import { readIdentity } from "../identity.js";
import { credentials } from "./credentials.js";

const PATIENCE_MS = 8000;

/**
 * The appliance is asked, because a password may have been changed meanwhile. `id`: only as this very device.
 * @param {string} [id] @returns {Promise<boolean>}
 */
export async function isStillKnown(id) {
  const identity = readIdentity();
  if (!identity || (id !== undefined && identity.id !== id)) return false;
  try {
    const headers = { Authorization: credentials(identity) };
    const answer = await fetch("/pupil/session", { method: "POST", headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.ok;
  } catch {
    return false;
  }
}
