// The editor: CodeMirror 6 with Python, in a bundle of its own.
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentMore, indentWithTab, redo, undo } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin, drawSelection, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

const setMark = StateEffect.define();
const mark = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    if (transaction.docChanged) return Decoration.none; // a line that was fixed is no longer wrong
    for (const effect of transaction.effects)
      if (effect.is(setMark)) {
        const line = effect.value;
        if (!line || line > transaction.state.doc.lines) return Decoration.none;
        const at = transaction.state.doc.line(line).from;
        return Decoration.set([Decoration.line({ class: "live-wrong-line" }).range(at)]);
      }
    return marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

// A line that is too long goes on in the next, a little further in than it began, so that Python's indentation shows.
const hangingIndent = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.decorations = indented(view);
    }
    update(update) {
      if (update.docChanged || update.viewportChanged) this.decorations = indented(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

function indented(view) {
  const lines = new RangeSetBuilder();
  for (const { from, to } of view.visibleRanges)
    for (let at = from; at <= to; ) {
      const line = view.state.doc.lineAt(at);
      const columns = /^ */.exec(line.text)[0].length + 2;
      const style = `padding-left: calc(6px + ${columns}ch); text-indent: -${columns}ch`;
      lines.add(line.from, line.from, Decoration.line({ attributes: { style } }));
      at = line.to + 1;
    }
  return lines.finish();
}

// An editor in `parent`. onChange(text) is called after each change, onCheck() for Ctrl-Enter.
export function makeEditor(parent, text, label, description, onChange, onCheck) {
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        keymap.of([{ key: "Mod-Enter", run: () => (onCheck(), true) }]),
        lineNumbers(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        indentUnit.of("    "),
        EditorState.tabSize.of(4),
        python(),
        syntaxHighlighting(classHighlighter),
        mark,
        EditorView.lineWrapping,
        hangingIndent,
        // Tab indents; after Esc it leaves the editor, as CodeMirror has it
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorView.contentAttributes.of({ tabindex: "0", "aria-label": label, "aria-describedby": description }),
        EditorView.updateListener.of((update) => update.docChanged && onChange(update.state.doc.toString())),
      ],
    }),
  });
  return {
    get text() {
      return view.state.doc.toString();
    },
    set text(value) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
    },
    insert(before, after = "") {
      const { from, to } = view.state.selection.main;
      const inside = view.state.sliceDoc(from, to);
      view.dispatch({
        changes: { from, to, insert: before + inside + after },
        selection: { anchor: from + before.length + inside.length },
        userEvent: "input.type",
      });
      view.focus();
    },
    indent: () => (indentMore(view), view.focus()),
    undo: () => (undo(view), view.focus()),
    redo: () => (redo(view), view.focus()),
    markLine: (line) => view.dispatch({ effects: setMark.of(line) }),
    focus: () => view.focus(),
  };
}
