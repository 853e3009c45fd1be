// Tooltips of the glossary: what a term means, when somebody points at it, moves to it with the keyboard, or taps it.
const data = document.getElementById("glossary-entries");
const entries = data ? JSON.parse(data.textContent) : {};
const OPENS_AFTER = 150; // milliseconds: a pointer that only passes by opens nothing
let tip, owner, timer;

const entryOf = (link) => entries[decodeURIComponent(link.hash.slice(1))];
const make = (name, text, attributes = {}) => Object.assign(document.createElement(name), { textContent: text }, attributes);

function open(link) {
  close();
  const entry = entryOf(link);
  if (!entry) return;
  const names = make("p", "");
  names.append(...entry.names.map(([lang, name]) => make("span", name, { lang })));
  tip = make("div", "", { className: "term-tip", id: "term-tip", role: "tooltip" });
  tip.append(make("p", entry.definition), names);
  tip.addEventListener("pointerenter", () => clearTimeout(timer));
  tip.addEventListener("pointerleave", closeSoon);
  document.body.append(tip);
  owner = link;
  link.setAttribute("aria-describedby", "term-tip");
  place(link);
}

function place(link) {
  const at = link.getClientRects()[0]; // of a term that is broken over two lines, the first part
  const { width, height } = tip.getBoundingClientRect();
  const room = document.documentElement.clientWidth;
  const left = Math.max(8, Math.min(at.left, room - width - 8));
  const above = at.bottom + height + 8 > innerHeight && at.top > height + 8;
  tip.style.left = `${left + scrollX}px`;
  tip.style.top = `${(above ? at.top - height - 4 : at.bottom + 4) + scrollY}px`;
}

function close() {
  clearTimeout(timer);
  owner?.removeAttribute("aria-describedby");
  tip?.remove();
  tip = owner = undefined;
}

function closeSoon() {
  clearTimeout(timer);
  timer = setTimeout(close, OPENS_AFTER);
}

for (const link of document.querySelectorAll('article a[href*="glossary.html#term-"]')) {
  if (!entryOf(link)) continue;
  let byTouch = false;
  link.addEventListener("pointerdown", (event) => (byTouch = event.pointerType === "touch"));
  link.addEventListener("pointerenter", (event) => {
    clearTimeout(timer);
    if (event.pointerType !== "touch") timer = setTimeout(() => open(link), OPENS_AFTER);
  });
  link.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && closeSoon());
  link.addEventListener("focus", () => byTouch || open(link));
  link.addEventListener("blur", closeSoon);
  link.addEventListener("click", (event) => {
    if (!byTouch || owner === link) return; // a first tap shows the entry, a second one follows the link
    event.preventDefault();
    open(link);
  });
}
addEventListener("keydown", (event) => event.key === "Escape" && close());
addEventListener("pointerdown", (event) => tip && !tip.contains(event.target) && !owner.contains(event.target) && close());
