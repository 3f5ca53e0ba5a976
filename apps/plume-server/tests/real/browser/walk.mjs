// Walks all pages of a running demo in Chromium. usage: node walk.mjs ADDRESS [pages | names | live | plants]
//
// The last line is a JSON document with the number of what was checked and the list of faults.
import { cut, keyboard, launch, open, opened, overflow, routes, violations } from "./browser.mjs";
import { proxy } from "./proxy.mjs";

const [address, part = "pages"] = process.argv.slice(2);
const base = new URL("/", address).href;
const faults = [];
const scanned = { pages: 0, views: 0, controls: 0, nav: [], plants: {} };
const sleep = milliseconds => new Promise(done => setTimeout(done, milliseconds));

/** Waits until a check is true. A page that never gets there is a fault. */
const until = async (what, seconds, check) => {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(250)) {
    if (await check().catch(() => false)) return true;
  }
  faults.push(`within ${seconds} s not: ${what}`);
  return false;
};

const WIDTHS = [{ width: 390, height: 844 }, { width: 1440, height: 900 }];

const pages = async browser => {
  // The story of the demo needs a moment for its first incident, so that pages of incidents exist.
  const first = await open(browser, {});
  await until("an incident of the story", 180, async () => {
    await first.page.goto(`${base}incidents?state=all`);
    return await first.page.locator("main table a").count() > 0;
  });
  await first.context.close();
  const found = await routes(browser, base);
  scanned.nav = found.nav;
  scanned.pages = found.pages.length;
  for (const viewport of WIDTHS) {
    for (const colorScheme of ["light", "dark"]) {
      for (const script of [true, false]) {
        await views(browser, found.pages, { viewport, colorScheme }, script);
      }
    }
  }
  // 1440 pixels at 200 %, and the narrowest window that WCAG demands without scrolling sideways: 1280 pixels at 400 %.
  for (const [viewport, deviceScaleFactor] of [[{ width: 720, height: 450 }, 2], [{ width: 320, height: 256 }, 4]]) {
    const view = await open(browser, { viewport, deviceScaleFactor });
    for (const address of found.pages) {
      await view.page.goto(address);
      for (const wide of await overflow(view.page)) faults.push(`${address} at ${viewport.width} px: ${wide}`);
    }
    await view.context.close();
  }
};

/** Keeps a page as it is: changes would move controls away from below the focus. `live` checks them. */
const freeze = async page => {
  await page.route("**/events?*", route => route.fulfill({ status: 204 }));
  // Without its stream, a page reads itself again after a while.
  await page.route("**/*", route => route.request().resourceType() === "fetch" ? undefined : route.fallback());
};

/** Checks all pages in one way to show them. Without its script, a page is what a browser without JavaScript shows. */
const views = async (browser, addresses, options, script) => {
  const { page, context, errors } = await open(browser, options);
  if (!script) await page.route("**/assets/*.js", route => route.fulfill({ contentType: "text/javascript", body: "" }));
  await freeze(page);
  const titles = new Map();
  for (const address of addresses) {
    const name = `${address} (${options.viewport.width} px, ${options.colorScheme}, ${script ? "script" : "no script"})`;
    const add = list => list.forEach(one => faults.push(`${name}: ${one}`));
    errors.length = 0;
    const response = await page.goto(address);
    const wanted = address.endsWith("/nothing") ? 404 : 200;
    if (response.status() !== wanted) add([`status ${response.status()}`]);
    add(await violations(page));
    add(await overflow(page));
    if (script === (options.colorScheme === "light")) {
      const { controls, faults: missed } = await keyboard(page);
      scanned.controls += controls;
      add(missed);
      await opened(page, async () => {
        add(await violations(page));
        add(await overflow(page));
      });
    }
    add(errors.filter(error => !(wanted === 404 && error.includes("404"))));
    scanned.views += 1;
    const title = await page.title();
    if (titles.has(title) && form(titles.get(title)) !== form(address)) add([`the title is that of ${titles.get(title)}`]);
    titles.set(title, address);
  }
  await context.close();
};

/** Pages of homes with unusual names, at the widths of phones and desktops. */
const names = async browser => {
  const first = await open(browser, {});
  await until("the incident of the story", 180, async () => {
    await first.page.goto(`${base}incidents`);
    return await first.page.locator("main table a").count() > 0;
  });
  // The longest name of a person, and a note without a blank.
  await first.page.goto(await first.page.locator("main table a").first().evaluate(link => link.href));
  for (const [button, text] of [["acknowledge", null], ["note", "x".repeat(300)]]) {
    const form = first.page.locator("form", { has: first.page.locator(`button[value=${button}]`) });
    await form.locator("input[name=person]").fill("W".repeat(60));
    if (text) await form.locator("textarea").fill(text);
    await Promise.all([first.page.waitForNavigation(), form.locator(`button[value=${button}]`).click()]);
  }
  await first.context.close();
  const found = await routes(browser, base);
  for (const viewport of [{ width: 320, height: 568 }, ...WIDTHS]) {
    const { page, context, errors } = await open(browser, { viewport });
    page.on("dialog", dialog => { faults.push(`a script of a name ran: ${dialog.message()}`); dialog.dismiss(); });
    for (const address of found.pages) {
      await page.goto(address);
      const list = [...await overflow(page), ...await cut(page), ...await violations(page)];
      faults.push(...list.map(one => `${address} (${viewport.width} px): ${one}`));
      scanned.views += 1;
    }
    faults.push(...errors.filter(error => !error.includes("404")));
    await context.close();
  }
};

