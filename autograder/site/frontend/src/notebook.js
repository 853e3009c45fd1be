// The chapter's notebook with the reader's own code in its stub cells, ready to hand in.
import { saveFile } from "./dom.js";

export async function downloadNotebook(course, exercises) {
  const response = await fetch(new URL(`_static/notebooks/${course.chapter}.ipynb`, course.base));
  if (!response.ok) throw new Error(`the notebook cannot be loaded (${response.status})`);
  const notebook = await response.json();
  for (const cell of notebook.cells) {
    const exercise = cell.metadata.nbgrader?.solution && exercises.get(cell.metadata.nbgrader.grade_id);
    if (exercise) cell.source = exercise.code;
  }
  saveFile(`${course.chapter}.ipynb`, JSON.stringify(notebook, null, 1) + "\n", "application/x-ipynb+json");
}
