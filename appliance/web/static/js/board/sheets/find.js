// "Trouver": the chosen tablets make themselves seen; with none chosen, the sheet asks which.
/** @import {Board} from "../state.js" */
/** @import {Gestures} from "../gestures.js" */
import { byId, icon, make } from "../../core/dom.js";
import { nameWords } from "../../core/names.js";
import { closeSheet, openSheet } from "../../core/sheet.js";
import { say } from "../../core/text.js";

export class FindSheet {
  /** @param {Board} board @param {Gestures} gestures */
  constructor(board, gestures) {
    this.board = board;
    this.gestures = gestures;
  }

  /** @param {string[]|null} devices */
  open(devices) {
    if (devices) return void this.gestures.send("identify", {}, devices);
    byId("find-numbers").replaceChildren(...this.board.meant(null).map((tile) => this.button(tile)));
    openSheet("find-sheet");
  }

  /** @param {import("../types.js").Tile} tile */
  button(tile) {
    const away = tile.presence !== "online";
    const words = [make("strong", { text: tile.number || "–" }), make("span", { dir: "auto", text: tile.pupil ?? nameWords(tile.name) })];
    const gone = away ? [icon("wifi-off"), make("span", { class: "visually-hidden", text: say("offline") })] : [];
    return make("button", { type: "button", class: "number-button", "data-away": away, onclick: () => this.find(tile.device_id) }, [...words, ...gone]);
  }

  /** @param {string} id */
  find(id) {
    closeSheet("find-sheet");
    void this.gestures.send("identify", {}, [id]);
  }
}