/** A path without its query. */
const form = address => new URL(address).pathname;

const live = async () => {
  const between = await proxy();
  const browser = await launch({ proxy: { server: between.address, bypass: "<-loopback>" } });
  await updates(browser);
  await moved(browser);
  await focus(browser);
  await interrupted(browser, between);
  await plain(browser);
  await browser.close();
  between.close();
};

/** The summary moves, and a change of one person is seen by another. */
const updates = async browser => {
  const one = await open(browser, {}), other = await open(browser, {});
  await until("an open incident of the story", 180, async () => {
    await one.page.goto(`${base}incidents`);
    return await one.page.locator("main table a").count() > 0;
  });
  await one.page.goto(base);
  await moves(one.page, "by its stream", 20);
  await one.page.goto(`${base}incidents`);
  await other.page.goto(await one.page.locator("main table a").first().evaluate(link => link.href));
  const claim = other.page.locator("form", { has: other.page.locator("button[value=acknowledge]") });
  if (await claim.locator("input[name=person]").count() > 0) await claim.locator("input[name=person]").fill("Robin");
  await claim.locator("button[value=acknowledge]").click();
  await until("a claimed incident shows its owner on an open page", 15, async () => (await one.page.locator(".owner").count()) > 0);
  // A home that turns bad comes into a list that was opened before.
  await other.page.goto(`${base}homes?status=red`);
  const before = new Set(await other.page.locator("tr[data-home]").evaluateAll(rows => rows.map(row => row.dataset.home)));
  await until("a list of offline homes shows a new one", 240, () => other.page.locator("tr[data-home]")
    .evaluateAll((rows, before) => rows.some(row => !before.includes(row.dataset.home)), [...before]));
  await one.page.goto(`${base}homes`);
  const checked = () => one.page.locator("tr[data-home] td[data-label=Checked] time").evaluateAll(all => all.map(time => time.dateTime));
  const old = (await checked()).join();
  await until("a row of a home is replaced", 60, async () => (await checked()).join() !== old);
  for (const { errors, context } of [one, other]) {
    faults.push(...errors.map(error => `live: ${error}`));
    await context.close();
  }
};

/** A row with another status keeps its place and the focus, and the page says that its order is no longer true. */
const moved = async browser => {
  for (const [what, changes] of [["another status", true], ["the same status", false]]) {
    const { page, context } = await open(browser, {});
    const row = page.locator("tr[data-home]").nth(1);
    await page.route("**/events?*", async route => {
      // The reader has time to go to a link before the only event.
      await sleep(1000);
      const home = new URL(route.request().url()).searchParams.get("homes").split(",")[1];
      const text = `<tr data-home="${home}"><td>${changes ? "Gone" : word}</td><th><a href="${home}">Sent</a></th></tr>`;
      await route.fulfill({ contentType: "text/event-stream", body: `retry: 60000\nevent: home\ndata: ${text}\n\n` });
    });
    let word = "";
    await page.goto(`${base}homes`);
    word = await row.locator("td").first().textContent();
    await row.locator("th a").focus();
    await until(`a row with ${what} comes`, 10, async () => (await row.locator("th a").textContent()) === "Sent");
    if (await page.evaluate(() => document.activeElement.textContent) !== "Sent") faults.push(`${what}: the focus is lost`);
    const says = await page.locator(".moved").isVisible();
    if (says !== changes) faults.push(`${what}: the page ${says ? "says" : "does not say"} that its order has changed`);
    if (says) {
      faults.push(...(await violations(page)).filter(one => !one.includes("row")));
      await page.unroute("**/events?*");
      await Promise.all([page.waitForNavigation(), page.locator(".moved a").press("Enter")]);
      if (await page.locator(".moved").isVisible()) faults.push("a list that was loaded again has its old order");
    }
    await context.close();
  }
};

/** After a change of the page, the focus is on the same of several links that are alike. */
const focus = async browser => {
  const { page, context } = await open(browser, {});
  let text = "";
  await page.route("**/events?*", async route => {
    await sleep(1500);
    const lines = text.split("\n").map(line => `data: ${line}\n`).join("");
    await route.fulfill({ contentType: "text/event-stream", body: `retry: 60000\nevent: summary\n${lines}\n` });
  });
  await page.goto(base);
  text = await page.evaluate(() => document.querySelector("#summary").innerHTML.replace("<h1>", "<h1>New: "));
  const links = page.locator("#summary .incidents th a");
  await links.first().focus();
  await until("a summary comes", 10, async () => (await page.locator("#summary h1").textContent()).startsWith("New: "));
  const place = await links.first().evaluate(one => document.activeElement === one);
  if (!place) faults.push("after an update, the focus is not on the link that had it");
  await context.close();
};

