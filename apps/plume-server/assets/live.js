(() => {
const doc = document, root = doc.documentElement, main = doc.getElementById("main"), loaded = Date.now();
const start = Date.parse(root.dataset.now), pace = +root.dataset.pace;
const now = () => start + (Date.now() - loaded) * pace, lost = doc.querySelector(".lost");
const all = (part, what) => [...part.querySelectorAll(what)], form = options => new Intl.DateTimeFormat([], options);
const day = form({ dateStyle: "short" }), minute = form({ timeStyle: "short" }), second = form({ timeStyle: "medium" }),
  exact = form({ dateStyle: "medium", timeStyle: "long" });

const short = s => s < 60 ? Math.max(0, s | 0) + " s"
  : s < 3600 ? (s / 60 | 0) + " min"
  : s < 86400 ? (s / 3600 | 0) + " h " + (s % 3600 / 60 | 0) + " min"
  : s < 172800 ? "1 day" : (s / 86400 | 0) + " days";
const ages = () => {
  // As old as the page.
  if (!lost.hidden) return;
  for (const t of all(doc, "time.age")) t.textContent = short((now() - Date.parse(t.dateTime)) / 1000);
  for (const t of all(doc, "time.clock")) t.textContent = minute.format(now());
};
const times = part => {
  for (const t of all(part, "time:not([data-utc])")) {
    const at = new Date(t.dateTime);
    t.dataset.utc = t.title;
    t.title = `${exact.format(at)} (${t.title})`;
    if (t.className) continue;
    const date = day.format(at);
    t.textContent = (date === day.format(now()) ? "" : date + " ") + ("s" in t.dataset ? second : minute).format(at);
  }
  ages();
};
times(doc);
setInterval(ages, Math.max(1000, 10000 / pace));

const live = main.dataset.live;
if (!live || !window.EventSource) return;
const say = text => { lost.textContent = text; lost.hidden = !text; };

const replace = (part, html) => {
  const at = doc.activeElement, same = () => all(part, at.tagName).filter(one => one.outerHTML === at.outerHTML);
  const place = same().indexOf(at), opened = all(part, "details").map(one => one.open);
  part.innerHTML = html;
  all(part, "details").forEach((one, i) => one.open = !!opened[i]);
  times(part);
  same()[place]?.focus();
};
let source, asked, last, was, planned, again;
const reload = () => planned ??= setTimeout(async () => {
  planned = null;
  if (main.querySelector(":is(input, textarea, select):focus")
    || all(main, "textarea, input").some(one => one.value !== one.defaultValue))
    return say("This page has changed. Reload it.");
  try {
    const answer = await fetch(location.href);
    if (answer.redirected) return location.reload();
    if (!answer.ok) throw say("Not up to date: status " + answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
    replace(main, page.innerHTML);
    main.dataset.at = page.dataset.at;
    if (source.readyState < 2) say("");
    if (asked !== shown()) source.close(), open();
  } catch {
    clearTimeout(again);
    again = setTimeout(reload, 15000);
  }
}, 300 + Math.random() * 1700);

const shown = () => {
  const own = live === "page" ? [main.dataset.key] : [],
    keys = name => own.concat(all(main, `[data-${name}]`).map(row => row.dataset[name])),
    list = live === "list", asks = new URLSearchParams(list ? location.search : ""),
    set = (name, value) => value && asks.set(name, value);
  set("homes", keys("home").join());
  set("incidents", live === "incidents" ? "all" : own[0] && keys("incident").join());
  set("summary", live === "summary" && 1);
  set("page", live === "follow" && main.dataset.key);
  set("list", list && 1);
  set("last", list && main.querySelector("table")?.dataset.last);
  return "/events?" + asks;
};
const acts = {
  beat() {}, resync: reload, incident: reload, page: reload,
  summary: data => replace(doc.getElementById("summary"), data),
  home: data => {
    if (live === "page") return reload();
    const box = doc.createElement("template");
    box.innerHTML = data;
    const row = box.content.firstElementChild,
      old = row && main.querySelector(`[data-home="${CSS.escape(row.dataset.home)}"]`);
    if (!old) return;
    const at = all(old, "a").indexOf(doc.activeElement), word = one => one.cells[0].textContent;
    old.replaceWith(row);
    all(row, "a")[at]?.focus();
    if (word(old) !== word(row)) {
      row.className = "fresh";
      main.querySelector(".moved").hidden = false;
    }
    times(row);
  },
};
const hear = () => last = Date.now();
const cut = () => {
  if (!was) say(`Not live since ${minute.format(now())}. Retrying.`);
  was = true;
};
const open = () => {
  hear();
  source = new EventSource((asked = shown()) + "&at=" + main.dataset.at);
  source.onopen = () => {
    hear();
    say("");
    if (was) reload();
    was = false;
  };
  source.onerror = () => {
    cut();
    if (source.readyState > 1) reload();
  };
  for (const name in acts) source.addEventListener(name, event => { hear(); acts[name](event.data); });
};
const reopen = () => { cut(); source.close(); open(); };
open();
// After a sleep.
setInterval(() => { if (Date.now() - last > 4e4) reopen(); }, 5000);
addEventListener("pagehide", () => source.close());
addEventListener("pageshow", event => event.persisted && reopen());
})();
