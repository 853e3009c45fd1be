// Frames that scroll can be reached with the Tab key; formulas of a line get such a frame where they are too wide.
const MEASURED = "article div.math, article table.table, article pre, article span.math";

function measure(element) {
  if (!element.isConnected) return; // an editor has taken its place
  element.classList.remove("wide");
  const room = element.closest("p, li, td, th, dd, figcaption, h1, h2, h3, article").clientWidth;
  if (element.matches("span.math") && element.firstElementChild.getBoundingClientRect().width > room)
    element.classList.add("wide");
  else if (element.matches("span.math")) return element.removeAttribute("tabindex");
  const scrolls = element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight;
  if (scrolls) element.tabIndex = 0;
  else element.removeAttribute("tabindex");
}

// Only what is near the screen is measured, so that the rest need not be laid out.
let near;
function watch() {
  near?.disconnect();
  near = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => measure(entry.target)),
    { rootMargin: "400px" },
  );
  document.querySelectorAll(MEASURED).forEach((element) => near.observe(element));
}

let waiting;
document.fonts.ready.then(watch);
addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(watch, 150);
});
