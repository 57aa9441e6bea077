// The PIN pad: digits for a finger; the field takes the keyboard all the same.
import { byId } from "./core/dom.js";

const pin = /** @type {HTMLInputElement} */ (byId("pin"));
const pad = byId("pad");
pad.hidden = false;

pad.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("button"));
  if (!button) return;
  if (button.dataset.digit && pin.value.length < pin.maxLength) pin.value += button.dataset.digit;
  if ("erase" in button.dataset) pin.value = pin.value.slice(0, -1);
});

document.querySelectorAll('input[name="login"][type="radio"]').forEach((choice) => {
  choice.addEventListener("change", () => { pin.value = ""; });
});
