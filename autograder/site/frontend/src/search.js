// The page of search: sections by relevance, each with the lines that match.
import MiniSearch from "minisearch";
import { element } from "./dom.js";

const base = new URL("../../", import.meta.url).href;
const MOST = 40;
const AROUND = 110; // characters of an excerpt on each side of the first match

export function makeSearch(rows) {
  const search = new MiniSearch({
    fields: ["section", "title", "text"],
    searchOptions: { boost: { section: 4, title: 2 }, prefix: (term) => term.length > 2, fuzzy: (term) => (term.length > 5 ? 0.15 : false), combineWith: "AND" },
  });
  search.addAll(rows.map(([page, anchor, title, section, text], id) => ({ id, page, anchor, title, section, text })));
  return (query) =>
    search.search(query).slice(0, MOST).map(({ id, terms, queryTerms }) => {
      const [page, anchor, title, section, text] = rows[id];
      return { page, anchor, title, section, excerpt: excerpt(text, [...terms, ...queryTerms]) };
    });
}

// [[text, isMatch], …]: the text around the first match, cut between words.
export function excerpt(text, terms) {
  const pattern = new RegExp(`(${terms.map((term) => term.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).sort((a, b) => b.length - a.length).join("|")})`, "gi");
  const at = Math.max(0, text.search(pattern));
  let from = at <= AROUND ? 0 : text.indexOf(" ", at - AROUND) + 1;
  if (from > at) from = at;
  const cut = text.slice(from, from + 2 * AROUND + 20);
  const to = from + cut.length < text.length ? cut.lastIndexOf(" ") : cut.length;
  const parts = cut.slice(0, to).split(pattern).map((part, index) => [part, index % 2 === 1]);
  return [[from ? "… " : "", false], ...parts, [to < cut.length || from + to < text.length ? " …" : "", false]].filter(([part]) => part);
}

async function main() {
  const field = document.getElementById("book-search");
  const count = document.getElementById("book-search-count");
  const list = document.getElementById("book-search-results");
  let search;
  const show = () => {
    const query = field.value.trim();
    if (!query) return list.replaceChildren(), (count.textContent = "");
    const found = search(query);
    count.textContent = found.length ? `${found.length === MOST ? `The ${MOST} best` : found.length} ${found.length === 1 ? "section" : "sections"} for “${query}”` : `Nothing found for “${query}”. Fewer or shorter words find more.`;
    list.replaceChildren(...found.map(result));
  };
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  field.focus();
  field.select();
  count.textContent = "Searching …";
  try {
    const response = await fetch(new URL("_static/search.json", base));
    if (!response.ok) throw new Error(String(response.status));
    search = makeSearch(await response.json());
  } catch (error) {
    count.textContent = `The search cannot be loaded (${error.message}). Reload the page to try again.`;
    return;
  }
  show();
  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      history.replaceState(null, "", `?q=${encodeURIComponent(field.value)}`);
      show();
    }, 120);
  });
}

function result({ page, anchor, title, section, excerpt: parts }) {
  const address = new URL(page + (anchor ? `#${anchor}` : ""), base).href;
  return element(
    "li",
    { className: "book-result" },
    element("a", { href: address }, section || title),
    section && section !== title ? ` in ${title}` : "",
    element("p", {}, ...parts.map(([text, isMatch]) => (isMatch ? element("mark", {}, text) : text))),
  );
}

if (globalThis.document?.getElementById("book-search")) main();
