// One tile: what it shows of one device. Its size never depends on what it says.
/** @import {Board} from "./state.js" */
/** @import {Restriction, Tile} from "./types.js" */
import { icon, make, redraw, setAttr, setText } from "../core/dom.js";
import { nameWords } from "../core/names.js";
import { say } from "../core/text.js";
import { batteryIcon, holds, isPupils, RESTRICTIONS, weight } from "./rules.js";
import { deviceKind, deviceName, displayWords, evidenceWords, frontWords, lockedWord, presenceWords, problemWords } from "./words.js";

/** @type {Record<Restriction, string>} */
export const HELD_ICONS = { lock: "lock", sound: "volume-x", camera: "camera-off", internet: "globe-off", apps: "app-window" };

/** @type {Record<string, string>} */
export const KIND_ICONS = { tablet: "tablet", chromebook: "laptop", laptop: "monitor", screen: "presentation" };

/** @type {Record<string, string>} */
const PLACE_ICONS = { left_page: "log-out", asleep: "moon", other_app: "app-window", silent: "circle-help", unheld: "lock-open" };

/** The band on top: what holds the device now. A page that its pupil has left holds nobody. @param {Tile} tile @param {boolean} pending */
function band(tile, pending) {
  if (tile.presence !== "online") return awayBand(tile);
  const underWay = pending || !tile.applied;
  if (underWay) return { state: "pending", drawing: "hourglass", word: say("pending") };
  if (tile.whereabouts === "left_page") return { state: "left", drawing: PLACE_ICONS.left_page, word: "" };
  if (holds(tile, "lock")) return { state: "held", drawing: "lock", word: lockedWord(tile) };
  return isPupils(tile) ? { state: "free", drawing: KIND_ICONS[tile.kind], word: "" } : { state: "free", drawing: "", word: say("screen_word") };
}

/** Asleep or in another app, an agent cannot be reached; that is not the same as lost. @param {Tile} tile */
function awayBand({ whereabouts }) {
  if (whereabouts === "asleep") return { state: "off", drawing: PLACE_ICONS.asleep, word: say("place.asleep") };
  return { state: "off", drawing: "wifi-off", word: say("offline") };
}

/** The last gesture's trouble with this device, in words, or nothing. @param {Board} board @param {Tile} tile */
export function trouble(board, tile) {
  const { receipt } = tile;
  if (!receipt || weight(receipt) !== "problem") return "";
  if (board.gesture && receipt.gesture_id !== board.gesture.id) return "";
  return problemWords(receipt, board.gesture?.kind);
}

/** The line under the name. @param {Tile} tile @param {number} now @param {string} wrong @param {boolean} unsure */
function line(tile, now, wrong, unsure) {
  if (unsure && tile.presence === "online") return { state: "unsure", drawing: "", text: say("unsure_short") };
  if (wrong) return { state: "problem", drawing: "triangle-alert", text: wrong };
  if (tile.presence !== "online") return { state: "quiet", drawing: "", text: tile.whereabouts === "silent" ? say("place.silent") : presenceWords(tile, now).seen };
  if (tile.whereabouts) return { state: "quiet", drawing: tile.whereabouts === "left_page" ? "" : PLACE_ICONS[tile.whereabouts], text: say(`place.${tile.whereabouts}`) };
  if (!isPupils(tile)) return { state: "app", drawing: "", text: displayWords(tile) };
  return { state: "app", drawing: "", text: frontWords(tile) };
}

/** How a receipt that is settled is known: each way has a drawing of its own. @param {import("./types.js").Receipt} receipt */
export function receiptDrawing(receipt) {
  const done = receipt.evidence === "observed" ? "eye" : "check";
  const waiting = receipt.status === "sent" ? "send" : "hourglass";
  return { good: done, limit: done, unsure: "circle-help", pending: waiting, problem: "triangle-alert", quiet: "", none: "" }[weight(receipt)];
}

/** What became of the last gesture here: its drawing, and its words for ears and for a pointer that rests on it.
 * @param {Board} board @param {Tile} tile @param {boolean} pending */
