// The rows of the sheets: something to press, and perhaps a star beside it.
import { icon, make } from "../../core/dom.js";
import { say } from "../../core/text.js";

export const ICONS = { link: "link", app: "app-window", document: "file-text" };

/**
 * @typedef {{kind: "link"|"app"|"document", label: string, value: string, detail?: string, favouriteId?: string, disabled?: boolean}} Thing
 */

/**
 * @param {Thing} thing @param {(thing: Thing) => void} choose
 * @param {((thing: Thing) => void)|null} [star] keeps or forgets a favourite
 */
export function thingRow(thing, choose, star = null) {
  const words = [make("strong", { dir: "auto", text: thing.label }), make("span", { dir: "auto", text: thing.detail ?? say(`kind_${thing.kind}`) })];
  const main = make("button", { type: "button", class: "row-main", "aria-disabled": thing.disabled ? "true" : undefined, onclick: () => choose(thing) },
    [icon(ICONS[thing.kind]), make("span", { class: "row-text" }, words)]);
  return make("div", { class: "row" }, [main, star && starButton(thing, star)]);
}

/** @param {Thing} thing @param {(thing: Thing) => void} star */
function starButton(thing, star) {
  const kept = thing.favouriteId !== undefined;
  const words = `${say(kept ? "favourite_remove" : "favourite_add")} : ${thing.label}`;
  return make("button", { type: "button", class: "button button-quiet button-icon star", "aria-pressed": String(kept), title: say(kept ? "favourite_remove" : "favourite_add"),
    onclick: () => star(thing) }, [icon("star"), make("span", { class: "visually-hidden", text: words })]);
}

/** @param {string} title @param {Node[]} rows */
export function section(title, rows) {
  if (!rows.length) return null;
  return make("section", {}, [make("h3", { class: "rows-title", text: title }), make("div", { class: "rows" }, rows)]);
}
