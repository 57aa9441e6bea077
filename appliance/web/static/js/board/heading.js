// The lesson's line: who, how many are there, how long still; and the sheets that extend or end it.
/** @import {Board} from "./state.js" */
import { ask, AskError } from "../core/http.js";
import { byId, setAttr, setText } from "../core/dom.js";
import { closeSheet, sayInSheet } from "../core/sheet.js";
import { clock, remaining, say } from "../core/text.js";

export class Heading {
  /** @param {Board} board @param {(id: string) => void} focusTile @param {() => void} over */
  constructor(board, focusTile, over) {
    this.board = board;
    this.focusTile = focusTile;
    this.over = over;
    this.path = `/lessons/${encodeURIComponent(board.lesson.id)}`;
    byId("hands").addEventListener("click", () => this.nextHand());
    byId("end-now").addEventListener("click", () => void this.end());
    document.querySelectorAll("[data-extend]").forEach((button) => {
      button.addEventListener("click", () => void this.extend(Number(/** @type {HTMLElement} */ (button).dataset.extend)));
    });
  }

  /** The raised hands, the oldest first. */
  hands() {
    const tiles = [...this.board.tiles.values()].filter((tile) => tile.hand_at);
    return tiles.sort((one, other) => String(one.hand_at).localeCompare(String(other.hand_at)));
  }

  nextHand() {
    const ids = this.hands().map((tile) => tile.device_id);
    const here = /** @type {HTMLElement|null} */ (document.activeElement?.closest(".tile"))?.dataset.id ?? "";
    this.focusTile(ids[(ids.indexOf(here) + 1) % ids.length]);
  }

  draw() {
    const { lesson } = this.board;
    const all = this.board.meant(null);
    setText(byId("lesson-title"), lesson.title);
    setText(byId("lesson-cart"), lesson.cart ?? "");
    setText(byId("present"), say("online_count", { on: all.filter((tile) => tile.presence === "online").length, all: all.length }));
    const hands = this.hands().length;
    byId("hands").hidden = hands === 0;
    setText(byId("hands-number"), String(hands));
    setText(byId("hands-text"), say("hands", { n: hands }));
    document.querySelectorAll("[data-own]").forEach((button) => {
      setAttr(button, "aria-disabled", this.board.canAct ? null : "true");
    });
    this.tick();
  }

  tick() {
    const { lesson, link } = this.board;
    const seconds = link === "over" ? 0 : (Date.parse(lesson.ends_at) - this.board.now()) / 1000;
    const place = byId("remaining");
    setText(place, remaining(seconds));
    setAttr(/** @type {Element} */ (place.parentElement), "data-last", seconds < 300 ? "" : null);
    setText(byId("until"), say("until", { time: clock(new Date(lesson.ends_at)) }));
  }

  /** @param {number} minutes */
  async extend(minutes) {
    await this.tell("extend-sheet", "extend", { minutes }, (answer) => { if (answer?.lesson) this.board.merge({ lesson: answer.lesson }); });
  }

  async end() {
    await this.tell("end-sheet", "end", {}, () => this.over());
  }

  /** @param {string} sheetId @param {string} verb @param {object} body @param {(answer: any) => void} done */
  async tell(sheetId, verb, body, done) {
    sayInSheet(sheetId, null);
    try {
      const answer = await ask("POST", `${this.path}/${verb}`, body);
      closeSheet(sheetId);
      done(answer);
    } catch (problem) {
      sayInSheet(sheetId, /** @type {AskError} */ (problem).message);
    }
  }
}
