// The raised hand: one large button, the same wherever the child is. Whether it is up is what the agent says.
/** @import {Face} from "./types.js" */
import { byId, setHidden, setText } from "../../core/dom.js";
import { say } from "../../core/text.js";
import { isScreen } from "./scenes.js";

function buttons() {
  return /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-hand]")]);
}

/** @param {Face} face */
export function wireHand(face) {
  for (const button of buttons()) {
    button.addEventListener("click", () => {
      const raised = !face.state?.hand;
      face.send({ type: "hand", raised });
      setText(byId("said"), say(raised ? "hand_said" : "hand_lowered"));
    });
  }
}

/** @param {Face} face */
export function drawHand(face) {
  const { state } = face;
  const isThere = state !== null && state.lesson !== null && !isScreen(face) && ["online", "offline", "connecting"].includes(state.connection);
  for (const button of buttons()) {
    setHidden(button, !isThere);
    button.toggleAttribute("data-raised", isThere && state.hand);
    const [word, hint] = /** @type {NodeListOf<HTMLElement>} */ (button.querySelectorAll(".hand-text > *"));
    setText(word, say(isThere && state.hand ? "hand_down" : "hand_up"));
    setText(hint, say(isThere && state.hand ? "hand_down_hint" : "hand_up_hint"));
  }
}
