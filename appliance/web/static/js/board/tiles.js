// The grid of tiles: stable places, one tab stop, arrows inside, a checkbox each.
/** @import {Board} from "./state.js" */
import { byId } from "../core/dom.js";
import { drawTile } from "./tile.js";

export class Tiles {
  /** @param {Board} board @param {(id: string) => void} open shows one device */
  constructor(board, open) {
    this.board = board;
    this.open = open;
    this.list = byId("tiles");
    this.template = /** @type {HTMLTemplateElement} */ (document.getElementById("tile-template"));
    /** @type {Map<string, HTMLElement>} */ this.elements = new Map();
    /** @type {string|null} the tile that Tab reaches */ this.current = null;
    /** @type {string|null} where a range starts */ this.anchor = null;
    this.list.addEventListener("click", (event) => this.onClick(event));
    this.list.addEventListener("keydown", (event) => this.onKey(event));
    this.list.addEventListener("focusin", (event) => this.setCurrent(this.idOf(event.target)));
  }

  /** @param {EventTarget|null} target @returns {string|null} */
  idOf(target) {
    const tile = /** @type {Element|null} */ (target)?.closest?.(".tile");
    return tile instanceof HTMLElement ? (tile.dataset.id ?? null) : null;
  }

  draw() {
    const { board, elements } = this;
    for (const [id, element] of elements) {
      if (board.tiles.has(id)) continue;
      element.remove();
      elements.delete(id);
    }
    for (const id of board.tiles.keys()) drawTile(elements.get(id) ?? this.add(id), board, id);
    this.order();
    byId("no-tiles").hidden = board.tiles.size > 0;
    this.list.hidden = board.tiles.size === 0;
    if (!this.current || !elements.has(this.current)) this.setCurrent(elements.keys().next().value ?? null);
  }

  /** The order of the data; nothing is touched when it is that already. */
  order() {
    let place = this.list.firstElementChild;
    for (const id of this.board.tiles.keys()) {
      const element = /** @type {HTMLElement} */ (this.elements.get(id));
      if (element === place) place = place.nextElementSibling;
      else this.list.insertBefore(element, place);
    }
  }

  /** @param {string} id */
  add(id) {
    const copy = /** @type {HTMLElement} */ (this.template.content.firstElementChild?.cloneNode(true));
    copy.dataset.id = id;
    this.list.append(copy);
    this.elements.set(id, copy);
    return copy;
  }

  /** @param {string} id @returns {HTMLElement} */
  button(id) {
    return /** @type {HTMLElement} */ (this.elements.get(id)?.querySelector(".tile-open"));
  }

  /** @param {string|null} id */
  setCurrent(id) {
    if (id === null || id === this.current || !this.elements.has(id)) return;
    if (this.current && this.elements.has(this.current)) this.button(this.current).tabIndex = -1;
    this.current = id;
    this.button(id).tabIndex = 0;
  }

  /** @param {string} id */
  focus(id) {
    this.setCurrent(id);
    this.button(id)?.focus();
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const id = this.idOf(event.target);
    if (!id) return;
    const target = /** @type {Element} */ (event.target);
    if (target instanceof HTMLInputElement) this.choose(id, target.checked, event.shiftKey);
    else if (target.closest(".tile-open")) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) this.choose(id, !this.board.chosen.has(id), event.shiftKey);
      else this.open(id);
    }
  }

  /** @param {string} id @param {boolean} on @param {boolean} range up to here from the last one */
  choose(id, on, range) {
    const ids = [...this.board.tiles.keys()];
    const from = range && this.anchor ? ids.indexOf(this.anchor) : -1;
    const to = ids.indexOf(id);
    const span = from < 0 ? [id] : ids.slice(Math.min(from, to), Math.max(from, to) + 1);
    span.forEach((one) => this.board.choose(one, on));
    this.anchor = id;
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const id = this.idOf(event.target);
    if (!id || !(event.target instanceof HTMLButtonElement)) return;
    if (event.key === " ") {
      event.preventDefault();
      this.choose(id, !this.board.chosen.has(id), event.shiftKey);
    } else if ((event.ctrlKey || event.metaKey) && event.key === "a") {
      event.preventDefault();
      this.board.chooseAll(true);
    } else this.move(event, id);
  }

  /** How many tiles stand in the first row. */
  columns() {
    const tiles = [...this.elements.values()];
    const top = tiles[0]?.offsetTop;
    const count = tiles.findIndex((tile) => tile.offsetTop !== top);
    return count < 0 ? tiles.length : count;
  }

  /** @param {KeyboardEvent} event @param {string} id */
  move(event, id) {
    const ids = [...this.board.tiles.keys()];
    const place = ids.indexOf(id);
    const forward = getComputedStyle(this.list).direction === "rtl" ? -1 : 1;
    /** @type {Record<string, number>} */
    const places = { ArrowRight: place + forward, ArrowLeft: place - forward, ArrowDown: place + this.columns(),
      ArrowUp: place - this.columns(), Home: 0, End: ids.length - 1 };
    const next = ids[places[event.key] ?? -1];
    if (!next || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.focus(next);
  }
}
