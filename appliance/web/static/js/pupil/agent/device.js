// The device that this page is. It puts the parts together and lets each hear what concerns it; the rules are theirs.
/** @import {Connection, Entry, Identity, Kept, Scene, World} from "./types.js" */
/** @import {Memory} from "./memory.js" */
import { aboutThis } from "./about.js";
import { Errands } from "./errands.js";
import { Hand } from "./hand.js";
import { Link } from "./link.js";
import { Reports } from "./reports.js";
import { Stage } from "./scene.js";
import { Sight } from "./sight.js";
import { Timekeeper } from "./timekeeper.js";
import { UsageLog } from "./usage.js";
import { Voice } from "./voice.js";
import { formatTime, readDesired, readHubTime, readUsageAck, TIME_TOPIC } from "./words.js";

const LOOK_MS = 500;
const HELD_AT_MOST = 100;

/** @returns {string} a word that no earlier start ever had */
const newBoot = () => [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export class Device {
  /** @param {Identity} identity @param {{memory: Memory, kept: Kept}} past @param {Scene} scene @param {World} world */
  constructor(identity, { memory, kept }, scene, world) {
    this.identity = identity;
    this.memory = memory;
    this.world = world;
    const { clock = { ahead: identity.ahead ?? 0, hub: 0 }, desired = null, hand } = kept.facts;
    this.time = new Timekeeper(memory, clock, () => this.sure());
    this.sight = new Sight(identity, desired);
    this.kept = desired;
    this.link = this.makeLink();
    this.voice = new Voice(identity.id, this.link, () => this.time.now);
    this.hand = new Hand(Boolean(hand) && hand === this.sight.lesson, memory, this.voice);
    this.stage = new Stage(scene, new UsageLog(newBoot(), kept.usage), memory, this.voice);
    this.errands = this.makeErrands(kept.commands);
    this.reports = new Reports(() => this.report());
    /** @type {object|undefined} */ this.about = undefined;
    /** @type {Uint8Array[]} commands that wait for a time to be judged by */ this.held = [];
  }

  makeLink() {
    const { id, password } = this.identity;
    const topics = ["desired", "commands", "usage/ack"].map((leaf) => `devices/${id}/${leaf}`);
    return new Link({
      id, password, url: this.broker, topics: [...topics, TIME_TOPIC],
      will: { topic: `devices/${id}/presence`, payload: "offline" },
    }, {
      opening: () => void this.time.ask(),
      turned: (connection) => this.turned(connection),
      heard: (topic, payload, retained) => this.heard(topic, payload, retained),
    });
  }

  /** @param {Entry[]} known */
  makeErrands(known) {
    return new Errands({
      memory: this.memory,
      voice: this.voice,
      kind: this.identity.kind,
      lesson: () => this.sight.lesson,
      isOwn: (url) => this.isOwn(url),
      emit: this.world.emit,
      report: () => this.publishAll(),
    }, known);
  }

  begin() {
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.link.start();
    this.draw();
    this.errands.resume();
  }

  end() {
    clearInterval(this.timer);
    this.keepWish();
    this.reports.stop();
    void this.stage.close();
    this.link.stop();
    this.memory.close();
  }

  // What comes in

  /** @param {string} topic @param {Uint8Array} payload @param {boolean} retained */
  heard(topic, payload, retained) {
    this.time.look();
    try {
      if (topic.endsWith("/desired")) this.follow(payload);
      else if (topic.endsWith("/usage/ack")) this.stage.acknowledged(readUsageAck(payload));
      else if (retained) return; // a time that was kept is an old one, and a command is never kept
      else if (topic === TIME_TOPIC) this.time.hear(readHubTime(payload));
      else if (topic.endsWith("/commands")) this.command(payload);
    } catch { /* not a message of this protocol: nothing is changed by it */ }
  }

  /** @param {Uint8Array} payload */
  follow(payload) {
    const before = this.sight.lesson;
    if (!this.sight.follow(readDesired(payload))) return;
    if (this.sight.lesson !== before) this.hand.raise(false, null);
    this.draw();
  }

  /** Whether it has expired can be said only by the hub's time. @param {Uint8Array} payload */
  command(payload) {
    if (this.time.isSure) this.errands.receive(payload);
    else if (this.held.length < HELD_AT_MOST) this.held.push(payload);
  }

  /** The hub has said the time. */
  sure() {
    this.draw();
    this.errands.forgetOld();
    for (const payload of this.held.splice(0)) this.errands.receive(payload);
  }

  /** Whatever time alone brings about. */
  look() {
    if (this.time.look()) this.link.wake();
    this.errands.expire();
    this.keepWish();
    this.draw();
  }

  /** @param {Connection} connection */
  turned(connection) {
    if (connection === "online") this.arrive();
    else this.hand.lost();
    this.draw();
  }

  arrive() {
    void this.voice.say("presence", "online");
    this.publishAll();
    this.errands.repeat();
    void this.hand.say();
    this.voice.catchUp();
    this.stage.send();
  }

  // What the face does

  /** Tells the face when anything has changed. */
  draw() {
    const { connection } = this.link;
    const { applied } = this.sight.judge(this.time.leaseNow);
    this.stage.count(!applied.lock && !this.identity.guest && this.identity.kind !== "screen" && connection !== "elsewhere");
    const news = this.sight.draw(connection, this.hand.isUp, this.time);
    if (news) this.world.emit({ type: "state", ...news });
  }

  /** First the glass, then the disk, then the hub. @param {number} rev of the state that it shows */
  shown(rev) {
    this.keepWish();
    if (this.sight.see(rev)) this.reports.now();
  }

  /** Soon, whatever the face is busy with. */
  keepWish() {
    if (this.sight.wish !== this.kept) void this.memory.keepFact("desired", this.kept = this.sight.wish);
  }

  /** @param {boolean} up */
  raise(up) {
    this.hand.raise(up, this.sight.lesson);
    this.draw();
  }

  /** @param {string|null} app */
  front(app) {
    this.stage.show(app, () => this.sight.lesson !== null);
    this.draw();
    this.reports.soon();
  }

  // What is told

  publishAll() {
    this.reports.now();
    void this.publishInventory();
  }

  async publishInventory() {
    const { serial } = this.identity;
    this.about ??= await aboutThis(this.world.browser);
    await this.voice.say("inventory", { serial, ...this.about, security_patch: null, storage_total: null, packages: [] });
  }

  report() {
    const { shown } = this.sight;
    if (!shown) return;
    const { problem } = this.memory;
    void this.voice.say("reported", {
      version: shown.version, at: formatTime(this.time.now), restrictions: shown.applied, unsupported: shown.unsupported,
      errors: problem ? { storage: problem } : {}, battery: this.stage.scene.battery, storage_free: null,
      foreground: this.stage.foreground(shown.applied.lock !== null), boot: this.stage.log.boot,
    });
  }

  // Addresses

  /** By the name by which this page was reached: the one that enrollment saw may be known elsewhere only. */
  get broker() {
    const url = new URL(this.identity.websocket);
    url.hostname = this.world.location.hostname;
    if (this.world.location.protocol === "https:") url.protocol = "wss:"; // a page over https may not speak to any other
    return url.href;
  }

  /** Whether a link leads to the appliance itself, by a name that a page can know. @param {string} link */
  isOwn(link) {
    const { location } = this.world;
    const { hostname, port } = new URL(link);
    const name = hostname.replace(/\.$/, "");
    const names = [location.hostname, new URL(this.identity.websocket).hostname, "preau.local"];
    return names.includes(name) && [location.port, ""].includes(port);
  }
}
