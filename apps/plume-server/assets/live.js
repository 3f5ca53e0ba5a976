(() => {
"use strict";
const root = document.documentElement, main = document.getElementById("main"), loaded = Date.now();
const start = Date.parse(root.dataset.now), pace = +root.dataset.pace || 1;
const now = () => start + (Date.now() - loaded) * pace;
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "short" });
const minute = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

const short = ms => {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min";
  if (s < 86400) return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min";
  return s < 172800 ? "1 day" : Math.floor(s / 86400) + " days";
};
const ages = () => {
  for (const t of document.querySelectorAll("time.age")) t.textContent = short(now() - Date.parse(t.dateTime));
  for (const t of document.querySelectorAll("time.clock")) t.textContent = minute.format(now());
};
// Times in the zone of the reader; the exact one and UTC are in the title.
const times = part => {
  for (const t of part.querySelectorAll("time")) {
    if (t.dataset.utc) continue;
    const at = new Date(t.dateTime);
    t.dataset.utc = t.title;
    t.title = exact.format(at) + " (" + t.dataset.utc + ")";
    if (t.className) continue;
    const near = day.format(at) === day.format(now());
    t.textContent = (near ? "" : day.format(at) + " ") + ("s" in t.dataset ? at.toLocaleTimeString() : minute.format(at));
  }
  ages();
};
times(document);
setInterval(ages, Math.max(1000, 10000 / pace));

const live = main.dataset.live;
if (!live || !window.EventSource) return;
const lost = document.querySelector(".lost");
const say = text => { lost.textContent = text; lost.hidden = !text; };

// The focus stays on the same control when the part around it is replaced.
const replace = (part, html) => {
  const at = document.activeElement, same = part.contains(at) && at.outerHTML;
  const opened = [...part.querySelectorAll("details")].map(one => one.open);
  part.innerHTML = html;
  part.querySelectorAll("details").forEach((one, i) => { one.open = !!opened[i]; });
  times(part);
  if (same) [...part.querySelectorAll(at.tagName)].find(one => one.outerHTML === same)?.focus();
};
let source, asked, last = Date.now(), was = false, planned = 0;
const reopen = () => { source.close(); was = true; open(); };

const reload = () => {
  if (planned) return;
  planned = setTimeout(async () => {
    planned = 0;
    const field = main.querySelector("input:focus, textarea:focus, select:focus");
    const typed = [...main.querySelectorAll("textarea, input")].some(one => one.value !== one.defaultValue);
    if (field || typed) return say("This page has changed. Reload it to see the change.");
    try {
      const answer = await fetch(location.href);
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      replace(main, page.getElementById("main").innerHTML);
      say("");
      // The page may show other homes and incidents than the stream was opened for.
      if (asked !== shown()) reopen();
    } catch { /* The stream reports that the server is away. */ }
  }, 300 + Math.random() * 1700);
};

const on = (name, act) => source.addEventListener(name, event => { last = Date.now(); act(event.data); });
const shown = () => {
  const keys = name => [...main.querySelectorAll("[data-" + name + "]")].map(row => row.dataset[name]);
  const own = live === "page" ? [main.dataset.key] : [];
  return "/events?" + new URLSearchParams({
    homes: own.concat(keys("home")).join(),
    incidents: live === "incidents" ? "all" : own.concat(own.length ? keys("incident") : []).join(),
    summary: live === "summary" ? 1 : 0,
    page: live === "follow" ? main.dataset.key : "",
  });
};
const open = () => {
  asked = shown();
  last = Date.now();
  source = new EventSource(asked);
  source.onopen = () => {
    last = Date.now();
    say("");
    if (was) reload();
    was = false;
  };
  source.onerror = () => {
    was = true;
    say("Not live: the connection to the server is lost. Retrying.");
  };
  on("beat", () => {});
  on("resync", reload);
  on("incident", reload);
  on("page", reload);
  on("summary", data => replace(document.getElementById("summary"), data));
  on("home", data => {
    if (live === "page") return reload();
    const box = document.createElement("template");
    box.innerHTML = data;
    const row = box.content.firstElementChild;
    const old = row && main.querySelector('[data-home="' + CSS.escape(row.dataset.home) + '"]');
    if (!old || old.contains(document.activeElement)) return;
    old.replaceWith(row);
    row.classList.add("fresh");
    times(row);
  });
};
open();
// A laptop that slept has a dead stream that reports no error.
setInterval(() => { if (Date.now() - last > 40000) reopen(); }, 5000);
addEventListener("pagehide", () => source.close());
addEventListener("pageshow", event => { if (event.persisted) reopen(); });
})();
