// A selection in a long table: all of the page at once, a range with Shift, and how many are chosen.

class Picks {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.boxes = /** @type {HTMLInputElement[]} */ ([...root.querySelectorAll('tbody input[type="checkbox"]')]);
    this.count = /** @type {HTMLElement|null} */ (root.querySelector("[data-pick-count]"));
    const label = /** @type {HTMLElement|null} */ (root.querySelector("[data-pick-all]"));
    this.all = label?.querySelector("input") ?? null;
    this.buttons = /** @type {HTMLButtonElement[]} */ ([...root.querySelectorAll(".selection button")]);
    this.last = -1;
    if (label) label.hidden = this.boxes.length === 0;
    this.all?.addEventListener("change", () => { for (const box of this.boxes) box.checked = this.all?.checked ?? false; this.draw(); });
    this.boxes.forEach((box, place) => box.addEventListener("click", (event) => this.pick(place, event.shiftKey)));
    root.querySelector("form.selection")?.addEventListener("submit", (event) => { if (!this.chosen()) event.preventDefault(); });
    this.draw();
  }

  chosen() {
    return this.boxes.filter((box) => box.checked).length;
  }

  /** @param {number} place @param {boolean} range */
  pick(place, range) {
    const [from, to] = range && this.last >= 0 ? [Math.min(place, this.last), Math.max(place, this.last)] : [place, place];
    for (const box of this.boxes.slice(from, to + 1)) box.checked = this.boxes[place].checked;
    this.last = place;
    this.draw();
  }

  draw() {
    const count = this.chosen();
    if (this.all) {
      this.all.checked = count > 0 && count === this.boxes.length;
      this.all.indeterminate = count > 0 && count < this.boxes.length;
    }
    for (const button of this.buttons) button.setAttribute("aria-disabled", String(count === 0));
    if (!this.count) return;
    const words = this.count.dataset;
    this.count.textContent = (count === 0 ? words.none : count === 1 ? words.one : words.many?.replace("{n}", String(count))) ?? "";
  }
}

document.querySelectorAll("[data-picks]").forEach((root) => new Picks(/** @type {HTMLElement} */ (root)));
