// Python in a worker: started once for all exercises of the page, stopped when it does not come back.
import { enclosedWorker } from "./enclosure.js";

const SECONDS = 10; // for one check
const SECONDS_WITH_PLOTS = 40; // loading matplotlib is part of it, and takes long on a slow machine

export class Python {
  #worker = null;
  #ready = null;
  #job = null; // the one that runs, or waits for Python to start
  #waiting = [];
  #share = 0;

  // settings: `base` (the site's address) and `runtime` (where Pyodide is). onProgress: ({stage, share, megabytes}).
  constructor(settings, onProgress) {
    this.settings = settings;
    this.onProgress = onProgress;
    const sizes = Object.values(settings.runtime?.files ?? {}).map((file) => file.bytes);
    this.megabytes = sizes.reduce((sum, bytes) => sum + bytes, 0) / 1e6;
  }

  get isReady() {
    return this.#worker !== null && this.#share === 1;
  }

  // Start Python if it is not running; resolves when it is ready, rejects with what went wrong.
  start() {
    this.#ready ??= new Promise((resolve, reject) => {
      if (this.settings.runtime.missing) throw new Error("this site was built without it");
      const worker = enclosedWorker(this.settings);
      this.#worker = worker;
      this.#share = 0;
      worker.onmessage = ({ data }) => {
        if (data.kind === "progress") this.#progress(data);
        else if (data.kind === "ready") {
          this.#progress({ stage: "ready", share: 1 });
          resolve();
        } else if (data.kind === "failed") {
          this.#drop();
          reject(new Error(data.message));
        } else this.#hear(data);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        this.#drop();
        reject(new Error(event.message || "the browser could not start it"));
      };
      worker.postMessage({ kind: "start", settings: this.settings });
    });
    return this.#ready;
  }

  #progress({ stage, share }) {
    this.#share = Math.max(this.#share, share); // a bar never goes back
    this.onProgress?.({ stage, share: this.#share, megabytes: this.megabytes * (1 - this.#share) });
  }

  // Run one request after those before it; resolves to the answer, with `stopped` if it was stopped.
  // onStart: called when the reader's code begins to run. signal: an AbortSignal that stops this request and no other.
  run(request, onStart, signal) {
    return new Promise((resolve, reject) => {
      const job = { request, onStart, resolve, reject, running: false };
      if (signal?.aborted) return resolve({ stopped: "You stopped it." });
      signal?.addEventListener("abort", () => this.#stop(job, "You stopped it."), { once: true });
      this.#waiting.push(job);
      this.#advance();
    });
  }

  async #advance() {
    if (this.#job || !this.#waiting.length) return;
    const job = (this.#job = this.#waiting.shift());
    try {
      await this.start();
    } catch (error) {
      if (this.#job === job) this.#end(job, () => job.reject(error));
      return;
    }
    if (this.#job === job) this.#worker.postMessage({ kind: "run", request: job.request });
  }

  #hear(data) {
    const job = this.#job;
    if (!job) return;
    if (data.kind === "running") {
      job.running = true;
      job.onStart?.();
      const seconds = job.request.plots ? SECONDS_WITH_PLOTS : SECONDS;
      const reason = `It was stopped after ${seconds} seconds. Is there an endless loop?`;
      job.timer = setTimeout(() => this.#stop(job, reason), seconds * 1000);
    } else if (data.kind === "answer") this.#end(job, () => job.resolve(data.answer));
    else if (data.kind === "broken") this.#end(job, () => job.resolve({ stopped: data.message }));
  }

  // Stop one job. A job that has begun takes Python with it, which starts again at once for the next check.
  #stop(job, reason) {
    if (this.#waiting.includes(job)) {
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      job.resolve({ stopped: reason });
    } else if (this.#job === job) {
      const begun = this.#worker && this.#share === 1;
      if (begun) this.#drop();
      this.#end(job, () => job.resolve({ stopped: reason }));
      if (begun) this.start().catch(() => {});
    }
  }

  #end(job, settle) {
    clearTimeout(job.timer);
    this.#job = null;
    settle();
    this.#advance();
  }

  #drop() {
    this.#worker?.terminate();
    this.#worker = this.#ready = null;
    this.#share = 0;
  }
}
