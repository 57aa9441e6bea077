// Over TLS the page starts without the appliance, too: a worker of the browser's keeps its shell (templates/pupil/worker.js).
// On plain http no browser offers that, and nothing here depends on it.

if (location.protocol === "https:" && "serviceWorker" in navigator) {
  // A certificate that the browser only tolerates is none to it here: then it stays as on plain http.
  navigator.serviceWorker.register("/pupil/worker.js", { scope: "/pupil", updateViaCache: "none" }).catch(() => undefined);
}
