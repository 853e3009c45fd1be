// What a reader has written, in the browser's own storage: one entry per exercise, so that two tabs don't undo each other.
// Where the browser gives no storage, or has no room, entries live as long as the page, and `problem()` says so.

const PREFIX = "dlbook/1/";
const STATES = ["", "passed", "failed"];
const LIMIT = 1_000_000; // characters of one exercise's code
const MAX_LIST = 30;

const memory = new Map(); // entries that the browser did not take
let trouble = "";

function storage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null; // switched off: even looking at it is refused
  }
}

function read(id) {
  if (memory.has(id)) return memory.get(id);
  try {
    return storage()?.getItem(PREFIX + id) ?? null;
  } catch {
    return null;
  }
}

export function load(id) {
  try {
    return clean(JSON.parse(read(id)));
  } catch {
    return null;
  }
}

// Keep an exercise's entry; false where it lives only as long as this page, and `problem()` says why.
export function save(id, entry) {
  const text = JSON.stringify({ ...entry, updated: new Date().toISOString() });
  const kept = write(id, text, entry.code.length > LIMIT);
  announce(id);
  return kept;
}

function write(id, text, tooLong = false) {
  try {
    if (tooLong) throw new RangeError("too long");
    const place = storage();
    if (!place) throw new Error("no storage");
    place.setItem(PREFIX + id, text);
    memory.delete(id);
    if (!memory.size) trouble = "";
    return true;
  } catch {
    memory.set(id, text);
    trouble = tooLong
      ? `It is longer than ${LIMIT.toLocaleString("en")} characters, so your browser does not keep it: copy it before you leave this page.`
      : storage()
        ? "Your browser's storage for this site is full: copy your code before you leave this page, or delete what you no longer need."
        : "Your browser keeps nothing for this site (storage is switched off): copy your code before you leave this page.";
    return false;
  }
}

// What the browser did not keep, in a sentence for the reader; empty if everything is kept.
export const problem = () => trouble;

export function remove(id) {
  memory.delete(id);
  if (!memory.size) trouble = "";
  try {
    storage()?.removeItem(PREFIX + id);
  } catch {
    // nothing was kept
  }
  announce(id);
}

export function all() {
  const ids = new Set(memory.keys());
  const place = storage();
  for (let i = 0; place && i < place.length; i++) if (place.key(i).startsWith(PREFIX)) ids.add(place.key(i).slice(PREFIX.length));
  const entries = {};
  for (const id of ids) {
    const entry = load(id);
    if (entry) entries[id] = entry;
  }
  return entries;
}

// Solved stays solved: whether any version of the reader's code has passed.
export const isSolved = (entry) => Boolean(entry && (entry.passed || entry.state === "passed"));

// Call `listener(id)` when an entry changes, here or in another tab (`elsewhere`).
export function onChange(listener) {
  addEventListener("dlbook-store", (event) => listener(event.detail, false));
  addEventListener("storage", (event) => {
    if (event.key === null) listener(null, true);
    else if (event.key.startsWith(PREFIX)) listener(event.key.slice(PREFIX.length), true);
  });
}

function announce(id) {
  globalThis.dispatchEvent?.(new CustomEvent("dlbook-store", { detail: id }));
}

// An entry with the fields that we know and nothing else, or null: imported files are not believed.
export function clean(entry) {
  if (entry === null || typeof entry !== "object") return null;
  const text = (value) => (typeof value === "string" && value.length <= LIMIT ? value : "");
  if (typeof entry.code !== "string") return null;
  const names = Array.isArray(entry.met) ? entry.met : [];
  return {
    code: entry.code,
    stub: text(entry.stub),
    state: STATES.includes(entry.state) ? entry.state : "",
    passed: text(entry.passed),
    updated: text(entry.updated).slice(0, 40),
    tries: Number.isInteger(entry.tries) && entry.tries > 0 ? Math.min(entry.tries, 1e6) : 0,
    met: names.filter((name) => typeof name === "string" && name.length <= 1000).slice(0, MAX_LIST), // hints that applied
  };
}

export function exportAll() {
  return JSON.stringify({ kind: "dlbook-progress", version: 1, exercises: all() }, null, 1);
}

// Read a file that `exportAll` wrote. Where both have an exercise, the younger one stays.
// Returns how many entries came in; throws an Error that says what is wrong with the file.
export function importAll(text, known) {
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Error("This is not a file of saved work: it is not JSON. Choose the file that Export gave you.");
  }
  if (data?.kind !== "dlbook-progress" || typeof data.exercises !== "object" || data.exercises === null)
    throw new Error("This is not a file of saved work from this book. Choose the file that Export gave you.");
  let count = 0;
  for (const [id, raw] of Object.entries(data.exercises)) {
    const entry = clean(raw);
    const mine = load(id);
    if (!entry || entry.code.length > LIMIT || !known.has(id) || (mine && mine.updated >= entry.updated)) continue;
    write(id, JSON.stringify(entry));
    announce(id);
    count += 1;
  }
  return count;
}
