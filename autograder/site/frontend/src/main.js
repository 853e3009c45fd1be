// What the book's pages load: exercises become editors, progress is shown, the site is kept for offline reading.
import { element } from "./dom.js";
import { Exercise } from "./exercise.js";
import { downloadNotebook } from "./notebook.js";
import { showProgress } from "./progress.js";
import { Python } from "./python.js";
import * as store from "./store.js";

const base = new URL("../../", import.meta.url).href;

// The theme's own buttons, whose inline handlers a Content-Security-Policy forbids.
const ACTIONS = { "window.print()": () => print(), "toggleFullScreen()": () => window.toggleFullScreen() };

async function main() {
  const data = document.getElementById("live-chapter");
  if (data) setUpChapter(JSON.parse(data.textContent));
  for (const button of document.querySelectorAll("[data-do]"))
    button.addEventListener("click", () => ACTIONS[button.dataset.do]?.());
  const response = await fetch(new URL("_static/live/course.json", base));
  showProgress(await response.json(), base);
  keepForOffline();
}

function setUpChapter(chapter) {
  const listeners = new Set();
  const runtime = { ...chapter.runtime, url: new URL(chapter.runtime.url ?? "", base).href };
  const python = new Python({ base, runtime }, (progress) => listeners.forEach((listener) => listener(progress)));
  const course = {
    ...chapter,
    base,
    approach: () => python.start().catch(() => {}), // what went wrong is said at the next check
    listen: (listener) => (listeners.add(listener), () => listeners.delete(listener)),
  };
  const exercises = new Map();
  for (const root of document.querySelectorAll("[data-exercise]")) {
    const exercise = new Exercise(root, course, python);
    if (runtime.missing) root.prepend(element("p", { className: "live-note live-missing" }, runtime.missing));
    exercises.set(exercise.name, exercise);
  }
  store.onChange((id) => {
    for (const exercise of exercises.values()) if (id === null || id === exercise.id) exercise.reload();
  });
  attachEditors([...exercises.values()]);
  const button = document.querySelector(".live-download");
  if (button) {
    button.hidden = false;
    button.onclick = () => downloadNotebook(course, exercises).catch((error) => alert(`No notebook: ${error.message}`));
  }
}

// An editor is made when its exercise comes near the screen, the reader first does something, or the page is
// there for a while; so pages open quickly.
function attachEditors(exercises) {
  const rest = new Set(exercises);
  const attach = async (exercise) => {
    if (!rest.delete(exercise)) return;
    const { makeEditor } = await import("./editor.js");
    exercise.attach(makeEditor);
  };
  const near = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => attach(byRoot.get(entry.target))),
    { rootMargin: "300px" },
  );
  const byRoot = new Map(exercises.map((exercise) => [exercise.root, exercise]));
  byRoot.forEach((_, root) => near.observe(root));
  const next = () => {
    const [exercise] = rest;
    if (exercise) attach(exercise).then(() => setTimeout(next, 0));
  };
  const signs = ["scroll", "pointermove", "pointerdown", "keydown", "focusin"];
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    signs.forEach((sign) => removeEventListener(sign, begin, true));
    next();
  };
  signs.forEach((sign) => addEventListener(sign, begin, { capture: true, passive: true }));
  setTimeout(begin, 4000); // the page is there by now
}

function keepForOffline() {
  if (!("serviceWorker" in navigator) || navigator.connection?.saveData) return;
  navigator.serviceWorker.register(new URL("offline.js", base)).then(async () => {
    const registration = await navigator.serviceWorker.ready;
    setTimeout(() => registration.active.postMessage("keep-all"), 3000);
  }, () => {}); // from a file, or over plain http, browsers have no service workers
}

main();
