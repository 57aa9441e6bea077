// "C'est moi": a colour and the number, large and short, above everything; a few soft notes where sound is allowed.
/** @import {Face} from "./types.js" */
import { byId } from "../../core/dom.js";
import { say } from "../../core/text.js";
import { numberOf } from "./credentials.js";
import { maySound } from "./sound.js";

const SHOWN_MS = 8000;
const COLOURS = 6;
const NOTES_HZ = [523, 659, 784];

/** @type {ReturnType<typeof setTimeout>|undefined} */ let timer;

/** @param {Face} face */
export function identify(face) {
  const number = numberOf(face.state?.name || face.identity.name);
  const layer = byId("identify");
  layer.dataset.colour = String((Number.parseInt(number, 10) || 0) % COLOURS);
  byId("identify-number").textContent = number;
  byId("identify-number").toggleAttribute("data-long", number.length > 3);
  byId("identify-word").textContent = say("identify");
  layer.hidden = false;
  if (maySound()) ring();
  clearTimeout(timer);
  timer = setTimeout(() => { layer.hidden = true; }, SHOWN_MS);
}

/** Browsers let a page sound only after a finger was on it: then nothing is heard, and all is seen. */
function ring() {
  if (typeof AudioContext === "undefined") return;
  const context = new AudioContext();
  NOTES_HZ.forEach((pitch, place) => {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const from = context.currentTime + place * 0.28;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.2, from);
    volume.gain.exponentialRampToValueAtTime(0.001, from + 0.27);
    tone.connect(volume).connect(context.destination);
    tone.start(from);
    tone.stop(from + 0.28);
  });
  setTimeout(() => void context.close(), 1500);
}
