// Serves the crew's page without a network: what it is made of from a cache that belongs to this version, the page itself
// from the network while there is one, else as it was last. It forgets the page as soon as nobody is signed in.

const TOLD = {{ told|safe }};
const SHELL = `crew-shell-${TOLD.version}`;
const PAGE = "crew-page";
const PATIENCE_MS = 5_000;

self.addEventListener("install", (event) => {
  const wanted = TOLD.assets.map((path) => new Request(path, { cache: "reload" }));
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(wanted)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("crew-shell-") && name !== SHELL;
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname === TOLD.page) event.respondWith(page(request));
  else if (TOLD.assets.includes(pathname)) event.respondWith(asset(request, pathname));
});

async function asset(request, pathname) {
  const cache = await caches.open(SHELL);
  return (await cache.match(pathname)) || fetch(request);
}

/** A page that is long in coming on a weak signal is shown as it was. */
async function page(request) {
  const cache = await caches.open(PAGE);
  const kept = await cache.match(TOLD.page);
  try {
    const answer = await fetch(request, kept && request.mode === "navigate" ? { signal: AbortSignal.timeout(PATIENCE_MS) } : {});
    if (answer.ok && !answer.redirected && answer.type === "basic") await cache.put(TOLD.page, answer.clone());
    else if (answer.redirected || answer.type === "opaqueredirect" || answer.status === 403) await cache.delete(TOLD.page);
    return answer;
  } catch (error) {
    if (!kept) throw error;
    const headers = new Headers(kept.headers);
    headers.set("X-Kept", "yes");
    return new Response(await kept.blob(), { status: 200, headers });
  }
}
