// The service worker: what was visited, and all that the site lists, is there without a network.
// `files` and `version` come before this text when the site is built.

const CACHE = `dlbook-${version}`;
const scope = self.registration.scope;

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));

self.addEventListener("activate", (event) =>
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith("dlbook-") && name !== CACHE) await caches.delete(name);
      await self.clients.claim();
    })(),
  ),
);

// The page asks for the rest of the site when it has nothing else to do.
self.addEventListener("message", (event) => {
  if (event.data === "keep-all") event.waitUntil(keepAll());
});

async function keepAll() {
  const cache = await caches.open(CACHE);
  for (const file of files) {
    const url = new URL(file, scope).href;
    if (await cache.match(url, { ignoreSearch: true })) continue;
    try {
      await cache.add(url);
    } catch {
      return; // the network is gone; the next visit goes on
    }
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && request.url.startsWith(scope)) event.respondWith(answer(request));
});

// Pages from the network, so that a new version is seen at once; the rest from the cache, which has the version's own.
async function answer(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, { ignoreSearch: true });
  if (kept && request.mode !== "navigate") return kept;
  try {
    const response = await fetch(request);
    if (response.ok && response.type === "basic") await cache.put(request.url.split("?")[0].split("#")[0], response.clone());
    return response;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}
