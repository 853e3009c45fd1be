import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "no-implicit-globals": "error",
      "no-shadow": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  { files: ["src/*.js"], ignores: ["src/worker.js", "src/offline.js"], languageOptions: { globals: globals.browser } },
  { files: ["src/worker.js"], languageOptions: { globals: globals.worker } },
  { files: ["src/offline.js"], languageOptions: { globals: { ...globals.serviceworker, files: "readonly" } } },
  { files: ["test/*.js", "build.mjs"], languageOptions: { globals: globals.node } },
];
