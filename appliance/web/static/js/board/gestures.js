// Sends gestures: pending on the page at once, true or honest as soon as the appliance has answered.
/** @import {Board} from "./state.js" */
import { ask, AskError } from "../core/http.js";
import { newId } from "../core/dom.js";
import { say } from "../core/text.js";

const TRIES = 3;
const PAUSE_MS = 700;

export class Gestures {
  /** @param {Board} board @param {() => Promise<void>} refresh asks for the whole board again */
  constructor(board, refresh) {
    this.board = board;
    this.refresh = refresh;
    this.path = `/lessons/${encodeURIComponent(board.lesson.id)}`;
  }

  /**
   * @param {string} kind @param {Record<string, any>} [args] @param {string[]|null} [devices] null: everybody
   * @returns {Promise<boolean>} whether the appliance took it
   */
  send(kind, args = {}, devices = this.board.target()) {
    if (!this.board.canAct) {
      this.board.setFailure({ text: say("not_sent"), again: null });
      return Promise.resolve(false);
    }
    const order = { id: newId(), kind, args, devices };
    return this.carry(order);
  }

  /** @param {{id: string, kind: string, args: Record<string, any>, devices: string[]|null}} order */
  async carry(order) {
    const { board } = this;
    board.pending.set(order.id, { ...order, devices: new Set(order.devices ?? board.everybody), accepted: false });
    board.setFailure(null);
    try {
      const answer = await this.post(order);
      this.accept(order.id, answer);
      return true;
    } catch (problem) {
      board.pending.delete(order.id);
      this.refuse(/** @type {AskError} */ (problem), order);
      return false;
    }
  }

  /** The same id each time: the appliance does it once. @param {{id: string}} order */
  async post(order) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ask("POST", `${this.path}/gestures`, order, 4000);
      } catch (problem) {
        if (!(problem instanceof AskError) || !problem.canPass || attempt === TRIES) throw problem;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
      }
    }
  }

  /** @param {string} id @param {{gesture?: any}|null} answer */
  accept(id, answer) {
    const { board } = this;
    const pending = board.pending.get(id);
    if (pending) pending.accepted = true;
    const known = board.gesture?.id === id;
    if (answer?.gesture && !known) board.merge({ gesture: answer.gesture });
    board.seenGesture = null;
    if (board.link !== "live") void this.refresh();
    else setTimeout(() => { if (board.pending.has(id)) void this.refresh(); }, 2500);
  }

  /** @param {AskError} problem @param {{id: string, kind: string, args: Record<string, any>, devices: string[]|null}} order */
  refuse(problem, order) {
    if (problem.isSignedOut) this.board.setLink("signed_out");
    const text = problem.isUnreachable ? say("not_sent") : say("not_sent_text", { text: problem.message });
    this.board.setFailure({ text, again: () => void this.carry(order) });
  }
}
