// The connection to the broker, for ever: the one place of the page that knows mqtt.js. It understands no message.
/** @import {Connection} from "./types.js" */
import mqtt from "../../../vendor/mqtt.esm.js";

const KEEPALIVE_SECONDS = 10;
const SESSION_SECONDS = 86_400;
/** A cut that heals at once (a proxy, a reload, another network) is nobody's business; a closed tab is known in time. */
const WILL_SECONDS = 2;
const CONNECT_MS = 8_000;
const ANSWER_MS = 8_000;
/** A connection that held for so long was a good one: the next try is soon. */
const STEADY_MS = 3_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;
/** Refused: revoked for ever, or out for a minute because of a flood. Nobody is helped by haste. */
const REFUSED_PAUSE_MS = 15_000;

const TAKEN_OVER = 0x8e;
/** What a broker answers to a name and a password that it does not take. */
const REFUSALS = new Set([0x86, 0x87, 0x8a]);

/** @typedef {{id: string, password: string, url: string, topics: string[], will: {topic: string, payload: string}}} Door */
/**
 * @typedef {object} Hooks
 * @property {(connection: Connection) => void} turned
 * @property {() => void} opening a connection is being made
 * @property {(topic: string, payload: Uint8Array, retained: boolean) => void} heard
 */

export class Link {
  /** @param {Door} door @param {Hooks} hooks */
  constructor(door, hooks) {
    this.door = door;
    this.hooks = hooks;
    /** @type {Connection} */ this.connection = "connecting";
    /** @type {any} */ this.client = null;
    this.pause = FIRST_PAUSE_MS;
    this.onlineSince = 0;
    this.openedAt = 0;
    /** @type {ReturnType<typeof setTimeout>|undefined} */ this.timer = undefined;
  }

  start() {
    this.stop();
    this.turn("connecting");
    this.open();
  }

  /** Says goodbye, so that the broker does not wait for this connection. No word of it to anybody. */
  stop() {
    clearTimeout(this.timer);
    this.drop();
  }

  /** The device woke up, or has a network again: now is the time to look. */
  wake() {
    if (this.connection === "elsewhere" || this.connection === "refused") return;
    if (this.connection === "online") {
      void this.check();
    } else if (!this.client || performance.now() - this.openedAt > 2_000) {
      this.pause = FIRST_PAUSE_MS;
      this.open();
    }
  }

  /** Is the other end still there? A connection that slept may be dead without a word. */
  async check() {
    const { client } = this;
    const heard = new Promise((resolve) => client.once("packetreceive", () => resolve(true)));
    client.sendPing();
    if (!(await Promise.race([heard, after(3_000)])) && client === this.client) this.lose();
  }

  /**
   * @param {string} topic @param {string} payload @param {boolean} retain
   * @returns {Promise<boolean>} whether the broker has it
   */
  async publish(topic, payload, retain) {
    const { client } = this;
    if (!client || this.connection !== "online") return false;
    const answered = new Promise((resolve) => {
      client.publish(topic, payload, { qos: 1, retain }, (/** @type {Error|null} */ problem) => resolve(problem ? "refused" : "taken"));
    });
    const answer = await Promise.race([answered, after(ANSWER_MS)]);
    if (answer === false && client === this.client) this.lose();
    return answer === "taken";
  }

  open() {
    clearTimeout(this.timer);
    this.drop();
    this.openedAt = performance.now();
    this.hooks.opening();
    this.timer = setTimeout(() => this.lose(), CONNECT_MS + ANSWER_MS);
    try {
      this.client = mqtt.connect(this.door.url, this.manners);
    } catch {
      this.lose(); // an address that this page may not call: a new policy, or a certificate, may change that
      return;
    }
    this.listen(this.client);
  }

  get manners() {
    const { id, password, will } = this.door;
    return {
      clientId: id, username: id, password, protocolVersion: 5, clean: false,
      properties: { sessionExpiryInterval: SESSION_SECONDS }, keepalive: KEEPALIVE_SECONDS, connectTimeout: CONNECT_MS,
      will: { ...will, qos: 1, retain: true, properties: { willDelayInterval: WILL_SECONDS } },
      reconnectPeriod: 0, resubscribe: false,
      timerVariant: "native", // the other one is a worker of its own, from a blob that the policy refuses
    };
  }

  /** @param {any} client */
  listen(client) {
    const mine = (/** @type {(...args: any[]) => void} */ act) => (/** @type {any[]} */ ...args) => {
      if (client === this.client) act(...args);
    };
    client.on("connect", mine(() => this.subscribe(client)));
    client.on("message", mine((topic, payload, packet) => this.hooks.heard(topic, payload, packet.retain)));
    client.on("disconnect", mine((packet) => (packet.reasonCode === TAKEN_OVER ? this.yield() : this.lose())));
    client.on("error", mine((problem) => (REFUSALS.has(problem?.code) ? this.refuse() : this.lose())));
    client.on("close", mine(() => this.lose()));
  }

  /** Each time anew: a broker that was started again knows no session. @param {any} client */
  subscribe(client) {
    client.subscribe(this.door.topics, { qos: 1 }, (/** @type {Error|null} */ problem) => {
      if (client !== this.client) return;
      if (problem) {
        this.lose();
        return;
      }
      clearTimeout(this.timer);
      this.onlineSince = performance.now();
      this.turn("online");
    });
  }

  /** Another tab of this device is connected now. No tab ever fights. */
  yield() {
    this.stop();
    this.turn("elsewhere");
  }

  refuse() {
    this.drop();
    this.turn("refused");
    this.again(REFUSED_PAUSE_MS * (1 + Math.random()));
  }

  /** Lost, or not reached: tries again, later and later, each device at its own moment. */
  lose() {
    this.drop();
    const wasOnline = this.connection === "online";
    if (wasOnline && performance.now() - this.onlineSince > STEADY_MS) this.pause = FIRST_PAUSE_MS;
    // The first try after a connection is not worth a word to a child.
    this.turn(wasOnline ? "connecting" : "offline");
    this.again(this.pause * (0.4 + Math.random()));
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }

  /** @param {number} milliseconds */
  again(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), milliseconds);
  }

  drop() {
    const { client } = this;
    this.client = null;
    if (!client) return;
    client.on("error", () => {}); // what a dropped one still says is nobody's business, and must not end the worker
    client.end(true);
  }

  /** @param {Connection} connection */
  turn(connection) {
    if (this.connection === connection) return;
    this.connection = connection;
    this.hooks.turned(connection);
  }
}

/** @param {number} milliseconds @returns {Promise<false>} */
function after(milliseconds) {
  return new Promise((resolve) => setTimeout(() => resolve(false), milliseconds));
}
