// One device, seen from near: what is known of it, and the same gestures, for it alone.
/** @import {Board} from "../state.js" */
/** @import {Gestures} from "../gestures.js" */
/** @import {Tile} from "../types.js" */
import { byId, icon, make, redraw, setAttr, setText } from "../../core/dom.js";
import { ask } from "../../core/http.js";
import { nameWords } from "../../core/names.js";
import { closeSheet, openSheet, sayInSheet, sheet } from "../../core/sheet.js";
import { ago, clock, has, say } from "../../core/text.js";
import { drawToggles } from "../bar.js";
import { batteryIcon, can, isPupils, weight } from "../rules.js";
import { spaced } from "./welcome.js";
import { receiptDrawing, trouble } from "../tile.js";
import { deviceName, displayWords, evidenceWords, frontWords, gestureWords, presenceWords, problemWords } from "../words.js";

export class DeviceSheet {
  /** @param {Board} board @param {Gestures} gestures */
  constructor(board, gestures) {
    this.board = board;
    /** @type {string|null} */ this.id = null;
    byId("tile-eyes").addEventListener("click", () => { void gestures.send("eyes_up", { message: say("eyes_message") }, this.devices()); byId("tile-free").focus(); });
    byId("tile-code").addEventListener("click", () => void this.makeCode());
    byId("tile-dismiss").addEventListener("click", () => void this.dismiss());
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
    sayInSheet("tile-sheet", null);
    byId("tile-code-said").hidden = true;
    if (sheet("receipt-sheet").open) closeSheet("receipt-sheet");
    openSheet("tile-sheet", { title: tile.pupil ? `${deviceName(tile)} · ${tile.pupil}` : deviceName(tile), text: nameWords(tile.name) === deviceName(tile) ? "" : tile.name });
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
    byId("tile-guest").hidden = !tile.guest;
    byId("tile-back").hidden = tile.guest || !tile.page;
    for (const id of ["tile-dismiss", "tile-code"]) setAttr(byId(id), "aria-disabled", this.board.canAct ? null : "true");
  }

  /** A browser that forgot who it is comes back by a short code. */
  async makeCode() {
    const said = byId("tile-code-said");
    const answer = await this.tell("POST", `devices/${encodeURIComponent(this.id ?? "")}/code`);
    said.hidden = !answer;
    if (answer) setText(said, say("way_back", { address: `${location.host}/join`, code: spaced(answer.code), time: clock(new Date(answer.expires_at)) }));
  }

  /** A guest goes, and with it everything that was kept of it; with the code it may come again. */
  async dismiss() {
    if (await this.tell("DELETE", `guests/${encodeURIComponent(this.id ?? "")}`)) closeSheet("tile-sheet");
  }

  /** @param {string} method @param {string} path below the lesson @returns {Promise<any>} null when it was refused: the sheet says why */
  async tell(method, path) {
    if (!this.id || !this.board.canAct) return null;
    sayInSheet("tile-sheet", null);
    try {
      return await ask(method, `/lessons/${encodeURIComponent(this.board.lesson.id)}/${path}`, method === "POST" ? {} : undefined);
    } catch (problem) {
      sayInSheet("tile-sheet", /** @type {Error} */ (problem).message);
      return null;
    }
  }

  /** @param {Tile} tile @returns {[string, string, string][]} */
  facts(tile) {
    const now = this.board.now();
    const { word, seen } = presenceWords(tile, now);
    /** @type {[string, string, string][]} */
    const facts = [[say("detail_state"), tile.presence === "online" ? "wifi" : "wifi-off", [word, seen].filter(Boolean).join(" – ")]];
    if (tile.whereabouts) facts.push([say("detail_place"), "log-out", say(`place.${tile.whereabouts}`)]);
    else if (tile.presence === "online") facts.push([say("detail_app"), "app-window", isPupils(tile) ? frontWords(tile) : displayWords(tile)]);
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
    const known = evidenceWords(tile.receipt) || (has(`status.${tile.receipt.status}`) ? say(`status.${tile.receipt.status}`) : tile.receipt.status);
    const lacking = weight(tile.receipt) === "limit" ? problemWords(tile.receipt, gesture.kind) : "";
    const words = [gestureWords(this.board, gesture), wrong || known, lacking].filter(Boolean).join(" – ");
    return [say("detail_receipt"), receiptDrawing(tile.receipt) || "hourglass", words];
  }
}
