// The receipt line: what became of the last gesture, honestly, in one place that never moves.
/** @import {Board} from "./state.js" */
/** @import {Gestures} from "./gestures.js" */
/** @import {Gesture, Problem} from "./types.js" */
import { byId, icon, make, setAttr, setText } from "../core/dom.js";
import { nameWords } from "../core/names.js";
import { openSheet } from "../core/sheet.js";
import { ago, say } from "../core/text.js";
import { canRetry, groupProblems, leftSince, problemKind, tally, weight } from "./rules.js";
import { gestureWords, problemWords } from "./words.js";

const LIVE_MS = 2000;
const NUMBERS_SHOWN = 4;

/** @type {Record<string, string>} */
const KIND_ICONS = { quiet: "wifi-off", unsure: "circle-help", limit: "minus", problem: "triangle-alert" };

export class ReceiptLine {
  /** @param {Board} board @param {Gestures} gestures @param {(id: string) => void} openTile */
  constructor(board, gestures, openTile) {
    this.board = board;
    this.gestures = gestures;
    this.openTile = openTile;
    this.root = byId("receipt");
    this.saidAt = 0;
    /** @type {ReturnType<typeof setTimeout>|undefined} */ this.sayTimer = undefined;
    new ResizeObserver(() => this.fit()).observe(byId("receipt-groups")); // the words before it grow with the time, too
  }

  draw() {
    const { board } = this;
    if (board.failure) return this.drawFailure(board.failure);
    const pending = [...board.pending.values()].find((one) => !one.accepted);
    if (pending) return this.drawSending(pending);
    if (board.gesture) return this.drawGesture(board.gesture);
    return this.show("none", [say("receipt_none")], [], []);
  }

  /** @param {string} kind @param {(Node|string)[]} text @param {Node[]} groups @param {Node[]} actions @param {string} [signature] */
  show(kind, text, groups, actions, signature) {
    setAttr(this.root, "data-kind", kind);
    const mark = signature ?? kind + text.map((part) => (typeof part === "string" ? part : part.textContent)).join("|");
    if (this.root.dataset.mark === mark) return;
    this.root.dataset.mark = mark;
    byId("receipt-text").replaceChildren(...text);
    byId("receipt-groups").replaceChildren(...groups);
    byId("receipt-actions").replaceChildren(...actions);
    this.fit();
  }

  /** @param {{text: string, again: (() => void)|null}} failure */
  drawFailure({ text, again }) {
    const retry = again && make("button", { type: "button", class: "button", onclick: again }, [icon("refresh-cw"), say("retry", { n: 1 })]);
    const dismiss = make("button", { type: "button", class: "button button-quiet", onclick: () => this.board.setFailure(null) }, [say("dismiss")]);
    this.show("failure", [icon("triangle-alert"), make("strong", { text })], [], retry ? [retry, dismiss] : [dismiss], text);
    this.announce(text);
  }

  /** @param {import("./types.js").Pending} pending */
  drawSending(pending) {
    const words = make("span", { class: "receipt-what", text: gestureWords(this.board, pending) });
    this.show("pending", [icon("hourglass"), words, make("span", { class: "soft", text: say("receipt_sending") })], [], [], `sending${pending.id}`);
  }

  /** @param {Gesture} gesture */
  drawGesture(gesture) {
    const left = leftSince(gesture, this.board.tiles.values());
    const sums = tally(gesture, left);
    const groups = groupProblems([...gesture.problems, ...left], (problem) => problemWords(problem, gesture.kind));
    const seen = this.board.seenGesture === gesture.id;
    const kind = sums.problem && !seen ? "problem" : sums.pending ? "pending" : sums.done ? "good" : "unsure";
    const signature = JSON.stringify([gesture.id, gesture.counts, gesture.problems, gesture.evidence, left, seen]);
    this.show(kind, this.countWords(gesture, sums), seen ? [] : groups.map((group) => this.groupButton(group)),
      seen ? [] : this.actions(gesture, sums.problem > 0), signature);
    this.tick();
    this.announce(this.sentence(gesture, sums, groups));
  }

  /** @param {Gesture} gesture @param {{done: number, pending: number, unsure: number, observed: number}} sums @returns {(Node|string)[]} */
  countWords(gesture, sums) {
    const count = say("receipt_count", { done: sums.done, all: gesture.targets });
    const settled = sums.done === gesture.targets ? "check-check" : sums.done ? "check" : sums.unsure ? "circle-help" : "minus";
    return [
      icon(sums.pending ? "hourglass" : settled),
      make("span", { class: "receipt-what", dir: "auto", text: gestureWords(this.board, gesture) }),
      make("strong", { class: "receipt-count", text: count }),
      sums.observed ? make("span", { class: "receipt-seen soft" }, [icon("eye"), say("receipt_observed", { n: sums.observed })]) : "",
      sums.pending ? make("span", { class: "receipt-pending", text: say("receipt_pending", { n: sums.pending }) }) : "",
      make("span", { class: "receipt-ago soft" }),
    ];
  }

