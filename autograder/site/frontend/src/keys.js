// The row of keys that a phone's keyboard hides: Tab, brackets, undo.
import { element } from "./dom.js";

const KEYS = [
  ["Tab", "Indent", (editor) => editor.indent()],
  ["( )", "Parentheses", (editor) => editor.insert("(", ")")],
  ["[ ]", "Brackets", (editor) => editor.insert("[", "]")],
  [":", "Colon", (editor) => editor.insert(":")],
  ["=", "Equals", (editor) => editor.insert("=")],
  ["*", "Star", (editor) => editor.insert("*")],
  ["@", "At", (editor) => editor.insert("@")],
  ["_", "Underscore", (editor) => editor.insert("_")],
  ["↶", "Undo", (editor) => editor.undo()],
  ["↷", "Redo", (editor) => editor.redo()],
];

// editor(): the editor, once it is there.
export function keyBar(editor) {
  const button = ([text, name, act]) => {
    const made = element("button", { type: "button", className: "live-key", "aria-label": name }, text);
    made.onpointerdown = (event) => event.preventDefault(); // the editor keeps the focus, and the keyboard stays
    made.onclick = () => editor() && act(editor());
    return made;
  };
  return element("div", { className: "live-keys", role: "toolbar", "aria-label": "Keys for code" }, ...KEYS.map(button));
}
