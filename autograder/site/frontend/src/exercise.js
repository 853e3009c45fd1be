// One exercise of the page: its stub becomes an editor with buttons, a report and a state.
import { element } from "./dom.js";
import { showReport, summary } from "./report.js";
import * as store from "./store.js";

const STATES = { passed: "✓ solved", failed: "✗ not solved yet", "": "not started" };

export class Exercise {
  // root: the element with data-exercise. course: the page's data. python: the tab's `Python`.
  constructor(root, course, python) {
    this.root = root;
    this.id = root.dataset.exercise;
    [this.chapter, this.name] = this.id.split(".");
    this.course = course;
    this.python = python;
    root.live = this;
    this.stub = root.querySelector("pre").textContent.replace(/\n+$/, "\n");
    this.entry = store.load(this.id) ?? { code: this.stub, stub: this.stub, state: "", passed: "", updated: "" };
    this.code = this.entry.code;
    this.#build();
  }

  #build() {
    const id = `live-${this.name}`;
    this.state = element("span", { className: "live-state" });
    this.note = element("p", { className: "live-note", hidden: true });
    this.place = element("div", { className: "live-editor" });
    this.report = element("div", { className: "live-report" });
    this.status = element("p", { className: "live-status", role: "status" });
    this.bar = element("progress", { className: "live-progress", max: 1, value: 0, hidden: true, "aria-label": "Python is starting" });
    const button = (label, run) => element("button", { type: "button", className: "live-button", onclick: run }, label);
    this.checkButton = button("Check", () => this.check());
    this.checkButton.classList.add("live-main");
    this.stopButton = button("Stop", () => this.python.stop());
    this.stopButton.hidden = true;
    this.hintButton = button("Hint", () => this.hint());
    this.resetButton = button("Reset", () => this.reset());
    this.help = element(
      "span",
      { id: `${id}-help`, className: "live-help" },
      "Ctrl+Enter checks. Tab indents; Esc, then Tab leaves the editor.",
    );
    this.plain = this.root.firstElementChild; // the stub as the page has it, shown until the editor is there
    this.root.prepend(
      element("div", { className: "live-head" }, element("span", { className: "live-title" }, `Exercise: ${this.name}`), this.state),
      this.note,
      this.place,
    );
    this.place.append(this.plain);
    this.root.append(
      element("div", { className: "live-buttons" }, this.checkButton, this.stopButton, this.hintButton, this.resetButton, this.help),
      this.bar,
      this.status,
      this.report,
    );
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", `Exercise ${this.name}`);
    this.root.addEventListener("pointerenter", () => this.course.approach(), { once: true });
    this.root.addEventListener("focusin", () => this.course.approach(), { once: true });
    this.#showState();
    this.#noteChange();
  }

  // Put CodeMirror in place of the plain stub.
  attach(makeEditor) {
    if (this.editor) return;
    const label = `Your code for ${this.name}`;
    this.place.replaceChildren();
    this.editor = makeEditor(
      this.place, this.code, label, this.help.id, (text) => this.#changed(text), () => this.check(),
    );
  }

  #changed(text) {
    this.code = text;
    if (text === this.entry.code) return;
    const state = text === this.entry.passed && text ? "passed" : "";
    this.entry = { ...this.entry, code: text, stub: this.stub, state };
    this.#keep();
    this.#showState();
  }

  #keep() {
    if (this.entry.code === this.stub && !this.entry.state && !this.entry.passed) return store.remove(this.id);
    if (!store.save(this.id, this.entry))
      this.#say("Your browser keeps nothing for this page (storage is full or off): copy your code before you leave.");
  }

  async check() {
    const code = this.editor ? this.editor.text : this.code;
    this.checkButton.disabled = true;
    this.stopButton.hidden = false;
    this.bar.hidden = false;
    this.#say("Checking …");
    const unlisten = this.course.listen((progress) => this.#progress(progress));
    const request = {
      chapter: this.chapter,
      exercise: this.name,
      code,
      earlier: this.#earlier(),
      plots: /\b(matplotlib|plt)\b/.test(code),
    };
    try {
      const answer = await this.python.run(request, () => (this.bar.hidden = true));
      this.#show(answer, code);
    } catch (error) {
      this.#say(`Python did not start: ${error.message}. Your code is kept. Check your connection, then press Check again.`);
    } finally {
      unlisten();
      this.bar.hidden = true;
      this.checkButton.disabled = false;
      this.stopButton.hidden = true;
    }
  }

  // What the reader has solved before this exercise, as the reader wrote it.
  #earlier() {
    const names = this.course.exercises;
    const before = names.slice(0, names.indexOf(this.name));
    return before
      .map((name) => [name, store.load(`${this.chapter}.${name}`)])
      .filter(([, entry]) => entry?.passed)
      .map(([name, entry]) => [name, entry.passed]);
  }

  #show(answer, code) {
    const solved = Boolean(answer.report?.solved) && !answer.stopped;
    this.answer = answer;
    showReport(this.report, answer);
    this.#needs(answer);
    const line = answer.error?.line ?? answer.report?.results.find((result) => result.line)?.line;
    this.editor?.markLine(line ?? 0);
    this.#say(answer.stopped ?? summary(answer.report));
    this.entry = { ...this.entry, code, stub: this.stub, state: solved ? "passed" : "failed" };
    if (solved) this.entry.passed = code;
    this.#keep();
    this.#showState();
    this.note.hidden = true;
  }

  // A backward pass is judged with the reader's own forward pass: say so where that is not solved yet.
  #needs(answer) {
    const missing = (this.course.uses[this.name] ?? []).filter((name) => !store.load(`${this.chapter}.${name}`)?.passed);
    if (!missing.length || answer.report?.solved) return;
    this.report.prepend(
      element("p", { className: "live-note" }, `This exercise works with your own ${missing.join(" and ")}: solve that first, above on this page.`),
    );
  }

  hint() {
    const recognised = this.answer?.report?.hints ?? []; // the report shows these already
    const all = this.course.hints[this.name].filter((hint) => !recognised.includes(hint));
    const shown = this.report.querySelectorAll(".live-step").length;
    if (shown >= all.length) return this.#say("There are no more hints.");
    const lead = `A usual mistake (${shown + 1} of ${all.length}): `;
    this.report.append(element("p", { className: "live-hint live-step" }, element("strong", {}, lead), all[shown]));
    this.#say(lead + all[shown], true);
  }

  reset() {
    if (!confirm(`Put the stub of ${this.name} back? Your code for it is deleted.`)) return;
    this.entry = { code: this.stub, stub: this.stub, state: "", passed: "", updated: "" };
    this.code = this.stub;
    if (this.editor) this.editor.text = this.stub;
    store.remove(this.id);
    this.answer = null;
    this.report.replaceChildren();
    this.note.hidden = true;
    this.#showState();
    this.#say("The stub is back.");
  }

  // Another tab, or an import, changed this exercise.
  reload() {
    const entry = store.load(this.id);
    const code = entry?.code ?? this.stub;
    this.entry = entry ?? { code, stub: this.stub, state: "", passed: "", updated: "" };
    if (code !== this.code) {
      this.code = code;
      if (this.editor) this.editor.text = code;
    }
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

  #progress({ stage, share, seconds }) {
    if (stage === "ready") return;
    this.bar.value = share;
    this.#say(`${stage} … ${Math.round(share * 100)} %, ${Math.round(seconds)} s`);
  }

  #showState() {
    const state = this.entry.state;
    if (state) this.root.dataset.state = state;
    else delete this.root.dataset.state;
    this.state.textContent = !state && this.code !== this.stub ? "in work" : STATES[state];
  }

  #say(text, quiet = false) {
    this.status.textContent = text;
    this.status.classList.toggle("live-quiet", quiet);
  }
}
