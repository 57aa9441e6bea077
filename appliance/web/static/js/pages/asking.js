// A page that waits for an answer which comes to the server: loads it anew until it is there.
const AGAIN_MS = 2000;

if (document.querySelector("[data-asking]")) {
  setTimeout(() => location.reload(), AGAIN_MS);
}
