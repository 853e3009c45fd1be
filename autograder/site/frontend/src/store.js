// What a reader has written, in the browser's own storage: one entry an exercise, so that two tabs don't undo each other.

const PREFIX = "dlbook/1/";
const STATES = ["", "passed", "failed"];
const LIMIT = 100_000; // characters of one exercise's code

export function load(id) {
  try {
    return clean(JSON.parse(localStorage.getItem(PREFIX + id)));
  } catch {
    return null;
  }
}

// Keep an exercise's entry; false where the browser has no room or allows no storage.
export function save(id, entry) {
  try {
    localStorage.setItem(PREFIX + id, JSON.stringify({ ...entry, updated: new Date().toISOString() }));
  } catch {
    return false;
  }
  announce(id);
  return true;
}

export function remove(id) {
  localStorage.removeItem(PREFIX + id);
  announce(id);
}

export function all() {
  const entries = {};
  for (let i = 0; i < localStorage.length; i++) {
    const key = localStorage.key(i);
    const id = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : null;
    const entry = id && load(id);
    if (entry) entries[id] = entry;
  }
  return entries;
}

// Call `listener(id)` when an entry changes, here or in another tab.
export function onChange(listener) {
  addEventListener("dlbook-store", (event) => listener(event.detail));
  addEventListener("storage", (event) => {
    if (event.key === null) listener(null);
    else if (event.key.startsWith(PREFIX)) listener(event.key.slice(PREFIX.length));
  });
}

function announce(id) {
  dispatchEvent(new CustomEvent("dlbook-store", { detail: id }));
}

// An entry with the fields that we know and nothing else, or null: imported files are not believed.
function clean(entry) {
  if (entry === null || typeof entry !== "object") return null;
  const text = (value) => (typeof value === "string" && value.length <= LIMIT ? value : "");
  if (typeof entry.code !== "string" || entry.code.length > LIMIT) return null;
  return {
    code: entry.code,
    stub: text(entry.stub),
    state: STATES.includes(entry.state) ? entry.state : "",
    passed: text(entry.passed),
    updated: text(entry.updated).slice(0, 40),
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
    if (!entry || !known.has(id) || (mine && mine.updated >= entry.updated)) continue;
    localStorage.setItem(PREFIX + id, JSON.stringify(entry));
    announce(id);
    count += 1;
  }
  return count;
}
