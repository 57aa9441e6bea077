// Tables that sort and filter, and keep both in the address, so that a link shows the same.
import { plain } from "./core/text.js";

/** @param {HTMLTableRowElement} row @param {number} column @param {string} kind */
function valueOf(row, column, kind) {
  const cell = /** @type {HTMLElement|undefined} */ (row.cells[column]);
  const text = cell?.dataset.value ?? cell?.textContent?.trim() ?? "";
  return kind === "number" ? Number.parseFloat(text) : text;
}

/** What has no value goes last, whichever the direction. @param {string|number} one @param {string|number} other @param {number} sign @param {Intl.Collator} collator */
function compare(one, other, sign, collator) {
  const [oneEmpty, otherEmpty] = [one === "" || Number.isNaN(one), other === "" || Number.isNaN(other)];
  if (oneEmpty || otherEmpty) return Number(oneEmpty) - Number(otherEmpty);
  if (typeof one === "number" && typeof other === "number") return sign * (one - other);
  return sign * collator.compare(String(one), String(other));
}

class SortedTable {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.table = /** @type {HTMLTableElement} */ (root.querySelector("table"));
    this.body = this.table.tBodies[0];
    this.rows = [...this.body.rows];
    this.texts = this.rows.map((row) => plain(row.textContent ?? ""));
    this.filter = /** @type {HTMLInputElement|null} */ (root.querySelector("[data-table-filter]"));
    this.collator = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });
    this.wire();
    this.read();
  }

  wire() {
    this.filter?.addEventListener("input", () => { this.show(); this.write(); });
    this.table.tHead?.addEventListener("click", (event) => {
      const head = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("th[data-sort]"));
      if (!head || !/** @type {Element} */ (event.target).closest("button")) return;
      this.sort(head, head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending");
      this.write();
    });
  }

  /** @param {HTMLElement} head @param {"ascending"|"descending"} direction */
  sort(head, direction) {
    this.table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", direction);
    const column = /** @type {HTMLTableCellElement} */ (head).cellIndex;
    const kind = head.dataset.sort ?? "text";
    const sign = direction === "ascending" ? 1 : -1;
    const order = this.rows.map((row) => ({ row, value: valueOf(row, column, kind) }));
    order.sort((one, other) => compare(one.value, other.value, sign, this.collator));
    this.body.append(...order.map(({ row }) => row));
  }

  show() {
    const words = plain(this.filter?.value ?? "").split(/\s+/).filter(Boolean);
    let shown = 0;
    this.rows.forEach((row, place) => {
      row.hidden = !words.every((word) => this.texts[place].includes(word));
      shown += Number(!row.hidden);
    });
    const none = /** @type {HTMLElement|null} */ (this.root.querySelector("[data-table-none]"));
    if (none) none.hidden = shown > 0 || !this.rows.length;
    const count = /** @type {HTMLElement|null} */ (this.root.querySelector("[data-table-count]"));
    if (count) count.textContent = (count.dataset.template ?? "").replace("{shown}", String(shown)).replace("{total}", String(this.rows.length));
  }

  read() {
    const address = new URLSearchParams(location.search);
    if (this.filter) this.filter.value = address.get("q") ?? "";
    const key = address.get("sort");
    const head = key && /** @type {HTMLElement|null} */ (this.table.querySelector(`th[data-sort][data-key="${CSS.escape(key)}"]`));
    if (head) this.sort(head, address.get("dir") === "desc" ? "descending" : "ascending");
    this.show();
  }

  write() {
    const address = new URL(location.href);
    const head = /** @type {HTMLElement|null} */ (this.table.querySelector("th[aria-sort]"));
    const values = { q: this.filter?.value || null, sort: head?.dataset.key ?? null, dir: head?.getAttribute("aria-sort") === "descending" ? "desc" : null };
    for (const [name, value] of Object.entries(values)) {
      if (value) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    history.replaceState(null, "", address);
  }
}

document.querySelectorAll("[data-table]").forEach((root) => new SortedTable(/** @type {HTMLElement} */ (root)));
