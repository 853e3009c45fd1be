// How far the reader is: in the table of contents, at the top of a chapter, and on the page of progress.
import { element, saveFile } from "./dom.js";
import * as store from "./store.js";

// course: `_static/live/course.json`, every chapter with its exercises.
export function showProgress(course, base) {
  const update = () => {
    const entries = store.all();
    for (const chapter of course.chapters) {
      const solved = chapter.exercises.filter((exercise) => store.isSolved(entries[`${chapter.name}.${exercise.name}`])).length;
      markContents(chapter, solved, base);
      markChapter(chapter, solved);
    }
    const table = document.getElementById("live-progress");
    if (table) fillTable(table, course, entries, base);
  };
  store.onChange(update);
  update();
}

function markContents(chapter, solved, base) {
  const target = new URL(chapter.page, base).pathname;
  for (const link of document.querySelectorAll(".bd-sidebar-primary nav a.internal, .toctree-wrapper a.internal")) {
    if (new URL(link.href).pathname !== target || new URL(link.href).hash) continue;
    let count = link.querySelector(".live-count");
    if (!count) link.append((count = element("span", { className: "live-count" })));
    count.textContent = solved ? `${solved}/${chapter.exercises.length}` : "";
    count.title = solved ? `${solved} of ${chapter.exercises.length} exercises solved` : "";
  }
}

function markChapter(chapter, solved) {
  const place = document.querySelector(`[data-chapter-progress="${chapter.name}"]`);
  if (!place) return;
  const total = chapter.exercises.length;
  place.replaceChildren(
    element("progress", { max: total, value: solved, "aria-label": "Exercises of this chapter that you have solved" }),
    ` ${solved} of ${total} exercises solved`,
  );
}

function fillTable(place, course, entries, base) {
  const rows = [];
  let done = 0;
  for (const chapter of course.chapters)
    for (const exercise of chapter.exercises) {
      const entry = entries[`${chapter.name}.${exercise.name}`];
      const state = store.isSolved(entry) ? "✓ solved" : entry?.state === "failed" ? "✗ not solved yet" : entry ? "in progress" : "–";
      done += store.isSolved(entry) ? 1 : 0;
      rows.push(
        element(
          "tr",
          {},
          element("td", {}, chapter.title),
          element("th", { scope: "row" }, element("a", { href: new URL(`${chapter.page}#${exercise.anchor}`, base).href }, exercise.name)),
          element("td", {}, state),
          element("td", {}, entry?.updated ? new Date(entry.updated).toLocaleDateString() : ""),
        ),
      );
    }
  const heads = ["Chapter", "Exercise", "State", "Last change"].map((text) => element("th", { scope: "col" }, text));
  place.replaceChildren(
    element("p", {}, `${done} of ${rows.length} exercises solved.`),
    buttons(course),
    element("div", { className: "live-table", tabIndex: 0, role: "region", "aria-label": "Exercises and their state" },
      element("table", { className: "table" }, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows))),
  );
}

let message = "";

function buttons(course) {
  const status = element("p", { role: "status", className: "live-status" }, message);
  const say = (text) => (message = document.querySelector("#live-progress .live-status").textContent = text);
  const known = new Set(course.chapters.flatMap((chapter) => chapter.exercises.map((exercise) => `${chapter.name}.${exercise.name}`)));
  const file = element("input", { type: "file", accept: ".json,application/json", hidden: true, "aria-label": "File of saved work" });
  file.onchange = async () => {
    try {
      const count = store.importAll(await file.files[0].text(), known);
      say(`${count} ${count === 1 ? "exercise" : "exercises"} taken over; what you had that is younger stayed.`);
    } catch (error) {
      say(error.message);
    }
  };
  const button = (label, run) => element("button", { type: "button", className: "live-button", onclick: run }, label);
  return element(
    "div",
    { className: "live-buttons" },
    button("Export", () => (saveFile("my-exercises.json", store.exportAll(), "application/json"), say("Your work is in the file my-exercises.json."))),
    button("Import", () => file.click()),
    button("Delete all", () => {
      if (!confirm("Delete all your code and your progress in this browser? Export first if you may want it back.")) return;
      for (const id of Object.keys(store.all())) store.remove(id);
      say("All is deleted.");
    }),
    file,
    status,
  );
}
