// One tile: what it shows of one device. Its size never depends on what it says.
/** @import {Board} from "./state.js" */
/** @import {Restriction, Tile} from "./types.js" */
import { icon, make, redraw, setAttr, setText } from "../core/dom.js";
import { say } from "../core/text.js";
import { batteryIcon, can, isHeld, RESTRICTIONS, weight } from "./rules.js";
import { deviceKind, deviceName, lockedWord, presenceWords, problemWords } from "./words.js";

/** @type {Record<Restriction, string>} */
export const HELD_ICONS = { lock: "lock", sound: "volume-x", camera: "camera-off", internet: "globe-off", apps: "app-window" };

/** @type {Record<string, string>} */
const KIND_ICONS = { tablet: "tablet", chromebook: "laptop", laptop: "laptop", screen: "monitor" };

/** The band on top: what holds the device now. @param {Tile} tile @param {boolean} pending */
function band(tile, pending) {
  if (tile.presence !== "online") return { state: "off", drawing: "wifi-off", word: say("offline") };
  const underWay = pending || !tile.applied;
  if (underWay) return { state: "pending", drawing: "hourglass", word: say("pending") };
  if (isHeld(tile.restrictions, "lock")) return { state: "held", drawing: "lock", word: lockedWord(tile) };
  return { state: "free", drawing: KIND_ICONS[tile.kind], word: "" };
}

/** The last gesture's trouble with this device, in words, or nothing. @param {Board} board @param {Tile} tile */
export function trouble(board, tile) {
  const { receipt } = tile;
  if (!receipt || weight(receipt) !== "problem") return "";
  if (board.gesture && receipt.gesture_id !== board.gesture.id) return "";
  return problemWords(receipt, board.gesture?.kind);
}

/** The line under the name. @param {Tile} tile @param {number} now @param {string} wrong */
function line(tile, now, wrong) {
  if (wrong) return { state: "problem", drawing: "triangle-alert", text: wrong };
  if (tile.presence !== "online") return { state: "quiet", drawing: "", text: presenceWords(tile, now).seen };
  return { state: "app", drawing: "", text: tile.app?.label ?? say("no_app") };
}

/** @param {Board} board @param {Tile} tile @param {boolean} pending */
function receiptIcon(board, tile, pending) {
  if (pending) return "hourglass";
  const { receipt } = tile;
  if (!receipt || receipt.gesture_id !== board.gesture?.id) return "";
  return { good: "check", pending: receipt.status === "sent" ? "send" : "hourglass", problem: "triangle-alert", quiet: "", none: "" }[weight(receipt)];
}

/** @param {Element} root @param {string} name @returns {HTMLElement} */
function part(root, name) {
  return /** @type {HTMLElement} */ (root.querySelector(`.tile-${name}`));
}

/** For ears only: what the icons beside it show. @param {string} text */
function hidden(text) {
  return make("span", { class: "visually-hidden", text: `${text} ` });
}

/** "Son coupé". @param {Restriction} name */
function heldWords(name) {
  return `${say(`restriction.${name}.name`)} ${say(`restriction.${name}.held`)}`;
}

/** What is wanted of a device that has not confirmed it is said so. @param {Tile} tile @param {Restriction} name */
function wantedWords(tile, name) {
  return tile.applied ? heldWords(name) : say(tile.presence === "online" ? "held_pending" : "held_on_return", { what: heldWords(name) });
}

/** @param {HTMLElement} root @param {Tile} tile */
function drawFoot(root, tile) {
  const held = RESTRICTIONS.filter((name) => name !== "lock" && isHeld(tile.restrictions, name) && can(tile, name));
  setAttr(part(root, "held"), "data-wanted", tile.applied ? null : "");
  redraw(part(root, "held"), `${held.join()}${tile.applied}${tile.presence}`, () => held.flatMap((name) => [icon(HELD_ICONS[name]), hidden(wantedWords(tile, name))]));
  const { battery } = tile;
  const box = part(root, "battery");
  setAttr(box, "data-low", battery && battery.level <= 15 && !battery.charging ? "" : null);
  redraw(box, JSON.stringify(battery), () => (battery ? [hidden(say("battery")), icon(batteryIcon(battery.level, battery.charging)), say("percent", { n: battery.level })] : []));
}

/** @param {HTMLElement} root @param {Tile} tile @param {{state: string, drawing: string, word: string}} top */
function drawHead(root, tile, top) {
  setText(part(root, "number"), tile.number || "–");
  redraw(part(root, "word"), `${top.drawing}|${top.word}`, () => [icon(top.drawing), top.word]);
  setText(part(root, "name"), tile.pupil ?? tile.name);
  setText(part(root, "kind"), deviceKind(tile));
  part(root, "hand").hidden = !tile.hand_at;
}

/** @param {HTMLElement} root the element made from #tile-template @param {Board} board @param {string} id */
export function drawTile(root, board, id) {
  const tile = board.expected(id);
  const now = board.now();
  const pending = board.isPending(id);
  const top = band(tile, pending);
  const wrong = trouble(board, tile);
  const says = line(tile, now, wrong);
  setAttr(root, "data-state", top.state);
  setAttr(root, "data-hand", tile.hand_at ? "" : null);
  setAttr(root, "data-problem", wrong ? "" : null);
  drawHead(root, tile, top);
  const text = part(root, "line");
  setAttr(text, "data-state", says.state);
  setText(part(root, "text"), says.text);
  const mark = says.drawing || receiptIcon(board, tile, pending);
  redraw(part(root, "receipt"), mark, () => (mark ? [icon(mark)] : []));
  drawFoot(root, tile);
  drawCheck(root, board, tile);
}

/** @param {HTMLElement} root @param {Board} board @param {Tile} tile */
function drawCheck(root, board, tile) {
  const chosen = board.chosen.has(tile.device_id);
  const box = /** @type {HTMLInputElement} */ (root.querySelector("input"));
  box.checked = chosen;
  setAttr(root, "data-chosen", chosen ? "" : null);
  setText(/** @type {Element} */ (box.nextElementSibling), say("choose", { name: deviceName(tile) }));
}
