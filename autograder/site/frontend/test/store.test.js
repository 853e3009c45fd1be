import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as store from "../src/store.js";
import { Storage, useStorage } from "./setup.js";

const entry = (code, more = {}) => ({ code, stub: "", state: "", passed: "", tries: 0, met: [], ...more });

beforeEach(() => {
  useStorage(new Storage());
  for (const id of Object.keys(store.all())) store.remove(id);
});

test("what is saved is loaded again", () => {
  assert.equal(store.save("a.f", entry("x = 1")), true);
  assert.equal(store.load("a.f").code, "x = 1");
  assert.equal(store.problem(), "");
});

test("long code comes back whole", () => {
  const code = "# long\n".repeat(60_000);
  assert.equal(store.save("a.f", entry(code)), true);
  assert.equal(store.load("a.f").code, code);
});

test("a full storage loses nothing on this page and says so", () => {
  useStorage(new Storage(200));
  assert.equal(store.save("a.f", entry("x".repeat(500))), false);
  assert.equal(store.load("a.f").code.length, 500);
  assert.equal(store.all()["a.f"].code.length, 500);
  assert.match(store.problem(), /full/);
  store.remove("a.f");
  assert.equal(store.problem(), "");
});

test("a browser that refuses its storage keeps entries for the page and says so", () => {
  useStorage(() => {
    throw new DOMException("denied", "SecurityError");
  });
  assert.equal(store.save("a.f", entry("x")), false);
  assert.equal(store.load("a.f").code, "x");
  assert.deepEqual(Object.keys(store.all()), ["a.f"]);
  assert.match(store.problem(), /switched off/);
});

test("solved stays solved when the code no longer passes", () => {
  store.save("a.f", entry("broken", { state: "failed", passed: "good" }));
  assert.equal(store.isSolved(store.load("a.f")), true);
  assert.equal(store.isSolved(entry("x")), false);
});

test("an imported file adds what is younger, known and well formed, and nothing else", () => {
  store.save("a.mine", entry("mine"));
  const file = JSON.stringify({
    kind: "dlbook-progress",
    exercises: {
      "a.mine": { code: "older", updated: "2000" },
      "a.f": { code: "theirs", state: "<b>", updated: "z", met: [1, "hint"], tries: -4 },
      "a.unknown": { code: "x" },
      "a.g": { code: 5 },
    },
  });
  assert.equal(store.importAll(file, new Set(["a.mine", "a.f", "a.g"])), 1);
  assert.equal(store.load("a.mine").code, "mine");
  assert.deepEqual({ ...store.load("a.f"), updated: "" }, entry("theirs", { met: ["hint"], updated: "" }));
  for (const bad of ["{", "{}", "null", '{"kind":"dlbook-progress"}']) assert.throws(() => store.importAll(bad, new Set()), /not a file of saved work/);
});

test("what is exported can be imported elsewhere", () => {
  store.save("a.f", entry("x", { passed: "x", state: "passed" }));
  const file = store.exportAll();
  useStorage(new Storage());
  assert.equal(store.importAll(file, new Set(["a.f"])), 1);
  assert.equal(store.isSolved(store.load("a.f")), true);
});
