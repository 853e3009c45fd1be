// The report of a check as elements: what Python sent is data and is shown as text.
import { element } from "./dom.js";

// Show an answer. context: `missing` (exercises that the code calls and that are not solved), `base`, `tryOut(lines)`.
export function showReport(parent, answer, context = {}) {
  parent.replaceChildren(...parts(answer, context).filter(Boolean));
}

function parts(answer, context) {
  if (answer.stopped) return [element("p", { className: "live-summary" }, `✗ ${answer.stopped}`)];
  const { report, error, output, figures } = answer;
  const missing = context.missing ?? [];
  const rest = [output && printed(output), ...pictures(figures)];
  if (error?.alone) return [failure(error), ...rest];
  const hints = report.attempted ? [...report.hints, ...(report.relation ? [report.relation] : [])] : [];
  return [
    error && failure(error),
    ...missing.map((item) => callsMissing(item, context)),
    ...hints.map((hint) => element("p", { className: "live-hint" }, element("strong", {}, "Hint: "), hint)),
    ...(report.attempted && !report.solved ? cases(report, context, missing.length > 0) : []),
    ...rest,
  ];
}

export function summary(answer) {
  const { report, error } = answer;
  const name = report.exercise.split(".")[1];
  if (error?.alone) return `✗ ${name}: your code did not run, so there is nothing to check yet.`;
  if (!report.attempted) return `– ${name}: not attempted yet. Replace raise NotImplementedError with your code.`;
  if (report.solved)
    return report.cases > 1 ? `✓ ${name}: all ${report.cases} visible cases pass.` : `✓ ${name}: the visible case passes.`;
  return `✗ ${name}: ${report.passed} of ${report.cases} visible cases pass.`;
}

// Names that a report's errors say are not defined: perhaps other exercises, not solved yet.
export function undefinedNames(answer) {
  const texts = [answer.error?.message, ...(answer.report?.results ?? []).map((result) => result.message)];
  const found = texts.map((text) => /name '(\w+)' is not defined|NameError: (\w+) is not defined|it calls (\w+), which/.exec(text ?? ""));
  return [...new Set(found.filter(Boolean).map((match) => match[1] ?? match[2] ?? match[3]))];
}

function callsMissing({ name, title, page }, { base }) {
  return element(
    "p",
    { className: "live-hint live-missing" },
    `Your code calls ${name}, which you have not solved yet: `,
    element("a", { href: new URL(page, base).href }, `solve ${name} in “${title}”`),
    ", and it is there for this exercise too.",
  );
}

// The first failing case open, with its whole input; all others folded.
function cases(report, context, folded) {
  const failing = report.results.filter((result) => !result.passed);
  const [first, ...others] = folded ? [null, ...report.results] : [failing[0], ...report.results.filter((r) => r !== failing[0])];
  return [
    first && element("div", { className: "live-first" }, oneCase(first, context)),
    others.length > 0 &&
      element(
        "details",
        { className: "live-others" },
        element("summary", {}, countOf(others, Boolean(first))),
        element("ol", { className: "live-cases" }, ...others.map((result) => element("li", {}, oneCase(result, context)))),
      ),
  ].filter(Boolean);
}

export function countOf(results, more) {
  const passed = results.filter((result) => result.passed).length;
  const failed = results.length - passed;
  const counts = [failed && `${failed} ${failed === 1 ? "fails" : "fail"}`, passed && `${passed} ${passed === 1 ? "passes" : "pass"}`];
  const word = results.length === 1 ? "case" : "cases";
  return `${results.length} ${more ? "more " : ""}${word}: ${counts.filter(Boolean).join(", ")}`;
}

function oneCase(result, context) {
  const rows = [];
  const row = (label, ...content) => rows.push(element("dt", {}, label), element("dd", {}, ...content));
  if (!result.passed) {
    if (result.message !== undefined) row("Problem", result.message);
    const isWhole = Boolean(result.call) && !result.call.includes("...");
    if (result.call !== undefined) row("Call", element("code", {}, result.call), isWhole && result.inputs ? inputButtons(result, context) : "");
    if (result.expected !== undefined) row("Expected", element("code", {}, result.expected));
    if (result.got !== undefined) row("Got", element("code", {}, result.got));
    if (result.inputs && !isWhole) row("Input", element("pre", { className: "live-input", tabIndex: 0 }, result.inputs), inputButtons(result, context));
  }
  return element(
    "div",
    { className: result.passed ? "live-passed" : "live-failed" },
    element("p", { className: "live-case-name" }, `${result.passed ? "✓" : "✗"} ${result.case}`),
    rows.length ? element("dl", {}, ...rows) : null,
  );
}

function inputButtons(result, { tryOut }) {
  const lines = result.try ? `${result.inputs}\n${result.try}` : result.inputs;
  const copy = element("button", { type: "button", className: "live-button live-small" }, "Copy");
  copy.setAttribute("aria-label", `Copy the input of the case ${result.case}`);
  copy.onclick = async () => {
    try {
      await navigator.clipboard.writeText(lines);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Select the text and copy it";
    }
  };
  const run = result.try && tryOut
    ? element("button", { type: "button", className: "live-button live-small", onclick: () => tryOut(lines) }, "Try this call")
    : null;
  return element("div", { className: "live-row" }, run, copy);
}

export function failure(error) {
  const place = error.line ? ` (line ${error.line})` : "";
  return element("div", { className: "live-error" }, element("p", {}, `✗ ${error.plain ?? error.message}${place}`));
}

export function printed(text, lead = "Your code printed:") {
  return element("div", { className: "live-output" }, element("p", {}, lead), element("pre", { tabIndex: 0 }, text));
}

export function pictures(figures) {
  return figures.map((data, index) =>
    element("img", { src: `data:image/png;base64,${data}`, alt: `Figure ${index + 1} that your code drew` }),
  );
}
