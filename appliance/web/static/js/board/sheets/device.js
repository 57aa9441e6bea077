// One device, seen from near: what is known of it, and the same gestures, for it alone.
/** @import {Board} from "../state.js" */
/** @import {Gestures} from "../gestures.js" */
/** @import {Tile} from "../types.js" */
import { byId, icon, make, redraw } from "../../core/dom.js";
import { closeSheet, openSheet, sheet } from "../../core/sheet.js";
import { ago, has, say } from "../../core/text.js";
import { drawToggles } from "../bar.js";
import { batteryIcon, can, weight } from "../rules.js";
import { trouble } from "../tile.js";
import { deviceName, gestureWords, presenceWords } from "../words.js";

export class DeviceSheet {
  /** @param {Board} board @param {Gestures} gestures */
  constructor(board, gestures) {
    this.board = board;
    /** @type {string|null} */ this.id = null;
    byId("tile-eyes").addEventListener("click", () => { void gestures.send("eyes_up", { message: say("eyes_message") }, this.devices()); byId("tile-free").focus(); });
    byId("tile-free").addEventListener("click", () => { void gestures.send("eyes_free", {}, this.devices()); byId("tile-eyes").focus(); });
  }

  /** @returns {string[]} */
  devices() {
    return this.id ? [this.id] : [];
  }

  /** @param {string} id */
  open(id) {
    const tile = this.board.tiles.get(id);
    if (!tile) return;
    this.id = id;
    if (sheet("receipt-sheet").open) closeSheet("receipt-sheet");
    openSheet("tile-sheet", { title: tile.pupil ? `${deviceName(tile)} · ${tile.pupil}` : deviceName(tile), text: tile.name === deviceName(tile) ? "" : tile.name });
    this.draw();
  }

  draw() {
    if (!this.id || !sheet("tile-sheet").open || !this.board.tiles.has(this.id)) return;
    const tile = this.board.expected(this.id);
    const facts = this.facts(tile);
    redraw(byId("tile-facts"), JSON.stringify(facts), () => facts.flatMap(([name, drawing, text]) => [
      make("dt", { text: name }), make("dd", { dir: "auto" }, [drawing ? icon(drawing) : "", " ", text]),
    ]));
    drawToggles(sheet("tile-sheet"), [tile], this.board.canAct);
    byId("tile-eyes").hidden = tile.eyes_up || !can(tile, "eyes");
    byId("tile-free").hidden = !tile.eyes_up;
  }

  /** @param {Tile} tile @returns {[string, string, string][]} */
  facts(tile) {
    const now = this.board.now();
    const { word, seen } = presenceWords(tile, now);
    /** @type {[string, string, string][]} */
    const facts = [[say("detail_state"), tile.presence === "online" ? "wifi" : "wifi-off", [word, seen].filter(Boolean).join(" – ")]];
    if (tile.presence === "online") facts.push([say("detail_app"), "app-window", tile.app?.label ?? say("no_app")]);
    if (tile.hand_at) facts.push([say("detail_hand"), "hand", say("hand_since", { ago: ago((now - Date.parse(tile.hand_at)) / 1000, true) })]);
    if (tile.battery) facts.push([say("battery"), batteryIcon(tile.battery.level, tile.battery.charging), this.batteryWords(tile.battery)]);
    const receipt = this.receiptFact(tile);
    if (receipt) facts.push(receipt);
    return facts;
  }

  /** @param {{level: number, charging: boolean}} battery */
  batteryWords(battery) {
    return [say("percent", { n: battery.level }), battery.charging ? say("charging") : ""].filter(Boolean).join(", ");
  }

  /** @param {Tile} tile @returns {[string, string, string]|null} */
  receiptFact(tile) {
    const { gesture } = this.board;
    if (!gesture || tile.receipt?.gesture_id !== gesture.id) return null;
    const wrong = trouble(this.board, tile);
    const words = wrong || (has(`status.${tile.receipt.status}`) ? say(`status.${tile.receipt.status}`) : tile.receipt.status);
    const drawing = weight(tile.receipt) === "problem" ? "triangle-alert" : weight(tile.receipt) === "good" ? "check" : "hourglass";
    return [say("detail_receipt"), drawing, `${gestureWords(this.board, gesture)} – ${words}`];
  }
}
