// What the modules expect of a browser, as far as their tests need it.
export class Storage {
  #items = new Map();
  constructor(room = Infinity) {
    this.room = room;
  }
  get length() {
    return this.#items.size;
  }
  key = (index) => [...this.#items.keys()][index];
  getItem = (key) => this.#items.get(key) ?? null;
  removeItem = (key) => this.#items.delete(key);
  setItem(key, value) {
    if (value.length > this.room) throw new DOMException("full", "QuotaExceededError");
    this.#items.set(key, value);
  }
}

export function useStorage(storage) {
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get: typeof storage === "function" ? storage : () => storage });
}
