// Keeps the board true: Socket.IO when it can, polling when it cannot, and says so when neither does.
/** @import {Board} from "./state.js" */
import { io } from "../../vendor/socket.io.esm.min.js";
import { ask, AskError } from "../core/http.js";

const POLL_MS = 5000;
const PULSE_MS = 4000;
const BUSY_MS = 60_000;
const PULSE_TIMEOUT_MS = 2500;

export class Live {
  /** @param {Board} board */
  constructor(board) {
    this.board = board;
    this.path = `/lessons/${encodeURIComponent(board.lesson.id)}/board.json`;
    this.connected = false;
    this.isBusy = false;
    /** @type {Promise<void>|null} */ this.asking = null;
    this.socket = io({ transports: ["websocket", "polling"], reconnectionDelay: 500, reconnectionDelayMax: 4000, timeout: 4000 });
  }

  start() {
    const { socket, board } = this;
    socket.on("connect", () => {
      socket.emit("watch", { lesson: board.lesson.id });
      this.connected = true;
      void this.refresh();
    });
    socket.on("disconnect", () => { this.connected = false; void this.refresh(); });
    socket.on("board", (/** @type {any} */ news) => { board.merge(news); this.settle(); });
    socket.on("connect_error", () => void this.refresh());
    socket.on("lesson_over", () => this.end());
    socket.on("busy", () => this.stepBack());
    setInterval(() => void this.pulse(), PULSE_MS);
    setInterval(() => { if (!this.connected || this.isBusy) void this.refresh(); }, POLL_MS);
    addEventListener("online", () => void this.pulse());
    addEventListener("offline", () => void this.pulse());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) void this.refresh(); });
  }

  /** Too many look: this page asks now and then, and tries for a place again later. */
  stepBack() {
    this.isBusy = true;
    this.settle();
    setTimeout(() => { this.isBusy = false; this.socket.connect(); }, BUSY_MS);
  }

  /** The connection stays: what the devices say after the lesson is how the page knows that they are free. */
  end() {
    this.board.setLink("over");
  }

  /** The link, when the appliance has just answered. */
  settle() {
    if (this.board.lesson.ended_at) this.end();
    else if (this.isBusy) this.board.setLink("busy");
    else this.board.setLink(this.connected ? "live" : "polling");
  }

  /** Asks for the whole board; one question at a time. @returns {Promise<void>} */
  refresh() {
    this.asking ??= this.fetchBoard().finally(() => { this.asking = null; });
    return this.asking;
  }

  async fetchBoard() {
    if (this.board.link === "over") return;
    try {
      this.board.replace(await ask("GET", this.path, undefined, POLL_MS));
      this.settle();
      if (!this.socket.active && !this.isBusy && !this.board.lesson.ended_at) this.socket.connect();
    } catch (problem) {
      this.fail(/** @type {AskError} */ (problem));
    }
  }

  /** @param {AskError} problem */
  fail(problem) {
    if (problem.isSignedOut) this.board.setLink("signed_out");
    else if (problem.status === 404 || problem.status === 410) this.end();
    else this.board.setLink("lost");
  }

  /** Is the appliance there? A socket notices a dead one only after half a minute. */
  async pulse() {
    if (document.hidden || this.board.link === "over" || this.board.link === "signed_out") return;
    try {
      await ask("GET", "/api/time", undefined, PULSE_TIMEOUT_MS);
      if (this.board.link === "lost") await this.refresh();
      if (this.connected) this.board.freshAt = Date.now();
    } catch (problem) {
      this.fail(/** @type {AskError} */ (problem));
    }
  }
}
