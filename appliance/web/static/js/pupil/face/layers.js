// What lies over what. Only the uppermost layer can be reached: what is below is inert, and behind a lock not even visible.
// Owns no content. Nothing native (dialog, popover) is used: Escape and "back" have nothing to close.

import { byId } from "../../core/dom.js";

const ORDER = ["app", "viewer", "comfort", "message", "lock"];

/** Where the focus was when a layer came. @type {Map<string, Element|null>} */
const left = new Map();

function layers() {
  return ORDER.map((id) => byId(id));
}

/** @returns {string} the uppermost layer's id */
export function uppermost() {
  return layers().findLast((layer) => !layer.hidden)?.id ?? "app";
}

/** Makes true again what a layer promises, even where somebody took it away by the developer tools. */
export function settleLayers() {
  const top = uppermost();
  document.body.toggleAttribute("data-locked", top === "lock");
  for (const layer of layers()) layer.toggleAttribute("inert", layer.id !== top);
}

/** @param {string} id @param {HTMLElement} focus */
export function showLayer(id, focus) {
  const layer = byId(id);
  if (!layer.hidden) return settleLayers();
  left.set(id, document.activeElement);
  layer.hidden = false;
  settleLayers();
  if (uppermost() === id) focus.focus({ preventScroll: true });
}

/** @param {string} id */
export function hideLayer(id) {
  const layer = byId(id);
  if (layer.hidden) return;
  const wasTop = uppermost() === id;
  layer.hidden = true;
  settleLayers();
  if (!wasTop) return;
  const before = left.get(id);
  const place = before instanceof HTMLElement && before.isConnected && before.closest("[data-layer]")?.id === uppermost() ? before : null;
  (place ?? byId(uppermost()).querySelector("[tabindex='-1']"))?.focus({ preventScroll: true });
}

export function wireLayers() {
  settleLayers();
}
