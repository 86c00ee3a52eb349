#include "server/page.hpp"

namespace aws_refresh_session::server {
namespace {

constexpr std::string_view kHtml = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>aws-refresh-session</title>
<link rel="stylesheet" href="/ui/page.css">
<link rel="icon" href="/ui/icon.svg">
<script src="/ui/page.js" defer></script>
</head>
<body>
<header><h1>aws-refresh-session</h1><p id="status" role="status">Give the token to see the roles.</p></header>
<section id="ask">
<label for="token">Token <span>(what the token file holds; it stays in this page)</span></label>
<input id="token" type="password" autocomplete="off" spellcheck="false" autofocus>
<button id="show" type="button">Show</button>
</section>
<main id="roles"></main>
</body>
</html>
)html";

constexpr std::string_view kIcon =
    R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#2a7"/></svg>)";

constexpr std::string_view kCss =
    R"css(:root { color-scheme: light dark; --line: #8884; --good: #2a7; --low: #d90; --bad: #c33; }
body { font: 16px/1.45 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; margin: 0; } h2 { font-size: 1.1rem; margin: 0; }
#status { margin: .2rem 0 1.2rem; opacity: .75; }
#ask { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin-bottom: 1.5rem; }
#ask label { width: 100%; } #ask span { opacity: .7; }
#ask input { flex: 1; } input, button { font: inherit; padding: .4rem .7rem; }
#ask[hidden] { display: none; }
article { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin-bottom: 1rem; }
article p { margin: .3rem 0; overflow-wrap: anywhere; }
.arn { opacity: .7; font-size: .9rem; }
progress { width: 100%; height: 1rem; accent-color: var(--good); }
.low progress { accent-color: var(--low); } .bad progress { accent-color: var(--bad); }
.error { border-left: .25rem solid var(--bad); padding-left: .7rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin-top: .5rem; }
td, th { text-align: left; padding: .2rem .5rem .2rem 0; border-top: 1px solid var(--line); vertical-align: top; }
td:first-child, td:last-child { white-space: nowrap; }
th { font-weight: 600; } td { overflow-wrap: anywhere; }
)css";

constexpr std::string_view kScript = R"js("use strict";
const byId = (id) => document.getElementById(id);
let token = "";
let timer = 0;

const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};

const span = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
};

const lifeOf = (role) => {
  if (!role.usable) return ["No usable set", 0, "bad"];
  if (role.remaining === null) return ["Does not expire", 1, ""];
  const part = role.lifetime > 0 ? Math.min(1, role.remaining / role.lifetime) : 1;
  return [`${span(role.remaining)} left, until ${role.expiration}`, part, part < 0.1 ? "bad" : part < 0.3 ? "low" : ""];
};

const history = (attempts) => {
  const table = element("table");
  const head = table.appendChild(element("tr"));
  for (const title of ["Time", "Result", "Took"]) head.appendChild(element("th", title));
  for (const attempt of attempts.slice().reverse()) {
    const row = table.appendChild(element("tr"));
    row.appendChild(element("td", attempt.time));
    row.appendChild(element("td", attempt.code ? `${attempt.code}: ${attempt.message}` : "refreshed"));
    row.appendChild(element("td", `${attempt.milliseconds} ms`));
  }
  return table;
};

const article = (role) => {
  const [text, part, mood] = lifeOf(role);
  const made = element("article", undefined, mood);
  made.appendChild(element("h2", role.name));
  if (role.arn) made.appendChild(element("p", role.arn, "arn"));
  const bar = made.appendChild(element("progress"));
  bar.max = 1;
  bar.value = part;
  bar.setAttribute("aria-label", `Life left of ${role.name}`);
  made.appendChild(element("p", text));
  made.appendChild(element("p", `${role.successes} refreshes, ${role.failures} failures`));
  if (role.error) {
    const error = made.appendChild(element("div", undefined, "error"));
    error.appendChild(element("p", `${role.error.code}: ${role.error.message}`));
    error.appendChild(element("p", role.error.cure));
  }
  if (role.attempts.length) made.appendChild(history(role.attempts));
  return made;
};

const look = async () => {
  clearTimeout(timer);
  try {
    const answer = await fetch("/ui/state", { headers: { Authorization: token }, cache: "no-store" });
    if (answer.status === 401) {
      token = "";
      byId("ask").hidden = false;
      byId("roles").replaceChildren();
      byId("status").textContent = "That is not the server's token.";
      return;
    }
    const state = await answer.json();
    byId("ask").hidden = true;
    byId("roles").replaceChildren(...state.roles.map(article));
    byId("status").textContent = `As of ${state.time}`;
  } catch (error) {
    byId("status").textContent = "The server does not answer.";
  }
  timer = setTimeout(look, 2000);
};

const show = () => {
  token = byId("token").value.trim();
  byId("token").value = "";
  if (token) look();
};
byId("show").addEventListener("click", show);
byId("token").addEventListener("keydown", (event) => { if (event.key === "Enter") show(); });
)js";

}  // namespace

std::optional<PageFile> page_file(std::string_view path) {
  if (path == "/ui/") {
    return PageFile{"text/html; charset=utf-8", kHtml};
  }
  if (path == "/ui/page.css") {
    return PageFile{"text/css; charset=utf-8", kCss};
  }
  if (path == "/ui/page.js") {
    return PageFile{"text/javascript; charset=utf-8", kScript};
  }
  if (path == "/ui/icon.svg") {
    return PageFile{"image/svg+xml", kIcon};
  }
  return std::nullopt;
}

}  // namespace aws_refresh_session::server
