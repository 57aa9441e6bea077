// Starts the pupil's page when the appliance does not answer. Served over TLS only counts: elsewhere no browser takes it.
// Online nothing comes from here: what is kept is asked for when the network has failed, and only then.
const SHELL = {{ shell|tojson }};
const CACHE = `preau-shell-${SHELL.version}`;
const PATIENCE_MS = 4000;

self.addEventListener("install", (event) => event.waitUntil(keepShell()));
self.addEventListener("activate", (event) => event.waitUntil(dropOlder()));
self.addEventListener("fetch", (event) => {
  const kept = nameOf(event.request);
  if (kept) event.respondWith(answer(event.request, kept));
});

/** All of it or nothing: a shell of two versions would not start. */
async function keepShell() {
  const cache = await caches.open(CACHE);
  await cache.addAll([SHELL.page, ...SHELL.files].map((url) => new Request(url, { cache: "no-cache" })));
  await self.skipWaiting();
}

async function dropOlder() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("preau-shell-") && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** Under what it is kept, or null for what is none of the worker's: documents, questions, teachers' pages. */
function nameOf(request) {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return null;
  if (request.mode === "navigate") return url.pathname === SHELL.page ? SHELL.page : null;
  return url.pathname.startsWith("/static/") ? url.pathname : null;
}

async function answer(request, kept) {
  const found = () => caches.open(CACHE).then((cache) => cache.match(kept, { ignoreVary: true }));
  try {
    const fresh = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return fresh.status < 500 ? fresh : ((await found()) ?? fresh);
  } catch (problem) {
    const shell = await found();
    if (shell) return shell;
    throw problem;
  }
}
