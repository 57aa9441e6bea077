// The lock: the whole page, above everything; the teacher's words, by whom, until when.
/** @import {Face} from "./types.js" */
import { byId, setHidden, setText } from "../../core/dom.js";
import { clock, say } from "../../core/text.js";
import { drawDial } from "./dial.js";
import { hideLayer, settleLayers, showLayer } from "./layers.js";

const LONG_CHARS = 60;

/** @param {Face} face */
export function drawLock(face) {
  const { state } = face;
  const lock = state?.restrictions.lock ?? null;
  const held = lock !== null && state !== null && state.connection !== "refused" && state.connection !== "elsewhere";
  if (!held) {
    if (!byId("lock").hidden) setText(byId("said"), say("free_said"));
    return hideLayer("lock");
  }
  const text = byId("lock-text");
  setText(text, lock.message || say("locked_said"));
  text.toggleAttribute("data-long", lock.message.length > LONG_CHARS);
  setText(byId("lock-by"), state.lesson?.teacher ? say("by", { name: state.lesson.teacher }) : "");
  drawUntil(state.until === null ? null : new Date(state.until), Date.now() + state.now_offset);
  if (document.fullscreenElement) void document.exitFullscreen();
  showLayer("lock", text);
  settleLayers();
}

/** @param {Date|null} until @param {number} now the hub's */
function drawUntil(until, now) {
  setHidden(byId("lock-more"), until === null);
  if (until === null) return;
  setText(byId("lock-until"), say("until", { time: clock(until) }));
  drawDial(byId("lock-dial"), until, now);
}
