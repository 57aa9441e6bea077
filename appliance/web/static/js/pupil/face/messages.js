// Messages stay until they are read; several queue. A message is done when it is on the screen.
/** @import {Face, Command} from "./types.js" */
import { byId, setText } from "../../core/dom.js";
import { say } from "../../core/text.js";
import { hideLayer, showLayer } from "./layers.js";

const UNREAD = "preau.unread";

/** @type {{text: string, from: string, shown: () => void}[]} */
const queue = [];

/** Resolves when it is shown. @param {Command} command @param {AbortSignal} over @returns {Promise<void>} */
export function showMessage(command, over) {
  return new Promise((resolve) => {
    queue.push({ text: String(command.args.text ?? ""), from: String(command.args.from ?? ""), shown: resolve });
    drawMessage();
    over.addEventListener("abort", () => {
      const place = queue.findIndex(({ shown }) => shown === resolve);
      if (place > 0) queue.splice(place, 1); // the first is seen
      drawMessage();
      resolve();
    }, { once: true });
  });
}

function drawMessage() {
  keepUnread();
  const [first] = queue;
  if (!first) return hideLayer("message");
  setText(byId("message-title"), first.from ? say("message_from", { name: first.from }) : say("message"));
  setText(byId("message-text"), first.text);
  setText(byId("message-left"), queue.length > 1 ? say("messages_left", { n: queue.length - 1 }) : "");
  showLayer("message", byId("message-text"));
  first.shown();
}

export function forgetMessages() {
  queue.length = 0;
  drawMessage();
}

/** What is not read yet outlives a reload, not the tab. */
function keepUnread() {
  try {
    sessionStorage.setItem(UNREAD, JSON.stringify(queue.map(({ text, from }) => ({ text, from }))));
  } catch { /* read now, or not at all */ }
}

function readUnread() {
  try {
    for (const { text, from } of JSON.parse(sessionStorage.getItem(UNREAD) ?? "[]")) {
      queue.push({ text: String(text), from: String(from), shown: () => undefined });
    }
  } catch { /* nothing was kept */ }
}

/** @param {Face} _face */
export function wireMessages(_face) {
  readUnread();
  drawMessage();
  byId("message-read").addEventListener("click", () => {
    queue.shift();
    drawMessage();
    if (queue.length) byId("message-text").focus();
  });
}
