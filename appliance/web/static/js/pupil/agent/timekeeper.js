// Keeps the hub's time: looks at the page's clocks, asks the appliance when there is doubt, writes down what is known.
/** @import {Memory} from "./memory.js" */
import { HubClock } from "./clock.js";
import { readHubTime } from "./words.js";

const ASK_MS = 4_000;
/** After a jump of the clock the appliance is asked; only when it does not answer is the jump believed. */
const DOUBT_MS = 3_000;
const WRITE_EVERY_MS = 60_000;
/** Nobody has told the time for so long: whatever lesson this was, it is over. */
const LONGEST_LESSON_MS = 12 * 3600_000;

/** @returns {import("./types.js").Reading} */
const reading = () => ({ wall: Date.now(), steady: performance.now() });

export class Timekeeper {
  /**
   * @param {Memory} memory @param {{ahead: number, hub: number}|null} known
   * @param {() => void} sure called whenever the hub has said the time
   */
  constructor(memory, known, sure) {
    this.memory = memory;
    this.sure = sure;
    this.clock = new HubClock(reading(), known);
    this.writtenAt = -Infinity;
    /** The hub's time when it was last heard. */ this.heardAt = known?.hub || this.clock.hub;
    /** @type {{until: number, hub: number}} */ this.doubt = { until: -Infinity, hub: 0 };
  }

  get isSure() {
    return this.clock.isSure;
  }

  /** The hub's time. */
  get now() {
    return this.clock.hub;
  }

  /** The time by which a lease runs: a jump does not end one before the appliance had its chance to answer. */
  get leaseNow() {
    return !this.isSure && performance.now() < this.doubt.until ? this.doubt.hub : this.now;
  }

  /** Whether the hub was heard so long ago that its lesson cannot last any more. */
  get isForgotten() {
    return this.leaseNow - this.heardAt > LONGEST_LESSON_MS;
  }

  /** @returns {boolean} whether the time jumped: the device slept, or its clock was set */
  look() {
    const before = this.now;
    const jumped = this.clock.look(reading());
    if (jumped) {
      this.doubt = { until: performance.now() + DOUBT_MS, hub: before };
      void this.ask();
    }
    return jumped;
  }

  /** The broker tells the time only now and then; a lease and a command should not wait for it. */
  async ask() {
    if (this.isSure) return;
    try {
      const asked = performance.now();
      const answer = await fetch("/api/time", { cache: "no-store", signal: AbortSignal.timeout(ASK_MS) });
      const hub = readHubTime(new Uint8Array(await answer.arrayBuffer()));
      this.hear(hub + (performance.now() - asked) / 2);
    } catch { /* the broker will tell */ }
  }

  /** @param {number} hub */
  hear(hub) {
    this.look();
    const isNews = !this.isSure;
    this.clock.hear(hub);
    this.heardAt = hub;
    if (isNews || performance.now() - this.writtenAt >= WRITE_EVERY_MS) {
      this.writtenAt = performance.now();
      void this.memory.keepFact("clock", this.clock.known);
    }
    this.sure();
  }
}
