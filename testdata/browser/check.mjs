// Opens the golden pages of internal/report in Chromium, light and dark, as
// narrow as a phone and wide: axe-core finds nothing against them, they ask for
// nothing, say nothing on the console, fit the screen, and are whole without
// their script.
//
//   node check.mjs [CHROMIUM]
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const report = new URL("../../internal/report/testdata/", import.meta.url);
const pages = ["judged/several/report.html", "judged/hostile/report.html", "trend/index.html"];
const rules = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };

const faults = [];
const browser = await chromium.launch({ executablePath: process.argv[2] ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

// open opens a page, whose faults are noted while it is open.
async function open(name, options, use) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const note = (text) => faults.push(`${name}, ${options.colorScheme}, ${options.viewport.width} wide: ${text}`);
  page.on("console", (message) => note(`the console says ${message.text()}`));
  page.on("pageerror", (error) => note(`the script failed: ${error.message}`));
  const address = pathToFileURL(fileURLToPath(new URL(name, report))).href;
  page.on("request", (request) => request.url() === address || note(`it asks for ${request.url()}`));
  await page.goto(address);
  const result = await use(page, note);
  await context.close();
  return result;
}

// text is all that a page says: what a script put there is taken away.
const text = (page) =>
  page.evaluate(() => {
    document.querySelectorAll("script, .filter, .says").forEach((e) => e.remove());
    return document.body.textContent;
  });

async function accessible(page, note) {
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (beyond > 0) note(`it is ${beyond} pixels wider than the screen`);
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
  await page.evaluate(axe);
  const { violations } = await page.evaluate((rules) => axe.run(document, rules), rules);
  for (const v of violations)
    note(`${v.id}: ${v.help}, at ${v.nodes.length} places, the first ${v.nodes[0].html.slice(0, 200)}: ${v.nodes[0].failureSummary}`);
}

// sorts tries the first table of requests: its rows by a column, and those that
// have a word.
async function sorts(page, note) {
  const cells = (n) => page.$$eval(`table.sorts >> nth=0 >> tbody tr:not([hidden]) td:nth-child(${n})`, (list) => list.map((c) => c.textContent.trim()));
  await page.click("table.sorts >> nth=0 >> th:nth-child(2) button");
  const down = (await cells(2)).map(parseFloat).filter((n) => !Number.isNaN(n));
  if (down.length < 2 || down.some((n, i) => i > 0 && n > down[i - 1])) note(`sorted, the highest first: ${down}`);
  await page.click("table.sorts >> nth=0 >> th:nth-child(2) button");
  const up = (await cells(2)).map(parseFloat).filter((n) => !Number.isNaN(n));
  if (up.some((n, i) => i > 0 && n < up[i - 1])) note(`sorted, the lowest first: ${up}`);
  const names = await cells(1);
  const longest = names.reduce((a, b) => (a.length > b.length ? a : b));
  await page.fill("input[type=search] >> nth=0", longest.toUpperCase());
  const found = await cells(1);
  if (found.length !== 1 || found[0] !== longest) note(`asked for ${longest} it shows ${found} of ${names}`);
  await page.hover("figure > svg >> nth=0 >> rect >> nth=0");
  if (!(await page.textContent(".says >> nth=0")).startsWith("+")) note("nothing is said of what is pointed at");
}

const began = Date.now();
for (const name of pages) {
  for (const [colorScheme, width] of [["light", 1400], ["dark", 1400], ["light", 400]])
    await open(name, { colorScheme, viewport: { width, height: 900 } }, accessible);
  const options = { colorScheme: "light", viewport: { width: 1400, height: 900 } };
  const [withScript, without] = [await open(name, options, text), await open(name, { ...options, javaScriptEnabled: false }, text)];
  if (withScript !== without) faults.push(`${name}: without its script it says something else`);
}
await open(pages[0], { colorScheme: "light", viewport: { width: 1400, height: 900 } }, sorts);
await browser.close();
for (const fault of faults) console.error(fault);
console.log(`${pages.length} pages, ${faults.length} faults, ${((Date.now() - began) / 1000).toFixed(1)} s`);
process.exit(faults.length > 0 ? 1 : 0);
