// A link opened in a browser: one touch says what the device is, and it is enrolled. A link of one device asks nothing.
import { byId } from "../../core/dom.js";
import { loadStrings } from "../../core/text.js";
import { enter, guessKind } from "./enter.js";
import { isStillKnown } from "./known.js";

/** @param {string} kind */
async function join(kind) {
  const { token = "", guest } = byId("join").dataset;
  const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll(".kind"));
  buttons.forEach((button) => { button.disabled = true; });
  await enter({ token, kind, guest: guest === "true" });
  buttons.forEach((button) => { button.disabled = false; });
  const again = document.getElementById("join-again");
  if (again) again.hidden = false;
}

/** A kiosk opens its link at each start: who is this device already uses nothing up. @param {string} id @param {string} kind */
async function comeBack(id, kind) {
  if (await isStillKnown(id)) location.replace("/pupil");
  else await join(kind);
}

function begin() {
  loadStrings();
  const { device, kind = "tablet" } = byId("join").dataset;
  if (device) {
    byId("join-again").addEventListener("click", () => void join(kind));
    return void comeBack(device, kind);
  }
  const guess = guessKind();
  document.querySelectorAll(".kind").forEach((button) => {
    const own = /** @type {HTMLElement} */ (button).dataset.kind ?? "tablet";
    button.toggleAttribute("data-guess", own === guess);
    button.addEventListener("click", () => void join(own));
  });
}

begin();
