// One exercise of the page: its stub becomes an editor with buttons, a report and a state.
import { element } from "./dom.js";
import { steps } from "./hints.js";
import { keyBar } from "./keys.js";
import { forCheck, missingExercises } from "./library.js";
import { showReport, summary, undefinedNames } from "./report.js";
import { Scratch } from "./scratch.js";
import * as store from "./store.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const onTouch = matchMedia("(hover: none) and (pointer: coarse)").matches;

const EMPTY = { state: "", passed: "", updated: "", tries: 0, met: [] };

export class Exercise {
  // root: the element with data-exercise. course: the page's data. python: the page's `Python`.
  constructor(root, course, python) {
    this.root = root;
    this.id = root.dataset.exercise;
    [this.chapter, this.name] = this.id.split(".");
    this.course = course;
    this.python = python;
    root.live = this;
    this.stub = root.querySelector("pre").textContent.replace(/\n+$/, "\n");
    this.entry = store.load(this.id) ?? this.#fresh();
    this.code = this.entry.code;
    this.shown = new Set(); // the hints' steps
    this.running = null; // the AbortController of a check under way
    this.#build();
  }

  #fresh() {
    return { ...EMPTY, code: this.stub, stub: this.stub };
  }

  #build() {
    const id = `live-${this.name}`;
    this.state = element("span", { className: "live-state" });
    this.note = element("p", { className: "live-note", hidden: true });
    this.unsaved = element("p", { className: "live-note live-unsaved", role: "status", hidden: true });
    this.place = element("div", { className: "live-editor" });
    this.stale = element("p", { className: "live-note", hidden: true }, "You have changed your code since this report.");
    this.report = element("div", { className: "live-report" });
    this.steps = element("div", { className: "live-steps" });
    this.ending = element("div", { className: "live-ending" });
    this.status = element("p", { className: "live-status", role: "status" });
    this.bar = element("progress", { className: "live-progress", max: 1, value: 0, hidden: true, "aria-label": "Python is starting" });
    const button = (label, run) => element("button", { type: "button", className: "live-button", onclick: run }, label);
    this.checkButton = button("Check", () => this.check());
    this.checkButton.classList.add("live-main");
    this.stopButton = button("Stop", () => this.running?.abort());
    this.stopButton.hidden = true;
    this.hintButton = button("Hint", () => this.hint());
    this.resetButton = button("Reset", () => this.reset());
    this.tryButton = button("Try it out", () => this.scratch.toggle());
    this.scratch = new Scratch(this);
    const key = isMac ? "⌘+Return" : "Ctrl+Enter";
    const help = onTouch ? "" : `${key} checks. Tab indents; Esc, then Tab leaves the editor.`;
    this.help = element("span", { id: `${id}-help`, className: "live-help" }, help);
    this.plain = this.root.firstElementChild; // the stub as the page has it, shown until the editor is there
    this.root.prepend(
      element("div", { className: "live-head" }, element("span", { className: "live-title" }, `Exercise: ${this.name}`), this.state),
      this.note,
      this.place,
    );
    this.place.append(this.plain);
    if (onTouch) this.place.after(keyBar(() => this.editor));
    this.root.append(
      element("div", { className: "live-buttons" }, this.checkButton, this.stopButton, this.hintButton, this.tryButton, this.resetButton, this.help),
      (this.results = element("div", { className: "live-results" }, this.bar, this.status, this.unsaved, this.stale, this.report, this.ending)),
      this.steps,
      this.scratch.root,
    );
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", `Exercise ${this.name}`);
    this.root.addEventListener("pointerenter", () => this.course.approach(), { once: true });
    this.root.addEventListener("focusin", () => this.course.approach(), { once: true });
    if (this.entry.state) this.root.dataset.state = this.entry.state;
    this.#showState();
    this.#noteChange();
  }

  // Put CodeMirror in place of the plain stub.
  attach(makeEditor) {
    if (this.editor) return;
    const label = `Your code for ${this.name}`;
    this.place.replaceChildren();
    this.makeEditor = makeEditor;
    this.editor = makeEditor(
      this.place, this.code, label, this.help.id, (text) => this.#changed(text), () => this.check(),
    );
  }

  #changed(text) {
    if (text === this.code) return;
    this.code = text;
    this.entry = { ...this.entry, code: text, stub: this.stub, state: "" };
    delete this.root.dataset.state;
    this.stale.hidden = !this.report.hasChildNodes() && !this.answer;
    this.report.classList.add("live-old");
    if (this.answer && !this.running) this.#say("");
    if (!this.running) this.#giveRoom();
    this.#keep();
    this.#showState();
  }

  #keep() {
    if (this.entry.code === this.stub && !this.entry.state && !this.entry.passed && !this.entry.tries) store.remove(this.id);
    else store.save(this.id, this.entry);
    const problem = store.problem();
    this.unsaved.hidden = !problem;
    if (this.unsaved.textContent !== problem) this.unsaved.textContent = problem;
  }

  async check() {
    if (this.running) return; // one check at a time: pressing twice asks for no second one
    const code = this.editor ? this.editor.text : this.code;
    const controller = (this.running = new AbortController());
    delete this.root.dataset.state;
    this.#keepRoom();
    this.root.setAttribute("aria-busy", "true");
    this.checkButton.setAttribute("aria-disabled", "true"); // not `disabled`, which would take the focus away
    this.stopButton.hidden = false;
    this.#say("Checking …");
    const clock = this.course.watch((text, share) => this.#progress(text, share));
    try {
      const book = await this.course.book();
      const request = {
        chapter: this.chapter,
        exercise: this.name,
        code,
        ...forCheck(book, this.chapter, this.name),
      };
      request.plots = /\b(matplotlib|plt)\b/.test([code, ...[...request.earlier, ...request.library].map((pair) => pair[1])].join("\n"));
      const answer = await this.python.run(request, clock.running, controller.signal);
      this.#show(answer, code, book);
    } catch (error) {
      this.#say(`Python did not start: ${error.message}. Your code is kept. Check your connection, then press Check again.`);
    } finally {
      clock.end();
      this.running = null;
      this.root.removeAttribute("aria-busy");
      this.bar.hidden = true;
      this.checkButton.removeAttribute("aria-disabled");
      if (document.activeElement === this.stopButton) this.checkButton.focus({ preventScroll: true });
      this.stopButton.hidden = true;
    }
  }

  // What is below moves when the reader presses Check, not later under their eyes; the room goes when it is out of sight
  // or they write on.
  #keepRoom() {
    const room = Math.min(innerHeight / 2, onTouch ? 420 : 340);
    this.results.style.minHeight = `${Math.max(this.results.offsetHeight, room)}px`;
    this.sight ??= new IntersectionObserver(([entry]) => entry.isIntersecting || this.running || this.#giveRoom());
    this.sight.observe(this.results);
  }

  #giveRoom() {
    this.results.style.minHeight = "";
    this.sight?.disconnect();
  }

  // `code` is what was checked; the reader may have typed since, and that stays.
  #show(answer, code, book) {
    const { report } = answer;
    const solved = Boolean(report?.solved) && !answer.stopped;
    const attempted = report?.attempted ?? true;
    const first = solved && !store.isSolved(this.entry);
    this.answer = answer;
    const missing = solved ? [] : missingExercises(book, this.#missingNames(answer));
    showReport(this.report, answer, { missing, base: this.course.base, tryOut: (lines) => this.scratch.open(lines) });
    if (answer.stopped) this.report.replaceChildren(); // the status line says it
    const changed = this.code !== code;
    this.stale.hidden = !changed;
    this.report.classList.toggle("live-old", changed);
    const line = attempted ? answer.error?.line ?? report?.results.find((result) => result.line)?.line : 0;
    if (!changed) this.editor?.markLine(line ?? 0);
    this.#say(answer.stopped ?? summary(answer) + this.#explainCases(report));
    const state = solved ? "passed" : "failed";
    const met = [...new Set([...this.entry.met ?? [], ...(report?.hints ?? [])])];
    const tries = (this.entry.tries ?? 0) + (attempted && !answer.stopped && !solved && code !== this.lastTried ? 1 : 0);
    if (attempted && !solved) this.lastTried = code;
    this.entry = { ...this.entry, code: this.code, stub: this.stub, state: changed ? "" : state, met, tries };
    if (solved) this.entry.passed = code;
    this.#keep();
    this.root.dataset.state = state;
    this.#showState();
    this.note.hidden = true;
    if (solved) this.steps.replaceChildren();
    this.course.afterCheck?.(this, { solved, first });
  }

  // A backward pass is judged with the reader's own forward pass, so that is missing too if it is not solved.
  #missingNames(answer) {
    return [...undefinedNames(answer), ...(this.course.uses[this.name] ?? [])].filter((name) => name !== this.name);
  }

  // Once per page: what visible cases are.
  #explainCases(report) {
    if (!report?.attempted || this.course.explained) return "";
    this.course.explained = true;
    return " Visible cases are those that this page shows you; a class's grader has further ones of the same kind.";
  }

  hint() {
    const formula = nearestFormula(this.root);
    const list = steps({
      stub: this.stub,
      hints: this.course.hints[this.name] ?? [],
      shown: this.answer?.report?.hints ?? [], // the report shows these already
      attempted: this.code !== this.stub,
      hasFormula: Boolean(formula),
    });
    const step = list.find(({ kind, text }) => !this.shown.has(kind + text));
    if (!step) return this.#say("There are no more hints.");
    this.shown.add(step.kind + step.text);
    const add = (lead, ...content) => {
      const made = element("div", { className: "live-hint live-step" }, element("strong", {}, `${lead}: `), ...content);
      this.steps.append(made);
      this.#say(made.textContent, true);
    };
    if (step.kind === "idea") add("The idea", step.text, ...sectionLink(this.root));
    else if (step.kind === "mistake") add("A common mistake", step.text);
    else if (step.kind === "formula") add("The formula", formula.cloneNode(true));
    else add("Now you", "write a first version and check it. The next hints are about what people often get wrong.");
  }

  reset() {
    if (!confirm(`Put the stub of ${this.name} back? Your code for it is deleted.`)) return;
    this.running?.abort();
    this.entry = this.#fresh();
    this.code = this.stub;
    if (this.editor) this.editor.text = this.stub;
    store.remove(this.id);
    this.#forget();
    delete this.root.dataset.state;
    this.note.hidden = true;
    this.#showState();
    this.#say("The stub is back.");
  }

  #forget() {
    this.answer = null;
    this.report.replaceChildren();
    this.steps.replaceChildren();
    this.shown.clear();
    this.ending.replaceChildren();
    this.stale.hidden = true;
    this.#giveRoom();
    this.#say("");
  }

  // Another tab, or an import, changed this exercise.
  reload(elsewhere) {
    const entry = store.load(this.id);
    if (!elsewhere && entry?.code === this.code) return;
    this.entry = entry ?? this.#fresh();
    if (this.entry.code !== this.code) {
      this.code = this.entry.code;
      if (this.editor) this.editor.text = this.code; // what was there is one Undo away
    }
    if (this.running) return; // its report comes
    this.#forget();
    if (this.entry.state) this.root.dataset.state = this.entry.state;
    else delete this.root.dataset.state;
    this.#showState();
  }

  #noteChange() {
    if (this.entry.code === this.stub || !this.entry.stub || this.entry.stub === this.stub) return;
    this.note.hidden = false;
    this.note.replaceChildren(
      "This exercise has changed since you wrote your code. Your code is kept; this is the new stub:",
      element("pre", { tabIndex: 0 }, this.stub),
    );
  }

  #progress(text, share) {
    this.bar.hidden = share === null;
    if (share !== null) this.bar.value = share;
    this.#say(text);
  }

  #showState() {
    const solved = store.isSolved(this.entry);
    this.root.classList.toggle("live-solved", solved);
    const latest = this.root.dataset.state;
    const words = solved
      ? latest === "failed" ? "✓ solved · this version does not pass" : this.code === this.entry.passed ? "✓ solved" : "✓ solved · edited since"
      : latest === "failed" ? "✗ not solved yet" : this.code !== this.stub ? "in progress" : "not started";
    this.state.textContent = words;
  }

  #say(text, quiet = false) {
    this.status.textContent = text;
    this.status.classList.toggle("live-quiet", quiet);
  }
}

const HEADINGS = "h1, h2, h3, h4";

// The heading that an exercise stands under, as a link.
function sectionLink(root) {
  const section = root.closest("section[id]");
  const heading = section?.querySelector(HEADINGS)?.cloneNode(true);
  if (!heading) return [];
  heading.querySelector(".headerlink")?.remove();
  return [" It is explained above, in ", element("a", { href: `#${section.id}` }, heading.textContent.trim()), "."];
}

// The displayed formula that stands nearest before an exercise in its section, or null.
function nearestFormula(root) {
  for (let section = root.closest("section"); section && !section.querySelector("h1"); section = section.parentElement?.closest("section")) {
    const before = [...section.querySelectorAll("div.math")].filter(
      (formula) => formula.compareDocumentPosition(root) & Node.DOCUMENT_POSITION_FOLLOWING && !formula.closest(".live-exercise"),
    );
    if (before.length) {
      const found = before.at(-1).cloneNode(true);
      found.removeAttribute("id");
      found.querySelectorAll("[id]").forEach((inner) => inner.removeAttribute("id"));
      found.querySelector(".headerlink")?.remove();
      return found;
    }
    if (section.querySelector(":scope > h2")) break;
  }
  return null;
}
