// What the hub wants as far as it is in force, what the face was told of it, and what the face has shown.
/** @import {Desired, Identity, InForce, State} from "./types.js" */
import { inForce, isNews, isOver } from "./lease.js";
import { formatTime } from "./words.js";

/** Below that the face's clock needs no new offset. */
const OFFSET_GRAIN_MS = 500;

export class Sight {
  /** @param {Identity} identity @param {Desired|null} wish the last that was known */
  constructor(identity, wish) {
    this.identity = identity;
    this.wish = wish;
    /** @type {InForce} */ this.now = this.judge(0);
    /** @type {InForce|null} what the face has shown: only that is true, and only what is true is reported */ this.shown = null;
    this.rev = 0;
    this.drawn = "";
    this.offset = NaN;
  }

  get lesson() {
    return this.wish?.lesson?.id ?? null;
  }

  /** @param {Desired} wish @returns {boolean} whether it is a newer one */
  follow(wish) {
    const isNewer = isNews(this.wish, wish);
    if (isNewer) this.wish = wish;
    return isNewer;
  }

  /** @param {number} now the hub's time @returns {InForce} */
  judge(now) {
    const { wish } = this;
    this.now = { version: wish?.version ?? 0, isOver: isOver(wish, now), ...inForce(wish, now, this.identity.kind) };
    return this.now;
  }

  /**
   * @param {import("./types.js").Connection} connection @param {boolean} hand
   * @param {{clock: {ahead: number}, isForgotten: boolean}} time
   * @returns {{state: State, rev: number}|null} null when the face has been told already
   */
  draw(connection, hand, time) {
    const { wish, now, identity } = this;
    const offset = time.clock.ahead;
    const rest = {
      connection,
      name: wish?.name || identity.name,
      kind: identity.kind,
      lesson: time.isForgotten ? null : (wish?.lesson ?? null),
      restrictions: now.applied,
      until: wish?.until && !now.isOver ? formatTime(wish.until) : null,
      display: wish?.display ?? null,
      hand,
      version: now.version,
    };
    const drawn = JSON.stringify(rest);
    if (drawn === this.drawn && Math.abs(offset - this.offset) < OFFSET_GRAIN_MS) return null;
    this.drawn = drawn;
    this.offset = offset;
    this.rev += 1;
    return { state: { ...rest, now_offset: Math.round(offset) }, rev: this.rev };
  }

  /** The face shows it. @param {number} rev @returns {boolean} whether that is worth a report */
  see(rev) {
    if (rev !== this.rev || JSON.stringify(this.now) === JSON.stringify(this.shown)) return false;
    this.shown = this.now;
    return true;
  }
}
