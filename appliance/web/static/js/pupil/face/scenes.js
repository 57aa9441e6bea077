// Which scene the page shows when nothing covers it, and its few words. Decides nothing about restrictions.
/** @import {Face} from "./types.js" */
import { byId, setAttr, setHidden, setText } from "../../core/dom.js";
import { nameWords } from "../../core/names.js";
import { say } from "../../core/text.js";

const OVER_MS = 10 * 60_000;
const QUIET_MS = 2500; // a connection that comes back at once is nobody's business

/** @type {number|null} */ let lostAt = null;

/** @param {Face} face @returns {string} */
export function sceneOf(face) {
  const { state, identity } = face;
  if (face.hasLeft || face.isForgotten) return "guest";
  if (!state) return "wait";
  if (state.connection === "refused") return identity.guest ? "guest" : "refused";
  if (state.connection === "elsewhere") return "elsewhere";
  noteEnd(face);
  if (state.lesson) return isScreen(face) ? "display" : "lesson";
  if (identity.guest && face.endedAt !== null) return "guest";
  if (state.version === 0 && state.connection !== "online") return "wait";
  if (isScreen(face)) return "display";
  return face.endedAt !== null && Date.now() - face.endedAt < OVER_MS ? "over" : "free";
}

/** @param {Face} face */
export function isScreen(face) {
  return (face.state?.kind ?? face.identity.kind) === "screen";
}

/** @param {Face} face */
function noteEnd(face) {
  if (face.state?.lesson) face.endedAt = null;
  else if (face.before?.lesson && face.endedAt === null) face.endedAt = Date.now();
}

/** @param {string} name */
export function showScene(name) {
  document.body.dataset.scene = name;
  document.querySelectorAll(".scene").forEach((scene) => {
    setHidden(scene, scene.id !== `scene-${name}`);
  });
}

/** @param {Face} face @param {string} scene */
export function drawScene(face, scene) {
  if (document.body.dataset.scene !== scene) showScene(scene);
  const { state, identity } = face;
  setAttr(document.body, "data-kind", state?.kind ?? identity.kind);
  setAttr(document.body, "data-connection", state?.connection ?? "connecting");
  setText(byId("name"), nameWords(state?.name || identity.name));
  const teacher = state?.lesson?.teacher ?? "";
  if (state?.lesson) setText(byId("lesson-title"), teacher ? say("idle", { teacher }) : say("idle_alone"));
  drawLink(state?.connection ?? "connecting", scene);
  drawOnly(state?.restrictions.apps ?? null);
}

/** @param {string} connection @param {string} scene */
function drawLink(connection, scene) {
  const isLost = connection === "offline" || connection === "connecting";
  if (!isLost) lostAt = null;
  else lostAt ??= Date.now();
  const isTold = lostAt !== null && Date.now() - lostAt >= QUIET_MS && scene !== "wait";
  setText(byId("link"), isTold ? say("searching") : "");
  setHidden(byId("link-line"), !isTold);
}

/** @param {string[]|null} apps */
function drawOnly(apps) {
  const hosts = (apps ?? []).filter((app) => app.startsWith("web:")).map((app) => app.slice(4));
  const words = apps === null ? "" : hosts.length ? say("only_some", { names: hosts.join(", ") }) : say("only_page");
  setText(byId("only"), words);
}
