// Closing questions as cards: answered first, marked by the reader, due again after 1, 3, 7 and 21 days.
import { element } from "./dom.js";
import * as store from "./store.js";

const PREFIX = "dlbook-recall/1/";
const DAYS = [1, 3, 7, 21];
const DAY = 86_400_000;

// The card after an answer: {box, due, title}. Known: the next interval; not known: from the start.
export function marked(card, known, day) {
  const box = known ? Math.min((card?.box ?? -1) + 1, DAYS.length - 1) : 0;
  return { box, due: dayAfter(day, DAYS[box]), title: card?.title ?? "" };
}

const dayAfter = (day, days) => new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

export const isDue = (card, day) => Boolean(card) && card.due <= day;

// The reader's own day, as 2026-11-21.
export function today(now = new Date()) {
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

function load(id) {
  try {
    const card = JSON.parse(localStorage.getItem(PREFIX + id));
    const good = Number.isInteger(card?.box) && card.box >= 0 && card.box < DAYS.length && /^\d{4}-\d\d-\d\d$/.test(card.due);
    return good ? { box: card.box, due: card.due, title: String(card.title ?? "").slice(0, 500) } : null;
  } catch {
    return null;
  }
}

function keep(id, card) {
  try {
    localStorage.setItem(PREFIX + id, JSON.stringify(card));
    return true;
  } catch {
    return false;
  }
}

// Questions of a document: the folded boxes of its section "Questions".
function questionsOf(page) {
  return [...page.querySelectorAll("section[id^='questions'] .admonition.dropdown")].map((box) => ({
    box,
    title: box.querySelector(".admonition-title")?.textContent.trim() ?? "",
  }));
}

export function recall(course, base) {
  const chapter = document.getElementById("live-chapter") && JSON.parse(document.getElementById("live-chapter").textContent).chapter;
  if (chapter && location.pathname.endsWith(`/${chapter}.html`)) markQuestions(chapter);
  const progress = document.getElementById("live-progress");
  if (progress) showDue(course, base, progress);
}

// Under each answer of a chapter: did you know it?
function markQuestions(chapter) {
  questionsOf(document).forEach(({ box, title }, index) => {
    const id = `${chapter}.${index + 1}`;
    box.append(verdictButtons(id, title));
  });
}

function verdictButtons(id, title, done = () => {}) {
  const status = element("span", { role: "status" });
  const card = load(id);
  if (card) status.textContent = `You meet it again on ${card.due}.`;
  const button = (label, known) =>
    element("button", {
      type: "button",
      className: "live-button live-small",
      onclick: () => {
        const next = { ...marked(load(id), known, today()), title };
        status.textContent = keep(id, next) ? `You meet it again on ${next.due}.` : "Your browser keeps nothing for this site, so it cannot remind you.";
        done(next);
      },
    }, label);
  return element("div", { className: "book-recall live-row" }, button("I knew it", true), button("I did not", false), status);
}

async function showDue(course, base, progress) {
  const due = course.chapters.flatMap((chapter) =>
    Array.from({ length: 40 }, (_, index) => ({ id: `${chapter.name}.${index + 1}`, index, chapter })).filter(({ id }) => isDue(load(id), today())),
  );
  const met = Object.entries(store.all()).flatMap(([id, entry]) => entry.met.map((hint) => ({ id, hint })));
  const parts = [element("h2", { id: "due-today" }, "Due today")];
  if (due.length) parts.push(...(await Promise.all(due.map((item) => cardOf(item, base)))).filter(Boolean));
  else parts.push(element("p", {}, "Nothing is due. Mark the questions at the end of a chapter, and they come back here after 1, 3, 7 and 21 days."));
  if (met.length) parts.push(element("h2", { id: "mistakes-met" }, "Mistakes that you have met"), mistakes(met, course, base));
  progress.before(element("div", { className: "book-due" }, ...parts));
}

function mistakes(met, course, base) {
  const pages = new Map(course.chapters.flatMap((chapter) => chapter.exercises.map((e) => [`${chapter.name}.${e.name}`, `${chapter.page}#${e.anchor}`])));
  return element(
    "ul",
    {},
    ...met.filter(({ id }) => pages.has(id)).map(({ id, hint }) =>
      element("li", {}, element("a", { href: new URL(pages.get(id), base).href }, id.split(".")[1]), `: ${hint}`),
    ),
  );
}

// A question to be answered before its answer shows.
async function cardOf({ id, index, chapter }, base) {
  let question;
  try {
    const text = await (await fetch(new URL(chapter.page, base))).text();
    question = questionsOf(new DOMParser().parseFromString(text, "text/html"))[index];
  } catch {
    return null;
  }
  if (!question) return null;
  const answer = element("div", { className: "book-answer", hidden: true });
  for (const node of [...question.box.childNodes]) if (!node.matches?.(".admonition-title")) answer.append(document.importNode(node, true));
  const mine = element("textarea", { rows: 3, "aria-label": `Your answer to: ${question.title}` });
  const compare = element("button", { type: "button", className: "live-button live-small" }, "Compare with the book's answer");
  const card = element("article", { className: "book-card" }, element("h3", {}, question.title), element("p", {}, element("a", { href: new URL(chapter.page, base).href }, chapter.title)), mine, compare, answer);
  compare.onclick = () => {
    answer.hidden = false;
    compare.replaceWith(verdictButtons(id, question.title, () => card.classList.add("book-card-done")));
  };
  return card;
}
