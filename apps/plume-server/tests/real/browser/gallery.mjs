// Takes pictures of all pages of a running demo. usage: node gallery.mjs ADDRESS FOLDER STATE
//
// The names are STATE-PAGE-WIDTH-COLORS.png. A picture shows the upper part of a page as it fits the window.
import fs from "node:fs";
import path from "node:path";
import { launch, open, routes } from "./browser.mjs";

const [address, folder, state] = process.argv.slice(2);
const base = new URL("/", address).href;
fs.mkdirSync(folder, { recursive: true });

/** A word for each form of address. */
const name = url => {
  const { pathname, search } = new URL(url);
  const parts = pathname.split("/").filter(Boolean);
  if (parts.length === 0) return "overview";
  return (parts.length > 1 ? parts[0].replace(/s$/, "") : parts[0]) + (search ? "-part" : "");
};

const browser = await launch();
const { pages } = await routes(browser, base);
for (const viewport of [{ width: 390, height: 844 }, { width: 1440, height: 900 }]) {
  for (const colorScheme of ["light", "dark"]) {
    const { page, context } = await open(browser, { viewport, colorScheme });
    for (const url of pages.filter(url => !url.includes("?"))) {
      await page.goto(url);
      await page.waitForTimeout(300);
      await page.screenshot({ path: path.join(folder, `${state}-${name(url)}-${viewport.width}-${colorScheme}.png`) });
    }
    await context.close();
  }
}
await browser.close();
