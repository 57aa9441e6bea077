// A button that prints; pages without scripts have their browser's menu.
document.querySelectorAll("[data-print]").forEach((button) => {
  /** @type {HTMLElement} */ (button).hidden = false;
  button.addEventListener("click", () => print());
});
