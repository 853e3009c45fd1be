// Hints in steps: the idea, then what people usually get wrong, then the formula.

// The first sentence of a stub's docstring, or "".
export function ideaOf(stub) {
  const text = /"""([\s\S]*?)(?:"""|\n\s*\n)/.exec(stub)?.[1] ?? "";
  return text.replace(/\s+/g, " ").trim();
}

// The steps of an exercise's hints: {kind, text}. A reader who has written nothing yet is told the
// idea and the formula; what is usually wrong with a function is told to those who have one.
export function steps({ stub, hints, shown, attempted, hasFormula }) {
  const list = [{ kind: "idea", text: ideaOf(stub) }];
  if (attempted) list.push(...hints.filter((hint) => !shown.includes(hint)).map((text) => ({ kind: "mistake", text })));
  if (hasFormula) list.push({ kind: "formula", text: "" });
  if (!attempted) list.push({ kind: "write", text: "" });
  return list;
}