/** Waits until the summary is replaced, by the stream or with the whole page. */
const moves = async (page, when, seconds) => {
  await page.evaluate(() => { document.querySelector("#summary section").dataset.old = "1"; });
  await until(`the overview moves ${when}`, seconds, () => page.evaluate(() => !document.querySelector("#summary [data-old]")));
};

/** A page reports a cut stream, works meanwhile, and is live again after it. */
const interrupted = async (browser, between) => {
  const { page, context } = await open(browser, {});
  await page.goto(base);
  const lost = page.locator(".lost");
  await sleep(1000);
  if (await lost.isVisible()) faults.push("a live page says that it is not live");
  between.cut(address => address.includes("/events"));
  await until("a page with a cut stream says so", 20, () => lost.isVisible());
  await page.locator("header nav a[href='/homes']").click();
  await until("a page works without its stream", 10, async () => (await page.locator("main h1").textContent()) === "Homes");
  await page.goto(base);
  between.cut();
  await until("a page without its server says so", 20, () => lost.isVisible());
  const ages = () => page.locator("time.age").allTextContents();
  const then = await ages();
  await sleep(3000);
  if (then.length === 0 || String(await ages()) !== String(then)) faults.push("ages run on in a page that is not live");
  between.mend();
  await until("a page is live again", 30, async () => !(await lost.isVisible()));
  await moves(page, "after the cut", 20);
  between.stall();
  await sleep(2000);
  await moves(page, "after its stream has died without a word", 90);
  await moves(page, "after that by its stream", 20);
  between.stall(true);
  await until("a page whose server hangs says so", 60, () => lost.isVisible());
  between.mend();
  await until("a page is live again after that", 90, async () => !(await lost.isVisible()));
  await context.close();
};

/** Without JavaScript: links, filters and forms. */
const plain = async browser => {
  const { page, context } = await open(browser, { javaScriptEnabled: false });
  await page.goto(`${base}homes`);
  await page.locator("input[name=q]").fill("alder");
  await page.locator("form[role=search] button").click();
  if (!page.url().includes("q=alder")) faults.push(`no script: the filter led to ${page.url()}`);
  await page.locator("button[value=dark]").click();
  if (!page.url().includes("q=alder")) faults.push(`no script: the colors led to ${page.url()}`);
  if (await page.locator("html").getAttribute("data-theme") !== "dark") faults.push("no script: the colors stay");
  await page.goto(`${base}incidents`);
  await page.locator("main table a").first().click();
  const note = page.locator("form", { has: page.locator("textarea") });
  if (await note.locator("input[name=person]").count() > 0) await note.locator("input[name=person]").fill("Robin");
  await note.locator("textarea").fill("called the customer");
  await note.locator("button[value=note]").click();
  if (await page.getByText("called the customer").count() === 0) faults.push("no script: the note is not shown");
  await context.close();
};

/** Puts a fault of each kind into a page. The same checks must find it. */
const PLANTS = {
  none: () => {},
  contrast: () => document.querySelectorAll("main h1, main p, main label, main a").forEach(one => { one.style.color = "#b8bec6"; }),
  label: () => document.querySelectorAll("label").forEach(one => one.replaceWith(...one.querySelectorAll("input, select"))),
  wide: () => { document.querySelector("main h1").style.width = "600px"; },
  clipped: () => {
    const name = document.querySelector("main a");
    name.className = "clipped";
    name.textContent = "x".repeat(200);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(".clipped { display: block; width: 60px; overflow: hidden; overflow-wrap: normal; }");
    document.adoptedStyleSheets = [sheet];
  },
  focus: () => document.querySelectorAll("a").forEach(one => { one.style.outline = "none"; }),
  reach: () => document.querySelector("main a").addEventListener("focus", event => event.target.blur()),
  console: () => console.error("planted"),
  policy: () => document.getElementById("main").insertAdjacentHTML("beforeend", "<p style='color: red'>x</p>"),
};

const plants = async browser => {
  for (const [name, plant] of Object.entries(PLANTS)) {
    const { page, context, errors } = await open(browser, { viewport: WIDTHS[0] });
    await freeze(page);
    await page.goto(`${base}homes?status=red`);
    await page.evaluate(plant);
    scanned.plants[name] = [...await violations(page), ...await overflow(page), ...await cut(page), ...(await keyboard(page)).faults, ...errors];
    await context.close();
  }
};

const browser = await launch();
if (part === "pages") await pages(browser);
if (part === "names") await names(browser);
if (part === "live") await live();
if (part === "plants") await plants(browser);
await browser.close();
console.log(JSON.stringify({ ...scanned, faults: [...new Set(faults)] }));
process.exitCode = faults.length > 0 ? 1 : 0;
