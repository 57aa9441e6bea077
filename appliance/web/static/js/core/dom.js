// Elements made and filled safely: text is always text, never markup.

/** @type {Map<string, Element>} */ const drawings = new Map();

/** Reads a JSON block of the page. @param {string} id @returns {any} */
export function readJson(id) {
  const block = document.getElementById(id);
  if (!block) throw new Error(`the page has no JSON block ${id}`);
  return JSON.parse(block.textContent ?? "null");
}

/** @template {HTMLElement} [T=HTMLElement] @param {string} id @returns {T} */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element ${id}`);
  return /** @type {T} */ (element);
}

/**
 * @param {string} tag
 * @param {Record<string, string|boolean|EventListener|undefined>} [attributes] `on…` are listeners, `text` is the content
 * @param {(Node|string|null|undefined)[]} [children]
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, children = []) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = String(value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Reads the sprite once: an icon must be there when the appliance is not. */
export async function loadIcons() {
  try {
    const text = await (await fetch(readJson("assets").icons)).text();
    const sprite = new DOMParser().parseFromString(text, "image/svg+xml");
    sprite.querySelectorAll("symbol").forEach((symbol) => drawings.set(symbol.id, symbol));
  } catch {
    // The words beside the icons say the same.
  }
}

/** @param {string} name @returns {SVGElement} */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const attributes = { class: `icon icon-${name}`, viewBox: "0 0 24 24", fill: "none", stroke: "currentColor",
    "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  for (const shape of drawings.get(name)?.children ?? []) svg.append(document.importNode(shape, true));
  return svg;
}

/** Writes only what changed, so that nothing is drawn or announced for nothing. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Element} element @param {string} name @param {string|null} value */
export function setAttr(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** The same for what is hidden: an attribute that is written anew makes the browser look at the style of all below it. @param {Element} element @param {boolean} hidden */
export function setHidden(element, hidden) {
  element.toggleAttribute("hidden", hidden);
}

/**
 * Replaces an element's children when, and only when, what they stand for changed.
 * @param {HTMLElement} element @param {string} signature @param {() => (Node|string)[]} draw
 */
export function redraw(element, signature, draw) {
  if (element.dataset.drawn === signature) return;
  element.dataset.drawn = signature;
  element.replaceChildren(...draw());
}

/** A random UUID; `crypto.randomUUID` is not there on plain http. @returns {string} */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
