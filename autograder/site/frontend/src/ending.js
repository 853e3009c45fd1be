// What comes after a solved exercise: the next one; and the reference, if the course shows it.
import { element } from "./dom.js";
import * as store from "./store.js";

const HONEST_ATTEMPTS = 3;

export async function showEnding(exercise, { solved }, { book, base }) {
  const { ending } = exercise;
  const course = await book();
  const parts = [];
  if (course.solutions && (solved || exercise.entry.tries >= HONEST_ATTEMPTS)) parts.push(solution(exercise, solved, base));
  if (solved) parts.push(next(exercise, course, base));
  ending.replaceChildren(...parts);
}

// A link to the next exercise of the book that is not solved, or a word that there is none.
function next(exercise, course, base) {
  const found = nextUnsolved(course, exercise.id, store.load);
  if (!found) return element("p", { className: "live-next" }, "You have solved every exercise of this book.");
  const place = found.chapter === exercise.chapter ? "" : ` (${found.title})`;
  const address = new URL(`${found.page}#${found.anchor}`, base).href;
  return element("p", { className: "live-next" }, element("a", { className: "live-button live-next-link", href: address }, `Next exercise: ${found.name}${place}`));
}

export function nextUnsolved(course, id, load) {
  const all = course.chapters.flatMap((chapter) =>
    chapter.exercises.map(({ name, anchor }) => ({ name, anchor, chapter: chapter.name, title: chapter.title, page: chapter.page })),
  );
  const idOf = (item) => `${item.chapter}.${item.name}`;
  const at = all.findIndex((item) => idOf(item) === id);
  return [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0))].find((item) => !store.isSolved(load(idOf(item)))) ?? null;
}

// The reference and another way to write it, fetched when the reader asks for them.
function solution(exercise, solved, base) {
  const body = element("div", {});
  const lead = solved ? "How the book writes it" : "Show me a solution";
  const details = element("details", { className: "live-solution" }, element("summary", {}, lead), body);
  details.addEventListener("toggle", async () => {
    if (!details.open || body.hasChildNodes()) return;
    try {
      const response = await fetch(new URL(`_static/live/solutions/${exercise.chapter}.json`, base));
      if (!response.ok) throw new Error(String(response.status));
      const { reference, other } = (await response.json())[exercise.name];
      body.replaceChildren(...code("The book's own:", reference), ...(other ? code("Another way:", other) : []));
    } catch (error) {
      body.replaceChildren(`The solution cannot be loaded (${error.message}). Close this and open it again.`);
    }
  });
  return details;
}

const code = (lead, text) => [element("p", {}, lead), element("pre", { tabIndex: 0 }, text)];
