// Colleagues who ask for tablets of this lesson: what each asked for together is given, or kept, in one touch.
/** @import {Board} from "../state.js" */
/** @import {Asked} from "../types.js" */
import { ask } from "../../core/http.js";
import { byId, make, redraw, setText } from "../../core/dom.js";
import { sayInSheet } from "../../core/sheet.js";
import { say } from "../../core/text.js";
import { askedTiles, askedWords } from "../words.js";

export class AsksSheet {
  /** @param {Board} board */
  constructor(board) {
    this.board = board;
  }

  draw() {
    const requests = this.board.lesson.mine ? this.board.requests : [];
    byId("asks").hidden = requests.length === 0;
    setText(byId("asks-text"), requests.length === 1 ? askedWords(this.board, requests[0]) : say("asks", { n: requests.length }));
    redraw(byId("asks-list"), JSON.stringify(requests), () => (requests.length
      ? requests.map((request) => this.row(request))
      : [make("p", { class: "soft", text: say("asks_none") })]));
  }

  /** @param {Asked} request */
  row(request) {
    const answer = (/** @type {boolean} */ granted) => () => void this.answer(request, granted);
    const tiles = askedTiles(this.board, request);
    const which = tiles.length > 1 ? ` (${tiles.map((tile) => tile.number).join(", ")})` : "";
    return make("div", { class: "cluster ask" }, [
      make("strong", { dir: "auto", text: askedWords(this.board, request) + which }),
      make("button", { type: "button", class: "button", onclick: answer(false), text: say("ask_keep") }),
      make("button", { type: "button", class: "button button-primary", onclick: answer(true), text: say("ask_give") }),
    ]);
  }

  /** @param {Asked} request @param {boolean} granted */
  async answer(request, granted) {
    sayInSheet("asks-sheet", null);
    try {
      await ask("POST", `/requests/${encodeURIComponent(request.id)}`, { granted });
      this.board.merge({ requests: this.board.requests.filter((one) => one.id !== request.id) });
    } catch (problem) {
      sayInSheet("asks-sheet", /** @type {Error} */ (problem).message);
    }
  }
}
