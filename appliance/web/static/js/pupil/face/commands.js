// What is done once: each command has one act, and its outcome is told in the protocol's words.
/** @import {Face, Command} from "./types.js" */
import { openGiven } from "./given.js";
import { identify } from "./identify.js";
import { showMessage, wireMessages } from "./messages.js";
import { openSite } from "./sites.js";
import { CannotDo } from "./cannot.js";

/** @type {Record<string, (face: Face, command: Command, over: AbortSignal) => Promise<void>|void>} */
const ACTS = {
  open_link: (face, command, over) => openSite(face, String(command.args.url), over),
  open_document: openGiven,
  message: (_face, command, over) => showMessage(command, over),
  identify: (face) => identify(face),
};

/** What a reload cuts short is begun again. */
const CAN_BEGIN_AGAIN = new Set(["open_link", "open_document"]);

/** By the command's id. @type {Map<string, AbortController>} */
const underWay = new Map();

/** @param {Face} face @param {Command} command */
export async function carryOut(face, command) {
  const tell = (/** @type {string} */ status, /** @type {string} */ error = "") => face.send({ type: "done", id: command.id, status, error });
  const act = Object.hasOwn(ACTS, command.type) ? ACTS[command.type] : null;
  if (!act) return tell("unsupported");
  const over = new AbortController();
  underWay.set(command.id, over);
  if (CAN_BEGIN_AGAIN.has(command.type)) tell("received");
  try {
    await act(face, command, over.signal);
    tell("done");
  } catch (problem) {
    tell("failed", problem instanceof CannotDo ? problem.message : "cannot be shown");
    if (!(problem instanceof CannotDo)) throw problem;
  } finally {
    underWay.delete(command.id);
  }
}

/** Its time was over before it was seen: it is not shown any more. @param {string} id */
export function giveUp(id) {
  underWay.get(id)?.abort();
}

/** @param {Face} face */
export function wireCommands(face) {
  wireMessages(face);
}
