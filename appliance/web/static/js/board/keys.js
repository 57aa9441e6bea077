// One-letter shortcuts, which can be turned off, and Escape. Nothing happens while somebody writes.
/** @import {Board} from "./state.js" */
import { byId } from "../core/dom.js";
import { openSheet } from "../core/sheet.js";

const STORED = "preau.letters";

/** @param {KeyboardEvent} event */
function isWriting(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  return target.closest("textarea, select, [contenteditable], input:not([type=checkbox])") !== null;
}

function areLettersOn() {
  try { return localStorage.getItem(STORED) !== "off"; } catch { return true; }
}

function wireSwitch() {
  const box = /** @type {HTMLInputElement} */ (byId("letters-on"));
  box.checked = areLettersOn();
  box.addEventListener("change", () => {
    try { localStorage.setItem(STORED, box.checked ? "on" : "off"); } catch { /* for this page only */ }
  });
  return box;
}

/** @param {Board} board */
export function wireKeys(board) {
  const letters = wireSwitch();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isWriting(event)) return;
    const isOver = document.querySelector("dialog[open]") !== null;
    if (isOver) return;
    if (event.key === "Escape" && board.chosen.size) board.chooseAll(false);
    else if (event.key === "?") openSheet("help-sheet");
    else if (letters.checked && /^[a-z]$/i.test(event.key)) press(event);
  });
}

/** @param {KeyboardEvent} event */
function press(event) {
  const button = /** @type {HTMLElement|null} */ (document.querySelector(`.dock [aria-keyshortcuts="${event.key.toLowerCase()}"]`));
  if (!button || button.hidden) return;
  event.preventDefault();
  button.click();
}
