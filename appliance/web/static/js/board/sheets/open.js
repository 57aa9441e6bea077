// "Ouvrir…": one field for an address or a name; favourites, apps and documents in one touch.
/** @import {Board} from "../state.js" */
/** @import {Gestures} from "../gestures.js" */
/** @import {Thing} from "./rows.js" */
import { ask } from "../../core/http.js";
import { byId, make } from "../../core/dom.js";
import { closeSheet, openSheet } from "../../core/sheet.js";
import { fileSize, plain, say } from "../../core/text.js";
import { able } from "../rules.js";
import { hostOf } from "../words.js";
import { section, thingRow } from "./rows.js";

/** "lumni.fr/cp" is an address, "GCompris" is not. @param {string} text @returns {string|null} */
export function addressOf(text) {
  const written = text.trim();
  if (!/^https?:\/\//i.test(written) && !/^[^\s/]+\.[a-z]{2,}(:\d+)?([/?#].*)?$/i.test(written)) return null;
  try {
    return new URL(/^https?:\/\//i.test(written) ? written : `https://${written}`).href;
  } catch {
    return null;
  }
}

const GESTURES = /** @type {const} */ ({ link: ["open_link", "url"], app: ["open_app", "package"], document: ["open_document", "sha256"] });

export class OpenSheet {
  /** @param {Board} board @param {Gestures} gestures */
  constructor(board, gestures) {
    this.board = board;
    this.gestures = gestures;
    /** @type {string[]|null} */ this.devices = null;
    this.query = /** @type {HTMLInputElement} */ (byId("open-query"));
    this.query.addEventListener("input", () => this.draw());
    byId("open-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const [first] = this.found();
      if (first && this.query.value.trim()) this.choose(first);
    });
  }

  /** @param {string[]|null} devices @param {string} whom */
  open(devices, whom) {
    this.devices = devices;
    this.query.value = "";
    this.draw();
    openSheet("open-sheet", { text: whom });
  }

  /** @returns {Thing[]} favourites first, then apps, then documents */
  things() {
    const { favourites, apps, documents } = this.board;
    const kept = new Map(favourites.map((one) => [`${one.kind} ${one.value}`, one.id]));
    /** @type {Thing[]} */
    const others = [
      ...apps.map((app) => /** @type {Thing} */ ({ kind: "app", label: app.label, value: app.package })),
      ...documents.map((file) => /** @type {Thing} */ ({ kind: "document", label: file.name, value: file.sha256, detail: fileSize(file.size) })),
    ];
    return [
      ...favourites.map((one) => ({ kind: one.kind, label: one.label, value: one.value, favouriteId: one.id,
        detail: one.kind === "link" ? hostOf(one.value, true) : undefined })),
      ...others.filter((thing) => !kept.has(`${thing.kind} ${thing.value}`)),
    ];
  }

  /** What answers to what is written; an address itself comes first. */
  found() {
    const text = this.query.value;
    const url = addressOf(text);
    const wanted = plain(text.trim());
    const matching = this.things().filter((thing) => !wanted || plain(`${thing.label} ${thing.value}`).includes(wanted));
    /** @type {Thing[]} */
    const typed = url && !matching.some((thing) => thing.value === url)
      ? [{ kind: "link", label: say("open_address", { host: hostOf(url) }), value: url, detail: url }] : [];
    return [...typed, ...matching];
  }

  draw() {
    const things = this.found();
    const tiles = this.board.meant(this.devices);
    const row = (/** @type {Thing} */ thing) => thingRow(this.described(thing, tiles), (one) => this.choose(one), (one) => void this.star(one));
    const of = (/** @type {(thing: Thing) => boolean} */ keep) => things.filter(keep).map(row);
    const typed = of((thing) => thing.kind === "link" && thing.favouriteId === undefined);
    const parts = [
      typed.length ? make("div", { class: "rows" }, typed) : null,
      section(say("favourites"), of((thing) => thing.favouriteId !== undefined)),
      section(say("apps"), of((thing) => thing.kind === "app" && thing.favouriteId === undefined)),
      section(say("documents"), of((thing) => thing.kind === "document" && thing.favouriteId === undefined)),
    ].filter((part) => part !== null);
    byId("open-results").replaceChildren(...(parts.length ? parts : [make("p", { class: "soft", text: say("nothing_found") })]));
  }

  /** Which of these devices can open it is said before. @param {Thing} thing @param {import("../types.js").Tile[]} tiles @returns {Thing} */
  described(thing, tiles) {
    const n = able(tiles, GESTURES[thing.kind][0]).length;
    if (n === tiles.length) return thing;
    return { ...thing, disabled: n === 0, detail: n ? say("some_can", { n, all: tiles.length }) : say("nobody_can", { n: tiles.length }) };
  }

  /** @param {Thing} thing */
  choose(thing) {
    const [kind, key] = GESTURES[thing.kind];
    if (!able(this.board.meant(this.devices), kind).length) return;
    closeSheet("open-sheet");
    void this.gestures.send(kind, { [key]: thing.value }, this.devices);
  }

  /** @param {Thing} thing */
  async star(thing) {
    const { board } = this;
    try {
      if (thing.favouriteId !== undefined) {
        await ask("DELETE", `/favourites/${encodeURIComponent(thing.favouriteId)}`);
        board.merge({ favourites: board.favourites.filter((one) => one.id !== thing.favouriteId) });
      } else {
        const label = thing.kind === "link" ? hostOf(thing.value) : thing.label;
        const { favourite } = await ask("POST", "/favourites", { kind: thing.kind, label, value: thing.value });
        board.merge({ favourites: [...board.favourites, favourite] });
      }
      this.draw();
      this.query.focus();
    } catch (problem) {
      byId("open-results").prepend(make("p", { class: "field-error", role: "alert", text: /** @type {Error} */ (problem).message }));
    }
  }
}
