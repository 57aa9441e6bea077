// Usage records: what was in front for how long, kept until the hub has them. It does not know when they are sent.

/** @import {UsageRecord} from "./types.js" */

/** A long use is cut into records of this length: little is lost with a tab that is closed. */
const LONGEST_MS = 120_000;
/** Between two looks no more than this counts: the device slept. */
const GAP_MS = 5_000;
const PER_MESSAGE = 200;
const MAX_APP_CHARS = 255;

export class UsageLog {
  /** @param {string} boot @param {UsageRecord[]} [kept] of earlier boots, oldest first */
  constructor(boot, kept = []) {
    this.boot = boot;
    this.kept = kept;
    this.seq = 0;
    /** @type {{app: string, startedAt: number, spent: number}|null} */ this.using = null;
    this.lookedAt = 0;
  }

  /**
   * @param {string|null} app @param {number} hub the hub's time @param {number} steady milliseconds
   * @returns {UsageRecord[]} those that are complete now
   */
  show(app, hub, steady) {
    if ((this.using?.app ?? null) === app) return this.look(hub, steady);
    const done = this.close(steady);
    this.using = app === null ? null : { app: app.slice(0, MAX_APP_CHARS), startedAt: hub, spent: 0 };
    return done;
  }

  /** @param {number} hub @param {number} steady @returns {UsageRecord[]} */
  look(hub, steady) {
    this.count(steady);
    if (!this.using || this.using.spent < LONGEST_MS) return [];
    const { app } = this.using;
    const done = this.close(steady);
    this.using = { app, startedAt: hub, spent: 0 };
    return done;
  }

  /** @param {number} steady @returns {UsageRecord[]} */
  close(steady) {
    this.count(steady);
    const { using } = this;
    this.using = null;
    const seconds = using ? Math.floor(using.spent / 1000) : 0;
    if (!using || seconds < 1) return [];
    const record = { boot: this.boot, seq: ++this.seq, app: using.app, startedAt: using.startedAt, seconds };
    this.kept.push(record);
    return [record];
  }

  /** @param {number} steady */
  count(steady) {
    if (this.using) this.using.spent += Math.min(Math.max(0, steady - this.lookedAt), GAP_MS);
    this.lookedAt = steady;
  }

  /** @param {{boot: string, upTo: number}} ack @returns {UsageRecord[]} those that need not be kept any more */
  acknowledge({ boot, upTo }) {
    const covered = this.kept.filter((record) => record.boot === boot && record.seq <= upTo);
    if (covered.length) this.kept = this.kept.filter((record) => record.boot !== boot || record.seq > upTo);
    return covered;
  }

  /** All that is kept, one boot a message, oldest first. @returns {{boot: string, records: UsageRecord[]}[]} */
  batches() {
    /** @type {{boot: string, records: UsageRecord[]}[]} */ const found = [];
    for (const record of this.kept) {
      let batch = found.findLast((one) => one.boot === record.boot);
      if (!batch || batch.records.length >= PER_MESSAGE) found.push((batch = { boot: record.boot, records: [] }));
      batch.records.push(record);
    }
    return found;
  }
}
