// "Applis…": only these apps, or all of them.
/** @import {Board} from "../state.js" */
/** @import {Gestures} from "../gestures.js" */
import { byId, make, setAttr, setText } from "../../core/dom.js";
import { closeSheet, openSheet } from "../../core/sheet.js";
import { say } from "../../core/text.js";
import { can } from "../rules.js";

export class AppsSheet {
  /** @param {Board} board @param {Gestures} gestures */
  constructor(board, gestures) {
    this.board = board;
    this.gestures = gestures;
    /** @type {string[]|null} */ this.devices = null;
    byId("apps-form").addEventListener("change", () => this.count());
    byId("apps-form").addEventListener("submit", (event) => { event.preventDefault(); if (this.chosen().length) this.send(this.chosen()); });
    byId("apps-all").addEventListener("click", () => this.send(null));
  }

  /** @param {string[]|null} devices @param {string} whom */
  open(devices, whom) {
    this.devices = devices;
    const held = this.board.meant(devices).filter((tile) => can(tile, "apps")).find((tile) => tile.restrictions.apps);
    const before = new Set(held?.restrictions.apps ?? []);
    byId("apps-list").replaceChildren(...this.board.apps.map((app) => make("label", { class: "row-main" }, [
      make("input", { type: "checkbox", value: app.package, checked: before.has(app.package) }),
      make("span", { class: "row-text" }, [make("strong", { text: app.label, dir: "auto" })]),
    ])));
    if (!this.board.apps.length) byId("apps-list").append(make("p", { class: "soft", text: say("no_apps") }));
    byId("apps-all").hidden = before.size === 0;
    this.count();
    openSheet("apps-sheet", { text: whom });
  }

  chosen() {
    return [...byId("apps-list").querySelectorAll("input:checked")].map((box) => /** @type {HTMLInputElement} */ (box).value);
  }

  count() {
    const n = this.chosen().length;
    setText(byId("apps-count"), n ? say("apps_count", { n }) : "");
    setAttr(byId("apps-send"), "disabled", n ? null : "");
  }

  /** @param {string[]|null} apps */
  send(apps) {
    closeSheet("apps-sheet");
    void this.gestures.send("restrict", { apps }, this.devices);
  }
}
