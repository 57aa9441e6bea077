// When the device reports itself: at once, soon after a small change, and every half minute. It knows no report.

const EVERY_MS = 30_000;
/** Small changes are told together, well within the contract's 2 s. */
const GATHER_MS = 500;

export class Reports {
  /** @param {() => void} publish */
  constructor(publish) {
    this.publish = publish;
    /** @type {ReturnType<typeof setTimeout>|undefined} */ this.gathering = undefined;
    this.timer = setInterval(() => this.now(), EVERY_MS);
  }

  soon() {
    this.gathering ??= setTimeout(() => this.now(), GATHER_MS);
  }

  now() {
    this.stop();
    this.timer = setInterval(() => this.now(), EVERY_MS);
    this.publish();
  }

  stop() {
    clearTimeout(this.gathering);
    clearInterval(this.timer);
    this.gathering = undefined;
  }
}
