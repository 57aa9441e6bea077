// The hub's time, as a page can know it: its own clock may be wrong by a day, be set while it runs, or stop in a sleep.
// Readings come in, times go out: it looks at no clock.

/** @import {Reading} from "./types.js" */

/** By this much the wall clock runs ahead of the steady one within one look: the device slept, or its clock was set. */
const JUMP_MS = 5_000;
/** The hub tells whole seconds, cut: a difference below that is none. */
const GRAIN_MS = 1_000;

export class HubClock {
  /**
   * @param {Reading} reading
   * @param {{ahead: number, hub: number}|null} known how far the hub was ahead of the wall clock, and its latest time known
   */
  constructor(reading, known) {
    this.last = reading;
    this.hub = reading.wall + (known?.ahead ?? 0);
    // A wall clock that was set back while the page was closed: time has not gone back.
    if (known && this.hub < known.hub) this.hub = known.hub;
    /** Whether the hub has said the time since this page started, and nothing has put that in doubt. */
    this.isSure = false;
  }

  /**
   * Goes on with the time. A jump is taken for a sleep: a lease must end in time even where nobody can be asked.
   * @param {Reading} reading @returns {boolean} whether the time jumped
   */
  look(reading) {
    const steady = Math.max(0, reading.steady - this.last.steady);
    const wall = reading.wall - this.last.wall;
    const jumped = wall - steady > JUMP_MS;
    this.hub += jumped ? wall : steady;
    this.last = reading;
    if (jumped) this.isSure = false;
    return jumped;
  }

  /** @param {number} hub what the hub says that it is now */
  hear(hub) {
    if (!this.isSure || Math.abs(hub - this.hub) > GRAIN_MS) this.hub = hub;
    this.isSure = true;
  }

  /** What has to be written down, to know the hub's time after a restart. */
  get known() {
    return { ahead: this.ahead, hub: this.hub };
  }

  /** How far the hub is ahead of the page's own wall clock. */
  get ahead() {
    return this.hub - this.last.wall;
  }
}
