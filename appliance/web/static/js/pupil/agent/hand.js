// The raised hand: whether it is up, and whether the hub knows. It comes down with its lesson.
/** @import {Memory} from "./memory.js" */
/** @import {Voice} from "./voice.js" */

export class Hand {
  /** @param {boolean} isUp as it was before a reload @param {Memory} memory @param {Voice} voice */
  constructor(isUp, memory, voice) {
    this.isUp = isUp;
    this.memory = memory;
    this.voice = voice;
    /** @type {boolean|null} what the hub knows; null: nobody can tell */ this.told = isUp ? null : false;
    this.isBusy = false;
  }

  /** @param {boolean} up @param {string|null} lesson its id */
  raise(up, lesson) {
    if (this.isUp === up || (up && lesson === null)) return;
    this.isUp = up;
    void this.memory.keepFact("hand", up ? lesson : null);
    void this.say();
  }

  /** What a child changes its mind about while an answer is on its way is said after it. */
  async say() {
    const up = this.isUp;
    if (up === this.told || this.isBusy) return;
    this.isBusy = true;
    const isTold = await this.voice.event(up ? "hand_raised" : "hand_lowered");
    this.isBusy = false;
    if (!isTold) return;
    this.told = up;
    if (this.isUp !== up) void this.say();
  }

  /** The hub forgets the raised hand of a device that it loses. */
  lost() {
    if (this.told) this.told = null;
  }
}
