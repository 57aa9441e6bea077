// Puts this device's reading comfort on the page before anything is drawn. Classic script in the head, on purpose.
(function () {
  try {
    const chosen = JSON.parse(localStorage.getItem("preau.comfort") || "{}");
    const root = document.documentElement;
    for (const name of ["size", "spacing", "font"]) if (chosen[name]) root.dataset[name] = chosen[name];
    if (chosen.look === "contrast") root.dataset.contrast = "more";
    else if (chosen.look === "light" || chosen.look === "dark") root.dataset.theme = chosen.look;
  } catch {
    // Nothing kept: the page as it is.
  }
})();
