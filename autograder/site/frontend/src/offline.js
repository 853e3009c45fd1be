// The service worker: what was visited is there without a network, and all of the book if its reader asks for it.
// `files` (name → [hash, bytes]) comes before this text when the site is built. A file is kept under its hash, so a
// change of the course fetches what changed and nothing else. Pyodide has a cache of its own.

const SITE = "dlbook-site";
const PYODIDE = "dlbook-pyodide";
const PYODIDE_FOLDER = "_static/pyodide/";
const scope = self.registration.scope;

const cacheOf = (name) => caches.open(name.startsWith(PYODIDE_FOLDER) ? PYODIDE : SITE);
const keyOf = (name, hash = files[name]?.[0] ?? "") => `${scope}${name}?hash=${hash}`;

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));

self.addEventListener("activate", (event) =>
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys())
        if (name.startsWith("dlbook-") && name !== SITE && name !== PYODIDE) await caches.delete(name);
      await self.clients.claim();
    })(),
  ),
);

// {kind: "size"}, {kind: "keep-all"}, {kind: "keep", urls} from a page; answers go to the message's port.
self.addEventListener("message", (event) => {
  const { kind, urls } = event.data ?? {};
  const say = (message) => event.ports[0]?.postMessage(message);
  if (kind === "size") event.waitUntil(missing().then((list) => say({ bytes: bytesOf(list), total: bytesOf(Object.keys(files)) })));
  else if (kind === "keep-all") event.waitUntil(keepAll(say));
  else if (kind === "keep") event.waitUntil(keep(urls.map(nameOf).filter((name) => name in files), () => {}).catch(() => {}));
});

const bytesOf = (names) => names.reduce((sum, name) => sum + files[name][1], 0);

async function missing() {
  const kept = new Set();
  for (const cache of [SITE, PYODIDE]) for (const request of await (await caches.open(cache)).keys()) kept.add(request.url);
  return Object.keys(files).filter((name) => !kept.has(new URL(keyOf(name)).href));
}

async function keepAll(say) {
  try {
    const names = await missing();
    const total = bytesOf(names);
    await keep(names, (done) => say({ done, total }));
    await forgetOld();
    say({ kept: true });
  } catch (error) {
    say({ problem: error.name === "QuotaExceededError" ? "your browser has no room for it" : "the network is gone" });
  }
}

async function keep(names, tell) {
  let done = 0;
  for (const name of names) {
    const cache = await cacheOf(name);
    if (!(await cache.match(keyOf(name)))) {
      const response = await fetch(new URL(name, scope), { cache: "no-cache" }); // asks whether the browser's copy is still good
      if (!response.ok) throw new Error(`${name}: ${response.status}`);
      await cache.put(keyOf(name), response);
    }
    done += files[name][1];
    tell(done);
  }
}

// Versions of files that the site no longer has.
async function forgetOld() {
  const now = new Set(Object.keys(files).map((name) => new URL(keyOf(name)).href));
  for (const name of [SITE, PYODIDE]) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) if (!now.has(request.url)) await cache.delete(request);
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && request.url.startsWith(scope)) event.respondWith(answer(request));
});

function nameOf(url) {
  const name = decodeURIComponent(url.slice(scope.length).split(/[?#]/)[0]);
  return name === "" || name.endsWith("/") ? `${name}index.html` : name;
}

// Pages from the network, so that a new version is seen at once; the rest from the cache, under the hash of this version.
async function answer(request) {
  const name = nameOf(request.url);
  const cache = await cacheOf(name);
  if (name in files && request.mode !== "navigate") {
    const kept = await cache.match(keyOf(name));
    if (kept) return kept;
  }
  try {
    const response = await fetch(request);
    if (response.ok && response.type === "basic" && name in files) await cache.put(keyOf(name), response.clone()).catch(() => {}); // no room: it works without
    return response;
  } catch (error) {
    const kept = (await cache.match(keyOf(name))) ?? (await cache.match(scope + name, { ignoreSearch: true })); // or an older one
    if (kept) return kept;
    throw error;
  }
}
