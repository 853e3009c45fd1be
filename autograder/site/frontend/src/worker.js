// Pyodide, shut in: it fetches its own files and nothing else, and has no way into the page, its storage or the network.

// What stays in the worker's world: the language, and what Pyodide and NumPy need.
const KEEP = new Set(`
  Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date Promise RegExp Error
  AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError globalThis JSON Math Intl ArrayBuffer
  Atomics Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array Float16Array Float32Array Float64Array
  Uint8ClampedArray BigUint64Array BigInt64Array DataView Map BigInt Set WeakMap WeakSet WeakRef Proxy Reflect
  FinalizationRegistry Iterator SuppressedError decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape
  eval isFinite isNaN SharedArrayBuffer WebAssembly console self location navigator performance crypto
  TextDecoder TextEncoder URL URLSearchParams Blob Headers Request Response ReadableStream TransformStream AbortController
  AbortSignal MessageChannel MessagePort MessageEvent Event EventTarget ErrorEvent CustomEvent DOMException
  setTimeout clearTimeout setInterval clearInterval queueMicrotask structuredClone atob btoa
  WorkerGlobalScope DedicatedWorkerGlobalScope WorkerLocation WorkerNavigator constructor onmessage onerror
  postMessage addEventListener removeEventListener dispatchEvent
  loadPyodide _createPyodideModule
`.split(/\s+/));
const CLOSED = new Set(["fetch", "importScripts"]);
const NAVIGATOR = new Set(["userAgent", "hardwareConcurrency", "language", "platform", "constructor"]);

const send = self.postMessage.bind(self);
const download = self.fetch.bind(self);
let pyodide, run, base, runtime;
const loaded = new Set();

// Pyodide leaves some failures of its start to nobody.
self.onunhandledrejection = (event) => run || send({ kind: "failed", message: String(event.reason?.message ?? event.reason) });

self.onmessage = async ({ data }) => {
  if (data.kind === "start") {
    try {
      await start(data.settings);
      send({ kind: "ready" });
    } catch (error) {
      send({ kind: "failed", message: String(error?.message ?? error).slice(0, 500) });
    }
  } else if (data.kind === "run") {
    try {
      send({ kind: "answer", answer: await answer(data.request) });
    } catch (error) {
      send({ kind: "broken", message: String(error?.message ?? error).slice(-500) });
    }
  }
};

async function start(settings) {
  ({ base, runtime } = settings);
  const total = Object.values(runtime.files).reduce((sum, file) => sum + file.bytes, 0);
  let arrived = 0;
  const count = (bytes) => {
    arrived += bytes;
    send({ kind: "progress", stage: "Python is coming", share: Math.min(0.95, arrived / total) });
  };
  self.fetch = guarded(count);
  await script("pyodide.js");
  await script("pyodide.asm.js");
  pyodide = await self.loadPyodide({
    indexURL: runtime.url,
    stdout: () => {},
    stderr: () => {},
    env: { MPLBACKEND: "agg", HOME: "/home/pyodide" },
  });
  send({ kind: "progress", stage: "NumPy is coming", share: 0.95 });
  await pyodide.loadPackage("numpy", { messageCallback: () => {} });
  const source = await (await download(new URL("_static/live/page.py", base))).text();
  const live = pyodide.toPy({});
  pyodide.runPython(source, { globals: live, filename: "page.py" });
  run = live.get("run_json");
  shutIn();
}

// A fetch for Pyodide's own files: GET, from where the runtime is, with the hashes that the site pins.
function guarded(count) {
  return async (resource, options) => {
    const url = new URL(resource.url ?? resource, base).href;
    if (url.slice(0, runtime.url.length) !== runtime.url) throw new TypeError("This page's Python has no network.");
    const pinned = runtime.files[url.slice(runtime.url.length)];
    const integrity = pinned?.integrity ?? options?.integrity;
    const response = await download(url, { credentials: "omit", redirect: "error", ...(integrity && { integrity }) });
    if (!response.ok) throw new Error(`${url} cannot be loaded (${response.status})`);
    if (!response.body) return response;
    const counter = new TransformStream({
      transform(chunk, controller) {
        count(chunk.byteLength);
        controller.enqueue(chunk);
      },
    });
    return new Response(response.body.pipeThrough(counter), { headers: response.headers });
  };
}

// importScripts knows no hashes: from another host the text is fetched with its hash first.
async function script(name) {
  const url = runtime.url + name;
  if (new URL(url).origin === self.location.origin) return self.importScripts(url);
  const text = await (await self.fetch(url)).text();
  const copy = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  self.importScripts(copy);
  URL.revokeObjectURL(copy);
}

// Take from this worker all that reaches out of it, before any code of a reader's runs. What the language itself can
// load, `import(…)`, the policy of the page forbids, which holds here too.
function shutIn() {
  for (const [name, value] of [["fetch", self.fetch], ["importScripts", undefined]]) close(name, value);
  for (const object of chain(self))
    for (const name of Object.getOwnPropertyNames(object))
      if (!KEEP.has(name) && !CLOSED.has(name)) drop(object, name);
  for (const name of Object.getOwnPropertyNames(WorkerNavigator.prototype))
    if (!NAVIGATOR.has(name)) drop(WorkerNavigator.prototype, name);
  for (const name of ["createObjectURL", "revokeObjectURL"]) drop(URL, name);
  for (const object of [URL, URL.prototype, String.prototype]) Object.freeze(object); // what `guarded` relies on
}

// Give this worker its last `value` of a name: it stays when deleted, and no prototype has another.
function close(name, value) {
  for (const object of chain(Object.getPrototypeOf(self))) drop(object, name);
  Object.defineProperty(self, name, { value, writable: false, configurable: false });
}

function* chain(object) {
  for (; object && object !== Object.prototype; object = Object.getPrototypeOf(object)) yield object;
}

function drop(object, name) {
  try {
    if (!delete object[name]) Object.defineProperty(object, name, { value: undefined });
  } catch {
    try {
      object[name] = undefined;
    } catch {
      // not ours to change: a constant of the language
    }
  }
}

async function answer(request) {
  await checks(request.chapter);
  if (request.plots && !loaded.has("matplotlib")) {
    send({ kind: "progress", stage: "Matplotlib is coming", share: 0.5 });
    await pyodide.loadPackage("matplotlib", { messageCallback: () => {} });
    pyodide.runPython("import matplotlib.pyplot"); // a slow machine takes its time here, which is not the reader's code's
    loaded.add("matplotlib");
    send({ kind: "progress", stage: "ready", share: 1 });
  }
  send({ kind: "running" });
  return JSON.parse(run(JSON.stringify(request)));
}

// The chapter's checks, the same package that lies beside the released notebook.
async function checks(chapter) {
  if (!/^[a-z_]+$/.test(chapter) || loaded.has(chapter)) return;
  const response = await download(new URL(`_static/live/checks/${chapter}.zip`, base));
  if (!response.ok) throw new Error(`the checks of ${chapter} cannot be loaded (${response.status})`);
  pyodide.unpackArchive(await response.arrayBuffer(), "zip", { extractDir: `/checks/${chapter}` });
  loaded.add(chapter);
}
