// Applies the theme chosen on this device before anything is drawn. Classic script in the head, on purpose.
(function () {
  try {
    const theme = localStorage.getItem("preau.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage refused: the device's own preference holds.
  }
})();
