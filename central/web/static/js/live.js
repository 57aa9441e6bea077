// The live view of one school: asked for while the page is looked at, drawn as it comes.

const EVERY_MS = 2000;

class Live {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.button = /** @type {HTMLButtonElement} */ (root.querySelector("[data-live-start]"));
    this.label = /** @type {HTMLElement} */ (this.button.querySelector("span"));
    this.text = /** @type {HTMLElement} */ (root.querySelector("[data-live-text]"));
    this.grid = /** @type {HTMLElement} */ (root.querySelector("[data-live-grid]"));
    this.start = this.label.textContent ?? "";
    this.intro = this.text.textContent ?? "";
    this.timer = 0;
    this.button.addEventListener("click", () => (this.timer ? this.stop() : this.look()));
    document.addEventListener("visibilitychange", () => { if (document.hidden && this.timer) this.stop(); });
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.label.textContent = this.start;
    this.text.textContent = this.intro;
    this.grid.hidden = true;
  }

  async look() {
    this.label.textContent = this.button.dataset.stop ?? "";
    this.timer = setTimeout(() => this.look(), EVERY_MS);
    const token = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="csrf-token"]')).content;
    try {
      const answer = await fetch(this.root.dataset.live ?? "", { method: "POST", headers: { "X-CSRFToken": token, Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      if (this.timer) this.draw(await answer.json());
    } catch {
      this.text.textContent = this.button.dataset.waiting ?? "";
    }
  }

  /** @param {{at: string|null, fresh: boolean, picture: {devices?: Array<{id: string, name: string, online: boolean, in_lesson: boolean, battery?: number}>}}} found */
  draw(found) {
    if (!found.fresh || !found.at) {
      this.text.textContent = this.button.dataset.waiting ?? "";
      return;
    }
    const time = new Date(found.at).toLocaleTimeString(document.documentElement.lang);
    this.text.textContent = (this.button.dataset.shown ?? "").replace("{time}", time);
    this.grid.hidden = false;
    this.grid.replaceChildren(...(found.picture.devices ?? []).map((device) => this.tile(device)));
  }

  /** @param {{name: string, online: boolean, in_lesson: boolean, battery?: number}} device */
  tile(device) {
    const item = document.createElement("li");
    item.dataset.online = String(device.online);
    const words = this.button.dataset;
    const state = device.online ? (device.in_lesson ? words.lesson : words.here) : words.away;
    const charge = device.battery === undefined || device.battery === null ? "" : ` · ${device.battery}\u00a0%`;
    for (const [name, text] of [["strong", device.name], ["span", `${state}${charge}`]]) {
      const part = document.createElement(String(name));
      part.textContent = String(text);
      item.append(part);
    }
    return item;
  }
}

document.querySelectorAll("[data-live]").forEach((root) => new Live(/** @type {HTMLElement} */ (root)));
