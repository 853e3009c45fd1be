// The report of a check as elements: what Python sent is data and is shown as text.
import { element } from "./dom.js";

export function showReport(parent, answer) {
  parent.replaceChildren(...parts(answer).filter(Boolean));
}

function parts(answer) {
  if (answer.stopped) return [element("p", { className: "live-summary" }, `✗ ${answer.stopped}`)];
  const { report, error, output, figures } = answer;
  return [
    error && failure(error),
    element("p", { className: "live-summary" }, summary(report)),
    report.attempted && !report.solved && cases(report.results),
    ...(report.attempted ? report.hints : []).map((hint) =>
      element("p", { className: "live-hint" }, element("strong", {}, "Hint: "), hint),
    ),
    output && printed(output),
    ...figures.map((data, index) =>
      element("img", { src: `data:image/png;base64,${data}`, alt: `Figure ${index + 1} that your code drew` }),
    ),
  ];
}

export function summary(report) {
  const name = report.exercise.split(".")[1];
  if (!report.attempted) return `– ${name}: not attempted yet. Replace raise NotImplementedError with your code.`;
  if (report.solved)
    return report.cases > 1 ? `✓ ${name}: all ${report.cases} visible cases pass.` : `✓ ${name}: the visible case passes.`;
  return `✗ ${name}: ${report.passed} of ${report.cases} visible cases pass.`;
}

function cases(results) {
  const items = results.map((result) => {
    const rows = [];
    for (const [key, label] of [["call", "Call"], ["message", "Problem"], ["expected", "Expected"], ["got", "Got"]])
      if (result[key] !== undefined) rows.push(element("dt", {}, label), element("dd", {}, row(key, result[key])));
    return element(
      "li",
      { className: result.passed ? "live-passed" : "live-failed" },
      element("span", {}, `${result.passed ? "✓" : "✗"} ${result.case}`),
      rows.length ? element("dl", {}, ...rows) : null,
    );
  });
  return element("ol", { className: "live-cases" }, ...items);
}

const row = (key, text) => (key === "message" ? text : element("code", {}, text));

function failure(error) {
  const place = error.line ? ` (line ${error.line})` : "";
  return element("div", { className: "live-error" }, element("p", {}, `✗ ${error.message}${place}`));
}

function printed(text) {
  return element(
    "div",
    { className: "live-output" },
    element("p", {}, "Your code printed:"),
    element("pre", { tabIndex: 0 }, text),
  );
}
