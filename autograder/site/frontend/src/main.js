// What the book's pages load: exercises become editors, progress is shown, the site can be kept for offline reading.
import { recall } from "./cards.js";
import { makeWatch } from "./clock.js";
import { element } from "./dom.js";
import { showEnding } from "./ending.js";
import { Exercise } from "./exercise.js";
import { setUpFrontPage } from "./front.js";
import { offerOffline } from "./keep.js";
import { downloadNotebook, downloadZip } from "./notebook.js";
import { showProgress } from "./progress.js";
import { Python } from "./python.js";
import { setUpPage } from "./shell.js";
import * as store from "./store.js";

const base = new URL("../../", import.meta.url).href;
const USED = "dlbook-python-used"; // in this tab's session

// The course's chapters and exercises; asked for again if the network failed.
let asked = null;
function book() {
  asked ??= fetch(new URL("_static/live/course.json", base)).then(
    (response) => {
      if (!response.ok) throw new Error(`the list of exercises cannot be loaded (${response.status})`);
      return response.json();
    },
  );
  asked.catch(() => (asked = null));
  return asked;
}

async function main() {
  setUpPage(base);
  const data = document.getElementById("live-chapter");
  if (data) setUpChapter(JSON.parse(data.textContent));
  offerOffline(base);
  const course = await book();
  showProgress(course, base);
  setUpFrontPage(course, base);
  recall(course, base);
}

function setUpChapter(chapter) {
  const listeners = new Set();
  const runtime = { ...chapter.runtime, url: new URL(chapter.runtime.url ?? "", base).href };
  const python = new Python({ base, runtime }, (progress) => listeners.forEach((listener) => listener(progress)));
  const listen = (listener) => (listeners.add(listener), () => listeners.delete(listener));
  const course = {
    ...chapter,
    base,
    book,
    approach: () => {
      remember();
      python.start().catch(() => {}); // what went wrong is said at the next check
    },
    watch: makeWatch(listen, () => python.isReady),
    afterCheck: (exercise, result) => showEnding(exercise, result, { book, base, exercises }),
  };
  const exercises = new Map();
  for (const root of document.querySelectorAll("[data-exercise]")) {
    const exercise = new Exercise(root, course, python);
    if (runtime.missing) root.prepend(element("p", { className: "live-note live-missing" }, runtime.missing));
    exercises.set(exercise.name, exercise);
  }
  store.onChange((id, elsewhere) => {
    for (const exercise of exercises.values()) if (id === null || id === exercise.id) exercise.reload(elsewhere);
  });
  attachEditors([...exercises.values()]);
  if (wasUsed()) whenIdle(() => python.start().catch(() => {})); // a reader who works through chapters need not wait
  setUpDownloads(course, exercises);
}

function remember() {
  try {
    sessionStorage.setItem(USED, "1");
  } catch {
    // no storage: Python starts when an exercise is approached
  }
}

function wasUsed() {
  try {
    return sessionStorage.getItem(USED) !== null;
  } catch {
    return false;
  }
}

function whenIdle(run) {
  (window.requestIdleCallback ?? ((later) => setTimeout(later, 500)))(run);
}

function setUpDownloads(course, exercises) {
  const button = document.querySelector(".live-download");
  if (!button) return;
  const failed = (error) => alert(`No notebook: ${error.message}`);
  button.classList.remove("live-waits"); // it has kept its place, so that nothing moves
  button.onclick = () => downloadNotebook(course, exercises).catch(failed);
  const link = document.querySelector(".take-away-link");
  link.onclick = (event) => {
    event.preventDefault();
    downloadZip(course, exercises).catch(failed);
  };
}

// The editor's script, asked for again if a bad network lost it.
let editor = null;
function loadEditor() {
  editor ??= (async () => {
    for (let attempt = 0; ; attempt++)
      try {
        // a failed import is remembered by its address: each attempt has one of its own
        return await (attempt ? import(new URL(`_static/live/editor.js?attempt=${attempt}`, base).href) : import("./editor.js"));
      } catch (error) {
        if (attempt === 4) throw error;
        await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
      }
  })();
  editor.catch(() => (editor = null));
  return editor;
}

// An editor is made when its exercise comes near the screen, the reader first does something, or the page is
// there for a while; so pages open quickly.
function attachEditors(exercises) {
  const rest = new Set(exercises);
  const attach = async (exercise) => {
    if (!rest.delete(exercise)) return;
    try {
      exercise.attach((await loadEditor()).makeEditor);
      exercise.root.querySelector(".live-no-editor")?.remove();
    } catch {
      offerAgain(exercise, () => {
        rest.add(exercise);
        attach(exercise);
      });
    }
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

function offerAgain(exercise, again) {
  if (exercise.root.querySelector(".live-no-editor")) return;
  const button = element("button", { type: "button", className: "live-button live-small" }, "Load the editor");
  button.onclick = again;
  addEventListener("online", again, { once: true });
  exercise.place.after(element("p", { className: "live-note live-no-editor", role: "status" }, "The editor could not be loaded. ", button));
}

main();
