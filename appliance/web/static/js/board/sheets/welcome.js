// "Accueillir un appareil": the code that lets a visitor's or a spare device into this lesson, and who came in by it.
/** @import {Board} from "../state.js" */
import { ask } from "../../core/http.js";
import { byId, icon, make, redraw, setAttr, setText } from "../../core/dom.js";
import { closeSheet, openSheet, sayInSheet, sheet } from "../../core/sheet.js";
import { say } from "../../core/text.js";
import { KIND_ICONS } from "../tile.js";
import { deviceName, presenceWords } from "../words.js";

const ID = "welcome-sheet";
const LOCAL = /^(localhost|127\..*|\[?::1\]?)$/; // the box itself: its own name for itself leads another device nowhere

/** "481 502": read aloud, and from the back of the room, in two halves. @param {string} code */
export function spaced(code) {
  return code.replace(/^(\d{3})(\d{3})$/, "$1\u00a0$2");
}

export class WelcomeSheet {
  /** @param {Board} board @param {(id: string) => void} openDevice */
  constructor(board, openDevice) {
    this.board = board;
    this.openDevice = openDevice;
    this.path = `/lessons/${encodeURIComponent(board.lesson.id)}/welcome`;
    byId("welcome").addEventListener("click", () => this.open());
    byId("welcome-close").addEventListener("click", () => void this.tell("DELETE"));
    byId("welcome-open").addEventListener("click", () => void this.tell("POST"));
  }

  /** One press shows the code: the door is opened where it is not open yet. */
  open() {
    if (!this.board.canAct) return;
    sayInSheet(ID, null);
    openSheet(ID);
    this.draw();
    if (!this.board.welcome) void this.tell("POST");
  }

  draw() {
    const { welcome, canAct, lesson } = this.board;
    const button = byId("welcome");
    button.hidden = !lesson.mine || this.board.link === "over";
    setAttr(button, "aria-disabled", canAct ? null : "true");
    setAttr(button, "data-open", welcome ? "" : null);
    setText(byId("welcome-word"), welcome ? say("welcome.open", { code: spaced(welcome.code) }) : say("welcome.closed"));
    setText(byId("welcome-short"), welcome ? spaced(welcome.code) : say("welcome.short"));
    if (sheet(ID).open) this.drawSheet();
  }

  drawSheet() {
    const { welcome } = this.board;
    byId("welcome-door").hidden = !welcome;
    byId("welcome-shut").hidden = welcome !== null;
    byId("welcome-close").hidden = !welcome;
    byId("welcome-local").hidden = !welcome || !LOCAL.test(location.hostname);
    setText(byId("welcome-code"), welcome ? spaced(welcome.code) : "");
    setText(byId("welcome-address"), `${location.host}/join`);
    redraw(byId("welcome-qr"), welcome?.code ?? "", () => (welcome
      ? [make("img", { src: `${this.path}/qr.svg?code=${welcome.code}`, alt: say("welcome.drawing") })] : []));
    this.drawGuests();
  }

  drawGuests() {
    const guests = [...this.board.tiles.values()].filter((tile) => tile.guest);
    const now = this.board.now();
    const facts = guests.map((tile) => [tile.device_id, tile.name, tile.kind, presenceWords(tile, now).word]);
    setText(byId("welcome-count"), guests.length ? say("welcome.came", { n: guests.length }) : say("welcome.nobody"));
    redraw(byId("welcome-guests"), JSON.stringify(facts), () => guests.map((tile) => make("button", { type: "button", class: "row-main",
      onclick: () => { closeSheet(ID); this.openDevice(tile.device_id); } }, [
      icon(KIND_ICONS[tile.kind]), make("span", { class: "row-text" }, [make("strong", { dir: "auto", text: deviceName(tile) }),
        make("span", { text: presenceWords(tile, now).word })]), icon("chevron-right")])));
  }

  /** @param {"POST"|"DELETE"} method */
  async tell(method) {
    if (!this.board.canAct) return;
    sayInSheet(ID, null);
    try {
      const answer = await ask(method, this.path, method === "POST" ? {} : undefined);
      this.board.merge({ welcome: answer.welcome ?? null });
    } catch (problem) {
      sayInSheet(ID, /** @type {Error} */ (problem).message);
    }
  }
}
