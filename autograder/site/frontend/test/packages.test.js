// Modules that use packages from node_modules.
import assert from "node:assert/strict";
import { test } from "node:test";
import { unzipSync, zipSync } from "fflate";
import { zipWithCode } from "../src/notebook.js";
import { excerpt, makeSearch } from "../src/search.js";

const ROWS = [
  ["chapters/a.html", "", "Optimizers", "Optimizers", "Steps downhill."],
  ["chapters/a.html", "momentum", "Optimizers", "Momentum", "A velocity adds up gradients, so that the ball rolls on."],
  ["chapters/b.html", "loss", "Networks", "Losses", "The gradient of the loss says where downhill is."],
];

test("a search leads to the section, not to the chapter's top", () => {
  const [first] = makeSearch(ROWS)("velocity");
  assert.deepEqual([first.page, first.anchor, first.section], ["chapters/a.html", "momentum", "Momentum"]);
  assert.deepEqual(makeSearch(ROWS)("gradient").map(({ anchor }) => anchor).sort(), ["loss", "momentum"]);
  assert.deepEqual(makeSearch(ROWS)("zebra"), []);
});

test("an excerpt holds the match, marked, and is cut between words", () => {
  const text = `${"before ".repeat(60)}needle (a*b) ${"after ".repeat(60)}`;
  const parts = excerpt(text, ["needle"]);
  assert.deepEqual(parts.filter(([, isMatch]) => isMatch), [["needle", true]]);
  const words = parts.map(([part]) => part).join("").replaceAll("…", "").trim().split(/\s+/);
  assert.deepEqual(new Set(words), new Set(["before", "needle", "(a*b)", "after"]));
  assert.doesNotThrow(() => excerpt("a (b", ["(b", "*"]));
});

test("the zip keeps every file and holds the reader's code", () => {
  const text = (value) => new TextEncoder().encode(value);
  const cell = { cell_type: "code", source: "stub", metadata: { nbgrader: { solution: true, grade_id: "f" } } };
  const bytes = zipSync({ "a/a.ipynb": text(JSON.stringify({ cells: [cell, { source: "x", metadata: {} }] })), "a/checks/cases.json": text("{}") });
  const made = zipWithCode(bytes, "a", new Map([["f", { code: "mine" }]]));
  const files = unzipSync(made);
  assert.deepEqual(Object.keys(files).sort(), ["a/a.ipynb", "a/checks/cases.json"]);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(files["a/a.ipynb"])).cells.map((c) => c.source), ["mine", "x"]);
  assert.deepEqual(made, zipWithCode(bytes, "a", new Map([["f", { code: "mine" }]])));
});
