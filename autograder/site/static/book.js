// Frames that scroll can be reached with the Tab key; formulas of a line get such a frame where they are too wide.
const MEASURED = "article div.math, article table.table, article pre, article span.math";

// An edge behind which there is more fades.
function fade(element) {
  const more = element.scrollWidth - element.clientWidth;
  element.classList.toggle("fades-left", more > 1 && element.scrollLeft > 1);
  element.classList.toggle("fades-right", more > 1 && element.scrollLeft < more - 1);
}
document.addEventListener("scroll", (event) => event.target.matches?.(MEASURED) && fade(event.target), { capture: true, passive: true });

function measure(element) {
  if (!element.isConnected) return; // an editor has taken its place
  element.classList.remove("wide");
  const room = element.closest("p, li, td, th, dd, figcaption, h1, h2, h3, article").clientWidth;
  if (element.matches("span.math") && element.firstElementChild.getBoundingClientRect().width > room)
    element.classList.add("wide");
  else if (element.matches("span.math")) return element.removeAttribute("tabindex");
  fade(element);
  const scrolls = element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight;
  if (scrolls) element.tabIndex = 0;
  else element.removeAttribute("tabindex");
}

// What is near the screen is measured when it comes there, the rest when the browser has nothing else to do.
let near;
let round = 0;
const whenIdle = window.requestIdleCallback?.bind(window) ?? ((run) => setTimeout(() => run({ timeRemaining: () => 6 }), 30));
function watch() {
  const rest = [...document.querySelectorAll(MEASURED)];
  const mine = (round += 1);
  const next = (deadline) => {
    if (mine !== round) return; // the window has another size by now
    do measure(rest.shift());
    while (rest.length && deadline.timeRemaining() > 4);
    if (rest.length) whenIdle(next);
    else document.documentElement.dataset.measured = "";
  };
  if (rest.length) whenIdle(next);
  else document.documentElement.dataset.measured = "";
  near?.disconnect();
  near = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => measure(entry.target)),
    { rootMargin: "400px" },
  );
  rest.forEach((element) => near.observe(element));
}

let waiting;
document.fonts.ready.then(watch);
addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(watch, 150);
});
