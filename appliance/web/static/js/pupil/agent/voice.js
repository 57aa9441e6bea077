// What the device says to the hub, in the protocol's form. What is only an event waits for the next connection.
/** @import {Link} from "./link.js" */
import { formatTime, RETAINED } from "./words.js";

const UNSAID_AT_MOST = 50;

export class Voice {
  /** @param {string} id the device's @param {Link} link @param {() => number} now the hub's time */
  constructor(id, link, now) {
    this.id = id;
    this.link = link;
    this.now = now;
    /** @type {object[]} */ this.unsaid = [];
  }

  /** @param {string} leaf @param {object|string} message @returns {Promise<boolean>} whether the broker has it */
  say(leaf, message) {
    const payload = typeof message === "string" ? message : JSON.stringify(message);
    return this.link.publish(`devices/${this.id}/${leaf}`, payload, RETAINED.has(leaf));
  }

  /** @param {string} id a command's @param {string} status @param {string|null} error */
  acknowledge(id, status, error) {
    return this.say("acks", { id, status, error: error?.slice(0, 500) ?? null, at: formatTime(this.now()) });
  }

  /** @param {string} type @param {string|null} [ref] @returns {Promise<boolean>} */
  event(type, ref = null) {
    return this.say("events", { type, at: formatTime(this.now()), ref });
  }

  /** Now, or at the next connection. @param {string} type @param {string|null} ref */
  async tell(type, ref) {
    await this.insist({ type, at: formatTime(this.now()), ref });
  }

  /** @param {object} event */
  async insist(event) {
    if (await this.say("events", event)) return;
    this.unsaid.push(event);
    if (this.unsaid.length > UNSAID_AT_MOST) this.unsaid.shift();
  }

  catchUp() {
    for (const event of this.unsaid.splice(0)) void this.insist(event);
  }
}
