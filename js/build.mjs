// Bundles the entries that Python ships; with --tests, the tests; with --one FROM TO, a file for Node; with --dev, the
// page with made-up data.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const smallStyles = {
  name: "small-styles",
  setup: ({ onLoad }) => onLoad({ filter: /\.css$/ }, async ({ path }) => {
    const { code } = await transform(readFileSync(path, "utf-8"), { loader: "css", minify: true });
    return { contents: code.trim(), loader: "text" };
  }),
};
/** d3-array calls functions at its top, which a bundler must take to have effects: none has. */
const pureModules = {
  name: "pure-modules",
  setup: ({ onLoad }) => onLoad({ filter: /d3-array\.mjs$/ }, ({ path }) => {
    const text = readFileSync(path, "utf-8");
    return { contents: text.replace(/^((?:const|var) \w+ = )(?=\w+\()/gm, "$1/* @__PURE__ */ "), loader: "js" };
  }),
};
const common = {
  bundle: true,
  format: "esm",
  target: "es2022",
  plugins: [smallStyles, pureModules],
  absWorkingDir: here,
  nodePaths: [join(here, "node_modules")],
};
const tests = join(here, "..", "tests", "js");

const one = process.argv.indexOf("--one");
if (one > 0) {
  const [entry, outfile] = process.argv.slice(one + 1);
  await build({ ...common, entryPoints: [entry], outfile, platform: "node" });
} else if (process.argv.includes("--tests")) {
  const entryPoints = readdirSync(tests).filter((name) => name.endsWith(".test.ts")).map((name) => join(tests, name));
  await build({
    ...common, entryPoints, outdir: "build/tests", outExtension: { ".js": ".mjs" }, platform: "node", sourcemap: "inline",
  });
} else if (process.argv.includes("--dev")) {
  await build({ ...common, entryPoints: ["dev/page.ts"], outdir: "build/dev" });
} else {
  const entryPoints = ["channel", "views", "page"].map((name) => `src/${name}.ts`).filter((path) => existsSync(join(here, path)));
  await build({ ...common, entryPoints, outdir: "../nbviz/static", minify: true, legalComments: "none" });
}
