// The start page: when the lesson would end, what it would be called, who holds the tablets; the form works without.
import { ask } from "./core/http.js";
import { byId, setText } from "./core/dom.js";
import { clock, loadStrings, say } from "./core/text.js";

loadStrings();

/** @param {string} name @returns {HTMLInputElement|null} */
function checked(name) {
  return document.querySelector(`input[name="${name}"]:checked`);
}

function drawEnds() {
  document.querySelectorAll("[data-until]").forEach((place) => {
    const minutes = Number(/** @type {HTMLElement} */ (place).dataset.until);
    setText(place, say("until", { time: clock(new Date(Date.now() + minutes * 60_000)) }));
  });
}

/** What an empty name would become. */
function drawTitle() {
  const title = /** @type {HTMLInputElement} */ (byId("title"));
  const source = checked("source");
  const room = source?.value.startsWith("classroom:") ? source : checked("classroom");
  title.placeholder = room?.dataset.name || source?.dataset.name || title.dataset.unnamed || "";
}

/** Only the lessons that hold some of what is chosen. */
function drawHeld() {
  const source = checked("source")?.value ?? "";
  const values = (/** @type {string} */ name) => [...document.querySelectorAll(`input[name="${name}"]:checked`)].map((box) => /** @type {HTMLInputElement} */ (box).value);
  const devices = new Set([...values("screens"), ...(source === "devices" ? values("devices") : [])]);
  document.querySelectorAll(".held").forEach((element) => {
    const box = /** @type {HTMLFieldSetElement} */ (element);
    const sources = JSON.parse(box.dataset.sources ?? "[]");
    const theirs = JSON.parse(box.dataset.devices ?? "[]");
    const concerned = sources.includes(source) || theirs.some((/** @type {string} */ id) => devices.has(id));
    box.hidden = !concerned;
    box.disabled = !concerned;
  });
}

/** A cart's own screen comes with the cart; any other one is chosen. */
function drawScreens() {
  const source = checked("source")?.value ?? "";
  document.querySelectorAll('input[name="screens"]').forEach((element) => {
    const box = /** @type {HTMLInputElement} */ (element);
    const comes = box.dataset.source === source;
    if (comes && !box.disabled) box.dataset.chosen = String(box.checked);
    if (!comes && box.disabled) box.checked = box.dataset.chosen === "true";
    box.disabled = comes;
    if (comes) box.checked = true;
  });
}

/** @param {HTMLElement} button */
async function forget(button) {
  const line = byId("favourites-error");
  line.hidden = true;
  try {
    await ask("DELETE", `/favourites/${encodeURIComponent(button.dataset.forget ?? "")}`);
    button.closest("[data-favourite]")?.remove();
    byId("favourites-none").hidden = document.querySelector("[data-favourite]") !== null;
    byId("favourites-title").setAttribute("tabindex", "-1");
    byId("favourites-title").focus();
  } catch (problem) {
    setText(/** @type {Element} */ (line.querySelector("span")), /** @type {Error} */ (problem).message);
    line.hidden = false;
  }
}

const form = document.getElementById("start-form");
if (form) {
  const draw = () => { drawTitle(); drawScreens(); drawHeld(); };
  form.addEventListener("change", draw);
  draw();
  drawEnds();
  setInterval(drawEnds, 20_000);
  document.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("[data-forget]"));
    if (button) void forget(button);
  });
}