function mark(board, tile, pending) {
  const { receipt } = tile;
  if (pending) return { drawing: "hourglass", words: "" };
  if (!receipt || receipt.gesture_id !== board.gesture?.id || (tile.whereabouts && tile.whereabouts !== "unheld")) return { drawing: "", words: "" };
  return { drawing: receiptDrawing(receipt), words: evidenceWords(receipt) };
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
  const held = RESTRICTIONS.filter((name) => name !== "lock" && holds(tile, name));
  setAttr(part(root, "held"), "data-wanted", tile.applied ? null : "");
  redraw(part(root, "held"), `${held.join()}${tile.applied}${tile.presence}`, () => held.flatMap((name) => [icon(HELD_ICONS[name]), hidden(wantedWords(tile, name))]));
  const { battery } = tile;
  const box = part(root, "battery");
  setAttr(box, "data-low", battery && battery.level <= 15 && !battery.charging ? "" : null);
  redraw(box, JSON.stringify(battery), () => (battery ? [hidden(say("battery")), icon(batteryIcon(battery.level, battery.charging)), say("percent", { n: battery.level })] : []));
}

/** What is not a tablet is known by its drawing, whatever the band says. @param {HTMLElement} root @param {Tile} tile @param {string} top */
function drawKind(root, tile, top) {
  const drawing = tile.kind === "tablet" || !isPupils(tile) || KIND_ICONS[tile.kind] === top ? "" : KIND_ICONS[tile.kind];
  redraw(part(root, "sort"), drawing, () => (drawing ? [icon(drawing)] : []));
}

/** @param {HTMLElement} root @param {Tile} tile @param {{state: string, drawing: string, word: string}} top */
function drawHead(root, tile, top) {
  redraw(part(root, "number"), `${tile.number}|${tile.guest}`, () => [tile.number || icon(tile.guest ? "user-plus" : KIND_ICONS[tile.kind])]);
  redraw(part(root, "word"), `${top.drawing}|${top.word}`, () => (top.drawing ? [icon(top.drawing), top.word] : [top.word]));
  setText(part(root, "name"), tile.pupil ?? nameWords(tile.name));
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
  const says = line(tile, now, wrong, tile.receipt?.gesture_id === board.gesture?.id && tile.receipt?.status === "unconfirmed");
  setAttr(root, "data-state", top.state);
  setAttr(root, "data-kind", tile.kind);
  setAttr(root, "data-guest", tile.guest ? "" : null);
  setAttr(root, "data-hand", tile.hand_at ? "" : null);
  setAttr(root, "data-problem", wrong ? "" : null);
  drawHead(root, tile, top);
  const text = part(root, "line");
  setAttr(text, "data-state", says.state);
  setText(part(root, "text"), says.text);
  drawMark(part(root, "receipt"), says.state === "problem" ? { drawing: says.drawing, words: "" } : mark(board, tile, pending), says);
  drawFoot(root, tile);
  drawKind(root, tile, top.drawing);
  drawCheck(root, board, tile);
}

/** @param {HTMLElement} place @param {{drawing: string, words: string}} said @param {{drawing: string}} says */
function drawMark(place, said, says) {
  const drawing = said.drawing || says.drawing;
  setAttr(place, "data-mark", drawing || null);
  setAttr(place, "title", said.words || null);
  redraw(place, `${drawing}|${said.words}`, () => [...(said.words ? [hidden(said.words)] : []), ...(drawing ? [icon(drawing)] : [])]);
}

/** @param {HTMLElement} root @param {Board} board @param {Tile} tile */
function drawCheck(root, board, tile) {
  const chosen = board.chosen.has(tile.device_id);
  const box = /** @type {HTMLInputElement} */ (root.querySelector("input"));
  box.checked = chosen;
  setAttr(root, "data-chosen", chosen ? "" : null);
  setText(/** @type {Element} */ (box.nextElementSibling), say("choose", { name: deviceName(tile) }));
}
