// "Projeter…": what the class's screen shows: who is there, a timer, a message, a link, a document, or nothing.
/** @import {Board} from "../state.js" */
/** @import {Display, Tile} from "../types.js" */
import { ask } from "../../core/http.js";
import { byId, icon, make, redraw, setAttr } from "../../core/dom.js";
import { closeSheet, openSheet, sayInSheet, sheet } from "../../core/sheet.js";
import { say } from "../../core/text.js";
import { KIND_ICONS } from "../tile.js";
import { deviceName, displayWords, presenceWords } from "../words.js";

const ID = "display-sheet";
const LONGEST_HOURS = 8; // of a lesson (domain/lessons.py)

export class DisplaySheet {
  /** @param {Board} board @param {Record<"open"|"give", (devices: string[]) => void>} others @param {(id: string) => void} openDevice */
  constructor(board, others, openDevice) {
    this.board = board;
    /** @type {Set<string>} the screens that are driven */ this.chosen = new Set();
    this.minutes = /** @type {HTMLInputElement} */ (byId("timer-minutes"));
    this.label = /** @type {HTMLInputElement} */ (byId("timer-label"));
    this.text = /** @type {HTMLTextAreaElement} */ (byId("display-text"));
    sheet(ID).addEventListener("click", (event) => this.press(/** @type {Element} */ (event.target)));
    byId("timer-form").addEventListener("submit", (event) => { event.preventDefault(); void this.startTimer(); });
    byId("display-form").addEventListener("submit", (event) => { event.preventDefault(); void this.say(); });
    byId("display-link").addEventListener("click", () => { closeSheet(ID); others.open(this.devices()); });
    byId("display-document").addEventListener("click", () => { closeSheet(ID); others.give(this.devices()); });
    byId("display-device").addEventListener("click", () => { closeSheet(ID); openDevice(this.devices()[0]); });
  }

  /** @param {string[]|null} devices null: all the class's screens */
  open(devices) {
    const screens = this.board.screens.map((tile) => tile.device_id);
    this.chosen = new Set((devices ?? screens).filter((id) => screens.includes(id)));
    if (!this.chosen.size) this.chosen = new Set(screens);
    sayInSheet(ID, null);
    openSheet(ID);
    this.draw();
  }

  /** @returns {string[]} */
  devices() {
    return this.board.screens.map((tile) => tile.device_id).filter((id) => this.chosen.has(id));
  }

  draw() {
    if (!sheet(ID).open) return;
    const { screens, canAct } = this.board;
    const facts = screens.map((tile) => ({ tile, words: this.words(tile) }));
    redraw(byId("display-screens"), JSON.stringify([facts.map((one) => [one.tile.device_id, one.words]), [...this.chosen]]),
      () => facts.map(({ tile, words }) => this.row(tile, words, screens.length > 1)));
    const shows = new Set(this.devices().map((id) => this.board.tiles.get(id)?.display?.show ?? "nothing"));
    sheet(ID).querySelectorAll("button:not([data-close-sheet])").forEach((button) => {
      setAttr(button, "aria-disabled", canAct && this.chosen.size ? null : "true");
      const show = /** @type {HTMLElement} */ (button).dataset.show;
      if (show) setAttr(button, "aria-pressed", String(shows.size === 1 && shows.has(show)));
    });
    byId("display-device").hidden = this.chosen.size !== 1;
  }

  /** @param {Tile} tile */
  words(tile) {
    if (tile.presence !== "online") return presenceWords(tile, this.board.now()).word;
    return tile.whereabouts ? say(`place.${tile.whereabouts}`) : say("display.now", { what: displayWords(tile) });
  }

  /** One screen needs no choice. @param {Tile} tile @param {string} words @param {boolean} several */
  row(tile, words, several) {
    const text = make("span", { class: "row-text" }, [make("strong", { dir: "auto", text: deviceName(tile) }), make("span", { dir: "auto", text: words })]);
    const box = several && make("input", { type: "checkbox", value: tile.device_id, checked: this.chosen.has(tile.device_id),
      onchange: (event) => this.choose(tile.device_id, /** @type {HTMLInputElement} */ (event.target).checked) });
    return make(several ? "label" : "div", { class: "row-main", "data-kind": tile.presence === "online" ? "screen" : "quiet" },
      [box || null, icon(KIND_ICONS.screen), text]);
  }

  /** @param {string} id @param {boolean} on */
  choose(id, on) {
    if (on) this.chosen.add(id);
    else this.chosen.delete(id);
    this.draw();
  }

  /** @param {Element} target */
  press(target) {
    const button = /** @type {HTMLElement|null} */ (target.closest("[data-show], [data-minutes]"));
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    if (button.dataset.minutes) {
      this.minutes.value = button.dataset.minutes;
      void this.startTimer();
    } else void this.show(button.dataset.show === "presence" ? { show: "presence" } : null);
  }

  async startTimer() {
    const minutes = Number(this.minutes.value.replace(",", "."));
    const seconds = Math.round(minutes * 60);
    if (!(seconds > 0)) return this.refuseTimer();
    await this.show({ show: "timer", seconds, label: this.label.value.trim() });
  }

  /** Within what it must be, with the field ready for another. */
  refuseTimer() {
    sayInSheet(ID, say("timer_bounds", { hours: LONGEST_HOURS }));
    this.minutes.focus();
  }

  async say() {
    const text = this.text.value.trim();
    if (!text) return this.text.focus();
    if (await this.show({ show: "message", text })) this.text.value = "";
  }

  /** The sheet stays: a teacher goes from the timer to the message, and sees what is shown. @param {object|null} display */
  async show(display) {
    if (!this.board.canAct || !this.chosen.size) return false;
    sayInSheet(ID, null);
    try {
      const { displays } = await ask("POST", `/lessons/${encodeURIComponent(this.board.lesson.id)}/display`, { devices: this.devices(), display });
      this.put(displays);
      return true;
    } catch (problem) {
      const refused = /** @type {import("../../core/http.js").AskError} */ (problem);
      if (refused.code === "bad_display" && display && "seconds" in display) this.refuseTimer();
      else sayInSheet(ID, refused.message);
      return false;
    }
  }

  /** What the appliance holds now; the board's next message says the same. @param {Record<string, Display>} displays */
  put(displays) {
    this.board.screens.forEach((tile) => this.board.putTile({ ...tile, display: displays[tile.device_id] ?? null }));
    this.board.changed();
  }
}
