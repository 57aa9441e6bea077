// How each kind of document is shown in the page. Resolves once it really is; what cannot be shown is offered to be kept.
/** @import {Face} from "./types.js" */
/** @import {Given} from "./shelf.js" */
import { make } from "../../core/dom.js";
import { say } from "../../core/text.js";
import { CANNOT_SHOW, CannotDo } from "./cannot.js";
import { icon } from "./icon.js";
import { card } from "./viewer.js";

/** @typedef {{blob?: Blob, url?: string}} Source held, or streamed from an address */

/** By how a kind of file begins: its drawing, and what a child does with it. */
const KINDS = [["image/", "image", "look"], ["audio/", "headphones", "listen"], ["video/", "film", "look"], ["application/pdf", "book-open-text", "read"],
  ["text/plain", "file-text", "read"], ["", "file", "keep"]];

/** @param {string} mime */
function kindOf(mime) {
  return KINDS.find(([start]) => mime.startsWith(start)) ?? KINDS[0];
}

/** @param {string} mime @returns {string} an icon */
export function drawingOf(mime) {
  return kindOf(mime)[1];
}

/** @param {string} mime @returns {string} read, look, listen, keep */
export function useOf(mime) {
  return kindOf(mime)[2];
}

/** @param {Face} face @param {Given} given @param {Source} source @param {HTMLElement} body @param {AbortSignal} signal */
export async function player(face, given, source, body, signal) {
  if (given.mime === "application/pdf") {
    const { showPages } = await import("./pages.js");
    return showPages(face, given, source, body, signal);
  }
  if (given.mime === "text/plain" && source.blob) return showText(source.blob, body);
  const address = source.url ?? objectUrl(source.blob ?? new Blob(), signal);
  if (given.mime.startsWith("image/")) return showImage(given, address, body);
  if (/^(audio|video)\//.test(given.mime)) return showMedium(given, address, body);
  body.replaceChildren(download(given, address));
}

/** @param {Blob} blob @param {AbortSignal} signal */
function objectUrl(blob, signal) {
  const address = URL.createObjectURL(blob);
  signal.addEventListener("abort", () => URL.revokeObjectURL(address), { once: true });
  return address;
}

/** @param {Blob} blob @param {HTMLElement} body */
async function showText(blob, body) {
  body.replaceChildren(make("pre", { class: "viewer-text", text: await blob.text(), tabindex: "0", dir: "auto" }));
}

/** @param {Given} given @param {string} address @param {HTMLElement} body */
async function showImage(given, address, body) {
  const image = /** @type {HTMLImageElement} */ (make("img", { src: address, alt: given.name }));
  body.replaceChildren(image);
  await image.decode().catch(() => {
    throw new CannotDo(CANNOT_SHOW);
  });
}

/** @param {Given} given @param {string} address @param {HTMLElement} body */
async function showMedium(given, address, body) {
  const kind = given.mime.startsWith("video/") ? "video" : "audio";
  const medium = make(kind, { src: address, controls: true, preload: "metadata", playsinline: true, "aria-label": given.name,
    controlslist: "nodownload noremoteplayback", disablepictureinpicture: kind === "video" });
  const isThere = new Promise((resolve, reject) => {
    medium.addEventListener("loadedmetadata", resolve, { once: true });
    medium.addEventListener("error", () => reject(new CannotDo(CANNOT_SHOW)), { once: true });
  });
  const press = playButton(/** @type {HTMLMediaElement} */ (medium));
  const frame = make("div", { class: kind === "video" ? "viewer-film" : "viewer-sound" }, kind === "video" ? [medium, press] : [press, medium]);
  body.replaceChildren(frame);
  await isThere;
}

/** One thing to press that a small child finds; the browser's own controls beside it do the rest. @param {HTMLMediaElement} medium */
function playButton(medium) {
  const press = make("button", { class: "button button-primary play-button", type: "button",
    onclick: () => void (medium.paused ? medium.play().catch(() => undefined) : medium.pause()) });
  const draw = () => {
    const word = medium.paused ? "play" : "pause"; // the drawing's name as well
    press.replaceChildren(icon(word), make("span", { text: say(word) }));
    if (!medium.paused && medium instanceof HTMLVideoElement && document.activeElement === press) medium.focus(); // it hides
    press.toggleAttribute("data-playing", !medium.paused);
  };
  for (const event of ["play", "pause", "ended"]) medium.addEventListener(event, draw);
  draw();
  return press;
}

/** @param {Given} given @param {string} address */
function download(given, address) {
  const link = make("a", { class: "button button-primary button-large", href: address, download: given.name },
    [icon("download"), make("span", { text: say("download") })]);
  return card(drawingOf(given.mime), given.name, [make("p", { class: "soft", text: say("cannot_show") }), link]);
}
