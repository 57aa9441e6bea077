// The device that this page is: what the hub wants of it, what it tells the hub, and what the face is to show.
// It puts the parts together; the rules are theirs, and nothing is drawn here.
/** @import {Desired} from "./words.js" */
/** @import {Kept, Memory} from "./memory.js" */
import { describe } from "./about.js";
import { HubClock } from "./clock.js";
import { Errands } from "./errands.js";
import { inForce, isNews, isOver } from "./lease.js";
import { Link } from "./link.js";
import { Reports } from "./reports.js";
import { UsageLog } from "./usage.js";
import { formatTime, readDesired, readHubTime, readUsageAck, RETAINED, TIME_TOPIC } from "./words.js";

const LOOK_MS = 500;
const USAGE_AGAIN_MS = 60_000;
const LEFT_AFTER_MS = 2_000;
const CLOCK_KEPT_EVERY_MS = 60_000;
/** After a jump of the clock the appliance is asked; only if it does not answer is the lease over. */
const DOUBT_MS = 3_000;
const UNSAID_AT_MOST = 50;
const PAGE = "web:preau";

/** @typedef {{id: string, name: string, kind: string, serial: string, password: string, websocket: string, guest?: boolean, ahead?: number}} Identity */
/** @typedef {{app: string|null, battery: {level: number, charging: boolean}|null}} Scene what the face has told last */
/**
 * @typedef {object} World
 * @property {(message: object) => void} emit to the face
 * @property {{hostname: string, port: string, protocol: string}} location of the page
 * @property {string} browser the User-Agent
 */

/** @returns {{wall: number, steady: number}} */
const reading = () => ({ wall: Date.now(), steady: performance.now() });

