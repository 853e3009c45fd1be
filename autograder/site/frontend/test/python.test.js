import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Python } from "../src/python.js";

// A worker that the test moves: it starts and answers when told to.
let workers;
class FakeWorker {
  sent = [];
  ended = false;
  constructor() {
    workers.push(this);
  }
  postMessage(message) {
    this.sent.push(message);
  }
  terminate() {
    this.ended = true;
  }
  say(kind, more = {}) {
    this.onmessage({ data: { kind, ...more } });
  }
  get requests() {
    return this.sent.filter(({ kind }) => kind === "run").map(({ request }) => request);
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const python = (told = []) => new Python({ base: "http://x/", runtime: { url: "http://x/py/", files: { a: { bytes: 2e6 }, b: { bytes: 8e6 } } } }, (p) => told.push(p));

beforeEach(() => {
  workers = [];
  globalThis.Worker = FakeWorker;
  globalThis.document = { createElement: () => ({}), head: { append() {} } }; // takes the policy for the worker
});

test("requests run one after the other", async () => {
  const p = python();
  const answers = [p.run("one"), p.run("two")];
  workers[0].say("ready");
  await settle();
  assert.deepEqual(workers[0].requests, ["one"]);
  workers[0].say("answer", { answer: 1 });
  assert.equal(await answers[0], 1);
  await settle();
  assert.deepEqual(workers[0].requests, ["one", "two"]);
  workers[0].say("answer", { answer: 2 });
  assert.equal(await answers[1], 2);
});

test("stopping a request that waits stops no other", async () => {
  const p = python();
  const second = new AbortController();
  const answers = [p.run("one"), p.run("two", null, second.signal)];
  workers[0].say("ready");
  await settle();
  second.abort();
  assert.deepEqual(await answers[1], { stopped: "You stopped it." });
  assert.equal(workers[0].ended, false);
  workers[0].say("answer", { answer: 1 });
  assert.equal(await answers[0], 1);
  await settle();
  assert.deepEqual(workers[0].requests, ["one"]);
});

test("a request can be stopped while Python starts, and Python goes on starting", async () => {
  const p = python();
  const controller = new AbortController();
  const answer = p.run("one", null, controller.signal);
  controller.abort();
  assert.deepEqual(await answer, { stopped: "You stopped it." });
  assert.equal(workers[0].ended, false);
  workers[0].say("ready");
  await settle();
  assert.deepEqual(workers[0].requests, []);
  const next = p.run("two");
  await settle();
  workers[0].say("answer", { answer: 2 });
  assert.equal(await next, 2);
  assert.equal(workers.length, 1);
});

test("stopping what runs ends that worker, starts another, and the next request runs there", async () => {
  const p = python();
  const controller = new AbortController();
  const answers = [p.run("loop", null, controller.signal), p.run("two")];
  workers[0].say("ready");
  await settle();
  workers[0].say("running");
  controller.abort();
  assert.deepEqual(await answers[0], { stopped: "You stopped it." });
  assert.equal(workers[0].ended, true);
  workers[1].say("ready");
  await settle();
  assert.deepEqual(workers[1].requests, ["two"]);
  workers[1].say("answer", { answer: 2 });
  assert.equal(await answers[1], 2);
});

test("a start that fails is told, and the next request tries again", async () => {
  const p = python();
  const first = p.run("one");
  workers[0].say("failed", { message: "no network" });
  await assert.rejects(first, /no network/);
  const second = p.run("two");
  await settle();
  assert.equal(workers.length, 2);
  workers[1].say("ready");
  await settle();
  workers[1].say("answer", { answer: 2 });
  assert.equal(await second, 2);
});

test("progress tells the megabytes to come and never goes back", () => {
  const told = [];
  python(told).start();
  for (const share of [0.1, 0.5, 0.3, 0.6]) workers[0].say("progress", { stage: "s", share });
  assert.deepEqual(told.map(({ share }) => share), [0.1, 0.5, 0.5, 0.6]);
  assert.equal(told[1].megabytes, 5);
});
