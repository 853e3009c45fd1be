// Python in a worker: started once for all exercises of the tab, stopped when it does not come back.
import { enclosedWorker } from "./enclosure.js";

const SECONDS = 10; // for one check

export class Python {
  #worker = null;
  #ready = null;
  #current = null;
  #queue = Promise.resolve();

  // settings: `base` (the site's address) and `runtime` (where Pyodide is). onProgress: ({stage, share, seconds}).
  constructor(settings, onProgress) {
    this.settings = settings;
    this.onProgress = onProgress;
  }

  // Start Python if it is not running; resolves when it is ready, rejects with what went wrong.
  start() {
    this.#ready ??= new Promise((resolve, reject) => {
      const began = performance.now();
      if (this.settings.runtime.missing) throw new Error("this site was built without it");
      const worker = enclosedWorker(this.settings);
      this.#worker = worker;
      worker.onmessage = ({ data }) => {
        if (data.kind === "progress") {
          this.onProgress({ ...data, seconds: (performance.now() - began) / 1000 });
        } else if (data.kind === "ready") {
          this.onProgress({ stage: "ready", share: 1, seconds: (performance.now() - began) / 1000 });
          resolve();
        } else if (data.kind === "failed") {
          reject(new Error(data.message));
          this.#drop();
        } else this.#current?.answer(data);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message || "the browser could not start it"));
        this.#drop();
      };
      worker.postMessage({ kind: "start", settings: this.settings });
    });
    return this.#ready;
  }

  // Run one request after those before it; resolves to the answer, with `stopped` where it was stopped.
  run(request, onStart) {
    const turn = this.#queue.then(() => this.#run(request, onStart));
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async #run(request, onStart) {
    await this.start();
    return new Promise((resolve) => {
      let timer;
      const end = (answer) => {
        clearTimeout(timer);
        this.#current = null;
        resolve(answer);
      };
      const answer = (data) => {
        if (data.kind === "running") {
          onStart?.();
          timer = setTimeout(() => this.stop(`It was stopped after ${SECONDS} seconds. Is there an endless loop?`), SECONDS * 1000);
        } else if (data.kind === "answer") end(data.answer);
        else if (data.kind === "broken") end({ stopped: data.message });
      };
      this.#current = { answer, end };
      this.#worker.postMessage({ kind: "run", request });
    });
  }

  // Stop what is running; Python starts anew at once, so that the next check does not wait for it.
  stop(reason = "You stopped it.") {
    if (!this.#current) return;
    const { end } = this.#current;
    this.#drop();
    end({ stopped: reason });
    this.start().catch(() => {});
  }

  #drop() {
    this.#worker?.terminate();
    this.#worker = this.#ready = null;
  }
}
