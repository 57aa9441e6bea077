// Sheets: native dialogs. Escape, the cross and a press outside close them; focus goes back by itself.

/** @param {string} id @returns {HTMLDialogElement} */
export function sheet(id) {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement)) throw new Error(`the page has no sheet ${id}`);
  return dialog;
}

/** @param {string} id @param {{title?: string, text?: string}} [words] */
export function openSheet(id, words = {}) {
  const dialog = sheet(id);
  const title = dialog.querySelector("h2");
  const text = dialog.querySelector("[data-sheet-text]");
  if (words.title !== undefined && title) title.textContent = words.title;
  if (words.text !== undefined && text) text.textContent = words.text;
  if (!dialog.open) dialog.showModal();
  // A field at once for a keyboard; on a touch screen its keyboard would hide what can be pressed.
  const field = matchMedia("(pointer: fine)").matches ? dialog.querySelector("[data-first]") : null;
  /** @type {HTMLElement|null} */ (field ?? title)?.focus();
}

/** @param {string} id */
export function closeSheet(id) {
  sheet(id).close();
}

/** @param {string} id @param {string|null} text what went wrong, or null */
export function sayInSheet(id, text) {
  const line = /** @type {HTMLElement|null} */ (sheet(id).querySelector(".field-error"));
  if (!line) return;
  const words = line.querySelector("span");
  if (words) words.textContent = text ?? "";
  line.hidden = text === null;
}

/** Is a finger outside of the dialog's box? @param {HTMLDialogElement} dialog @param {MouseEvent} event */
function isOutside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

export function wireSheets() {
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const opener = /** @type {HTMLElement|null} */ (target.closest("[data-sheet]"));
    if (opener && opener.getAttribute("aria-disabled") !== "true") openSheet(opener.dataset.sheet ?? "");
    if (target.closest("[data-close-sheet]")) target.closest("dialog")?.close();
  });
  document.querySelectorAll("dialog.sheet").forEach((dialog) => {
    const box = /** @type {HTMLDialogElement} */ (dialog);
    box.addEventListener("mousedown", (event) => {
      if (event.target === box && isOutside(box, event)) box.close();
    });
  });
}
