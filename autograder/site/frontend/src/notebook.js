// The chapter's notebook with the reader's own code in its stub cells: alone, ready to hand in, or with its checks.
import { unzipSync, zipSync } from "fflate";
import { saveFile } from "./dom.js";

const DATE = new Date(2026, 0, 1); // the same work gives the same file

export async function downloadNotebook(course, exercises) {
  const response = await fetch(new URL(`_static/notebooks/${course.chapter}.ipynb`, course.base));
  if (!response.ok) throw new Error(`the notebook cannot be loaded (${response.status})`);
  const notebook = withCode(await response.json(), exercises);
  saveFile(`${course.chapter}.ipynb`, asText(notebook), "application/x-ipynb+json");
}

// The zip that the site offers, with the reader's code in its notebook.
export async function downloadZip(course, exercises) {
  const response = await fetch(new URL(`_static/notebooks/${course.chapter}.zip`, course.base));
  if (!response.ok) throw new Error(`the notebook with its checks cannot be loaded (${response.status})`);
  saveFile(`${course.chapter}.zip`, zipWithCode(new Uint8Array(await response.arrayBuffer()), course.chapter, exercises), "application/zip");
}

export function zipWithCode(bytes, chapter, exercises) {
  const files = unzipSync(bytes);
  const name = `${chapter}/${chapter}.ipynb`;
  const notebook = withCode(JSON.parse(new TextDecoder().decode(files[name])), exercises);
  files[name] = new TextEncoder().encode(asText(notebook));
  return zipSync(files, { mtime: DATE });
}

// exercises: a Map from name to something with `code`.
export function withCode(notebook, exercises) {
  for (const cell of notebook.cells) {
    const exercise = cell.metadata.nbgrader?.solution && exercises.get(cell.metadata.nbgrader.grade_id);
    if (exercise) cell.source = exercise.code;
  }
  return notebook;
}

const asText = (notebook) => JSON.stringify(notebook, null, 1) + "\n";
