// "Dire…": a message to the pupils, written or taken from a few that every class knows.
/** @import {Gestures} from "../gestures.js" */
import { byId, setText } from "../../core/dom.js";
import { closeSheet, openSheet } from "../../core/sheet.js";
import { say } from "../../core/text.js";

const LONGEST = 500; // the device protocol's limit

export class SaySheet {
  /** @param {Gestures} gestures */
  constructor(gestures) {
    this.gestures = gestures;
    /** @type {string[]|null} */ this.devices = null;
    this.text = /** @type {HTMLTextAreaElement} */ (byId("say-text"));
    this.text.addEventListener("input", () => this.count());
    byId("say-form").addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    byId("say-form").addEventListener("click", (event) => {
      const phrase = /** @type {Element} */ (event.target).closest("[data-phrase]");
      if (!phrase) return;
      this.text.value = phrase.textContent?.trim() ?? "";
      this.count();
      this.text.focus();
    });
    this.text.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.send(); });
  }

  /** @param {string[]|null} devices @param {string} whom */
  open(devices, whom) {
    this.devices = devices;
    this.count();
    openSheet("say-sheet", { text: whom });
  }

  count() {
    setText(byId("say-left"), say("letters_left", { n: LONGEST - this.text.value.length }));
  }

  send() {
    const text = this.text.value.trim();
    if (!text) return this.text.focus();
    closeSheet("say-sheet");
    this.text.value = "";
    void this.gestures.send("message", { text }, this.devices);
  }
}
