// What the page knows: the appliance's last word, the gestures under way, what is chosen, how the link is.
// One place to write, one event to listen to. It draws nothing and asks nothing.
/** @import {App, Asked, Failure, Gesture, Lesson, Link, Pending, Restrictions, Snapshot, Taken, Tile, Welcome} from "./types.js" */

import { isPupils } from "./rules.js";

export class Board {
  /** @param {Snapshot} snapshot */
  constructor(snapshot) {
    /** @type {Map<string, Tile>} in the order of the places, which never changes */ this.tiles = new Map();
    /** @type {Map<string, Pending>} */ this.pending = new Map();
    /** @type {Set<string>} */ this.chosen = new Set();
    /** @type {Link} */ this.link = "polling";
    /** @type {Failure|null} */ this.failure = null;
    /** @type {string|null} the gesture whose problems have been seen */ this.seenGesture = null;
    /** @type {Set<() => void>} */ this.listeners = new Set();
    this.scheduled = false;
    this.clockOffset = 0;
    this.freshAt = 0;
    this.rev = 0;
    /** @type {Lesson} */ this.lesson = snapshot.lesson;
    /** @type {Gesture|null} */ this.gesture = null;
    /** @type {Snapshot["favourites"]} */ this.favourites = [];
    /** @type {App[]} */ this.apps = [];
    /** @type {Snapshot["documents"]} */ this.documents = [];
    /** @type {Asked[]} */ this.requests = [];
    /** @type {Taken[]} */ this.taken = [];
    /** @type {Welcome|null} the code by which a visitor's device comes in, while the door is open */ this.welcome = null;
    this.replace(snapshot);
  }

  /** @param {() => void} listener called once for any number of changes made together */
  listen(listener) {
    this.listeners.add(listener);
  }

  changed() {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.listeners.forEach((listener) => listener());
    });
  }

  /** The appliance's time, in milliseconds. */
  now() {
    return Date.now() + this.clockOffset;
  }

  /** @param {Snapshot} snapshot the whole truth */
  replace(snapshot) {
    if (this.isOvertaken(snapshot)) return;
    for (const [id, pending] of this.pending) if (pending.accepted) this.pending.delete(id);
    this.merge({ ...snapshot, whole: true });
  }

  /** @param {Partial<Snapshot> & {whole?: boolean}} news each tile comes whole; what is absent did not change, unless
   *   `whole` says that these tiles are all, in their order */
  merge(news) {
    if (this.isOvertaken(news)) return;
    this.rev = news.rev ?? this.rev;
    if (news.whole && news.tiles) this.keepOnly(news.tiles.map((tile) => tile.device_id));
    if (news.now) this.clockOffset = Date.parse(news.now) - Date.now();
    this.freshAt = Date.now();
    if (news.lesson) this.lesson = { ...this.lesson, ...news.lesson };
    if (news.gesture !== undefined) this.gesture = news.gesture;
    if (news.favourites) this.favourites = news.favourites;
    if (news.apps) this.apps = news.apps;
    if (news.documents) this.documents = news.documents;
    if (news.requests) this.requests = news.requests;
    if (news.taken) this.taken = news.taken;
    if (news.welcome !== undefined) this.welcome = news.welcome;
    (news.tiles ?? []).forEach((tile) => this.putTile(tile));
    this.changed();
  }

  /** Answers and messages come by two ways: what was read before what is known already says nothing new. @param {Partial<Snapshot>} news */
  isOvertaken(news) {
    return news.rev !== undefined && news.rev < this.rev;
  }

  /** These devices, in this order; those that are known keep what is known of them. @param {string[]} ids */
  keepOnly(ids) {
    const before = this.tiles;
    this.tiles = new Map();
    for (const id of ids) this.tiles.set(id, /** @type {Tile} */ (before.get(id)));
    for (const id of this.chosen) if (!this.tiles.has(id)) this.chosen.delete(id);
  }

  /** @param {Tile} tile */
  putTile(tile) {
    this.tiles.set(tile.device_id, tile);
    for (const [id, pending] of this.pending) {
      if (tile.receipt?.gesture_id === id) pending.devices.delete(tile.device_id);
      if (!pending.devices.size) this.pending.delete(id);
    }
  }

  /** @param {Link} link */
  setLink(link) {
    if (this.link === link || this.link === "over") return;
    this.link = link;
    this.changed();
  }

  /** @param {Failure|null} failure */
  setFailure(failure) {
    this.failure = failure;
    this.changed();
  }

  /** @param {string} id @param {boolean} on */
  choose(id, on) {
    if (on) this.chosen.add(id);
    else this.chosen.delete(id);
    this.changed();
  }

  /** @param {boolean} on */
  chooseAll(on) {
    this.chosen = new Set(on ? this.everybody : []);
    this.changed();
  }

  /** The pupils' devices: the class's screens are no part of "all". @returns {string[]} */
  get everybody() {
    return [...this.tiles.values()].filter(isPupils).map((tile) => tile.device_id);
  }

  /** The class's screens. @returns {Tile[]} */
  get screens() {
    return [...this.tiles.values()].filter((tile) => !isPupils(tile));
  }

  /** The tiles meant by what is sent, as they will be. @param {string[]|null} devices null: everybody @returns {Tile[]} */
  meant(devices) {
    return (devices ?? this.everybody).map((id) => this.expected(id));
  }

  /** Whom a gesture of the bar acts on. @returns {Tile[]} as they will be once what is under way is done */
  scope() {
    return this.meant(this.target());
  }

  /** The ids to send, or null for everybody. @returns {string[]|null} */
  target() {
    return this.chosen.size ? [...this.chosen] : null;
  }

  /** May the person who looks act at all? */
  get canAct() {
    return this.lesson.mine && (this.link === "live" || this.link === "polling" || this.link === "busy");
  }

  /** Is a gesture of this page under way for this device? @param {string} id */
  isPending(id) {
    return [...this.pending.values()].some((pending) => pending.devices.has(id));
  }

  /** A tile with the wishes that the appliance has not answered yet. @param {string} id @returns {Tile} */
  expected(id) {
    const tile = /** @type {Tile} */ (this.tiles.get(id));
    let { restrictions, eyes_up: eyesUp } = tile;
    for (const pending of this.pending.values()) {
      if (!pending.devices.has(id)) continue;
      if (pending.kind === "restrict") restrictions = /** @type {Restrictions} */ ({ ...restrictions, ...pending.args });
      if (pending.kind === "eyes_up") eyesUp = true;
      if (pending.kind === "eyes_free") eyesUp = false;
    }
    return { ...tile, restrictions, eyes_up: eyesUp };
  }
}
