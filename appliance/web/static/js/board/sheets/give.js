// "Donner…": a file goes to the appliance with its progress shown, then to the tablets; or one given before.
/** @import {Board} from "../state.js" */
/** @import {Gestures} from "../gestures.js" */
/** @import {Document} from "../types.js" */
import { upload } from "../../core/http.js";
import { byId, setText } from "../../core/dom.js";
import { closeSheet, openSheet } from "../../core/sheet.js";
import { fileSize, say } from "../../core/text.js";
import { section, thingRow } from "./rows.js";

export class GiveSheet {
  /** @param {Board} board @param {Gestures} gestures */
  constructor(board, gestures) {
    this.board = board;
    this.gestures = gestures;
    /** @type {string[]|null} */ this.devices = null;
    this.input = /** @type {HTMLInputElement} */ (byId("give-file"));
    this.input.addEventListener("change", () => void this.take());
    const zone = byId("give-drop");
    for (const name of ["dragenter", "dragleave", "drop"]) {
      zone.addEventListener(name, () => zone.toggleAttribute("data-over", name === "dragenter"));
    }
  }

  /** @param {string[]|null} devices @param {string} whom */
  open(devices, whom) {
    this.devices = devices;
    this.fail(null);
    this.draw();
    openSheet("give-sheet", { text: whom });
  }

  draw() {
    const rows = this.board.documents.map((file) => thingRow(
      { kind: "document", label: file.name, value: file.sha256, detail: fileSize(file.size) }, () => this.give(file)));
    byId("give-documents").replaceChildren(...[section(say("documents"), rows)].filter((part) => part !== null));
  }

  async take() {
    const file = this.input.files?.[0];
    if (!file || !byId("give-progress").hidden) return;
    this.fail(null);
    this.progress(file.name, 0);
    try {
      const { document: taken } = await upload("/documents", file, (share) => this.progress(file.name, share));
      const others = this.board.documents.filter((one) => one.sha256 !== taken.sha256);
      this.board.merge({ documents: [taken, ...others] });
      this.give(taken);
    } catch (problem) {
      this.fail(say("upload_failed", { name: file.name, text: /** @type {Error} */ (problem).message }));
    } finally {
      byId("give-progress").hidden = true;
      this.input.value = "";
    }
  }

  /** @param {string} name @param {number} share */
  progress(name, share) {
    byId("give-progress").hidden = false;
    setText(byId("give-name"), say("upload_under_way", { name }));
    setText(byId("give-percent"), say("percent", { n: Math.round(share * 100) }));
    const bar = /** @type {HTMLProgressElement} */ (byId("give-progress").querySelector("progress"));
    bar.value = Math.round(share * 100);
  }

  /** @param {string|null} text */
  fail(text) {
    const line = byId("give-error");
    setText(/** @type {Element} */ (line.querySelector("span")), text ?? "");
    line.hidden = text === null;
  }

  /** @param {Document} file */
  give(file) {
    closeSheet("give-sheet");
    void this.gestures.send("open_document", { sha256: file.sha256 }, this.devices);
  }
}
