// The worker that runs readers' code, under a policy that it cannot leave on any web server.

let narrowed = false;

// Before any code of a reader's runs, this page may load the site's static files and Pyodide's and nothing else: no
// other address of this host, which may know the reader. A second policy can only narrow the first.
function narrow({ base, runtime }) {
  if (narrowed) return;
  narrowed = true;
  const own = source(new URL("_static/", base).href);
  const files = source(runtime.url);
  const meta = document.createElement("meta");
  meta.httpEquiv = "Content-Security-Policy";
  meta.content = `connect-src ${own} ${files}; script-src ${own} blob: 'wasm-unsafe-eval'`;
  document.head.append(meta);
}

// An address as a policy has it: there ";" and "," separate.
const source = (url) => url.replace(/[;,]/g, encodeURIComponent);

// A worker made from a blob has the policy of the page that made it; one made from a file would have its server's.
export function enclosedWorker(settings) {
  narrow(settings);
  const file = new URL("_static/live/worker.js", settings.base).href;
  const start = URL.createObjectURL(new Blob([`importScripts(${JSON.stringify(file)});`], { type: "text/javascript" }));
  return new Worker(start);
}
