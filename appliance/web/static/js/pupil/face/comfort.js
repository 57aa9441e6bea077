// Reading comfort, chosen by the child, kept on the device: size, spacing, letters, colours.
import { byId } from "../../core/dom.js";
import { hideLayer, showLayer } from "./layers.js";

const KEY = "preau.comfort";
const PLAIN = { size: "normal", spacing: "normal", font: "plain", look: "auto" };

/** @returns {Record<string, string>} */
function chosen() {
  try {
    return { ...PLAIN, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return { ...PLAIN };
  }
}

/** @param {string} name @param {string} value the root's data attribute; the plain one is none */
function put(name, value) {
  const root = document.documentElement;
  if (value) root.dataset[name] = value;
  else delete root.dataset[name];
}

/** @param {Record<string, string>} comfort */
function apply(comfort) {
  for (const name of ["size", "spacing", "font"]) put(name, comfort[name] === PLAIN[/** @type {"size"} */ (name)] ? "" : comfort[name]);
  put("contrast", comfort.look === "contrast" ? "more" : "");
  put("theme", comfort.look === "light" || comfort.look === "dark" ? comfort.look : "");
}

export function wireComfort() {
  const panel = byId("comfort");
  const comfort = chosen();
  /** @type {NodeListOf<HTMLInputElement>} */ (panel.querySelectorAll("input[type=radio]")).forEach((input) => {
    input.checked = comfort[input.name] === input.value;
    input.addEventListener("change", () => {
      comfort[input.name] = input.value;
      apply(comfort);
      try { localStorage.setItem(KEY, JSON.stringify(comfort)); } catch { /* not kept, but shown */ }
    });
  });
  byId("comfort-open").addEventListener("click", () => showLayer("comfort", byId("comfort-title")));
  byId("comfort-close").addEventListener("click", () => hideLayer("comfort"));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hideLayer("comfort");
  });
}