/** @returns {string} a word that no earlier start ever had */
const newBoot = () => [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export class Device {
  /** @param {Identity} identity @param {{memory: Memory, kept: Kept}} past @param {Scene} scene @param {World} world */
  constructor(identity, { memory, kept }, scene, world) {
    this.identity = identity;
    this.memory = memory;
    this.scene = scene;
    this.world = world;
    this.clock = new HubClock(reading(), kept.facts.clock ?? (identity.ahead === undefined ? null : { ahead: identity.ahead, hub: 0 }));
    /** @type {Desired|null} */ this.wish = kept.facts.desired ?? null;
    this.hand = Boolean(this.wish?.lesson) && kept.facts.hand === this.wish?.lesson?.id;
    /** @type {boolean|null} what the hub knows of the hand */ this.handTold = false;
    this.usage = new UsageLog(newBoot(), kept.usage);
    this.usageSentAt = -Infinity;
    this.clockKeptAt = -Infinity;
    this.doubtUntil = -Infinity;
    /** @type {{leaf: string, message: object}[]} */ this.unsaid = [];
    /** @type {Uint8Array[]} commands that wait for a time to be judged by */ this.held = [];
    this.rev = 0;
    this.drawn = "";
    this.applied = this.judge();
    this.errands = this.makeErrands(kept.commands);
    this.reports = new Reports(() => this.publishReport());
    this.link = this.makeLink();
  }

  /** @param {Kept["commands"]} known */
  makeErrands(known) {
    return new Errands({
      memory: this.memory,
      kind: this.identity.kind,
      now: () => this.now(),
      lesson: () => this.wish?.lesson?.id ?? null,
      isOwn: (url) => this.isOwn(url),
      say: (leaf, message) => this.say(leaf, { ...message, at: formatTime(this.now()) }),
      hand: (command) => this.world.emit({ type: "do", command }),
      report: () => this.publishAll(),
    }, known);
  }

  makeLink() {
    const { id, password } = this.identity;
    return new Link({
      id, password, url: this.broker,
      topics: [`devices/${id}/desired`, `devices/${id}/commands`, `devices/${id}/usage/ack`, TIME_TOPIC],
      will: { topic: `devices/${id}/presence`, payload: "offline" },
    }, {
      opening: () => void this.askTime(),
      turned: (connection) => this.turned(connection),
      heard: (topic, payload, retained) => this.heard(topic, payload, retained),
    });
  }

  begin() {
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.link.start();
    this.draw();
    this.errands.resume();
    this.front(this.scene.app);
  }

  end() {
    clearInterval(this.timer);
    this.reports.stop();
    void this.memory.keepUsage(this.usage.close(performance.now()));
    this.link.stop();
    this.memory.close();
  }

  // The time

  now() {
    return this.clock.hub;
  }

  /** Whatever time alone brings about. */
  look() {
    if (this.clock.look(reading())) {
      this.doubtUntil = performance.now() + DOUBT_MS;
      void this.askTime(true);
      this.link.wake();
    }
    void this.keepUsage(this.usage.look(this.now(), performance.now()));
    if (performance.now() - this.usageSentAt >= USAGE_AGAIN_MS) this.sendUsage();
    this.draw();
  }

  /** The broker tells the time only now and then; a lease and a command should not wait for it. @param {boolean} [mustAsk] */
  async askTime(mustAsk = false) {
    if (this.clock.isSure && !mustAsk) return;
    try {
      const asked = performance.now();
      const answer = await fetch("/api/time", { cache: "no-store", signal: AbortSignal.timeout(4_000) });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      this.hearTime(readHubTime(bytes) + (performance.now() - asked) / 2);
    } catch { /* the broker will tell */ }
  }

  /** @param {number} hub */
  hearTime(hub) {
    this.clock.look(reading());
    const wasSure = this.clock.isSure;
    this.clock.hear(hub);
    if (performance.now() - this.clockKeptAt >= CLOCK_KEPT_EVERY_MS || !wasSure) {
      this.clockKeptAt = performance.now();
      void this.memory.keepFact("clock", this.clock.known);
      this.errands.forgetOld();
    }
    for (const payload of this.held.splice(0)) this.errands.receive(payload);
    this.draw();
  }

  // What the hub wants

  /** @param {string} topic @param {Uint8Array} payload @param {boolean} retained */
  heard(topic, payload, retained) {
    this.clock.look(reading());
    try {
      if (topic === TIME_TOPIC) {
        if (!retained) this.hearTime(readHubTime(payload));
      } else if (topic.endsWith("/desired")) this.follow(readDesired(payload));
      else if (topic.endsWith("/usage/ack")) void this.memory.dropUsage(this.usage.acknowledge(readUsageAck(payload)));
      else if (topic.endsWith("/commands") && !retained) this.command(payload);
    } catch { /* not a message of this protocol: nothing is changed by it */ }
  }

  /** Whether it has expired can be said only by the hub's time. @param {Uint8Array} payload */
  command(payload) {
    if (this.clock.isSure) this.errands.receive(payload);
    else this.held.push(payload);
  }

  /** @param {Desired} wish */
  follow(wish) {
    if (!isNews(this.wish, wish)) return;
    const before = this.wish?.lesson?.id;
    this.wish = wish;
    void this.memory.keepFact("desired", wish);
    if (before && wish.lesson?.id !== before) this.raise(false);
    this.draw();
  }

  /** What of the wish is in force now. */
  judge() {
    const wish = this.wish;
    const inDoubt = !this.clock.isSure && performance.now() < this.doubtUntil && wish?.until !== null;
    const now = inDoubt && wish?.version === this.applied?.version && !this.applied?.isOver ? -Infinity : this.now();
    return { version: wish?.version ?? 0, isOver: isOver(wish, now), ...inForce(wish, now, this.identity.kind) };
  }

  // What the face is to show

  /** Tells the face when anything has changed. */
  draw() {
    this.applied = this.judge();
    const state = this.state();
    const { now_offset: offset, ...rest } = state;
    const drawn = JSON.stringify([rest, Math.round(offset / 1000)]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.count();
    this.world.emit({ type: "state", state, rev: ++this.rev });
  }

  state() {
    const { wish, applied, identity } = this;
    return {
      connection: this.link.connection,
      name: wish?.name || identity.name,
      kind: identity.kind,
      now_offset: Math.round(this.clock.ahead),
      lesson: wish?.lesson ?? null,
      restrictions: applied.applied,
      until: wish?.until && !applied.isOver ? formatTime(wish.until) : null,
      display: wish?.display ?? null,
      hand: this.hand,
      version: applied.version,
    };
  }

  /** The face shows it: only now is it true, and only what is true is reported. @param {number} rev */
  shown(rev) {
    if (rev !== this.rev) return;
    const said = JSON.stringify(this.applied);
    if (said === this.seen) return;
    this.seen = said;
    this.visible = this.applied;
    this.reports.now();
  }

  // What the device says

  /** @param {import("./link.js").Connection} connection */
  turned(connection) {
    if (connection === "online") this.arrive();
    else if (this.hand) this.handTold = null; // the hub forgets the hand of a device that it loses
    this.draw();
  }

  arrive() {
    const { id } = this.identity;
    void this.link.publish(`devices/${id}/presence`, "online", true);
    this.publishAll();
    this.errands.repeat();
    this.sayHand();
    for (const { leaf, message } of this.unsaid.splice(0)) this.tell(leaf, message);
    this.sendUsage();
  }

  /** @param {string} leaf @param {object} message @returns {Promise<boolean>} whether the broker has it */
  say(leaf, message) {
    return this.link.publish(`devices/${this.identity.id}/${leaf}`, JSON.stringify(message), RETAINED.has(leaf));
  }

  /** Said now or at the next connection. @param {string} leaf @param {object} message */
  async tell(leaf, message) {
    if (await this.say(leaf, message)) return;
    this.unsaid.push({ leaf, message });
    this.unsaid.splice(0, this.unsaid.length - UNSAID_AT_MOST);
  }

  /** @param {string} type @param {string|null} ref */
  event(type, ref) {
    void this.tell("events", { type, at: formatTime(this.now()), ref });
  }

  publishAll() {
    const { serial } = this.identity;
    void this.say("inventory", { serial, ...describe(this.world.browser), security_patch: null, storage_total: null, packages: [] });
    this.reports.now();
  }

  publishReport() {
    const { version, applied, unsupported } = this.visible ?? { version: 0, applied: null, unsupported: [] };
    const problem = this.memory.problem;
    void this.say("reported", {
      version, at: formatTime(this.now()), restrictions: applied, unsupported,
      errors: problem ? { storage: problem } : {},
      battery: this.scene.battery, storage_free: null,
      foreground: this.applied.applied.lock && this.scene.app ? PAGE : this.scene.app, boot: this.usage.boot,
    });
  }

  // What the pupil and the world do

  /** @param {boolean} raised */
  raise(raised) {
    if (this.hand === raised) return;
    this.hand = raised;
    void this.memory.keepFact("hand", raised ? this.wish?.lesson?.id ?? null : null);
    this.sayHand();
    this.draw();
  }

  async sayHand() {
    const { hand } = this;
    if (hand === this.handTold || this.link.connection !== "online") return;
    this.handTold = hand;
    const message = { type: hand ? "hand_raised" : "hand_lowered", at: formatTime(this.now()), ref: null };
    if (!(await this.say("events", message))) this.handTold = null;
  }

  /** @param {string|null} app */
  front(app) {
    const before = this.scene.app;
    this.scene.app = app;
    this.count();
    this.reports.soon();
    if (before !== null && app === null && this.wish?.lesson) setTimeout(() => this.leave(before), LEFT_AFTER_MS);
  }

  /** A reload is not worth a word. @param {string} app */
  leave(app) {
    if (this.scene.app === null && this.wish?.lesson) this.event("left_app", app);
  }

  /** @param {number} level percent @param {boolean} charging */
  battery(level, charging) {
    this.scene.battery = { level: Math.min(100, Math.max(0, Math.round(level))), charging };
    this.reports.soon();
  }

  // Usage

  /** The page itself, what is under a lock and what a guest does is not counted. */
  count() {
    const { app } = this.scene;
    const isCounted = app !== PAGE && !this.applied.applied.lock && !this.identity.guest && this.identity.kind !== "screen";
    void this.keepUsage(this.usage.show(isCounted ? app : null, this.now(), performance.now()));
  }

  /** @param {import("./usage.js").UsageRecord[]} records */
  async keepUsage(records) {
    if (!records.length) return;
    this.sendUsage();
    await this.memory.keepUsage(records);
  }

  sendUsage() {
    this.usageSentAt = performance.now();
    for (const { boot, records } of this.usage.batches()) {
      const said = records.map(({ seq, app, startedAt, seconds }) => ({ seq, app, started_at: formatTime(startedAt), seconds }));
      void this.say("usage", { boot, records: said });
    }
  }

  // Addresses

  /** By the name by which this page was reached: the one that enrollment saw may be known elsewhere only. */
  get broker() {
    const url = new URL(this.identity.websocket);
    url.hostname = this.world.location.hostname;
    return url.href;
  }

  /** @param {string} link */
  isOwn(link) {
    const { hostname, port } = new URL(link);
    const names = [this.world.location.hostname, new URL(this.identity.websocket).hostname, "preau.local"];
    return names.includes(hostname) && [this.world.location.port, ""].includes(port);
  }
}
