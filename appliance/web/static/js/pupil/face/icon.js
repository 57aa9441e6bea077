// An icon of the sprite, as the templates draw theirs: it needs no script of its own to arrive.
import { readJson } from "../../core/dom.js";

const SVG = "http://www.w3.org/2000/svg";
const LOOK = { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "2", "stroke-linecap": "round",
  "stroke-linejoin": "round", "aria-hidden": "true", focusable: "false" };

/** @param {string} name always beside a word @returns {SVGElement} */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ ...LOOK, class: `icon icon-${name}` })) svg.setAttribute(key, value);
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${readJson("assets").icons}#${name}`);
  svg.append(use);
  return svg;
}
