// The bar: one primary gesture and the toggles, always in the same place, for all or for those chosen.
/** @import {Board} from "./state.js" */
/** @import {Gestures} from "./gestures.js" */
/** @import {Restriction, Tile} from "./types.js" */
import { byId, setAttr, setText } from "../core/dom.js";
import { say } from "../core/text.js";
import { able, can, eyesShare, heldShare, isHeld, restrictArgs } from "./rules.js";
import { countDevices } from "./words.js";

const CALM_MS = 700; // a double tap must not undo what its first tap did

/** Draws a group of toggles for some tiles; the same for the bar and for one tile's sheet.
 * @param {ParentNode} root @param {Tile[]} tiles @param {boolean} canAct */
export function drawToggles(root, tiles, canAct) {
  root.querySelectorAll("[data-restriction]").forEach((button) => {
    drawToggle(/** @type {HTMLElement} */ (button), tiles, canAct);
  });
  root.querySelectorAll("[data-action]").forEach((button) => {
    const name = /** @type {HTMLElement} */ (button).dataset.action ?? "";
    allow(/** @type {HTMLElement} */ (button), canAct, tiles, name);
  });
}

/** A button that cannot act stays in its place and says why; one that acts on some says on how many.
 * @param {HTMLElement} button @param {boolean} canAct @param {Tile[]} tiles @param {string} name */
function allow(button, canAct, tiles, name) {
  const n = able(tiles, name).length;
  setAttr(button, "aria-disabled", canAct && n ? null : "true");
  setAttr(button, "title", canWords(n, tiles.length));
  return n > 0;
}

/** @param {number} n @param {number} all */
function canWords(n, all) {
  if (!all) return say("nobody_here");
  if (!n) return say("nobody_can", { n: all });
  return n < all ? say("some_can", { n, all }) : null;
}

/** "Les yeux vers moi" holds it already, and goes on holding it whatever is pressed. @param {Tile[]} tiles @param {Restriction} name */
function isCovered(tiles, name) {
  return name !== "apps" && tiles.length > 0 && tiles.every((tile) => tile.eyes_up);
}

/** @param {HTMLElement} button @param {Tile[]} tiles @param {boolean} canAct */
function drawToggle(button, tiles, canAct) {
  const name = /** @type {Restriction} */ (button.dataset.restriction);
  const covered = isCovered(tiles, name);
  const managed = allow(button, canAct && !covered, tiles, name);
  if (managed && covered) setAttr(button, "title", say("eyes_hold"));
  const share = heldShare(tiles, name);
  setAttr(button, "aria-pressed", share === "all" ? "true" : share === "some" ? "mixed" : "false");
  const state = /** @type {Element} */ (button.querySelector(".toggle-state"));
  const word = { all: "held", some: "mixed", none: "free" }[share];
  setText(state, managed ? say(`restriction.${name}.${word}`) : say("not_managed"));
}

export class Bar {
  /** @param {Board} board @param {Gestures} gestures @param {Record<string, (devices: string[]|null) => void>} sheets */
  constructor(board, gestures, sheets) {
    this.board = board;
    this.gestures = gestures;
    this.sheets = sheets;
    this.root = byId("bar");
    this.wire();
  }

  wire() {
    byId("eyes").addEventListener("click", () => this.eyes());
    byId("eyes-free").addEventListener("click", () => this.free());
    byId("more").addEventListener("click", () => this.unfold());
    byId("select-all").addEventListener("change", (event) => this.board.chooseAll(/** @type {HTMLInputElement} */ (event.target).checked));
    byId("select-none").addEventListener("click", () => { this.board.chooseAll(false); byId("select-all").focus(); });
    this.listenTo(this.root, () => this.board.target());
  }

  /** Toggles and actions inside `root` act on `devices()`. @param {HTMLElement} root @param {() => string[]|null} devices */
  listenTo(root, devices) {
    root.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("[data-restriction], [data-action]"));
      if (!button || button.getAttribute("aria-disabled") === "true") return;
      const name = button.dataset.restriction ?? button.dataset.action ?? "";
      if (button.dataset.action || name === "apps") this.sheets[name]?.(devices());
      else this.toggle(/** @type {Restriction} */ (name), devices());
    });
  }

  /** @param {Restriction} name @param {string[]|null} devices */
  toggle(name, devices) {
    const tiles = this.board.meant(devices).filter((tile) => can(tile, name));
    const on = !tiles.every((tile) => isHeld(tile.restrictions, name));
    void this.gestures.send("restrict", restrictArgs(name, on, say("lock_message")), devices);
  }

  eyes() {
    if (this.root.dataset.eyes === "up") this.free();
    else if (this.isCalm()) void this.gestures.send("eyes_up", { message: say("eyes_message") });
  }

  free() {
    if (this.isCalm()) void this.gestures.send("eyes_free");
  }

  /** The primary place changes its meaning when pressed: it rests a moment. */
  isCalm() {
    if (byId("eyes").getAttribute("aria-disabled") === "true" || "resting" in this.root.dataset) return false;
    this.root.dataset.resting = "";
    setTimeout(() => delete this.root.dataset.resting, CALM_MS);
    return true;
  }

  unfold() {
    const open = this.root.toggleAttribute("data-open");
    setAttr(byId("more"), "aria-expanded", String(open));
  }

  draw() {
    const { board, root } = this;
    const scope = board.scope();
    const eyes = { all: "up", some: "both", none: "free" }[eyesShare(scope)];
    setAttr(root, "data-eyes", eyes);
    setAttr(root, "data-chosen", board.chosen.size ? "" : null);
    allow(byId("eyes"), board.canAct, scope, "eyes");
    byId("display").hidden = board.screens.length === 0;
    setAttr(byId("display"), "aria-disabled", board.canAct ? null : "true");
    setText(byId("whom"), countDevices(scope));
    setText(byId("eyes-free-text"), say("free_some", { n: scope.filter((tile) => tile.eyes_up).length }));
    drawToggles(root, scope, board.canAct);
    this.drawWhom(scope);
  }

  /** @param {Tile[]} scope */
  drawWhom(scope) {
    const { chosen, everybody } = this.board;
    const all = /** @type {HTMLInputElement} */ (byId("select-all"));
    all.checked = everybody.length > 0 && everybody.every((id) => chosen.has(id));
    all.indeterminate = chosen.size > 0 && !all.checked;
    const devices = countDevices(scope);
    setText(byId("whom-text"), chosen.size ? say("whom_chosen", { devices }) : say("whom_all", { devices, n: scope.length }));
    byId("select-none").hidden = chosen.size === 0;
    document.body.toggleAttribute("data-choosing", chosen.size > 0);
  }
}
