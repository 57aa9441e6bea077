// The pupil page's beginning: who this browser is, its agent, and what is shown of what the agent says.
import { byId } from "../core/dom.js";
import { loadStrings } from "../core/text.js";
import { AgentPort } from "./agent/port.js";
import { wireComfort } from "./face/comfort.js";
import { carryOut, giveUp, wireCommands } from "./face/commands.js";
import { drawGiven, wireGiven } from "./face/given.js";
import { drawGuest, wireGuest } from "./face/guest.js";
import { drawHand, wireHand } from "./face/hand.js";
import { wireLayers } from "./face/layers.js";
import { drawLock } from "./face/lock.js";
import { drawScene, sceneOf, showScene } from "./face/scenes.js";
import { forgetMessages } from "./face/messages.js";
import { renew } from "./face/renewal.js";
import { wireSenses } from "./face/senses.js";
import { drawSound, wireSound } from "./face/sound.js";
import { drawViewer, wireViewer } from "./face/viewer.js";
import { readIdentity } from "./identity.js";

/** @import {Face, State} from "./face/types.js" */

const LOOK_MS = 1000;

/** @param {Face} face */
function draw(face) {
  const scene = sceneOf(face);
  drawLock(face);
  drawScene(face, scene);
  drawSound(face);
  drawHand(face);
  drawViewer(face);
  face.drawDisplay?.(face, scene);
  drawGiven(face);
  drawGuest(face, scene);
  renew(face);
}

/** @param {Face} face */
function hasLessonPassed({ before, state }) {
  const was = before?.lesson?.id;
  return !state?.lesson || (was !== undefined && was !== state.lesson.id);
}

/** What was done is told once it has been painted; that it has begun, at once: a page that ends now begins it again. @param {any} message */
function isOutcome(message) {
  return message.type === "done" && message.status !== "received";
}

/** When it returns, it is shown: the agent reports what it said only then. @param {Face} face */
function hear(face) {
  return (/** @type {any} */ message) => {
    if (message.type === "state") {
      face.before = face.state;
      face.state = message.state;
      if (hasLessonPassed(face)) forgetMessages(); // a shared tablet: the next child must not read them
      draw(face);
    }
    if (message.type === "do") void carryOut(face, message.command);
    if (message.type === "drop") giveUp(message.id);
  };
}

async function begin() {
  loadStrings();
  wireLayers();
  wireComfort();
  const identity = readIdentity();
  if (!identity) return showScene("none");
  const { drawDisplay } = identity.kind === "screen" ? await import("./face/display.js") : {}; // a child's page needs none of it
  /** @type {Face} */
  const face = { identity, state: null, before: null, endedAt: null, hasLeft: false, isForgotten: false, send: () => undefined, draw: () => draw(face), drawDisplay };
  for (const wire of [wireHand, wireSound, wireViewer, wireGiven, wireCommands, wireGuest]) wire(face);
  const agent = new AgentPort(hear(face));
  face.send = (message) => (isOutcome(message) ? agent.sendShown(/** @type {any} */ (message)) : agent.send(/** @type {any} */ (message)));
  byId("take-over").addEventListener("click", () => face.send({ type: "take_over" }));
  face.send({ type: "start", identity });
  wireSenses(face);
  // Times pass and a page can be tampered with: what holds is drawn again each second, whatever happened to it.
  setInterval(() => draw(face), LOOK_MS);
}

void begin();
