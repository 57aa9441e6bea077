// What is remembered of commands, so that each is carried out at most once. Carries nothing out, reads no clock.
/** @import {Command, Entry} from "./types.js" */

const REMEMBERED_MS = 24 * 3600_000;

export class CommandDesk {
  /** @param {Entry[]} [entries] */
  constructor(entries = []) {
    this.entries = new Map(entries.map((entry) => [entry.id, entry]));
  }

  /**
   * Decides on a command that has just arrived, and remembers it.
   * @param {Command} command @param {number} now the hub's time @returns {"known"|"expired"|"carry_out"}
   */
  judge(command, now) {
    if (this.entries.has(command.id)) return "known";
    this.entries.set(command.id, { id: command.id, status: "received", error: null, seenAt: now, told: false, waits: null });
    return now >= command.expiresAt ? "expired" : "carry_out";
  }

  /** @param {string} id @returns {Entry|undefined} */
  get(id) {
    return this.entries.get(id);
  }

  /** The first final status stands. @param {string} id @param {string} status @param {string|null} error @returns {Entry|null} */
  finish(id, status, error) {
    const entry = this.entries.get(id);
    if (!entry || entry.status !== "received") return null;
    Object.assign(entry, { status, error, waits: null });
    return entry;
  }

  /** @param {number} now the hub's time @returns {string[]} the ids that nobody repeats any more */
  forgetOld(now) {
    const old = [...this.entries.values()].filter((entry) => now - entry.seenAt >= REMEMBERED_MS).map((entry) => entry.id);
    for (const id of old) this.entries.delete(id);
    return old;
  }

  /** Those that ended without the hub knowing how. @returns {Entry[]} */
  get untold() {
    return [...this.entries.values()].filter((entry) => entry.status !== "received" && !entry.told);
  }

  /** Those that the end of the page before this one cut short. @returns {Entry[]} */
  get cutShort() {
    return [...this.entries.values()].filter((entry) => entry.status === "received");
  }
}
