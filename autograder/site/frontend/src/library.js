// The reader's library: the functions that passed, of every chapter, which later exercises may call.
import * as store from "./store.js";

// book: `course.json`, every chapter with its exercises. → {chapter, exercise, code}, in the order of the book.
export function passedFunctions(book, load = store.load) {
  return book.chapters.flatMap((chapter) =>
    chapter.exercises
      .map(({ name }) => ({ chapter: chapter.name, name, code: load(`${chapter.name}.${name}`)?.passed }))
      .filter(({ code }) => code),
  );
}

// What Python gets for a check: `earlier` of the same chapter, which always runs first, and `library`, the passed
// functions of everywhere else, of which it takes those that are called.
export function forCheck(book, chapter, name, load = store.load) {
  const passed = passedFunctions(book, load);
  const names = book.chapters.find((item) => item.name === chapter)?.exercises.map((item) => item.name) ?? [];
  const before = new Set(names.slice(0, names.indexOf(name)));
  const isEarlier = (item) => item.chapter === chapter && before.has(item.name);
  const pair = (item) => [item.name, item.code];
  return {
    earlier: passed.filter(isEarlier).map(pair),
    library: passed.filter((item) => !isEarlier(item) && item.name !== name).map(pair),
  };
}

// The exercises among `names` that the reader has not solved, each with its chapter's title and address.
export function missingExercises(book, names, load = store.load) {
  const wanted = new Set(names);
  return book.chapters.flatMap((chapter) =>
    chapter.exercises
      .filter(({ name }) => wanted.has(name) && !store.isSolved(load(`${chapter.name}.${name}`)))
      .map(({ name, anchor }) => ({ name, chapter: chapter.name, title: chapter.title, page: `${chapter.page}#${anchor}` })),
  );
}
