// Takes pictures of running servers. usage: node gallery.mjs FOLDER STATE=ADDRESS... [--all]
//
// A state is one of `STATES`; docs/gallery/README.md has the commands that start their servers. Without --all, these are the
// pictures of docs/gallery. The names are STATE-PAGE-WIDTH-COLORS.png. A picture is the upper part of a page, as a window shows it.
import fs from "node:fs";
import path from "node:path";
import { launch, open } from "./browser.mjs";
import { indexed } from "./palette.mjs";

const given = process.argv.slice(2).filter(one => one !== "--all");
const isAll = process.argv.includes("--all");
const [folder, ...servers] = given;
const WIDTHS = { 390: 844, 1440: 900 };

const go = place => (page, base) => page.goto(new URL(place, base).href);
/** Opens a page, and on it the first link that matches. */
const follow = (place, link) => async (page, base) => {
  await go(place)(page, base);
  await page.goto(await page.locator(link).first().evaluate(one => one.href));
};
const send = (page, name) => Promise.all([page.waitForNavigation(), page.locator("button", { hasText: name }).first().click()]);
const enter = async (page, base, name, password) => {
  await go("/sign-in")(page, base);
  await page.fill("input[name=name]", name);
  await page.fill("input[name=password]", password);
  await send(page, /^Sign in$/);
};
/** Signs in at the provider of tests/real/oidc, whose pages take any password. */
const provided = async (page, base, name) => {
  await go("/sign-in/start")(page, base);
  await page.fill("input[name=login]", name);
  await page.fill("input[name=password]", "not-a-real-password");
  await Promise.all([page.waitForNavigation(), page.locator("button[type=submit]").click()]);
  await Promise.all([page.waitForNavigation(), page.locator("button[type=submit]").click()]);
};

const PAGES = {
  overview: go("/"),
  homes: go("/homes"),
  home: follow("/homes", "main table a"),
  incidents: go("/incidents"),
  maintenance: go("/maintenance"),
  sla: go("/sla"),
  connections: go("/connections"),
  channels: go("/channels"),
  channel: follow("/channels", "main table a"),
  logs: go("/logs"),
  settings: go("/settings"),
  users: go("/users"),
  audit: go("/users/audit"),
  incident: follow("/incidents", "main table a"),
  nothing: go("/nothing"),
  "form-out-of-date": async (page, base) => {
    await go("/maintenance")(page, base);
    await page.evaluate(() => document.querySelectorAll("input[name=token]").forEach(one => { one.value = "old"; }));
    await page.fill("input[name=name]", "Upgrade");
    await send(page, "Add the window");
  },
};

/** A person takes an incident, and windows are planned. */
const work = async (page, base) => {
  for (const [name, repeat] of [["Work on the street cabinets", "once"], ["Upgrades of gateways", "weekly"]]) {
    await go("/maintenance")(page, base);
    await page.fill("input[name=name]", name);
    await page.selectOption("select[name=covers]", "tag");
    await page.fill("input[name=tag]", "fiber");
    await page.selectOption("select[name=repeat]", repeat);
    await send(page, "Add the window");
    if (await page.getByText(name).count() === 0) throw new Error(`no window: ${await page.locator("main").textContent()}`);
  }
};
const claim = async (page, base) => {
  await PAGES.incident(page, base);
  await page.locator("input[name=person]").first().fill("Robin");
  await send(page, "I have it");
  await page.locator("textarea").fill("Called the customer: there is no power in the house. A visit is planned.");
  await send(page, "Add the note");
};

/** The pages of each state in their order, and what is done before some of them. */
const STATES = {
  quiet: { pages: ["overview", "homes", "home", "sla", "incidents"] },
  "one-down": { before: { maintenance: work, incident: claim }, pages: Object.keys(PAGES) },
  "cloud-away": { pages: ["overview", "homes", "home", "incidents", "incident", "connections", "settings"] },
  names: { pages: ["overview", "homes", "home", "incident"] },
  "sign-in": {
    pages: {
      start: go("/sign-in"),
      "wrong-password": (page, base) => enter(page, base, "robin", "wrong"),
      "other-organisation": (page, base) => provided(page, base, "eve"),
      "no-homes": async (page, base) => {
        await provided(page, base, "ada");
        await go("/")(page, base);
      },
      "not-allowed": async (page, base) => {
        await provided(page, base, "ada");
        await go("/users")(page, base);
      },
      "too-many-attempts": async (page, base) => {
        for (let attempt = 0; attempt < 40 && await page.getByText("Too many attempts").count() === 0; attempt += 1) {
          await enter(page, base, "robin", "wrong");
        }
      },
    },
  },
  damaged: { pages: ["homes"] },
};

/** The pictures of docs/gallery: the pages of each state with their widths and colors. */
const CHOSEN = {
  quiet: { overview: "1440-light 390-dark", homes: "1440-dark 390-light", sla: "1440-light" },
  "one-down": {
    overview: "1440-dark 1440-light 390-light", homes: "1440-light 390-dark", home: "1440-light 390-dark",
    incidents: "390-dark", incident: "1440-light 390-light", maintenance: "1440-dark", sla: "390-light",
    channels: "1440-dark", channel: "390-light", logs: "390-dark", settings: "390-light", users: "1440-light",
    nothing: "390-dark", "form-out-of-date": "390-light",
  },
  "cloud-away": {
    overview: "1440-light 390-dark", homes: "390-dark", home: "1440-dark 390-light", incidents: "1440-dark",
    connections: "1440-dark 390-light", settings: "1440-light",
  },
  names: { homes: "390-light" },
  "sign-in": {
    start: "1440-light 390-dark", "wrong-password": "390-light", "too-many-attempts": "390-light",
    "other-organisation": "390-dark", "not-allowed": "390-light", "no-homes": "1440-dark",
  },
  damaged: { homes: "390-light" },
};

fs.mkdirSync(folder, { recursive: true });
const browser = await launch();
let count = 0;
for (const server of servers) {
  const [state, address] = server.split(/=(.*)/);
  const { pages, before = {} } = STATES[state];
  const named = Array.isArray(pages) ? Object.fromEntries(pages.map(name => [name, PAGES[name]])) : pages;
  for (const [name, show] of Object.entries(named)) {
    const views = Object.keys(WIDTHS).flatMap(width => ["light", "dark"].map(colors => `${width}-${colors}`));
    const chosen = isAll ? views : (CHOSEN[state]?.[name] ?? "").split(" ").filter(Boolean);
    if (chosen.length === 0) continue;
    if (before[name]) {
      const { page, context } = await open(browser, {});
      await before[name](page, address);
      await context.close();
    }
    for (const view of chosen) {
      const [width, colorScheme] = view.split("-");
      // A context of its own: the cookies of one picture are not those of the next.
      const { page, context } = await open(browser, { viewport: { width: Number(width), height: WIDTHS[width] }, colorScheme });
      await show(page, address);
      await page.waitForTimeout(300);
      fs.writeFileSync(path.join(folder, `${state}-${name}-${view}.png`), indexed(await page.screenshot()));
      await context.close();
      count += 1;
    }
  }
}
await browser.close();
console.log(`${count} pictures`);
