// Sound: mutes every medium of this page while it is cut, and stops it while the page is locked.
// What a frame of another site plays cannot be reached from here: sites.js takes the frame away.
/** @import {Face} from "./types.js" */
import { byId, setHidden } from "../../core/dom.js";

/** What was playing when the lock came. @type {Set<HTMLMediaElement>} */
const paused = new Set();
let isCut = false;
let isLocked = false;

/** @param {Face} face */
export function drawSound(face) {
  isCut = face.state?.restrictions.sound === "blocked";
  isLocked = face.state?.restrictions.lock != null;
  setHidden(byId("sound"), !isCut);
  hush();
  if (!isLocked) resume();
}

/** Whether the page may make a noise of its own. */
export function maySound() {
  return !isCut && !isLocked;
}

function media() {
  return /** @type {HTMLMediaElement[]} */ ([...document.querySelectorAll("audio, video")]);
}

function hush() {
  for (const one of media()) {
    if (one.muted !== isCut && (isCut || one.hasAttribute("data-cut"))) one.muted = isCut;
    one.toggleAttribute("data-cut", isCut);
    if (isLocked && !one.paused) {
      paused.add(one);
      one.pause();
    }
  }
}

function resume() {
  for (const one of paused) if (one.isConnected) void one.play().catch(() => undefined);
  paused.clear();
}

/** Whatever a pupil does to a player: it stays muted, and still. */
export function wireSound() {
  for (const event of ["play", "volumechange", "loadedmetadata"]) document.addEventListener(event, hush, true);
}
