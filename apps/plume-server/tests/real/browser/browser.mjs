// The browser: starts Chromium, finds the pages of a server, and collects what a browser reports about them.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** The folder with playwright-core and axe-core, which `.ci/servers` installs. */
const modules = process.env.PLUME_TEST_NODE_MODULES ?? "node_modules";
const require = createRequire(path.resolve(modules, "none.js"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const launch = (options = {}) => chromium.launch({
  executablePath: process.env.PLUME_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
  ...options,
});

/** Opens a page of its own and collects errors of its console and of its policy for content. */
export const open = async (browser, options) => {
  const context = await browser.newContext({ timezoneId: "Europe/Berlin", locale: "en-GB", ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("console", message => {
    if (["error", "warning"].includes(message.type())) errors.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", error => errors.push(`uncaught: ${error.message}`));
  await context.addInitScript(() => addEventListener("securitypolicyviolation",
    event => console.error(`policy: ${event.violatedDirective} of ${event.blockedURI || event.sourceFile}`)));
  return { page, context, errors };
};

/** Returns a form of an address without its ids: one page of each form is visited. */
const form = (address, nav) => {
  const url = new URL(address);
  const parts = url.pathname.split("/").slice(1);
  const words = parts.map((part, index) => (index === 0 || nav.has("/" + parts.slice(0, index + 1).join("/")) ? part : "*"));
  return `/${words.join("/")}?${[...url.searchParams.keys()].sort().join("&")}`;
};

/**
 * Finds the pages: those of the navigation, and one of each form that they link to, two links deep. A page that is added
 * to the navigation is found without a change here.
 */
export const routes = async (browser, base) => {
  const { page, context } = await open(browser, { viewport: { width: 1440, height: 900 } });
  const links = async (address, place) => {
    const response = await page.goto(address);
    const kind = response.headers()["content-type"] ?? "";
    return kind.startsWith("text/html")
      ? page.$$eval(`${place} a[href]`, all => all.filter(one => !one.hasAttribute("download")).map(one => one.href))
      : [];
  };
  const start = await links(base, "header nav");
  const nav = new Set(start.map(address => new URL(address).pathname));
  const found = new Map(start.map(address => [form(address, nav), address]));
  const own = address => address.startsWith(base) && !address.includes("#");
  let level = start;
  for (let depth = 0; depth < 2; depth += 1) {
    const next = [];
    for (const address of level) {
      for (const link of (await links(address, "main")).filter(own)) {
        const key = form(link, nav);
        if (found.has(key) || /\.(csv|json)\b|[?&]format=/.test(link)) continue;
        found.set(key, link);
        next.push(link);
      }
    }
    level = next;
  }
  await context.close();
  return { nav: [...nav], pages: [...found.values(), `${base}nothing`] };
};

/** Returns the violations that axe finds. */
export const violations = async page => {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return violations.map(one => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(" | ")}`);
  });
};

/** Returns the widest parts that are beyond the right edge; none if the page does not scroll sideways. */
export const overflow = page => page.evaluate(() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.body.querySelectorAll("*")].filter(one => one.getBoundingClientRect().right > width + 1);
  return wide.slice(-3).map(one => `${one.tagName.toLowerCase()}.${one.className} ends at ${Math.round(one.getBoundingClientRect().right)} of ${width}`);
});

/** Returns the texts that are cut off, and those that leave their box. An ellipsis is no fault: the whole text is in the title. */
export const cut = page => page.evaluate(() => {
  const faults = [];
  for (const one of document.body.querySelectorAll("main *, header *")) {
    const style = getComputedStyle(one);
    const hides = style.overflowX !== "visible" && style.overflowX !== "auto" && style.overflowX !== "scroll";
    const shown = one.checkVisibility({ visibilityProperty: true }) && one.clientWidth > 1 && !one.closest("svg, select, input, textarea");
    if (!shown || one.scrollWidth <= one.clientWidth + 1) continue;
    const text = `${one.tagName.toLowerCase()}.${one.className}: "${one.textContent.trim().slice(0, 40)}"`;
    if (hides && style.textOverflow !== "ellipsis") faults.push(`is cut: ${text}`);
    if (style.overflowX === "visible" && one.matches("td, th, dd, dt, li, p, h1, h2, section")) faults.push(`leaves its box: ${text}`);
  }
  return faults.slice(0, 3);
});

/** Opens each closed part of a page by its button, with the keyboard, and passes it to a check. */
export const opened = async (page, check) => {
  for (const button of await page.locator("button[popovertarget]:visible, summary:visible").all()) {
    await button.focus();
    await page.keyboard.press("Enter");
    await check();
    await page.keyboard.press(await button.getAttribute("popovertarget") ? "Escape" : "Enter");
  }
};

/** Reaches every control by the tabulator key. Returns the controls that it missed, and those without a visible focus. */
export const keyboard = async page => {
  const wanted = await page.evaluate(() => {
    const controls = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]");
    const shown = [...controls].filter(one => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && one.tabIndex >= 0);
    shown.forEach((one, index) => { one.dataset.walked = index; });
    document.activeElement?.blur();
    return shown.map(one => `${one.tagName.toLowerCase()} "${(one.textContent || one.name || "").trim().slice(0, 40)}"`);
  });
  const seen = new Set();
  const faults = [];
  for (let step = 0; step < wanted.length * 2 + 20 && seen.size < wanted.length; step += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one?.dataset?.walked) return null;
      const style = getComputedStyle(one), box = one.getBoundingClientRect();
      const color = value => (value.match(/[\d.]+/g) ?? []).map(Number);
      const light = ([r, g, b]) => [r, g, b].map(part => part / 255)
        .map(part => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
      let behind = one.parentElement, back = [0, 0, 0, 0];
      for (; behind; behind = behind.parentElement) {
        back = color(getComputedStyle(behind).backgroundColor);
        if (back.length === 3 || back[3] > 0) break;
      }
      const [high, low] = [light(color(style.outlineColor)), light(back)].sort((a, b) => b - a);
      const on = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 12));
      return {
        index: Number(one.dataset.walked),
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        contrast: (high + 0.05) / (low + 0.05),
        shown: box.width > 0 && box.bottom > 0 && box.top < innerHeight && (one.contains(on) || on?.contains(one) || one.getClientRects().length > 1),
      };
    });
    if (!at || seen.has(at.index)) continue;
    seen.add(at.index);
    if (!at.ring || at.contrast < 3) faults.push(`focus is hardly visible (ring ${at.ring}, contrast ${at.contrast.toFixed(1)}): ${wanted[at.index]}`);
    if (!at.shown) faults.push(`focus is outside the window or covered: ${wanted[at.index]}`);
  }
  wanted.forEach((name, index) => { if (!seen.has(index)) faults.push(`not reached by the keyboard: ${name}`); });
  return { controls: wanted.length, faults };
};
