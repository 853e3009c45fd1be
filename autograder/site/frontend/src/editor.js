// The editor: CodeMirror 6 with Python, in a bundle of its own.
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, drawSelection, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

const setMark = StateEffect.define();
const mark = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    if (transaction.docChanged) return Decoration.none; // a line that was mended is no longer wrong
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
    markLine: (line) => view.dispatch({ effects: setMark.of(line) }),
    focus: () => view.focus(),
  };
}
