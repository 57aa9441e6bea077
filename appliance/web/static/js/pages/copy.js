// Buttons that copy a text field. On plain http there is no clipboard API: the old command, and the selection stays.

/** @param {HTMLTextAreaElement} field @returns {boolean} */
function copyText(field) {
  field.focus();
  field.select();
  field.setSelectionRange(0, field.value.length);
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  }
}

document.querySelectorAll("[data-copy]").forEach((element) => {
  const button = /** @type {HTMLElement} */ (element);
  const field = document.getElementById(button.dataset.copy ?? "");
  if (!(field instanceof HTMLTextAreaElement)) return;
  const status = button.parentElement?.querySelector("[data-copy-status]");
  button.hidden = false;
  button.addEventListener("click", () => {
    const said = copyText(field) ? button.dataset.done : button.dataset.failed;
    if (status) status.textContent = said ?? "";
  });
});