  /** The time goes on without anything else being drawn again. */
  tick() {
    const place = this.root.querySelector(".receipt-ago");
    const { gesture } = this.board;
    if (place && gesture) setText(place, ago((this.board.now() - Date.parse(gesture.at)) / 1000));
  }

  /** @param {Problem[]} problems */
  numbers(problems) {
    if (problems.length > NUMBERS_SHOWN) return say("devices", { n: problems.length });
    return problems.map((problem) => problem.number || nameWords(problem.name)).join(", ");
  }

  /** @param {{words: string, kind: string, problems: Problem[]}} group */
  groupWords(group) {
    return say(group.kind === "quiet" ? "receipt_off" : "receipt_and", { numbers: this.numbers(group.problems), reason: group.words });
  }

  /** As many groups as the line holds; the others behind one button. */
  fit() {
    const place = byId("receipt-groups");
    const buttons = /** @type {HTMLElement[]} */ ([...place.querySelectorAll(".receipt-group:not(.receipt-rest)")]);
    place.querySelector(".receipt-rest")?.remove();
    buttons.forEach((button) => { button.hidden = false; delete button.dataset.squeezed; });
    if (place.scrollWidth <= place.clientWidth) return;
    const rest = make("button", { type: "button", class: "receipt-group receipt-rest", onclick: () => this.openList() });
    for (let shown = buttons.length - 1; shown >= 1; shown -= 1) {
      const away = buttons.slice(shown);
      setText(rest, say("receipt_more", { n: away.reduce((sum, button) => sum + Number(button.dataset.devices), 0) }));
      setAttr(rest, "data-kind", away.some((button) => button.dataset.kind === "problem") ? "problem" : null);
      place.append(rest);
      buttons[shown].hidden = true;
      if (place.scrollWidth <= place.clientWidth) return;
    }
    if (buttons.length === 1) {
      buttons[0].dataset.squeezed = "";
      return;
    }
    buttons[0].hidden = true;
    setAttr(rest, "data-kind", buttons[0].dataset.kind === "problem" ? "problem" : null);
    setText(rest, say("receipt_see", { n: buttons.reduce((sum, button) => sum + Number(button.dataset.devices), 0) }));
  }

  /** @param {{words: string, kind: string, problems: Problem[]}} group */
  groupButton(group) {
    const [first] = group.problems;
    const open = () => (group.problems.length === 1 ? this.openTile(first.device_id) : this.openList());
    return make("button", { type: "button", class: "receipt-group", "data-kind": group.kind, "data-devices": String(group.problems.length), onclick: open },
      [icon(KIND_ICONS[group.kind]), make("span", { text: this.groupWords(group), dir: "auto" })]);
  }

  /** @param {Gesture} gesture @param {boolean} hasProblem */
  actions(gesture, hasProblem) {
    const again = gesture.problems.filter(canRetry).map((problem) => problem.device_id);
    const nodes = [];
    if (again.length && this.board.canAct) {
      nodes.push(make("button", { type: "button", class: "button", onclick: () => void this.gestures.send(gesture.kind, gesture.args, again) },
        [icon("refresh-cw"), say("retry", { n: again.length })]));
    }
    if (hasProblem) nodes.push(make("button", { type: "button", class: "button button-quiet", onclick: () => this.dismiss(gesture) },
        [icon("check"), make("span", { text: say("dismiss") })]));
    return nodes;
  }

  /** @param {Gesture} gesture */
  dismiss(gesture) {
    this.board.seenGesture = gesture.id;
    this.board.changed();
  }

  openList() {
    const { gesture } = this.board;
    if (!gesture) return;
    const told = [...gesture.problems, ...leftSince(gesture, this.board.tiles.values())];
    const rows = told.filter(problemKind).map((problem) => this.problemRow(problem, gesture));
    byId("receipt-list").replaceChildren(...rows);
    openSheet("receipt-sheet", { text: `${gestureWords(this.board, gesture)} · ${say("by", { name: gesture.by })}` });
  }

  /** @param {Problem} problem @param {Gesture} gesture */
  problemRow(problem, gesture) {
    const words = [make("strong", { dir: "auto", text: nameWords(problem.name) }), make("span", { dir: "auto", text: problemWords(problem, gesture.kind) })];
    return make("button", { type: "button", class: "row-main", "data-kind": weight(problem), onclick: () => this.openTile(problem.device_id) },
      [icon(KIND_ICONS[weight(problem)]), make("span", { class: "row-text" }, words), icon("chevron-right")]);
  }

  /** @param {Gesture} gesture @param {{done: number}} sums @param {{words: string, kind: string, problems: Problem[]}[]} groups */
  sentence(gesture, sums, groups) {
    const said = say("receipt_said", { gesture: gestureWords(this.board, gesture), done: sums.done, all: gesture.targets });
    return [said, ...groups.map((group) => this.groupWords(group))].join(" ");
  }

  /** Politely, and not at each tablet that answers. @param {string} text */
  announce(text) {
    clearTimeout(this.sayTimer);
    const wait = Math.max(300, LIVE_MS - (performance.now() - this.saidAt));
    this.sayTimer = setTimeout(() => {
      this.saidAt = performance.now();
      setText(byId("receipt-live"), text);
    }, wait);
  }
}
