// What surrounds the chapters: contents, links to sections, printing, figures to enlarge.
import { element } from "./dom.js";

// The theme's own buttons, whose inline handlers a Content-Security-Policy forbids.
const ACTIONS = { "window.print()": () => print(), "toggleFullScreen()": () => window.toggleFullScreen() };

export function setUpPage() {
  for (const button of document.querySelectorAll("[data-do]"))
    button.addEventListener("click", () => ACTIONS[button.dataset.do]?.());
  followSectionLinks();
  markContents();
  printInLight();
  enlargeFigures();
  offerReport();
}

// Sections far below the screen are laid out late, so their true places are not known. Before a jump all are laid out.
function followSectionLinks() {
  const layOut = () => document.documentElement.classList.add("all-laid-out");
  const jump = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    layOut();
    target.scrollIntoView();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href*='#']");
    if (link && link.pathname === location.pathname) layOut();
  }, { capture: true });
  addEventListener("hashchange", jump);
  addEventListener("load", jump, { once: true });
  if (location.hash) layOut();
}

// In the list of this page's sections, the one that is being read.
function markContents() {
  const links = [...document.querySelectorAll("#book-page-contents a[href^='#']")];
  const pairs = links
    .map((link) => [link, document.getElementById(decodeURIComponent(link.hash.slice(1)))])
    .filter(([, section]) => section);
  if (!pairs.length) return;
  let waiting = false;
  const mark = () => {
    waiting = false;
    const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 4;
    const line = Math.min(160, innerHeight / 3);
    let current = null;
    for (const [link, section] of pairs) {
      const heading = section.querySelector("h1, h2, h3, h4, h5") ?? section;
      if (heading.getBoundingClientRect().top <= line) current = link;
    }
    if (atEnd && current === null) current = pairs.at(-1)[0];
    for (const [link] of pairs) {
      const is = link === current;
      link.classList.toggle("book-current", is);
      if (is) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    const list = current?.closest(".book-contents");
    if (list && list.scrollHeight > list.clientHeight) {
      const box = current.getBoundingClientRect();
      const frame = list.getBoundingClientRect();
      if (box.top < frame.top || box.bottom > frame.bottom) list.scrollTop += box.top - frame.top - frame.height / 2;
    }
  };
  const later = () => {
    if (!waiting) requestAnimationFrame(mark);
    waiting = true;
  };
  addEventListener("scroll", later, { passive: true });
  addEventListener("resize", later);
  mark();
}

// Paper is white: a page that is dark on the screen is printed in the light colors.
function printInLight() {
  const root = document.documentElement;
  let before = null;
  const toLight = () => {
    if (before !== null) return;
    before = root.dataset.theme;
    root.dataset.theme = "light";
    document.querySelectorAll("details:not([open])").forEach((details) => {
      details.open = true;
      details.dataset.openedForPrint = "";
    });
  };
  const back = () => {
    if (before === null) return;
    root.dataset.theme = before;
    before = null;
    document.querySelectorAll("[data-opened-for-print]").forEach((details) => {
      details.open = false;
      delete details.dataset.openedForPrint;
    });
  };
  addEventListener("beforeprint", toLight);
  addEventListener("afterprint", back);
  matchMedia("print").addEventListener("change", (event) => (event.matches ? toLight() : back()));
}

// A figure that is shown smaller than it is can be seen in full.
function enlargeFigures() {
  const article = document.querySelector("article");
  if (!article) return;
  const open = (image) => {
    const dialog = element("dialog", { className: "book-figure", "aria-label": "Figure" });
    const close = element("button", { type: "button", className: "live-button" }, "Close");
    const copy = image.cloneNode();
    copy.removeAttribute("loading");
    dialog.append(close, element("div", { className: "book-figure-frame", tabIndex: 0 }, copy));
    close.onclick = () => dialog.close();
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };
  for (const image of article.querySelectorAll(".cell_output img, figure img:not(.cell_output img)")) {
    if (image.closest("a")) continue;
    const button = element("button", { type: "button", className: "book-enlarge", "aria-label": "Enlarge this figure", title: "Enlarge" }, "⤢");
    button.onclick = () => open(image);
    image.classList.add("book-can-enlarge");
    image.addEventListener("click", () => open(image));
    image.after(button);
    image.parentElement.classList.add("book-figure-place");
  }
}

// "Report an error" without an address to send it to: what to tell whom.
function offerReport() {
  for (const place of document.querySelectorAll(".book-report-text"))
    place.textContent = `Page: ${document.title} (${location.href.split("#")[0]})`;
}
