// Lines to try out next to an exercise: they run after the reader's code, and nothing is checked.
import { element } from "./dom.js";
import { forCheck } from "./library.js";
import { failure, pictures, printed } from "./report.js";

export class Scratch {
  constructor(exercise) {
    this.exercise = exercise;
    this.place = element("div", { className: "live-try-editor" });
    this.status = element("p", { className: "live-try-status", role: "status" });
    this.output = element("div", { className: "live-try-report" });
    const button = (label, run) => element("button", { type: "button", className: "live-button live-small", onclick: run }, label);
    this.runButton = button("Run", () => this.run());
    this.stopButton = button("Stop this run", () => this.running?.abort());
    this.stopButton.hidden = true;
    this.root = element(
      "div",
      { className: "live-scratch", hidden: true, role: "group", "aria-label": `Try out ${exercise.name}` },
      element("p", { className: "live-scratch-lead" }, "Lines that run after your code. Nothing is checked; the value of the last line is shown."),
      this.place,
      element("div", { className: "live-buttons" }, this.runButton, this.stopButton, button("Close", () => this.toggle())),
      this.status,
      this.output,
    );
  }

  #build(lines) {
    const { exercise } = this;
    if (this.editor || !exercise.makeEditor) return;
    this.editor = exercise.makeEditor(this.place, lines, `Lines to try out with ${exercise.name}`, exercise.help.id, () => {}, () => this.run());
  }

  toggle() {
    if (!this.root.hidden) {
      this.running?.abort();
      this.root.hidden = true;
      return this.exercise.tryButton.focus();
    }
    this.root.hidden = false;
    this.#build(`${this.exercise.name}()`);
    this.editor?.focus();
  }

  // Show the console with these lines, and run them.
  open(lines) {
    this.root.hidden = false;
    this.#build(lines);
    if (!this.editor) return;
    this.editor.text = lines;
    this.root.scrollIntoView({ block: "nearest" });
    this.editor.focus();
    this.run();
  }

  async run() {
    if (this.running) return;
    const { exercise } = this;
    const controller = (this.running = new AbortController());
    const trial = this.editor.text;
    this.stopButton.hidden = false;
    this.runButton.setAttribute("aria-disabled", "true");
    const clock = exercise.course.watch((text) => (this.status.textContent = text));
    try {
      const book = await exercise.course.book();
      const request = { task: "try", chapter: exercise.chapter, exercise: exercise.name, code: exercise.code, trial, ...forCheck(book, exercise.chapter, exercise.name) };
      request.plots = /\b(matplotlib|plt)\b/.test(JSON.stringify(request));
      this.#show(await exercise.python.run(request, clock.running, controller.signal));
    } catch (error) {
      this.status.textContent = `Python did not start: ${error.message}. Check your connection, then press Run again.`;
    } finally {
      clock.end();
      this.running = null;
      this.runButton.removeAttribute("aria-disabled");
      this.stopButton.hidden = true;
    }
  }

  #show(answer) {
    if (answer.stopped) {
      this.output.replaceChildren();
      this.status.textContent = answer.stopped;
      return;
    }
    const { output, figures, error } = answer;
    const lead = error?.place === "code" ? "Your code above did not run." : error ? "" : output || figures.length ? "" : "It ran and printed nothing.";
    this.status.textContent = lead;
    this.output.replaceChildren(...[output && printed(output, "Output:"), error && failure(error), ...pictures(figures)].filter(Boolean));
  }
}
