// The agent's door: what the face says comes in here, one after the other; what it is to show and do goes out.
/** @import {Identity, Message, Scene, World} from "./types.js" */
import { Device } from "./device.js";
import { Memory } from "./memory.js";

const LONGEST = 255;

/** An app by its name; of a web page the host and nothing more. @param {unknown} app */
function plainApp(app) {
  return typeof app === "string" && app ? app.replace(/^(web:[^/?#]*)[^]*$/, "$1").slice(0, LONGEST) : null;
}

export class Agent {
  /** @param {World} world */
  constructor(world) {
    this.world = world;
    /** @type {Device|null} */ this.device = null;
    /** @type {Scene} */ this.scene = { app: null, battery: null };
    /** @type {Promise<void>} */ this.queue = Promise.resolve();
  }

  /** @param {Message} message */
  hear(message) {
    this.queue = this.queue.then(() => this.act(message)).catch((problem) => console.error(problem));
  }

  /** @param {Message} message */
  async act(message) {
    const { device } = this;
    if (message.type === "start") await this.start(message.identity);
    else if (message.type === "stop") this.stop();
    else if (message.type === "front") this.front(plainApp(message.app));
    else if (message.type === "battery") this.battery(Number(message.level), Boolean(message.charging));
    else if (device) await this.tell(device, message);
  }

  /** @param {Device} device @param {Message} message */
  async tell(device, message) {
    if (message.type === "shown") device.shown(message.rev);
    else if (message.type === "done") device.errands.done(String(message.id), String(message.status), message.error ? String(message.error) : null);
    else if (message.type === "hand") device.raise(Boolean(message.raised));
    else if (message.type === "opened") void device.voice.tell("document_opened", String(message.ref ?? "").slice(0, LONGEST) || null);
    else if (message.type === "wake") device.link.wake();
    else if (message.type === "yield") device.link.yield();
    else if (message.type === "take_over") await this.start(device.identity);
  }

  /** What another tab wrote meanwhile is read again. @param {Identity} identity */
  async start(identity) {
    this.stop();
    const memory = await Memory.open(identity.id);
    this.device = new Device(identity, { memory, kept: await memory.load() }, this.scene, this.world);
    this.device.begin();
  }

  stop() {
    this.device?.end();
    this.device = null;
  }

  /** @param {string|null} app */
  front(app) {
    if (this.device) this.device.front(app);
    else this.scene.app = app;
  }

  /** @param {number} level percent @param {boolean} charging */
  battery(level, charging) {
    if (!Number.isFinite(level)) return;
    this.scene.battery = { level: Math.min(100, Math.max(0, Math.round(level))), charging };
    this.device?.reports.soon();
  }
}
