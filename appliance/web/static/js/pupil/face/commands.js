// What is done once: each command has one act, and its outcome is told in the protocol's words.
/** @import {Face, Command} from "./types.js" */
import { openGiven } from "./given.js";
import { identify } from "./identify.js";
import { showMessage, wireMessages } from "./messages.js";
import { openSite } from "./sites.js";
import { CannotDo } from "./cannot.js";

/** @type {Record<string, (face: Face, command: Command) => Promise<void>|void>} */
const ACTS = {
  open_link: (face, command) => openSite(face, String(command.args.url)),
  open_document: (face, command) => openGiven(face, command),
  message: (_face, command) => showMessage(command),
  identify: (face) => identify(face),
};

/** What a reload cuts short is begun again. */
const CAN_BEGIN_AGAIN = new Set(["open_link", "open_document"]);

/** @param {Face} face @param {Command} command */
export async function carryOut(face, command) {
  const tell = (/** @type {string} */ status, /** @type {string} */ error = "") => face.send({ type: "done", id: command.id, status, error });
  const act = Object.hasOwn(ACTS, command.type) ? ACTS[command.type] : null;
  if (!act) return tell("unsupported");
  if (CAN_BEGIN_AGAIN.has(command.type)) tell("received");
  try {
    await act(face, command);
    tell("done");
  } catch (problem) {
    tell("failed", problem instanceof CannotDo ? problem.message : "cannot be shown");
    if (!(problem instanceof CannotDo)) throw problem;
  }
}

/** @param {Face} face */
export function wireCommands(face) {
  wireMessages(face);
}
