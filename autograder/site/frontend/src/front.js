// The front page: the reader's progress on the chapters' cards, and a line that learns to separate points.
import { element } from "./dom.js";
import * as store from "./store.js";

export function setUpFrontPage(course, base) {
  if (!document.querySelector(".front-cards")) return;
  const update = () => {
    const entries = store.all();
    let solvedInAll = 0;
    let last = null;
    for (const chapter of course.chapters) {
      const ids = chapter.exercises.map(({ name }) => `${chapter.name}.${name}`);
      const solved = ids.filter((id) => store.isSolved(entries[id])).length;
      solvedInAll += solved;
      for (const id of ids) if (entries[id]?.updated > (last?.updated ?? "")) last = { updated: entries[id].updated, chapter };
      const place = document.querySelector(`[data-card="${chapter.name}"]`);
      place?.replaceChildren(
        ...(solved ? [element("progress", { max: ids.length, value: solved, "aria-label": `Solved in ${chapter.title}` }), ` ${solved} of ${ids.length} solved`] : []),
      );
    }
    const all = course.chapters.reduce((sum, chapter) => sum + chapter.exercises.length, 0);
    document.querySelector(".front-total").textContent = solvedInAll ? `You have solved ${solvedInAll} of ${all} exercises.` : "";
    const start = document.querySelector(".front-start");
    if (last && start) {
      start.href = new URL(last.chapter.page, base).href;
      start.textContent = `Continue with “${last.chapter.title}”`;
    }
  };
  store.onChange(update);
  update();
  letLearn();
}

// The perceptron's own rule on the points of the picture, one correction after the other; it ends within 5 seconds.
function letLearn() {
  const svg = document.querySelector(".front-svg");
  const button = document.querySelector(".front-again");
  if (!svg || !button) return;
  const line = svg.querySelector(".front-line");
  const marks = [...svg.querySelectorAll("circle, rect")].map((mark) => {
    const box = mark.getBBox();
    return { mark, x: [(box.x + box.width / 2) / 200 - 1, (box.y + box.height / 2) / 120 - 1, 1], t: mark.matches("circle") ? 1 : 0 };
  });
  const path = learn(marks);
  let timer = null;
  const show = (step) => {
    const { w, at } = path[step];
    draw(line, w);
    marks.forEach(({ mark }, index) => mark.classList.toggle("front-wrong", index === at));
    button.textContent = step < path.length - 1 ? "Stop" : "Watch it learn again";
    if (step < path.length - 1) timer = setTimeout(() => show(step + 1), 4000 / path.length);
    else timer = null;
  };
  const stop = () => {
    clearTimeout(timer);
    timer = null;
    show(path.length - 1);
  };
  button.classList.remove("front-waits"); // it has kept its place, so that nothing moves
  button.onclick = () => (timer === null ? show(0) : stop());
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) show(0);
}

// The weights after each correction: [{w, at}], `at` the point that was wrong, -1 at the end.
export function learn(points, start = [-0.6, 1, 0.3], most = 400) {
  let w = [...start];
  const path = [];
  for (let round = 0; round < most; round++) {
    const at = points.findIndex(({ x, t }) => (dot(w, x) > 0 ? 1 : 0) !== t);
    path.push({ w, at });
    if (at < 0) return path.length > 24 ? path.filter((_, i) => i % Math.ceil(path.length / 24) === 0 || i === path.length - 1) : path;
    const { x, t } = points[at];
    w = w.map((value, i) => value + 0.4 * (t ? 1 : -1) * x[i]);
  }
  return path;
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

// Where w0 x + w1 y + w2 = 0 crosses the picture, drawn far beyond its edges.
function draw(line, [a, b, c]) {
  const size = Math.hypot(a, b) || 1;
  const foot = [(-a * c) / size ** 2, (-b * c) / size ** 2];
  const along = [-b / size, a / size];
  const ends = [-3, 3].map((t) => [(foot[0] + t * along[0] + 1) * 200, (foot[1] + t * along[1] + 1) * 120]);
  [["x1", ends[0][0]], ["y1", ends[0][1]], ["x2", ends[1][0]], ["y2", ends[1][1]]].forEach(([name, value]) => line.setAttribute(name, value.toFixed(1)));
}
