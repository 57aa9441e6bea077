// The page's side of the agent: starts it, in a worker where the browser allows one, and tells it what only a page sees.
/** @import {Message} from "./types.js" */

/** A worker that has not said a word by then is refused, or too old for modules. */
const PATIENCE_MS = 8_000;
/** Time for a tab that is reloaded to be back before another takes its place. */
const TURN_MS = 2_000;
/** What thirty tablets show at the same moment they tell one after the other, once it is shown: no answer delays a screen. */
const TOLD_WITHIN_MS = [120, 300];

export class AgentPort {
  /** @param {(message: Message) => void} hear what the agent says: `state` and `do`; when it returns, it is shown */
  constructor(hear) {
    this.face = hear;
    /** @type {Message[]} */ this.waiting = [];
    /** @type {((message: Message) => void)|null} */ this.post = null;
    this.connection = "connecting";
    /** @type {BroadcastChannel|null} */ this.tabs = null;
    /** @type {ReturnType<typeof setTimeout>|undefined} */ this.turn = undefined;
    /** @type {Message[]} shown, not yet told */ this.toTell = [];
    this.startWorker();
    this.watch();
  }

  /** @param {Message} message */
  send(message) {
    if (message.type === "start") this.join(message.identity.id);
    if (message.type === "start" || message.type === "take_over") this.tabs?.postMessage("opened");
    if (this.post) this.post(message);
    else this.waiting.push(message);
  }

  /** Tells it once it has been painted. @param {Message} message */
  sendShown(message) {
    this.toTell.push(message);
    if (document.hidden) return this.tell(); // nothing is painted, and timers sleep
    if (this.toTell.length > 1) return;
    const [least, most] = TOLD_WITHIN_MS;
    requestAnimationFrame(() => setTimeout(() => this.tell(), least + Math.random() * (most - least)));
  }

  tell() {
    for (const message of this.toTell.splice(0)) this.send(message);
  }

  startWorker() {
    let worker;
    try {
      worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    } catch {
      void this.startHere();
      return;
    }
    const give = () => {
      clearTimeout(late);
      if (this.post) return;
      worker.onmessage = worker.onerror = null;
      worker.terminate();
      void this.startHere();
    };
    const late = setTimeout(give, PATIENCE_MS);
    worker.onerror = give;
    worker.onmessage = ({ data }) => {
      if (data.type === "ready") this.open((message) => worker.postMessage(message));
      else this.hear(data);
    };
  }

  /** The same agent, in the page itself. */
  async startHere() {
    try {
      const { Agent } = await import("./agent.js");
      const agent = new Agent({ emit: (message) => this.hear(message), location, browser: navigator });
      this.open((message) => agent.hear(message));
    } catch {
      setTimeout(() => this.startWorker(), PATIENCE_MS); // the network went away amid the scripts
    }
  }

  /** @param {(message: Message) => void} post */
  open(post) {
    this.post = post;
    for (const message of this.waiting.splice(0)) post(message);
  }

  /** @param {any} message */
  hear(message) {
    if (message.type === "state") this.connection = message.state.connection;
    this.face(message);
    if (message.type === "state") this.sendShown({ type: "shown", rev: message.rev });
  }

  watch() {
    const wake = () => { if (!document.hidden) this.send({ type: "wake" }); };
    addEventListener("online", wake);
    addEventListener("pageshow", wake);
    document.addEventListener("visibilitychange", () => {
      this.tell();
      wake();
    });
    addEventListener("pagehide", () => {
      this.tell();
      if (this.connection !== "elsewhere") this.tabs?.postMessage("closed");
    });
  }

  /**
   * The other tabs of this device, in this browser. The newest is the device; the broker says so too, but not every
   * broker's word arrives over a WebSocket.
   * @param {string} id
   */
  join(id) {
    this.tabs?.close();
    if (typeof BroadcastChannel === "undefined") return;
    this.tabs = new BroadcastChannel(`preau-${id}`);
    this.tabs.onmessage = ({ data }) => {
      clearTimeout(this.turn);
      if (data === "opened") this.send({ type: "yield" });
      else if (this.connection === "elsewhere") this.turn = setTimeout(() => this.send({ type: "take_over" }), TURN_MS * (0.75 + Math.random() / 2));
    };
  }
}
