// Bundles the front end into ../static/live: the pages' module, the editor's, the worker's and the service worker's.
import { build } from "esbuild";

const common = {
  outdir: "../static/live",
  bundle: true,
  target: "es2022",
  minify: true,
  legalComments: "linked",
};

await build({
  ...common,
  entryPoints: ["src/main.js", "src/editor.js", "src/search.js"],
  format: "esm",
  external: ["./editor.js"], // loaded by main.js when a page has exercises
});
// Workers are plain scripts; wrapped, so that what they hold is no global of theirs.
await build({ ...common, entryPoints: ["src/worker.js", "src/offline.js"], format: "iife" });
