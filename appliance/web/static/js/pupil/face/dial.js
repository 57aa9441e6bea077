// A drawn clock: its hands stand at the time of the end, and what is left of the hour before it is filled.

import { hourOf } from "../../core/text.js";

const SVG = "http://www.w3.org/2000/svg";
const HOUR_MS = 3600_000;

/** @param {Element} dial an empty svg, viewBox 0 0 100 100 @param {Date} end @param {number} now milliseconds */
export function drawDial(dial, end, now) {
  const { hour, minute } = hourOf(end);
  const left = Math.min(Math.max(end.getTime() - now, 0), HOUR_MS - 1000);
  const signature = `${hour}:${minute}:${Math.round(left / 15_000)}`;
  if (/** @type {HTMLElement} */ (dial).dataset.drawn === signature) return;
  /** @type {HTMLElement} */ (dial).dataset.drawn = signature;
  const to = minute / 60;
  dial.replaceChildren(
    shape("path", { class: "dial-share", d: slice(to - left / HOUR_MS, to) }),
    shape("circle", { class: "dial-face", cx: "50", cy: "50", r: "46" }),
    ...[0, 3, 6, 9].map((mark) => line("dial-mark", mark / 12, 38, 42)),
    line("dial-hand dial-hour", (hour % 12) / 12 + minute / 720, 0, 22),
    line("dial-hand", to, 0, 34),
  );
}

/** @param {number} turn 0..1, from twelve o'clock @param {number} far */
function point(turn, far) {
  const angle = turn * 2 * Math.PI;
  return [50 + far * Math.sin(angle), 50 - far * Math.cos(angle)].map((value) => value.toFixed(2));
}

/** @param {number} from @param {number} to */
function slice(from, to) {
  if (to - from < 0.002) return "";
  const [x1, y1] = point(from, 44);
  const [x2, y2] = point(to, 44);
  return `M50 50L${x1} ${y1}A44 44 0 ${to - from > 0.5 ? 1 : 0} 1 ${x2} ${y2}Z`;
}

/** @param {string} kind @param {number} turn @param {number} from @param {number} to */
function line(kind, turn, from, to) {
  const [x1, y1] = point(turn, from);
  const [x2, y2] = point(turn, to);
  return shape("line", { class: kind, x1, y1, x2, y2 });
}

/** @param {string} tag @param {Record<string, string>} attributes */
export function shape(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
