// What every page does: the theme's switch, sheets opened by a button, files taken by a drop zone.
import { wireSheets } from "./core/sheet.js";

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** The switch says what it will give. @param {HTMLElement} button */
function drawSwitch(button) {
  const dark = isDark();
  button.hidden = false;
  const word = button.querySelector("[data-theme-word]");
  if (word) word.textContent = (dark ? button.dataset.light : button.dataset.dark) ?? "";
  /** @type {HTMLElement} */ (button.querySelector("[data-icon-light]")).hidden = !dark;
  /** @type {HTMLElement} */ (button.querySelector("[data-icon-dark]")).hidden = dark;
}

function wireTheme() {
  const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-theme-switch]"));
  buttons.forEach((button) => {
    drawSwitch(button);
    button.addEventListener("click", () => {
      const theme = isDark() ? "light" : "dark";
      document.documentElement.dataset.theme = theme;
      try { localStorage.setItem("preau.theme", theme); } catch { /* not kept, but shown */ }
      buttons.forEach(drawSwitch);
    });
  });
}

function wireDrops() {
  document.querySelectorAll("[data-drop]").forEach((zone) => {
    const input = zone.querySelector("input");
    const text = zone.querySelector("[data-drop-text]");
    if (!input || !text) return;
    const label = text.textContent;
    input.addEventListener("change", () => {
      text.textContent = [...(input.files ?? [])].map((file) => file.name).join(", ") || label;
    });
    for (const name of ["dragenter", "dragleave", "drop"]) {
      zone.addEventListener(name, () => zone.toggleAttribute("data-over", name === "dragenter"));
    }
  });
}

/** A form that is on its way is not sent twice by an impatient finger. */
function wireForms() {
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (event.defaultPrevented || form.method === "dialog") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 4000);
  });
  addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sent));
}

wireTheme();
wireSheets();
wireDrops();
wireForms();
