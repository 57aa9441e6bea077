// What is in front of the pupil and for how long, and the battery below it, as the face tells.
/** @import {Memory} from "./memory.js" */
/** @import {Scene, UsageRecord} from "./types.js" */
/** @import {Voice} from "./voice.js" */
import { UsageLog } from "./usage.js";
import { formatTime } from "./words.js";

const AGAIN_MS = 60_000;
/** A page that is reloaded is out of sight for a moment, too. */
const LEFT_AFTER_MS = 2_000;
/** The page itself: in front, and nothing that is counted. */
export const PAGE = "web:preau";

export class Stage {
  /** @param {Scene} scene @param {UsageLog} log @param {Memory} memory @param {Voice} voice */
  constructor(scene, log, memory, voice) {
    this.scene = scene;
    this.log = log;
    this.memory = memory;
    this.voice = voice;
    this.sentAt = -Infinity;
    /** @type {ReturnType<typeof setTimeout>|undefined} */ this.leaving = undefined;
  }

  /** @param {boolean} isCovered by a lock: that is the page */
  foreground(isCovered) {
    return isCovered && this.scene.app !== null ? PAGE : this.scene.app;
  }

  /** @param {string|null} app @param {() => boolean} isMissed whether leaving the page is worth a word */
  show(app, isMissed) {
    const before = this.scene.app;
    this.scene.app = app;
    if (app !== null) clearTimeout(this.leaving);
    else if (before !== null) this.leaving = setTimeout(() => { if (isMissed()) void this.voice.tell("left_app", before); }, LEFT_AFTER_MS);
  }

  /** @param {boolean} counts whether what is in front is counted now */
  count(counts) {
    const app = counts && this.scene.app !== PAGE ? this.scene.app : null;
    void this.keep(this.log.show(app, this.voice.now(), performance.now()));
    if (performance.now() - this.sentAt >= AGAIN_MS) this.send();
  }

  close() {
    clearTimeout(this.leaving);
    return this.keep(this.log.close(performance.now()));
  }

  /** @param {UsageRecord[]} records */
  async keep(records) {
    if (!records.length) return;
    this.send();
    await this.memory.keepUsage(records);
  }

  /** All that the hub has not acknowledged. */
  send() {
    this.sentAt = performance.now();
    for (const { boot, records } of this.log.batches()) {
      const said = records.map(({ seq, app, startedAt, seconds }) => ({ seq, app, started_at: formatTime(startedAt), seconds }));
      void this.voice.say("usage", { boot, records: said });
    }
  }

  /** @param {{boot: string, upTo: number}} ack */
  acknowledged(ack) {
    void this.memory.dropUsage(this.log.acknowledge(ack));
  }
}
