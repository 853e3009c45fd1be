import assert from "node:assert/strict";
import { test } from "node:test";
import { isDue, marked } from "../src/cards.js";
import { words } from "../src/clock.js";
import { nextUnsolved } from "../src/ending.js";
import { learn } from "../src/front.js";
import { ideaOf, steps } from "../src/hints.js";
import { forCheck, missingExercises } from "../src/library.js";
import { countOf, summary, undefinedNames } from "../src/report.js";

const STUB = 'def f(x):\n    """Twice a number:\n    2x.\n\n    x (N,) → (N,).\n    """\n    raise NotImplementedError\n';
const chapter = (name, ...names) => ({ name, title: name.toUpperCase(), page: `chapters/${name}.html`, exercises: names.map((n) => ({ name: n, anchor: `at-${n}` })) });
const BOOK = { chapters: [chapter("a", "one", "two", "three"), chapter("b", "four")] };
const passed = (...ids) => (id) => (ids.includes(id) ? { passed: `code of ${id}` } : null);

test("the idea is the first sentence of the stub", () => {
  assert.equal(ideaOf(STUB), "Twice a number: 2x.");
  assert.equal(ideaOf("def f(): pass"), "");
});

test("who has written nothing is not told what is wrong with their function", () => {
  const kinds = (attempted, shown = []) => steps({ stub: STUB, hints: ["your function is 1", "b"], shown, attempted, hasFormula: true }).map((s) => s.kind);
  assert.deepEqual(kinds(false), ["idea", "formula", "write"]);
  assert.deepEqual(kinds(true), ["idea", "mistake", "mistake", "formula"]);
  assert.deepEqual(kinds(true, ["b"]), ["idea", "mistake", "formula"]);
});

test("a check gets the earlier functions of its chapter and the library of all others", () => {
  const load = passed("a.one", "a.three", "b.four");
  assert.deepEqual(forCheck(BOOK, "a", "two", load), {
    earlier: [["one", "code of a.one"]],
    library: [["three", "code of a.three"], ["four", "code of b.four"]],
  });
});

test("an exercise that is called and not solved is named with its page", () => {
  assert.deepEqual(missingExercises(BOOK, ["four", "one", "numpy"], passed("a.one")), [
    { name: "four", chapter: "b", title: "B", page: "chapters/b.html#at-four" },
  ]);
});

test("names that errors say are not defined are found in each wording", () => {
  const results = ["NameError: name 'one' is not defined (line 3: one(x))", "NameError: two is not defined", "MissingFunction: it calls three, which is not written yet", "NameError: name 'one' is not defined"];
  assert.deepEqual(undefinedNames({ report: { results: results.map((message) => ({ message })) } }), ["one", "two", "three"]);
  assert.deepEqual(undefinedNames({ stopped: "x" }), []);
});

test("the next exercise is the next unsolved one, from the start after the end", () => {
  assert.equal(nextUnsolved(BOOK, "a.one", passed("a.one", "a.two")).name, "three");
  assert.equal(nextUnsolved(BOOK, "b.four", passed("b.four", "a.two")).name, "one");
  assert.equal(nextUnsolved(BOOK, "b.four", passed("a.one", "a.two", "a.three", "b.four")), null);
});

test("folded cases are counted in words", () => {
  const results = [{ passed: true }, { passed: false }, { passed: true }];
  assert.equal(countOf(results, true), "3 more cases: 1 fails, 2 pass");
  assert.equal(countOf([{ passed: true }], false), "1 case: 1 passes");
});

test("code that did not run is said to be nothing to check", () => {
  assert.match(summary({ error: { alone: true }, report: { exercise: "a.one" } }), /did not run/);
  assert.match(summary({ report: { exercise: "a.one", attempted: true, solved: true, cases: 3 } }), /all 3 visible cases pass/);
});

test("the clock ticks, tells what is to come, and then that the code runs", () => {
  assert.deepEqual(words(null, null, 0, false, 2100), ["Python starts … 2 s", 0]);
  assert.deepEqual(words({ stage: "Python is coming", share: 0.4, megabytes: 9.2 }, null, 0, false, 3000), ["Python is coming … 10 MB to go, 3 s", 0.4]);
  assert.deepEqual(words(null, 5000, 0, true, 8000), ["Running your code … 3 s", null]);
});

test("the line of the front page learns until no point is wrong", () => {
  const points = [[0.5, 0.2, 1, 1], [-0.5, 0.1, 1, 0], [0.6, -0.4, 1, 1], [-0.2, -0.9, 1, 0]].map(([x, y, one, t]) => ({ x: [x, y, one], t }));
  const path = learn(points);
  assert.equal(path.at(-1).at, -1);
  for (const { x, t } of points) assert.equal(path.at(-1).w.reduce((sum, w, i) => sum + w * x[i], 0) > 0, t === 1);
});

test("a card that is known comes back after 1, 3, 7 and 21 days, one that is not tomorrow", () => {
  let card = null;
  const dues = [];
  for (let i = 0; i < 5; i++) {
    card = marked(card, true, "2026-01-30");
    dues.push(card.due);
  }
  assert.deepEqual(dues, ["2026-01-31", "2026-02-02", "2026-02-06", "2026-02-20", "2026-02-20"]);
  assert.equal(marked(card, false, "2026-01-30").due, "2026-01-31");
  assert.equal(isDue(card, "2026-02-19"), false);
  assert.equal(isDue(card, "2026-02-20"), true);
});
