// Commands, carried out by the page: each at most once, none after its end. What is remembered is commands.js's, what is
// seen and heard is the face's; this takes, judges, hands over and answers.
/** @import {Command, Entry, Message} from "./types.js" */
/** @import {Memory} from "./memory.js" */
/** @import {Voice} from "./voice.js" */
import { canDo } from "./abilities.js";
import { CommandDesk } from "./commands.js";
import { Malformed, readCommand } from "./words.js";

/** What is done within this time is answered once; else the hub hears first that it has come. */
const PATIENCE_MS = 500;
const FINAL = new Set(["done", "failed", "unsupported", "expired"]);

/**
 * @typedef {object} Office what errands need of their device
 * @property {Memory} memory
 * @property {Voice} voice
 * @property {string} kind
 * @property {() => string|null} lesson its id
 * @property {(url: string) => boolean} isOwn whether a link leads to the appliance itself
 * @property {(message: Message) => void} emit to the face
 * @property {() => void} report publishes everything now
 */

export class Errands {
  /** @param {Office} office @param {Entry[]} known */
  constructor(office, known) {
    this.office = office;
    this.desk = new CommandDesk(known);
    /** @type {Map<string, Command>} with the face */ this.underWay = new Map();
    /** @type {Promise<void>} one after the other, in the order in which they came */ this.queue = Promise.resolve();
  }

  get now() {
    return this.office.voice.now();
  }

  /** @param {Uint8Array} payload */
  receive(payload) {
    let command;
    try {
      command = readCommand(payload);
    } catch (problem) {
      if (problem instanceof Malformed && problem.id) this.refuse(problem.id, problem);
      return;
    }
    const verdict = this.desk.judge(command, this.now);
    if (verdict === "known") void this.answer(command.id);
    else this.queue = this.queue.then(() => this.carryOut(command)).catch((problem) => console.error(problem));
  }

  /** A newer hub may know commands that we do not: it is told. @param {string} id @param {Malformed} problem */
  refuse(id, { type, message }) {
    void this.office.voice.acknowledge(id, canDo(this.office.kind, type) ? "failed" : "unsupported", message);
  }

  /** Written down first: whatever happens to this page, nobody does it again. @param {Command} command */
  async carryOut(command) {
    const { id } = command;
    const entry = /** @type {Entry} */ (this.desk.get(id));
    const other = await this.office.memory.claimCommand(entry);
    if (other) {
      Object.assign(entry, other); // another tab of this device took it
      void this.answer(id);
      return;
    }
    const [status, error] = this.refusal(command);
    if (status) this.finish(id, status, error);
    else if (command.type === "report") {
      this.office.report();
      this.finish(id, "done", null);
    } else this.handOver(command);
  }

  /** @param {Command} command @returns {[string|null, string|null]} */
  refusal({ type, args, expiresAt }) {
    if (this.now >= expiresAt) return ["expired", null];
    if (!canDo(this.office.kind, type)) return ["unsupported", null];
    if (type === "open_link" && this.office.isOwn(args.url)) return ["failed", "the appliance's own address"];
    return [null, null];
  }

  /** @param {Command} command */
  handOver(command) {
    const { id, type, args, expiresAt } = command;
    command.lesson ??= this.office.lesson();
    setTimeout(() => { if (this.desk.get(id)?.status === "received") void this.answer(id); }, PATIENCE_MS);
    this.underWay.set(id, command);
    this.office.emit({ type: "do", command: { id, type, args, from_lesson: command.lesson, expires_at: expiresAt } });
  }

  /** What the face says of it. @param {string} id @param {string} status @param {string|null} error */
  done(id, status, error) {
    const entry = this.desk.get(id);
    if (!entry) return;
    if (FINAL.has(status)) this.finish(id, status, error);
    else if (entry.status === "received" && !entry.waits) {
      // On its way, and nothing of it seen yet: after a reload it is begun again. The hub hears of it in its time.
      entry.waits = this.underWay.get(id) ?? null;
      void this.office.memory.keepCommand(entry);
    }
  }

  /** @param {string} id @param {string} status @param {string|null} error */
  finish(id, status, error) {
    const entry = this.desk.finish(id, status, error);
    this.underWay.delete(id);
    if (!entry) return;
    void this.office.memory.keepCommand(entry);
    void this.answer(id);
  }

  /** @param {string} id */
  async answer(id) {
    const entry = /** @type {Entry} */ (this.desk.get(id));
    const { status, error } = entry;
    const isTold = await this.office.voice.acknowledge(id, status, error);
    if (!isTold || status === "received" || entry.told) return;
    entry.told = true;
    await this.office.memory.keepCommand(entry);
  }

  /** A command expires with its lesson, also when that ends before its time. @param {Command} command */
  isOver({ expiresAt, lesson }) {
    return this.now >= expiresAt || (Boolean(lesson) && lesson !== this.office.lesson());
  }

  /** What was still on its way when its time was over is not shown any more. */
  expire() {
    for (const [id, command] of this.underWay) {
      if (!this.isOver(command)) continue;
      this.finish(id, "expired", null);
      this.office.emit({ type: "drop", id });
    }
  }

  /** What the page before this one left: nobody knows how far it had come, so it is not done again. */
  resume() {
    for (const { id, waits } of this.desk.cutShort) {
      if (waits && !this.isOver(waits)) this.handOver(waits);
      else this.finish(id, waits ? "expired" : "failed", waits ? null : "interrupted");
    }
  }

  /** Connected again: what the hub may not have heard. */
  repeat() {
    for (const entry of this.desk.untold) void this.answer(entry.id);
  }

  /** To be called only while the time is sure. */
  forgetOld() {
    void this.office.memory.dropCommands(this.desk.forgetOld(this.now));
  }
}
