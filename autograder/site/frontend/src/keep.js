// Offline reading: pages that were visited are kept; the whole book if the reader asks for it.
import { element } from "./dom.js";

const KEPT = "dlbook-offline"; // the reader has asked for the whole book

export async function offerOffline(base) {
  if (!("serviceWorker" in navigator) || navigator.connection?.saveData) return;
  await pageIsLoaded();
  let registration;
  try {
    await navigator.serviceWorker.register(new URL("offline.js", base));
    registration = await navigator.serviceWorker.ready;
  } catch {
    return; // from a file, or over plain http, browsers have no service workers
  }
  const worker = registration.active;
  const urls = [location.href, ...performance.getEntriesByType("resource").map((entry) => entry.name)];
  worker.postMessage({ kind: "keep", urls: urls.filter((url) => url.startsWith(base)) });
  const place = document.getElementById("book-offline");
  const { bytes } = await ask(worker, { kind: "size" });
  if (isWanted() && bytes) return keepAll(worker, place, true); // what changed since
  if (place) showOffer(place, worker, bytes);
}

function showOffer(place, worker, bytes) {
  if (!bytes) return place.replaceChildren("This book is kept in this browser and works without a network.");
  const button = element("button", { type: "button", className: "live-button live-small" }, `Keep this book offline (${megabytes(bytes)})`);
  button.onclick = () => keepAll(worker, place);
  place.replaceChildren(button);
}

function keepAll(worker, place, quietly = false) {
  const status = element("span", { role: "status" });
  const bar = element("progress", { max: 1, value: 0, "aria-label": "The book is being kept" });
  if (!quietly) place?.replaceChildren(bar, " ", status);
  const channel = new MessageChannel();
  channel.port1.onmessage = ({ data }) => {
    if (data.kept) {
      want();
      place?.replaceChildren(element("span", { role: "status" }, "This book is kept in this browser and works without a network."));
    } else if (data.problem) {
      const again = element("button", { type: "button", className: "live-button live-small" }, "Try again");
      again.onclick = () => keepAll(worker, place);
      place?.replaceChildren(element("span", { role: "status" }, `Not all of the book is kept: ${data.problem}. `), again);
    } else {
      bar.value = data.total ? data.done / data.total : 1;
      status.textContent = `${megabytes(data.done)} of ${megabytes(data.total)}`;
    }
  };
  worker.postMessage({ kind: "keep-all" }, [channel.port2]);
}

const megabytes = (bytes) => `${bytes < 950_000 ? (bytes / 1e6).toFixed(1) : Math.round(bytes / 1e6)} MB`;

function ask(worker, message) {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = ({ data }) => resolve(data);
    worker.postMessage(message, [channel.port2]);
  });
}

const pageIsLoaded = () =>
  new Promise((resolve) => (document.readyState === "complete" ? resolve() : addEventListener("load", resolve, { once: true })));

function isWanted() {
  try {
    return localStorage.getItem(KEPT) !== null;
  } catch {
    return false;
  }
}

function want() {
  try {
    localStorage.setItem(KEPT, "1");
  } catch {
    // the files are kept; only the wish to renew them by itself is not
  }
}
