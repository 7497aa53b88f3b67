// Tollgate's dashboard: one module without dependencies, in sections. What comes from the server is shown as text and never
// read as markup: elements are made by h(), and the policy of the page (Trusted Types) allows nothing else.
//
//   1 Elements    2 Words    3 Requests    4 Panels    5 Dialogs    6 Balances    7 History    8 Ledger
//   9 A tenant's page    10 An operator's pages    11 One organization    12 Signing in and out    13 Going on

// 1 Elements ---------------------------------------------------------------------------------------------------------

/** Makes an element. Members that are functions listen, `class` and `data-…` are attributes, false and null leave out. */
function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same in SVG. */
function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const byId = (id) => document.getElementById(id);
let lastNumber = 0;
const newId = (prefix) => `${prefix}-${++lastNumber}`;

/** Tells those who listen to the page instead of looking at it. */
function announce(text) {
  const announcer = byId("announcer");
  announcer.textContent = "";
  announcer.textContent = text;
}

/** Shows and tells what did not work. Without a text it is over. */
function complain(text) {
  byId("complaint").replaceChildren(...(text ? [
    h("p", {}, text), h("button", { type: "button", class: "small", click: () => complain("") }, "Close"),
  ] : []));
}

/** Text of somebody else's, whichever way it is written, without turning what stands around it. */
const foreign = (text) => h("bdi", {}, text);

/** A table that keeps its roles when a small screen shows it as a list. A column: label, cell(row), and how it looks. */
function table(caption, columns, rows, kind = "") {
  const head = columns.map((column) =>
    h("th", { scope: "col", role: "columnheader", class: column.class }, column.label));
  const body = rows.map((row) =>
    h("tr", { role: "row" }, columns.map((column, index) => {
      const content = column.cell(row);
      return index === 0
        ? h("th", { scope: "row", role: "rowheader", class: column.class }, content)
        : h("td", {
          role: "cell", class: column.class, "data-label": column.label,
          "data-empty": content === null || content === "" ? true : null,
        }, content);
    })));
  return h("div", { class: "table-frame" },
    h("table", { role: "table", class: kind }, h("caption", { class: "unseen" }, caption),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head)), h("tbody", { role: "rowgroup" }, body)));
}

// 2 Words ------------------------------------------------------------------------------------------------------------

const numbers = new Intl.NumberFormat("en-US");
const rates = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const shortDays = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const moments = withYear({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const instants = withYear({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** Formats with the year where it is another than this. */
function withYear(options) {
  const [short, long] = [options, { ...options, year: "numeric" }].map((one) => new Intl.DateTimeFormat("en-GB", one));
  return { format: (date) => (date.getFullYear() === new Date().getFullYear() ? short : long).format(date) };
}

const count = (value) => (Number.isFinite(value) ? numbers.format(value) : "–");
const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;
const signed = (value) => (value > 0 ? `+${count(value)}` : count(value).replace("-", "−"));
const title = (text) => text.charAt(0).toUpperCase() + text.slice(1);
/** `goal_generation` as people would write it. Names of tenants and users are never put through this. */
const human = (name) => (name ? title(String(name).replaceAll("_", " ").replaceAll(".", ": ")) : "–");
const brief = (id) => (id ? id.slice(0, 8) : "");
const time = (iso, format = moments) =>
  iso ? h("time", { datetime: iso, title: new Date(iso).toISOString() }, format.format(new Date(iso))) : "–";

/** Whole days until an instant, the one that has begun counted: 0 when it has come. */
const daysUntil = (iso) => Math.max(0, Math.ceil((Date.parse(iso) - Date.now()) / 86_400_000));

function remaining(iso) {
  if (!iso) return "–";
  const left = Date.parse(iso) - Date.now();
  if (left <= 0) return "now";
  return left < 86_400_000 ? "less than a day" : plural(daysUntil(iso), "day");
}

/** What 100 percent are: the plan's allocation, or what was there of bought tokens where the plan gives none. */
const wholeOf = ({ available, allocated, used }) => (allocated > 0 ? allocated : available > 0 ? available + (used ?? 0) : 0);

/** What is left, as a colour: green above 50 %, yellow down to 20 %, red below. Grey where there was nothing. */
function colorOf(balance) {
  const whole = wholeOf(balance);
  if (whole <= 0) return "grey";
  if (balance.available * 5 < whole) return "red";
  return balance.available * 2 > whole ? "green" : "yellow";
}

/** Whole percent that are left, 0 to 100. Rounded down, so that 49.9 is not shown as 50. */
function percentLeft(balance) {
  const whole = wholeOf(balance);
  return whole <= 0 ? 0 : Math.max(0, Math.min(100, Math.floor((balance.available * 100) / whole)));
}

// 3 Requests ---------------------------------------------------------------------------------------------------------

class Failure extends Error {
  constructor(status, code, detail, retryAfterSeconds) {
    super(detail);
    Object.assign(this, { status, code, retryAfterSeconds });
  }
}

/** Somebody's session is over: the page asks to sign in again. */
class SignedOut extends Failure {}

const unreachable = () => new Failure(0, "unreachable", "The server cannot be reached. Check the network, then try again.");

/** Asks this server. The field is one that no page of another origin can send. */
async function request(method, path, { body, key, text = false } = {}) {
  const headers = { "X-Tollgate-Dashboard": "1" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const answer = await fetch(path, {
    method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin",
    redirect: "error", cache: "no-store", signal: AbortSignal.timeout(20_000),
  }).catch(() => { throw unreachable(); });
  const content = await answer.text().catch(() => { throw unreachable(); });
  if (answer.ok && text) return content;
  const value = parsed(content);
  if (answer.ok) return value;
  const detail = value?.detail ?? `The server answered with status ${answer.status}.`;
  const Kind = answer.status === 401 ? SignedOut : Failure;
  throw new Kind(answer.status, value?.code, detail, Number(answer.headers.get("Retry-After")) || null);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const get = (path, query = {}) => request("GET", withQuery(path, query));

function withQuery(path, query) {
  const parts = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return parts.length ? `${path}?${new URLSearchParams(parts)}` : path;
}

/** What to do about a failure, in a sentence. */
function advice(failure) {
  if (!(failure instanceof Failure)) return "Something is wrong with this page. Reload it.";
  switch (failure.status) {
    case 0: return failure.message;
    case 403: return failure.code === "organization_suspended" ? failure.message : "You may not see this. Sign in as somebody who may.";
    case 404: return "Not found. It may have been deleted meanwhile.";
    case 429: return `Too many requests. Trying again in ${failure.retryAfterSeconds ?? 1} s.`;
    case 503: return `${failure.message} Try again in a moment.`;
    default: return failure.status >= 500 ? "The server has failed. Try again; if it stays so, tell its operator." : failure.message;
  }
}

// 4 Panels -----------------------------------------------------------------------------------------------------------

/** A part of a page that loads by itself: loading, content, empty, not available on this server, or failed. */
class Panel {
  constructor(heading, { load, render, isEmpty, empty = "Nothing yet.", controls, kind = "", level = 2, note } = {}) {
    Object.assign(this, { heading, load, render, isEmpty, empty });
    this.turn = 0;
    // What is to be seen: nothing yet, "content" or "failure", and that as text.
    this.state = "";
    this.shown = "";
    const id = newId("panel");
    this.body = h("div", { class: "panel-body" });
    this.element = h("section", { class: `card ${kind}`, "aria-labelledby": id },
      h("header", {}, h(`h${level}`, { id }, heading), note), controls, this.body);
  }

  /** Loads anew. Quietly: what is shown stays until there is something else to show. */
  async refresh({ quiet = false } = {}) {
    const turn = ++this.turn;
    if (!quiet || this.state === "") this.showLoading();
    let data;
    try {
      data = await this.load();
    } catch (failure) {
      if (turn !== this.turn) return;
      if (failure instanceof SignedOut) throw failure;
      if (quiet && this.state === "content" && failure.status !== 404) throw failure;
      this.showFailure(failure);
      return;
    }
    if (turn === this.turn) this.show(data);
  }

  show(data) {
    if (!this.isAnother("content", JSON.stringify(data))) return;
    this.data = data;
    if (this.isEmpty?.(data)) this.body.replaceChildren(h("p", { class: "empty" }, typeof this.empty === "function" ? this.empty() : this.empty));
    else this.body.replaceChildren(...[this.render(data)].flat(Infinity).filter(Boolean));
  }

  showLoading() {
    this.isAnother("", "");
    this.body.setAttribute("aria-busy", "true");
    this.body.replaceChildren(h("p", { class: "unseen" }, `Loading ${this.heading}`),
      h("div", { class: "bone" }), h("div", { class: "bone" }), h("div", { class: "bone" }));
  }

  showFailure(failure) {
    const text = failure.status === 404 ? "Not available on this server." : advice(failure);
    if (!this.isAnother("failure", text)) return;
    if (failure.status === 404) {
      this.body.replaceChildren(h("p", { class: "unavailable" }, text));
      return;
    }
    this.body.replaceChildren(h("p", { class: "problem", role: "alert" }, text),
      h("p", {}, h("button", { type: "button", class: "small", click: () => guarded(() => this.refresh()) }, "Try again")));
  }

  /** Whether there is something else to show than before: what stays keeps focus and selection, and is not read out again. */
  isAnother(state, text) {
    if (state === this.state && text === this.shown) return false;
    Object.assign(this, { state, shown: text });
    this.body.removeAttribute("aria-busy");
    return true;
  }
}

const grid = (...panels) => h("div", { class: "grid" }, panels.map((panel) => panel.element ?? panel));
const labelled = (text, control, kind) => h("label", { class: kind }, text, control);
const choice = (options, onChange, chosen = "") =>
  h("select", { change: (event) => onChange(event.target.value) },
    options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
const tile = (name, value, note) =>
  h("dl", { class: "tile" }, h("dt", {}, name), h("dd", { class: "value" }, value), note && h("dd", { class: "note" }, note));

/** A list that comes in pages: a panel, and buttons to go on and back. */
function pagedPanel(heading, { path, query, columns, caption, limit = 20, ...options }) {
  const cursors = [null];
  const older = h("button", { type: "button", class: "small", click: () => guarded(() => go(1)) }, "Next");
  const newer = h("button", { type: "button", class: "small", click: () => guarded(() => go(-1)) }, "Previous");
  const where = h("span", { class: "muted" });
  const pager = h("div", { class: "pager" }, where, newer, older);
  let next = null;
  const panel = new Panel(heading, {
    ...options,
    load: () => get(path(), { ...query?.(), limit, cursor: cursors.at(-1) }),
    isEmpty: (page) => page.data.length === 0 && cursors.length === 1,
    render: (page) => {
      next = page.nextCursor;
      where.textContent = `Page ${cursors.length}`;
      older.disabled = !next;
      newer.disabled = cursors.length === 1;
      return [table(caption ?? heading, columns, page.data), next || cursors.length > 1 ? pager : null];
    },
  });
  async function go(step) {
    if (step > 0) cursors.push(next);
    else cursors.pop();
    await panel.refresh({ quiet: true });
    announce(`${heading}, page ${cursors.length}`);
  }
  panel.restart = () => {
    cursors.length = 1;
    return panel.refresh({ quiet: true });
  };
  return panel;
}

// 5 Dialogs ----------------------------------------------------------------------------------------------------------

/** Whether a request surely did nothing: it was refused, and did not get lost or fail on its way. */
const isRefusal = ({ status }) => status >= 400 && status < 500 && ![408, 425, 429].includes(status);

/**
 * Asks before something is changed. The fields are shown above the buttons; `act` gets the form's values and the key under
 * which the request counts once, however often the button is pressed. What it returns is announced, or done once the dialog
 * is closed. `changed` shows anew what may have changed although no answer said so.
 */
function ask(heading, { text, fields = [], confirm = "Confirm", kind = "primary", act, changed, cancel = "Cancel", cancelled }) {
  let key = crypto.randomUUID();
  // An attempt that may have been booked under the key.
  let isOpen = false;
  const problem = h("p", { class: "problem", role: "alert" });
  const id = newId("dialog");
  const button = h("button", { type: "submit", class: kind }, confirm);
  const form = h("form", { submit: submit }, fields, problem,
    h("div", { class: "actions" }, cancel && h("button", { type: "button", click: () => dialog.close() }, cancel), button));
  const dialog = h("dialog", { "aria-labelledby": id, close: closed }, h("h2", { id }, heading), text && h("p", {}, text), form);
  let isDone = false;

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    try {
      const said = await act(Object.fromEntries(new FormData(form)), key);
      isDone = true;
      dialog.close();
      if (typeof said === "function") said();
      else if (said) announce(said);
    } catch (failure) {
      if (failure instanceof SignedOut) {
        dialog.close();
        ended();
        return;
      }
      const isBooked = failure.code === "idempotency_key_reused";
      problem.textContent = isBooked ? "The first attempt was booked; see the ledger. Only go on to book this one, too."
        : failure instanceof Failure && failure.status ? failure.message : advice(failure);
      isOpen = !isBooked && (isOpen || !isRefusal(failure));
      if (!isOpen) key = crypto.randomUUID();
      if (isBooked) changed?.();
    } finally {
      button.disabled = false;
    }
  }

  function closed() {
    dialog.remove();
    if (!isDone) cancelled?.();
  }

  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

// 6 Balances ---------------------------------------------------------------------------------------------------------

const sum = (rows, member) => rows.reduce((total, row) => total + (row[member] ?? 0), 0);

function summary(balances) {
  const dates = balances.map((balance) => balance.refreshDate).filter(Boolean).sort();
  return h("div", { class: "tiles" },
    tile("Available", count(sum(balances, "available")), sum(balances, "purchased") > 0
      ? `${count(sum(balances, "purchased"))} of them bought` : `of ${count(sum(balances, "allocated"))} in the plan`),
    tile("Used this period", count(sum(balances, "used")), "tokens"),
    tile("Reset in", remaining(dates[0]), dates[0] ? time(dates[0], days) : "no reset"));
}

/** One token type: a bar, and everything that the bar shows, in words. */
function bar(balance, forecast) {
  const color = colorOf(balance);
  const percent = percentLeft(balance);
  const name = human(balance.tokenType);
  const inner = h("div");
  inner.style.width = `${percent}%`;
  const words = color === "grey" && balance.used === 0 ? "Not on this plan"
    : balance.allocated > 0 && balance.available <= balance.allocated ? `${count(balance.available)} of ${count(balance.allocated)}`
      : `${count(balance.available)} available`;
  const notes = [
    balance.available <= wholeOf(balance) && wholeOf(balance) > 0 && `${percent}% left`,
    `${count(balance.used)} used`,
    balance.available > balance.allocated && balance.allocated > 0 && `${count(balance.allocated)} in the plan`,
    balance.purchased > 0 && `${count(balance.purchased)} bought`,
    forecast?.nextExpiry && [`${count(forecast.nextExpiry.tokens)} of them expire `, time(forecast.nextExpiry.at, days)],
    balance.reserved > 0 && `${count(balance.reserved)} reserved`,
    balance.refreshDate && `reset in ${remaining(balance.refreshDate)}`,
  ];
  return h("li", { class: "type", "data-type": balance.tokenType },
    h("div", { class: "type-head" }, h("h3", {}, name), color === "red" && h("span", { class: "badge red" }, "Low"),
      h("span", { class: "left" }, words)),
    h("div", {
      class: "meter", "data-color": color, role: "progressbar", "aria-label": `${name} left`, "aria-valuemin": 0,
      "aria-valuemax": 100, "aria-valuenow": percent,
      "aria-valuetext": `${words}${wholeOf(balance) > 0 ? `, ${percent}% left` : ""}${color === "red" ? ", low" : ""}`,
    }, inner),
    h("p", { class: "type-note" }, notes.filter(Boolean).map((note) => h("span", {}, note)),
      forecast?.runsOutBeforeRefresh && h("span", { class: "warn-text" }, "Runs out ", time(forecast.runsOutAt, days))));
}

/** Balances as tiles and bars. `scope` names the organization where the caller has none. */
function balanceParts(scope) {
  const tiles = h("div");
  let forecasts = [];
  const bars = new Panel("Tokens", {
    load: async () => ({ ...(await get("/api/v1/tokens/balance", scope)), forecasts }),
    isEmpty: (data) => data.balances.length === 0,
    empty: "There are no tokens yet: the organization has no plan, and nothing was bought.",
    render: (data) => {
      tiles.replaceChildren(summary(data.balances));
      return h("ul", { class: "types" }, data.balances.map((balance) =>
        bar(balance, data.forecasts.find((forecast) => forecast.tokenType === balance.tokenType))));
    },
  });
  const forecast = new Panel("Forecast", {
    kind: "third",
    load: async () => {
      const data = await get("/api/v1/tokens/forecast", scope);
      forecasts = data.data;
      if (bars.data) bars.show({ ...bars.data, forecasts });
      return data;
    },
    isEmpty: (data) => !data.data.some((row) => row.tokensPerDay > 0),
    empty: "Nothing was used lately, so nothing runs out.",
    render: (data) => h("ul", { class: "list" }, data.data.filter((row) => row.tokensPerDay > 0).map(forecastRow)),
  });
  return { tiles, bars, forecast };
}

function forecastRow(row) {
  const end = row.runsOutAt
    ? h("span", { class: row.runsOutBeforeRefresh ? "warn-text" : null }, "runs out ", time(row.runsOutAt, days))
    : h("span", {}, "lasts");
  return h("li", {}, h("span", {}, h("strong", {}, human(row.tokenType)), " ",
    h("span", { class: "muted" }, `${rates.format(row.tokensPerDay)} a day`)), end);
}

/** The content budget, in the words that the server has for it. */
function budgetPanel(scope) {
  return new Panel("Content budget", {
    kind: "third",
    load: () => get("/api/token-usage", scope),
    render: (usage) => {
      const left = { available: usage.remaining, allocated: usage.budget };
      const inner = h("div");
      inner.style.width = `${Math.min(100, usage.percentUsed)}%`;
      return [
        h("p", { class: "budget-line" }, usage.message),
        h("div", {
          class: "meter", "data-color": colorOf(left), role: "progressbar", "aria-label": "Content budget used",
          "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.min(100, usage.percentUsed),
          "aria-valuetext": usage.message,
        }, inner),
        usage.warning && h("p", { class: "budget-warning warn-text" }, usage.warning),
        usage.levelName && h("p", { class: "type-note" }, `Level ${usage.level}: ${usage.levelName}`),
        usage.largest?.length > 0 && h("details", {}, h("summary", {}, "Largest attributes"),
          h("ul", { class: "list" }, usage.largest.map((item) =>
            h("li", {}, h("span", { class: "code", title: item.id }, brief(item.id)), h("span", {}, plural(item.tokens, "token")))))),
      ];
    },
  });
}

const alertColumns = [
  { label: "When", cell: (row) => time(row.createdAt) },
  { label: "What", cell: (row) => title(conditions[row.condition]?.(row.threshold) ?? human(row.type)) },
  { label: "Tokens", cell: (row) => human(row.tokenType) },
  { label: "Level", cell: (row) => stateBadge(row.level) },
  {
    label: "State", cell: (row) => h("span", { class: `badge ${row.state === "recovered" ? "green" : stateColors[row.level] ?? "red"}` },
      title(row.state ?? "raised")),
  },
  { label: "Value", class: "number", cell: (row) => count(row.value) },
];

// 7 History ----------------------------------------------------------------------------------------------------------

const dayOf = (instant) => new Date(instant).toISOString().slice(0, 10);

const lastThirtyDays = () => [...Array(30).keys()].map((number) => dayOf(Date.now() - (29 - number) * 86_400_000));

/**
 * The last 30 days of one token type, or of all together, with the days on which nothing happened. A balance begins with
 * what it was before them; one that never moved is what it is now, and one that is younger is not there until it is.
 */
function daily({ data, balancesBefore, balances }, tokenType) {
  const types = new Set([...balances, ...balancesBefore, ...data].map((row) => row.tokenType));
  const days = lastThirtyDays().map((day) => ({ day, used: 0, balance: null }));
  for (const type of types) {
    if (tokenType && type !== tokenType) continue;
    const of = (rows) => rows.filter((row) => row.tokenType === type);
    const moved = of(data);
    const own = new Map(moved.map((row) => [row.day.slice(0, 10), row]));
    const before = moved.findLast((row) => row.day.slice(0, 10) < days[0].day) ?? of(balancesBefore)[0];
    let balance = before?.balance ?? (moved.length ? null : of(balances)[0]?.balance ?? null);
    for (const point of days) {
      const row = own.get(point.day);
      balance = row?.balance ?? balance;
      point.used += row?.used ?? 0;
      if (balance !== null) point.balance = (point.balance ?? 0) + balance;
    }
  }
  return days;
}

/** Two plots over the same days: the balance at the day's end, and what was used on it. */
function plot(points, width) {
  const hasBalance = points.some((point) => point.balance !== null && point.balance !== undefined);
  const [left, right, top] = [46, 6, 8];
  const [high, low, gap] = hasBalance ? [104, 70, 26] : [0, 130, 0];
  const height = top + high + gap + low + 22;
  const step = (width - left - right) / points.length;
  const x = (index) => left + step * (index + 0.5);
  const most = { balance: niceMaximum(points.map((point) => point.balance ?? 0)), used: niceMaximum(points.map((point) => point.used)) };
  const yBalance = (value) => top + high - (high * Math.max(0, value)) / most.balance;
  const yUsed = (value) => top + high + gap + low - (low * value) / most.used;
  const known = points.map((point, index) => ({ ...point, index })).filter((point) => hasBalance && point.balance !== null);
  const line = known.map((point, order) => `${order ? "L" : "M"}${x(point.index).toFixed(1)} ${yBalance(point.balance).toFixed(1)}`).join("");
  // A day alone is a dash as wide as its bar.
  const dash = known.length === 1 ? `m${(-step * 0.36).toFixed(1)} 0h${(step * 0.72).toFixed(1)}` : "";
  const area = known.length ? `${line}L${x(known.at(-1).index).toFixed(1)} ${top + high}L${x(known[0].index).toFixed(1)} ${top + high}Z` : "";
  const axes = [[top + high + gap, most.used], [top + high + gap + low, 0]];
  if (hasBalance) axes.push([top, most.balance], [top + high, 0]);
  const labels = [0, Math.floor(points.length / 2), points.length - 1];
  return s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": describe(points) },
    axes.map(([y, value]) => [
      s("line", { class: "axis", x1: left, x2: width - right, y1: y, y2: y }),
      s("text", { x: left - 7, y: y + 4, "text-anchor": "end" }, compact.format(value)),
    ]),
    s("path", { class: "balance-area", d: area }), s("path", { class: "balance-line", d: line + dash }),
    points.map((point, index) => s("rect", {
      class: "used", x: (x(index) - step * 0.36).toFixed(1), y: yUsed(point.used).toFixed(1), rx: Math.min(3, step * 0.2),
      width: (step * 0.72).toFixed(1), height: Math.max(0, top + high + gap + low - yUsed(point.used)).toFixed(1),
    }, s("title", {}, `${dayName(point.day)}: ${count(point.used)} used`))),
    labels.map((index) => s("text", {
      x: x(index), y: height - 4, "text-anchor": index === 0 ? "start" : index === points.length - 1 ? "end" : "middle",
    }, dayName(points[index].day))));
}

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const dayName = (day) => shortDays.format(new Date(`${day}T00:00:00Z`));
const describe = (points) => {
  const busiest = points.reduce((most, point) => (point.used > most.used ? point : most), points[0]);
  const last = points.at(-1);
  return `The last ${points.length} days: ${count(sum(points, "used"))} tokens used, most on ${dayName(busiest.day)}, `
    + `${count(busiest.used)}.${Number.isFinite(last.balance) ? ` Balance today: ${count(last.balance)}.` : ""}`;
};

/** The next of 1, 2, 5, 10, 20, … that is not below any of the values. */
function niceMaximum(values) {
  const most = Math.max(1, ...values);
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= most);
}

function historyPanel(scope) {
  let tokenType = "";
  const frame = h("div", { class: "plot" });
  const select = h("select", { change: (event) => { tokenType = event.target.value; draw(); } });
  const days = h("div");
  let past = { data: [] };
  const panel = new Panel("History", {
    kind: "two-thirds",
    load: async () => {
      const [moved, { balances }] = await Promise.all([
        get("/api/v1/tokens/history", { ...scope, from: `${lastThirtyDays()[0]}T00:00:00Z` }), get("/api/v1/tokens/balance", scope),
      ]);
      return { ...moved, balances: balances.map((row) => ({ tokenType: row.tokenType, balance: row.balance })) };
    },
    isEmpty: (data) => data.data.length === 0,
    empty: "Nothing has happened in the last 30 days.",
    render: (data) => {
      past = data;
      const types = [...new Set([...data.balances, ...data.data].map((row) => row.tokenType))];
      select.replaceChildren(h("option", { value: "" }, "All token types"),
        ...types.map((type) => h("option", { value: type, selected: type === tokenType }, human(type))));
      // Drawn once its width is known.
      requestAnimationFrame(draw);
      return [h("div", { class: "controls" }, labelled("Token type", select)),
        h("p", { class: "legend" }, h("span", { class: "of-balance" }, "Balance"), h("span", {}, "Used per day")), frame,
        h("details", {}, h("summary", {}, "As a table"), days)];
    },
  });
  function draw() {
    if (!past.data.length) return;
    const points = daily(past, tokenType);
    frame.replaceChildren(plot(points, Math.max(260, frame.clientWidth)));
    days.replaceChildren(table("Tokens by day", [
      { label: "Day", cell: (point) => dayName(point.day) },
      { label: "Used", class: "number", cell: (point) => count(point.used) },
      { label: "Balance", class: "number", cell: (point) => (point.balance === null ? "–" : count(point.balance)) },
    ], points.toReversed()));
  }
  let width = 0;
  new ResizeObserver(() => {
    if (frame.clientWidth !== width) draw();
    width = frame.clientWidth;
  }).observe(frame);
  return panel;
}

// 8 Ledger -----------------------------------------------------------------------------------------------------------

const kinds = ["allocation", "deduction", "refund", "top_up", "reset", "expiry", "reservation", "capture", "release", "adjustment", "refusal"];
const kindColors = { refusal: "red", deduction: "accent", capture: "accent", top_up: "green", refund: "green", allocation: "green" };

/** Tollgate's own reasons in words; those of refunds and adjustments are what somebody wrote. */
function reasonOf({ kind, reason }) {
  if (reason === "by_hand") return "Changed by hand";
  return ["refund", "adjustment"].includes(kind) ? reason : human(reason);
}

const ledgerColumns = [
  { label: "When", class: "when", cell: (entry) => time(entry.createdAt, instants) },
  {
    label: "What", class: "what", cell: (entry) => h("span", {}, h("span", { class: `badge ${kindColors[entry.kind] ?? ""}` }, human(entry.kind)),
      entry.reason && h("span", { class: "cell-note" }, foreign(reasonOf(entry)))),
  },
  { label: "Feature", class: "feature", cell: (entry) => (entry.featureUsed ? foreign(entry.featureUsed) : "") },
  { label: "Tokens", class: "tokens", cell: (entry) => human(entry.tokenType) },
  {
    label: "Amount", class: "number amount", cell: (entry) => entry.kind === "refusal"
      ? h("span", { class: "muted" }, `needs ${count(entry.requiredTokens)}`)
      : h("span", { class: entry.amount > 0 ? "amount-up" : "amount-down" }, signed(entry.amount)),
  },
  { label: "Balance", class: "number balance", cell: (entry) => count(entry.balanceAfter) },
  { label: "User", class: "user", cell: (entry) => (entry.userId ? h("span", { class: "code", title: entry.userId }, brief(entry.userId)) : "") },
];

/** Everything of an entry that somebody might look for, in lower case. */
const wordsOf = (entry) => [
  entry.id, entry.kind, human(entry.kind), entry.tokenType, human(entry.tokenType), entry.featureUsed, entry.userId, entry.eventId,
  entry.reason, entry.reason && reasonOf(entry), entry.idempotencyKey, entry.amount, entry.metadata && JSON.stringify(entry.metadata),
].filter((part) => part !== null && part !== undefined).join("\n").toLowerCase();

/**
 * Every movement and refusal, newest first. The server filters by kind and token type; text is looked for here, page by
 * page, in as many entries as the button says.
 */
function ledgerPanel(scope) {
  const filter = { kind: "", tokenType: "" };
  const [pageSize, stretch] = [20, 2_500];
  let [text, limit, cursors, next, search] = ["", stretch, [null], null, null];

  const types = choice([["", "All"]], (value) => { filter.tokenType = value; guarded(restart); });
  const field = h("input", { type: "search", autocomplete: "off", spellcheck: "false", input: () => { clearTimeout(timer); timer = setTimeout(typed, 250); } });
  let timer = 0;
  const controls = h("div", { class: "controls", role: "search", "aria-label": "Ledger" },
    labelled("Search", field, "wide"),
    labelled("Kind", choice([["", "All"], ...kinds.map((kind) => [kind, human(kind)])], (value) => { filter.kind = value; guarded(restart); })),
    labelled("Token type", types));

  const panel = new Panel("Ledger", {
    controls,
    load: () => (text ? find() : page()),
    isEmpty: (data) => data.entries.length === 0 && data.note === undefined && cursors.length === 1,
    empty: () => (filter.kind || filter.tokenType ? "There is nothing of that kind." : "Nothing has happened yet."),
    render: (data) => [
      data.entries.length > 0 && table("Ledger", ledgerColumns, data.entries, "ledger"),
      data.note !== undefined ? foundLine(data) : pager(data),
    ],
  });

  async function page() {
    const { data, nextCursor } = await get("/api/v1/tokens/ledger", { ...scope, ...filter, limit: pageSize, cursor: cursors.at(-1) });
    next = nextCursor;
    return { entries: data, page: cursors.length, hasNext: nextCursor !== null };
  }

  /** Goes on with the search, one step at a time. */
  async function find() {
    const one = search ??= { wanted: text.toLowerCase(), entries: [], seen: new Set(), cursor: null, hasBegun: false, step: null };
    one.step = Promise.resolve(one.step).catch(() => {}).then(() => lookOn(one));
    await one.step;
    return { entries: one.entries.slice(0, 200), looked: one.seen.size, note: one.cursor ? "more" : "all" };
  }

  /** First at what came since, as far as it is new, then further back, as far as the button says. */
  async function lookOn(one) {
    let [since, isNew] = [null, one.hasBegun];
    while (isNew && one === search) [since, isNew] = await lookAt(one, since ? 500 : pageSize, since);
    while (one === search && (one.cursor || !one.hasBegun) && one.seen.size < limit && one.entries.length < 200) {
      [one.cursor] = await lookAt(one, 500, one.cursor);
      one.hasBegun = true;
    }
  }

  /** Keeps what a page has of the text. Returns where the next page begins, and whether there is anything new in it, too. */
  async function lookAt(one, size, cursor) {
    const { data, nextCursor } = await get("/api/v1/tokens/ledger", { ...scope, ...filter, limit: size, cursor });
    const unseen = data.filter((entry) => !one.seen.has(entry.id));
    for (const entry of unseen) one.seen.add(entry.id);
    const found = unseen.filter((entry) => wordsOf(entry).includes(one.wanted));
    if (found.length > 0) one.entries = [...one.entries, ...found].sort((a, b) => (a.id < b.id ? 1 : -1));
    return [nextCursor, nextCursor !== null && unseen.length === data.length];
  }

  function foundLine({ entries, looked, note }) {
    const where = note === "all" ? `${plural(looked, "entry", "entries")}` : `the latest ${plural(looked, "entry", "entries")}`;
    return h("div", { class: "pager" }, h("span", { class: "muted" }, `${count(entries.length)} found in ${where}.`),
      note === "more" && entries.length < 200 && h("button", {
        type: "button", class: "small", click: () => { limit += stretch; guarded(() => panel.refresh({ quiet: true })); },
      }, "Search further back"));
  }

  function pager({ hasNext }) {
    if (!hasNext && cursors.length === 1) return null;
    return h("div", { class: "pager" }, h("span", { class: "muted" }, `Page ${cursors.length}`),
      h("button", { type: "button", class: "small", disabled: cursors.length === 1, click: () => guarded(() => go(-1)) }, "Newer"),
      h("button", { type: "button", class: "small", disabled: !hasNext, click: () => guarded(() => go(1)) }, "Older"));
  }

  async function go(step) {
    if (step > 0) cursors.push(next);
    else cursors.pop();
    await panel.refresh({ quiet: true });
    panel.element.querySelector("h2").scrollIntoView({ block: "start" });
    announce(`Ledger, page ${cursors.length}`);
  }

  async function typed() {
    text = field.value.trim();
    limit = stretch;
    await guarded(restart);
    if (text && panel.data) announce(`${count(panel.data.entries.length)} found`);
  }

  function restart() {
    cursors = [null];
    search = null;
    return panel.refresh({ quiet: true });
  }

  panel.offerTypes = (balances) => {
    if (types.options.length === balances.length + 1) return;
    types.replaceChildren(h("option", { value: "" }, "All"),
      ...balances.map(({ tokenType }) => h("option", { value: tokenType, selected: tokenType === filter.tokenType }, human(tokenType))));
  };
  return panel;
}

// 9 A tenant's page --------------------------------------------------------------------------------------------------

/** What an organization has: the same for its own people and, with `scope`, for operators. */
function accountParts(scope, alertsPath) {
  const balances = balanceParts(scope);
  const history = historyPanel(scope);
  const budget = budgetPanel(scope);
  const ledger = ledgerPanel(scope);
  const alerts = pagedPanel("Alerts", {
    kind: "two-thirds", path: () => alertsPath, query: () => scope, columns: alertColumns, limit: 10,
    empty: "No alerts. They appear here when tokens run low.",
  });
  // Alerts come and go by themselves, and a moment after what moved.
  const quick = [balances.bars, budget, alerts];
  const slow = [balances.forecast, history, ledger];
  let stamp;

  /** The newest entry of the ledger: as long as it is the same, nothing has moved. */
  async function newest() {
    const { data } = await get("/api/v1/tokens/ledger", { ...scope, limit: 1 });
    return data[0]?.id ?? "";
  }

  async function tick() {
    // First, so that what happens meanwhile is seen by the next.
    const now = await newest();
    const before = balances.bars.data?.balances ?? [];
    await Promise.all(quick.map((panel) => panel.refresh({ quiet: true })));
    tellChanges(before, balances.bars.data?.balances ?? []);
    if (now === stamp) return;
    stamp = now;
    await Promise.all(slow.map((panel) => panel.refresh({ quiet: true })));
  }

  return {
    elements: [balances.tiles, grid(balances.bars, history, balances.forecast, alerts, budget, ledger)],
    /** Undefined as long as nobody knows. */
    balances: () => balances.bars.data?.balances,
    async load() {
      stamp = await newest();
      await Promise.all([...quick, ...slow].map((panel) => panel.refresh({ quiet: true })));
      ledger.offerTypes(balances.bars.data?.balances ?? []);
    },
    tick,
  };
}

/** Says which balances are others than before. */
function tellChanges(before, now) {
  const changed = now.filter((balance) =>
    before.some((old) => old.tokenType === balance.tokenType && old.available !== balance.available));
  if (changed.length === 0) return;
  announce(changed.map((balance) => `${human(balance.tokenType)}: ${count(balance.available)} available`).join(". "));
}

function tenantPage() {
  const notices = h("div");
  if (!session.me.organizationId) {
    return {
      heading: "No organization",
      elements: [h("p", { class: "notice warning" }, h("span", {},
        "This user belongs to no organization yet. Ask the people who run Tollgate to add it: ",
        h("span", { class: "code" }, session.me.userId)))],
    };
  }
  const account = accountParts({}, "/api/v1/alerts");
  let told = "";
  /** What is told already stays, so that it is not read out again. */
  const update = () => {
    const balances = account.balances();
    const known = JSON.stringify([session.me.status, session.me.plan, balances && sum(balances, "available")]);
    if (known === told) return;
    told = known;
    notices.replaceChildren(...noticesFor(session.me, balances && sum(balances, "available")));
  };
  return {
    heading: () => foreign(session.me.organizationName),
    badges: () => [planBadge(session.me.plan), nextPlanBadge(session.me), statusBadge(session.me.status)],
    elements: [notices, account.elements],
    update,
    load: () => account.load().finally(update),
    tick: () => account.tick().finally(update),
  };
}

const planBadge = (plan) => (plan ? h("span", { class: "badge accent" }, human(plan)) : h("span", { class: "badge" }, "No plan"));
const nextPlanBadge = ({ nextPlan, nextPlanFrom }) =>
  nextPlan ? h("span", { class: "badge yellow" }, human(nextPlan), " from ", time(nextPlanFrom, days)) : null;
const statusBadge = (status) => (status === "suspended" ? h("span", { class: "badge red" }, "Suspended") : null);

/** `available`: tokens of all types; undefined as long as nobody knows. */
function noticesFor({ status, plan }, available) {
  const notices = [];
  if (status === "suspended") {
    notices.push(h("div", { class: "notice bad", role: "alert" }, h("div", {}, h("strong", {}, "Token spending is suspended"),
      "Nothing is lost: the tokens that are left can be spent again as soon as the payment is settled.")));
  }
  if (plan === "starter" && available !== undefined) {
    notices.push(h("div", { class: "notice good", id: "upgrade" }, h("div", {},
      h("strong", {}, available > 0 ? "Upgrade for new tokens every 30 days" : "Upgrade to spend tokens"),
      `Starter comes without tokens${available > 0 ? `: the ${count(available)} that are left were added to it` : ""}. With Pro or Enterprise there are new ones every 30 days, and packs can be bought on top. `
      + "Ask whoever looks after your contract.")));
  }
  return notices;
}

// 10 An operator's pages ---------------------------------------------------------------------------------------------

const admin = "/api/v1/admin";
const organizationLink = (id, name) => h("a", { href: `#organizations/${id}` }, name ? foreign(name) : brief(id));

function overviewPage() {
  const tiles = h("div");
  const frame = h("div", { class: "plot" });
  const perDay = new Panel("Use per day", {
    kind: "two-thirds", load: async () => overview.perDay ?? [], isEmpty: (rows) => rows.length === 0,
    render: (rows) => {
      const tokens = new Map(rows.map((row) => [row.day.slice(0, 10), row.tokens]));
      const points = lastThirtyDays().map((day) => ({ day, used: tokens.get(day) ?? 0 }));
      requestAnimationFrame(() => frame.replaceChildren(plot(points, Math.max(260, frame.clientWidth))));
      return frame;
    },
  });
  const ranking = (heading, member, name, since = h("span", { class: "muted since" })) => new Panel(heading, {
    kind: "third", load: async () => overview[member] ?? [], isEmpty: (rows) => rows.length === 0, empty: "No use yet.", note: since,
    render: (rows) => h("ol", { class: "list" }, rows.slice(0, 8).map((row) =>
      h("li", {}, name(row), h("span", { class: "muted" }, `${plural(row.tokens, "token")}, ${plural(row.uses, "use")}`)))),
  });
  const low = new Panel("Low balances", {
    kind: "two-thirds", load: async () => overview.lowBalances ?? [], isEmpty: (rows) => rows.length === 0,
    empty: "All balances are above their thresholds.",
    render: (rows) => table("Low balances", [
      { label: "Organization", cell: (row) => organizationLink(row.organizationId, row.organizationName) },
      { label: "Tokens", cell: (row) => human(row.tokenType) },
      { label: "Available", class: "number", cell: (row) => `${count(row.available)} of ${count(row.allocated)}` },
      { label: "State", cell: (row) => stateBadge(row.state) },
    ], rows.slice(0, 10)),
  });
  const ending = pagedPanel("Running out soonest", {
    kind: "half", path: () => `${admin}/forecast`, limit: 10, empty: "Nothing runs out within 30 days at the present rate.",
    columns: [
      { label: "Organization", cell: (row) => organizationLink(row.organizationId, row.organizationName) },
      { label: "Tokens", cell: (row) => human(row.tokenType) },
      { label: "A day", class: "number", cell: (row) => rates.format(row.tokensPerDay) },
      { label: "Runs out", cell: (row) => time(row.runsOutAt, days) },
    ],
  });
  const parts = [
    perDay,
    ranking("Top features", "topFeatures", (row) => foreign(row.featureUsed), h("span", { class: "muted" }, "in 30 days")),
    low,
    ranking("Top users", "topUsers", (row) => h("span", {},
      row.email ? h("span", { title: row.userId }, foreign(row.email)) : h("span", { class: "code", title: row.userId }, brief(row.userId)), " ",
      organizationLink(row.organizationId, row.organizationName))),
    ending,
    ranking("Top organizations", "topOrganizations", (row) => organizationLink(row.organizationId, row.organizationName)),
  ];
  parts.at(-1).element.className = "card half";
  let overview = {};

  async function look() {
    try {
      overview = await get(`${admin}/overview`);
    } catch (failure) {
      if (failure instanceof SignedOut || failure.status !== 404) throw failure;
      for (const panel of parts) panel.showFailure(failure);
      await ending.refresh({ quiet: true });
      return;
    }
    tiles.replaceChildren(overviewTiles(overview));
    for (const { element } of parts) element.querySelector(".since")?.replaceChildren("since ", time(overview.topSince, shortDays));
    await Promise.all(parts.map((panel) => panel.refresh({ quiet: true })));
  }

  return { heading: "Overview", elements: [tiles, grid(...parts)], load: look, tick: look, seconds: 15 };
}

function overviewTiles({ organizations, usage, dueResets, resetsWithinDay }) {
  const used = (name, figures) => figures
    && tile(name, count(figures.tokens), `tokens, ${plural(figures.uses, "use")}, ${plural(figures.refusals, "refusal")}`);
  return h("div", { class: "tiles" },
    tile("Organizations", count(organizations?.total), `${count(organizations?.active)} active, ${count(organizations?.suspended)} suspended`),
    used("Today", usage?.today), used("Last 7 days", usage?.last7Days), used("Last 30 days", usage?.last30Days),
    tile("Resets due", atMost(dueResets), `balances, ${atMost(resetsWithinDay)} more within a day`));
}

/** The server counts no further. */
const atMost = (resets) => (resets >= 10_000 ? `${count(10_000)} or more` : count(resets));

const stateColors = { safe: "green", warning: "yellow", critical: "red", exhausted: "red" };
const stateBadge = (state) => (state ? h("span", { class: `badge ${stateColors[state] ?? ""}` }, title(state)) : "");

/** How the list of organizations was asked for last, as its address: where one comes back to. */
let organizationList = "#organizations";

function organizationsPage(query) {
  const filter = { search: "", plan: "", status: "", sort: "created", near: "" };
  for (const name of Object.keys(filter)) filter[name] = query.get(name) ?? filter[name];
  let timer = 0;
  const search = h("input", {
    type: "search", autocomplete: "off", spellcheck: "false", value: filter.search,
    input: () => { clearTimeout(timer); timer = setTimeout(() => set("search", search.value.trim()), 250); },
    keydown: (event) => { if (event.key === "Enter" && isUUID(search.value.trim())) location.hash = `organizations/${search.value.trim()}`; },
  });
  const set = (name, value) => {
    filter[name] = value;
    keepAddress();
    guarded(list.restart);
  };
  /** In the address, so that going back leads to what was found. */
  const keepAddress = () => {
    if (!search.isConnected) return;
    organizationList = withQuery("#organizations", { ...filter, sort: filter.sort === "created" ? "" : filter.sort });
    history.replaceState(null, "", organizationList);
  };
  const plans = choice([["", "All"]], (value) => set("plan", value));
  const controls = h("div", { class: "controls", role: "search", "aria-label": "Organizations" },
    labelled("Name begins with, or id", search, "wide"),
    labelled("Sort by", choice([["created", "Newest"], ["name", "Name"], ["used", "Most used"], ["available", "Least available"]], (value) => set("sort", value), filter.sort)),
    labelled("Plan", plans),
    labelled("Status", choice([["", "All"], ["active", "Active"], ["suspended", "Suspended"]], (value) => set("status", value), filter.status)),
    h("label", { class: "check" }, h("input", {
      type: "checkbox", checked: filter.near !== "", change: (event) => set("near", event.target.checked ? "limit" : ""),
    }), "Near their limit"));
  const list = pagedPanel("Organizations", {
    controls, path: () => `${admin}/organizations`, query: () => filter, columns: organizationColumns,
    empty: () => (filter.search ? "No organization's name begins so, and no id with four digits or more." : "There is no such organization."),
  });
  return {
    heading: "Organizations",
    elements: grid(list),
    load: async () => {
      keepAddress();
      plans.append(...await planOptions(filter.plan));
      await list.refresh({ quiet: true });
    },
    tick: () => list.refresh({ quiet: true }),
    seconds: 5,
  };
}

/** The plans that there are by their titles; those that every server begins with, where it does not tell. */
const planOptions = (chosen) => get(`${admin}/plans`).then((answer) => answer.data)
  .catch(() => ["starter", "pro", "enterprise"].map((plan) => ({ plan, title: human(plan) })))
  .then((plans) => plans.map((one) => h("option", { value: one.plan, selected: one.plan === chosen }, one.title)));

const isUUID = (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

const organizationColumns = [
  {
    label: "Organization", cell: (row) => h("span", {}, organizationLink(row.organizationId, row.name), " ", statusBadge(row.status),
      h("span", { class: "cell-note code" }, brief(row.organizationId))),
  },
  { label: "Plan", cell: (row) => planBadge(row.plan) },
  { label: "Left", cell: (row) => smallBar(row) },
  { label: "Used", class: "number", cell: (row) => count(row.totalUsed) },
  { label: "Users", class: "number", cell: (row) => count(row.users) },
  { label: "Reset in", cell: (row) => remaining(row.refreshDate) },
  { label: "Created", cell: (row) => time(row.createdAt, days) },
];

/** The organization as a whole, and its scarcest token type by the server's word. */
function smallBar(row) {
  const left = { available: row.totalBalance, allocated: row.totalAllocated, used: row.totalUsed };
  if (left.available === 0 && left.allocated === 0) return h("span", { class: "muted" }, "None on this plan");
  const percent = percentLeft(left);
  const inner = h("div");
  inner.style.width = `${percent}%`;
  return h("span", {}, left.allocated > 0 ? `${count(left.available)} of ${count(left.allocated)} ` : `${count(left.available)} available `,
    left.allocated > 0 && stateBadge(row.state),
    h("div", {
      class: "meter", "data-color": colorOf(left), role: "progressbar", "aria-label": "Tokens left", "aria-valuemin": 0,
      "aria-valuemax": 100, "aria-valuenow": percent, "aria-valuetext": `${percent}% left`,
    }, inner));
}

const conditions = {
  available_below: (value) => `fewer than ${count(value)} available`,
  percent_left_below: (value) => `less than ${value}% left`,
  runs_out_within_hours: (value) => `runs out within ${plural(value, "hour")}`,
  tokens_per_hour_above: (value) => `more than ${plural(value, "token")} an hour`,
};

function alertsPage() {
  const whose = (row) => (row.organizationId ? organizationLink(row.organizationId, row.organizationName) : "All organizations");
  const events = pagedPanel("What has happened", {
    path: () => `${admin}/alert-events`, empty: "No alerts so far.",
    columns: [alertColumns[0], { label: "Organization", cell: whose }, ...alertColumns.slice(1)],
  });
  const rules = pagedPanel("Rules", {
    path: () => `${admin}/alerts`, empty: "There are no rules beside the thresholds that every balance has.",
    columns: [
      { label: "When", cell: (row) => title(conditions[row.condition]?.(row.threshold) ?? `${human(row.condition)} ${row.threshold}`) },
      { label: "Tokens", cell: (row) => (row.tokenType ? human(row.tokenType) : "All") },
      { label: "Organization", cell: whose },
      { label: "Email", cell: (row) => (row.email?.length ? foreign(row.email.join(", ")) : "") },
      { label: "State", cell: (row) => h("span", { class: `badge ${row.active ? "green" : ""}` }, row.active ? "Active" : "Off") },
    ],
  });
  const refresh = () => Promise.all([events, rules].map((panel) => panel.refresh({ quiet: true })));
  const actions = h("button", { type: "button", class: "small", click: () => ruleDialog(refresh) }, "New rule");
  return { heading: "Alerts", actions, elements: grid(events, rules), load: refresh, tick: refresh, seconds: 5 };
}

const organizationField = (whose) => labelled(`Id of the organization (empty: ${whose})`,
  h("input", { name: "organizationId", autocomplete: "off", spellcheck: "false", pattern: "\\s*[0-9A-Fa-f\\-]{36}\\s*", title: "An id of 36 characters" }));

function ruleDialog(changed) {
  const units = [
    ["available_below", "Fewer tokens available than"], ["percent_left_below", "Less percent of the plan left than"],
    ["runs_out_within_hours", "Runs out within hours"], ["tokens_per_hour_above", "More tokens used in an hour than"],
  ];
  ask("New rule", {
    text: "Tells once when it begins to hold and once when it ends: here, webhooks, and by email.",
    fields: [
      labelled("When", h("select", { name: "condition", required: true }, units.map(([value, text]) => h("option", { value }, text)))),
      labelled("Threshold", h("input", { name: "threshold", required: true, inputmode: "numeric", pattern: "\\s*\\d{1,15}\\s*", title: "A whole number", autocomplete: "off" })),
      labelled("Token type (empty: each for itself)", h("input", { name: "tokenType", autocomplete: "off", spellcheck: "false" })),
      organizationField("all"),
      labelled("Email addresses, with commas between", h("input", { name: "email", autocomplete: "off", spellcheck: "false" })),
    ],
    confirm: "Make the rule",
    act: async ({ condition, threshold, tokenType, organizationId, email }) => {
      const addresses = email.split(",").map((address) => address.trim()).filter(Boolean);
      await request("POST", `${admin}/alerts`, {
        body: {
          condition, threshold: Number(threshold), tokenType: tokenType.trim() || null, organizationId: organizationId.trim() || null,
          email: addresses.length ? addresses : null,
        },
      });
      await guarded(changed);
      return "The rule is made.";
    },
  });
}

function webhooksPage() {
  const holder = h("div");
  let deliveries = null;
  const list = pagedPanel("Webhooks", {
    path: () => `${admin}/webhooks`, empty: "There are no webhooks: nothing is sent anywhere.",
    columns: [
      { label: "URL", cell: (row) => h("span", {}, foreign(row.url), h("span", { class: "cell-note" }, (row.events ?? []).join(", ") || "all events")) },
      { label: "Organization", cell: (row) => (row.organizationId ? organizationLink(row.organizationId, row.organizationName) : "All") },
      {
        label: "State", cell: (row) => h("span", {}, row.failing ? h("span", { class: "badge red" }, "Failing")
          : h("span", { class: `badge ${row.active ? "green" : ""}` }, row.active ? "Active" : "Off"),
          row.disabledReason && h("span", { class: "cell-note" }, foreign(human(row.disabledReason)))),
      },
      { label: "Last delivery", cell: (row) => time(row.lastDeliveryAt) },
      {
        label: "Actions", cell: (row) => h("span", { class: "row-actions" },
          h("button", { type: "button", class: "small", "aria-label": `Send a test to ${row.url}`, click: (event) => test(row, event.target) }, "Send a test"),
          h("button", { type: "button", class: "small", "aria-label": `Deliveries to ${row.url}`, click: () => open(row) }, "Deliveries")),
      },
    ],
  });

  async function test(webhook, button) {
    button.disabled = true;
    await guarded(async () => {
      await request("POST", `${admin}/webhooks/${webhook.webhookId}/test`, { body: {} });
      announce("A test event is on its way.");
      await open(webhook);
    });
    button.disabled = false;
  }

  async function open(webhook) {
    deliveries = deliveriesPanel(webhook);
    holder.replaceChildren(grid(deliveries));
    await guarded(() => deliveries.refresh());
    const heading = deliveries.element.querySelector("h2");
    heading.tabIndex = -1;
    heading.focus();
  }

  const tick = () => Promise.all([list, deliveries].filter(Boolean).map((panel) => panel.refresh({ quiet: true })));
  holder.className = "deliveries";
  const actions = h("button", { type: "button", class: "small", click: () => webhookDialog(tick) }, "New webhook");
  return { heading: "Webhooks", actions, elements: [grid(list), holder], load: tick, tick, seconds: 3 };
}

const eventTypes = [
  "alert.raised", "alert.recovered", "balance.threshold_crossed", "balance.top_up_requested", "limit.exceeded", "organization.plan_changed",
  "organization.suspended", "organization.resumed", "content.threshold_crossed", "content.deactivated", "content.reset",
];

function webhookDialog(changed) {
  const events = eventTypes.map((type) => h("input", { type: "checkbox", value: type }));
  ask("New webhook", {
    fields: [
      labelled("URL", h("input", { name: "url", type: "url", required: true, pattern: "https://.*", title: "A URL that begins with https://", autocomplete: "off" })),
      organizationField("the events of all"),
      h("fieldset", {}, h("legend", {}, "Events (none: all)"),
        events.map((box) => h("label", { class: "check" }, box, box.value))),
    ],
    confirm: "Make the webhook",
    act: async ({ url, organizationId }) => {
      const chosen = events.filter((box) => box.checked).map((box) => box.value);
      const made = await request("POST", `${admin}/webhooks`, {
        body: { url: url.trim(), organizationId: organizationId.trim() || null, events: chosen.length ? chosen : null },
      });
      await guarded(changed);
      return () => ask("The webhook's secret", {
        text: "Deliveries are signed with it. Copy it now to where they are received: it is never shown again.",
        fields: [h("p", { class: "code", id: "secret" }, made.secret)],
        confirm: "I have it", cancel: null, act: async () => "The webhook is made.",
      });
    },
  });
}

function deliveriesPanel(webhook) {
  let status = "";
  const path = `${admin}/webhooks/${webhook.webhookId}/deliveries`;
  const colors = { delivered: "green", pending: "yellow", dead: "red" };
  const panel = pagedPanel(`Deliveries to ${webhook.url}`, {
    path: () => path, query: () => ({ status }), empty: "Nothing was sent yet.",
    controls: h("div", { class: "controls" }, labelled("Status",
      choice([["", "All"], ["dead", "Given up"], ["pending", "Pending"], ["delivered", "Delivered"]], (value) => { status = value; guarded(startOver); }))),
    columns: [
      { label: "When", cell: (row) => time(row.createdAt) },
      { label: "Event", cell: (row) => human(row.type) },
      { label: "Status", cell: (row) => h("span", { class: `badge ${colors[row.status] ?? ""}` }, row.status === "dead" ? "Given up" : title(row.status)) },
      { label: "Attempts", class: "number", cell: (row) => count(row.attempts) },
      { label: "Answer", cell: (row) => [row.lastStatus, row.lastError].filter(Boolean).join(": ") },
      { label: "Next attempt", cell: (row) => (row.nextAttemptAt ? time(row.nextAttemptAt) : "") },
      {
        label: "Actions", cell: (row) => row.status === "pending" ? "" : h("button", {
          type: "button", class: "small", "aria-label": `Send ${human(row.type)} of ${moments.format(new Date(row.createdAt))} again`,
          click: () => guarded(async () => {
            await request("POST", `${path}/${row.deliveryId}/replay`, { body: {} });
            announce("It is sent again.");
            await panel.refresh({ quiet: true });
          }),
        }, "Send again"),
      },
    ],
  });
  const startOver = () => panel.restart();
  return panel;
}

function healthPage() {
  const ready = new Panel("Readiness", {
    kind: "third",
    load: () => request("GET", "/readyz").catch((failure) => {
      if (failure.status === 503) return { status: failure.message };
      throw failure;
    }),
    render: (state) => state.status === "ok"
      ? [h("p", {}, h("span", { class: "badge green" }, "Ready")), h("p", { class: "muted" }, `Schema version ${state.schemaVersion}`)]
      : [h("p", {}, h("span", { class: "badge red" }, "Not ready")), h("p", {}, state.status)],
  });
  const metrics = new Panel("In short", {
    kind: "two-thirds",
    load: async () => figuresOf(await request("GET", "/metrics", { text: true })),
    render: (figures) => h("ul", { class: "list" }, figures.map(([name, value, isBad]) =>
      h("li", {}, h("span", {}, name), h("span", { class: isBad ? "warn-text" : null }, value)))),
  });
  const refresh = () => Promise.all([ready, metrics].map((panel) => panel.refresh({ quiet: true })));
  return { heading: "Health", elements: grid(ready, metrics), load: refresh, tick: refresh, seconds: 3 };
}

/** Prometheus' text format, as far as it is used here: name, labels, value. */
function samples(text) {
  return text.split("\n").filter((line) => line && !line.startsWith("#")).map((line) => {
    const [, name, labels, value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    return { name, labels: labels ?? "", value: Number(value) };
  });
}

function figuresOf(text) {
  const all = samples(text);
  const total = (name, label = "") => sum(all.filter((one) => one.name === name && one.labels.includes(label)), "value");
  const requests = (digit) => total("tollgate_http_requests_total", `status="${digit}`);
  const began = total("process_start_time_seconds");
  const version = /version="([^"]*)"/.exec(all.find((one) => one.name === "tollgate_build_info")?.labels ?? "")?.[1];
  const busy = total("tollgate_http_in_flight");
  return [
    ["Version", version ?? "–"],
    ["Running for", began ? lasting(Date.now() / 1000 - began) : "–"],
    ["Requests answered", `${count(requests(2) + requests(3) + requests(4) + requests(5))}`],
    ["Answered with an error of the server", count(requests(5)), requests(5) > 0],
    ["In flight, waiting for a batch", `${count(busy)}, ${count(total("tollgate_lane_waiting"))}`],
    ["Connections", `${count(total("tollgate_http_connections"))} of ${count(total("tollgate_http_connections_limit"))}`],
    ["Refused because too many waited", count(total("tollgate_lane_refused_total")), total("tollgate_lane_refused_total") > 0],
    ["Batches that failed", count(total("tollgate_lane_failures_total")), total("tollgate_lane_failures_total") > 0],
    ["Maintenance that failed", count(total("tollgate_maintenance_failures_total")), total("tollgate_maintenance_failures_total") > 0],
    ["Memory", `${count(Math.round(total("process_resident_memory_bytes") / 1_048_576))} MiB`],
  ];
}

function lasting(seconds) {
  if (seconds < 3_600) return plural(Math.floor(seconds / 60), "minute");
  return seconds < 172_800 ? plural(Math.floor(seconds / 3_600), "hour") : plural(Math.floor(seconds / 86_400), "day");
}

// 11 One organization ------------------------------------------------------------------------------------------------

function organizationPage(id) {
  const account = accountParts({ organizationId: id }, `${admin}/alert-events`);
  const path = `${admin}/organizations/${id}`;
  let known = { organizationId: id };
  const status = h("button", { type: "button", class: "small", click: () => statusDialog(known, path, changed) });
  const actions = [
    h("button", { type: "button", class: "small", click: () => adjustDialog(account.balances() ?? [], path, changed) }, "Adjust"),
    h("button", { type: "button", class: "small", click: () => resetDialog(account.balances() ?? [], path, changed) }, "Reset"),
    h("button", { type: "button", class: "small", click: () => planDialog(known, account.balances() ?? [], path, changed) }, "Change plan"),
    status,
  ];

  async function look() {
    try {
      known = await get(path);
    } catch (failure) {
      // A server without this route still tells balances and ledger.
      if (failure instanceof SignedOut || ![404, 405].includes(failure.status)) throw failure;
    }
    status.textContent = known.status === "suspended" ? "Resume" : "Suspend";
    status.classList.toggle("danger", known.status !== "suspended");
    page.showHead?.();
  }

  async function changed() {
    await guarded(async () => {
      await look();
      await Promise.all([account.tick(), changes.refresh({ quiet: true })]);
    });
  }

  const changes = pagedPanel("What administrators changed", {
    path: () => `${admin}/audit`, query: () => ({ organizationId: id }), columns: auditColumns, limit: 10,
  });

  const page = {
    heading: () => foreign(known.name ?? brief(id)),
    badges: () => [known.plan !== undefined && planBadge(known.plan), nextPlanBadge(known), statusBadge(known.status)],
    back: h("p", { class: "back" }, h("a", { href: organizationList }, "← Organizations")),
    actions,
    elements: [h("p", { class: "muted back" }, "Id ", h("span", { class: "code" }, id)), account.elements, h("div", { class: "below" }, grid(changes))],
    load: async () => { await Promise.all([look(), account.load(), changes.refresh({ quiet: true })]); },
    tick: async () => { await look(); await Promise.all([account.tick(), changes.refresh({ quiet: true })]); },
  };
  return page;
}

const auditColumns = [
  { label: "When", cell: (row) => time(row.at, instants) },
  { label: "Change", cell: (row) => human(row.change) },
  {
    label: "By", cell: ({ actor }) => h("span", {}, title(actor.kind),
      (actor.hint ?? actor.id) && h("span", { class: "cell-note" }, foreign(actor.hint ?? actor.id))),
  },
  { label: "What", cell: (row) => h("span", {}, differences(row).map((text) => h("span", { class: "cell-note" }, foreign(text)))) },
];

/** What is not as it was, member by member. */
function differences({ before, after }) {
  const told = (value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "–"));
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...names].map((name) => [name, told(before?.[name]), told(after?.[name])])
    .filter(([, was, is]) => was !== is)
    .map(([name, was, is]) => `${name}: ${before ? `${was} → ` : ""}${is}`);
}

const typeField = (balances) => labelled("Token type", h("select", { name: "tokenType", required: true },
  balances.map(({ tokenType, available }) => h("option", { value: tokenType }, `${human(tokenType)} (${count(available)} available)`))));

function adjustDialog(balances, path, changed) {
  ask("Adjust a balance", {
    text: "Adds or takes tokens, beside what is used and bought. The ledger keeps the reason.",
    fields: [
      typeField(balances),
      labelled("Tokens to add (or, with a minus, to take)", h("input", { name: "amount", required: true, inputmode: "numeric", pattern: "\\s*[+\\-−]?\\d{1,15}\\s*", title: "A whole number, such as 50 or -50", autocomplete: "off" })),
      labelled("Reason", h("textarea", { name: "reason", required: true, maxlength: 200 })),
    ],
    confirm: "Adjust",
    changed,
    act: async ({ tokenType, amount, reason }, key) => {
      if (!reason.trim()) throw new Failure(400, "reason", "Give a reason: the ledger keeps it.");
      const body = { tokenType, amount: Number(amount.trim().replace("−", "-").replace("+", "")), reason: reason.trim() };
      const answer = await request("POST", `${path}/adjust`, { body, key });
      await changed();
      return `${human(tokenType)} adjusted: ${count(answer.balanceBefore)} before, ${count(answer.balanceAfter)} now.`;
    },
  });
}

function resetDialog(balances, path, changed) {
  const next = h("p", { class: "muted", role: "status" });
  const field = typeField(balances);
  const select = field.querySelector("select");
  const tell = () => {
    const { refreshDate } = balances.find(({ tokenType }) => tokenType === select.value) ?? {};
    next.replaceChildren(...(refreshDate ? ["The next reset stays on ", time(refreshDate, days), "."] : ["It is not reset by itself."]));
  };
  select.addEventListener("change", tell);
  tell();
  ask("Reset a balance", {
    text: "Gives the plan's allocation again, now, and sets what is used to 0. What is left of the plan goes, but for what the plan "
      + "carries over; bought tokens stay.",
    fields: [field, next],
    confirm: "Reset",
    changed,
    act: async ({ tokenType }, key) => {
      const answer = await request("POST", `${path}/reset`, { body: { tokenType }, key });
      await changed();
      return `${human(tokenType)} reset: ${count(answer.balanceAfter)} now.`;
    },
  });
}

function statusDialog({ status, name }, path, changed) {
  const isSuspended = status === "suspended";
  ask(isSuspended ? "Resume spending" : "Suspend spending", {
    text: isSuspended ? "Tokens can be spent again at once." : "Nothing can be spent until spending is resumed. Tokens are kept.",
    fields: isSuspended ? [] : [labelled("Reason", h("textarea", { name: "reason", maxlength: 500 }))],
    confirm: isSuspended ? "Resume" : "Suspend",
    act: async ({ reason }) => {
      const body = { status: isSuspended ? "active" : "suspended" };
      if (reason?.trim()) body.reason = reason.trim();
      await request("PATCH", path, { body });
      await changed();
      return `Spending is ${isSuspended ? "resumed" : "suspended"}${name ? ` for ${name}` : ""}.`;
    },
  });
}

async function planDialog(organization, balances, path, changed) {
  const preview = h("div", { class: "preview", role: "status" });
  const plan = h("select", { name: "plan", required: true, change: look }, await planOptions(organization.plan));
  const when = h("select", { name: "when", change: look },
    [["", "As usual: an upgrade now, a downgrade at the reset"], ["now", "Now"], ["reset", "At the next reset"]].map(([value, text]) => h("option", { value }, text)));
  const bodyOf = (values) => ({ plan: values.plan, ...(values.when ? { when: values.when } : {}) });
  let turn = 0;

  /** Nothing can be confirmed but what is shown, and of answers that overtake each other the last question's is. */
  async function look() {
    const mine = ++turn;
    button.disabled = true;
    preview.replaceChildren(h("p", { class: "muted" }, "Looking at what would change…"));
    try {
      const answer = await request("PATCH", path, { body: { ...bodyOf({ plan: plan.value, when: when.value }), preview: true } });
      if (mine !== turn) return;
      const isTakenBack = organization.nextPlan && plan.value === organization.plan;
      preview.replaceChildren(...[
        isTakenBack && h("p", {}, `${human(organization.plan)} stays: the change to ${human(organization.nextPlan)} is taken back.`),
        planChanges(answer.balanceChanges ?? [], balances),
      ].flat().filter(Boolean));
      button.disabled = false;
    } catch (failure) {
      if (mine !== turn) return;
      if (failure instanceof SignedOut) ended();
      else preview.replaceChildren(h("p", { class: "problem" }, advice(failure)), h("button", { type: "button", class: "small", click: look }, "Try again"));
    }
  }

  const { nextPlan, nextPlanFrom } = organization;
  const dialog = ask("Change the plan", {
    text: nextPlan && ["Waiting: ", human(nextPlan), " from ", time(nextPlanFrom, days), "."],
    fields: [labelled("Plan", plan), labelled("When", when), preview],
    confirm: "Change plan",
    act: async (values) => {
      await request("PATCH", path, { body: bodyOf(values) });
      await changed();
      return `Changed to ${plan.selectedOptions[0].text}.`;
    },
  });
  const button = dialog.querySelector("button[type=submit]");
  await look();
}

/** What a change of plan does to balances: at once, or on the day that it waits for. */
function planChanges(rows, balances) {
  // The server's clock decides what is now, and may be a little ahead of this one.
  const waits = (row) => Date.parse(row.effectiveAt) > Date.now() + 60_000;
  const bought = (row) => balances.find((balance) => balance.tokenType === row.tokenType)?.purchased ?? 0;
  const isChanged = (row) => row.balanceBefore !== row.balanceAfter || row.allocatedBefore !== row.allocatedAfter;
  const changes = rows.filter(isChanged);
  if (changes.length === 0) return h("p", { class: "muted" }, "Nothing would change.");
  return [
    table("What would change", [
      { label: "Tokens", cell: (row) => human(row.tokenType) },
      {
        label: "Balance", class: "number", cell: (row) => waits(row)
          ? h("span", {}, `${count(row.balanceBefore)} → ${count(row.allocatedAfter + bought(row))}`,
            bought(row) > 0 && h("span", { class: "cell-note" }, `${count(bought(row))} bought`))
          : `${count(row.balanceBefore)} → ${count(row.balanceAfter)}`,
      },
      { label: "Plan's part", class: "number", cell: (row) => `${count(row.allocatedBefore)} → ${count(row.allocatedAfter)}` },
      { label: "From", cell: (row) => (!row.effectiveAt ? "not by itself" : waits(row) ? time(row.effectiveAt, days) : "now") },
    ], changes),
    changes.some(waits) && h("p", { class: "muted" },
      "Until that day nothing changes. Then what is left of the plan goes, but for what the plan carries over; bought tokens stay."),
  ];
}

// 12 Signing in and out ----------------------------------------------------------------------------------------------

const session = { me: null, timer: 0 };

/** Why a token was not taken, in a sentence for who pasted it. */
function whyNot(failure, token) {
  if (token.startsWith("tg_")) return "That is an API key, which is for programs. Sign in with a token of yours.";
  switch (failure.status) {
    case 401: return "This token is not valid, or not any more. Get a new one.";
    case 403: return "This token is valid, but not for anybody who has something to do here.";
    default: return advice(failure);
  }
}

async function signIn(token) {
  await request("POST", "/dashboard/session", { body: { token } });
  await enter();
}

function signInPage(message) {
  leave();
  const problem = h("p", { class: "problem", role: "alert" }, message);
  const input = h("input", { type: "password", name: "token", required: true, autocomplete: "off", spellcheck: "false" });
  const button = h("button", { type: "submit", class: "primary" }, "Sign in");
  const form = h("form", {
    submit: async (event) => {
      event.preventDefault();
      const token = input.value.trim().replace(/^bearer\s+/i, "");
      button.disabled = true;
      problem.textContent = "";
      try {
        await signIn(token);
      } catch (failure) {
        problem.textContent = whyNot(failure, token);
        input.focus();
        input.select();
      } finally {
        button.disabled = false;
      }
    },
  }, labelled("Access token", input), problem, button);
  const heading = h("h1", { tabindex: "-1" }, "Sign in");
  byId("main").replaceChildren(h("div", { class: "sign-in card" }, heading,
    h("p", { class: "muted" }, "See what your organization has, and what it was used for."), form,
    h("details", {}, h("summary", {}, "Where do I get a token?"),
      h("p", {}, "Your identity provider can send you here signed in. Otherwise ask the people who run Tollgate; they make one with ",
        h("code", {}, "tollgate token mint --user ID"), "."),
      h("p", {}, "The token stays in this browser, out of reach of scripts, until it expires or you sign out."))));
  document.title = "Sign in – Tollgate";
  input.focus();
}

/** The session is over: says so, and keeps the address, so that signing in leads back to it. */
function ended() {
  if (!session.me) return;
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  signInPage("Your session has ended. Sign in again to go on.");
}

/** Forgets everything that was shown. */
function leave() {
  live.stop();
  complain("");
  clearTimeout(session.timer);
  session.me = null;
  byId("session").replaceChildren();
  byId("session").hidden = true;
  byId("pages").replaceChildren();
  byId("pages").hidden = true;
}

async function signOut() {
  await guarded(async () => {
    await request("DELETE", "/dashboard/session");
    history.replaceState(null, "", location.pathname);
    signInPage("");
    announce("You are signed out.");
  }, { lead: "You are still signed in. " });
}

/** Shows the page of whoever is signed in. */
async function enter() {
  session.me = await get("/api/v1/me");
  clearTimeout(session.timer);
  if (session.me.expiresAt) waitForEnd();
  showSession();
  await route();
}

/** Timers wait for 24 days at most, tokens may last longer. */
function waitForEnd() {
  const left = Date.parse(session.me.expiresAt) - Date.now();
  session.timer = left > 2_000_000_000 ? setTimeout(waitForEnd, 2_000_000_000) : setTimeout(ended, Math.max(0, left));
}

const isOperator = () => session.me.kind === "service";

function showSession() {
  const { organizationName, userId, role } = session.me;
  const who = isOperator() ? "Operator" : h("span", {}, organizationName ? foreign(organizationName) : "No organization",
    h("br"), h("span", { class: "code", title: userId }, brief(userId)), role ? `, ${role}` : "");
  byId("session").replaceChildren(h("p", { class: "who" }, h("span", { class: "unseen" }, "Signed in as "), who),
    h("button", { type: "button", class: "small", id: "sign-out", click: signOut }, "Sign out"));
  byId("session").hidden = false;
}

/**
 * A token that an identity provider put behind the number sign. It is taken out of the address at once. A link must not
 * sign somebody in as somebody else without a word: whoever is signed in is asked first.
 */
async function followLink(token) {
  const me = await get("/api/v1/me").catch((failure) => {
    // Whoever cannot be asked about may be signed in.
    if (failure instanceof SignedOut) return null;
    throw failure;
  });
  const subject = parsed(decoded(token.split(".")[1] ?? ""))?.sub;
  if (me && (me.userId ?? "") !== (subject ?? "")) {
    await enter();
    ask("Sign in as somebody else?", {
      text: "This link brings a token of somebody else. If you did not ask for it, stay who you are.",
      confirm: "Use the link", cancel: "Stay signed in", act: () => signIn(token).then(() => "You are signed in as somebody else."),
    });
    return;
  }
  try {
    await signIn(token);
  } catch (failure) {
    signInPage(whyNot(failure, token));
  }
}

function decoded(segment) {
  try {
    return atob(segment.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return "";
  }
}

function tokenOfAddress() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token") ?? fragment.get("access_token");
  if (token) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

// 13 Going on --------------------------------------------------------------------------------------------------------

/** Runs something that asks the server, from where nobody waits for it. What fails is shown until something works. */
async function guarded(work, { lead = "" } = {}) {
  try {
    await work();
    complain("");
  } catch (failure) {
    if (failure instanceof SignedOut) ended();
    else if (failure instanceof Failure) complain(lead + advice(failure));
    else throw failure;
  }
}

const views = [["overview", "Overview"], ["organizations", "Organizations"], ["alerts", "Alerts"], ["webhooks", "Webhooks"], ["health", "Health"]];
const makers = { overview: overviewPage, organizations: organizationsPage, alerts: alertsPage, webhooks: webhooksPage, health: healthPage };

/** Shows what the address names. */
async function route({ isMove = false } = {}) {
  const [path, query] = location.hash.slice(1).split("?", 2);
  const [name, id] = path.split("/");
  const view = makers[name] ? name : "overview";
  byId("pages").hidden = !isOperator();
  byId("pages").replaceChildren(...(isOperator() ? [h("ul", {}, views.map(([key, text]) =>
    h("li", {}, h("a", { href: `#${key}`, "aria-current": key === view ? "page" : null }, text))))] : []));
  const page = !isOperator() ? tenantPage() : view === "organizations" && isUUID(id ?? "") ? organizationPage(id) : makers[view](new URLSearchParams(query));
  await open(page, isMove);
}

/** The page that was put in place last. */
let opened = null;

/** Puts a page in place, loads it and keeps it up to date. */
async function open(page, isMove) {
  live.stop();
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  const heading = h("h1", { tabindex: "-1" });
  const badges = h("span");
  page.showHead = () => {
    const text = typeof page.heading === "function" ? page.heading() : page.heading;
    heading.replaceChildren(text);
    badges.replaceChildren(...(page.badges?.() ?? []).filter(Boolean).flatMap((badge) => [badge, " "]));
    document.title = `${heading.textContent} – Tollgate`;
  };
  const refresh = h("button", {
    type: "button", id: "refresh",
    click: async () => {
      refresh.disabled = true;
      await live.now();
      refresh.disabled = false;
      refresh.focus();
      announce("Up to date.");
    },
  }, "Refresh");
  byId("main").replaceChildren(...[
    page.back,
    h("div", { class: "page-head" }, heading, badges,
      h("div", { class: "actions" }, page.actions, page.tick && live.element, page.tick && refresh)),
    page.elements,
  ].flat(Infinity).filter(Boolean));
  page.showHead();
  page.update?.();
  if (isMove) heading.focus();
  if (!page.load) return;
  opened = page;
  await guarded(page.load);
  // Somebody may have gone on to another page meanwhile, which is the one to be kept up to date.
  if (session.me && opened === page) live.start(page);
}

/** Asks every few seconds whether something has changed, as long as somebody can see the page. */
const live = {
  page: null, timer: 0, delay: 0, running: null,
  element: h("span", { class: "live" }, "Live"),

  start(page) {
    this.page = page;
    this.delay = (page.seconds ?? 3) * 1_000;
    this.say(true);
    this.wait(this.delay);
  },

  stop() {
    clearTimeout(this.timer);
    this.page = null;
    this.element.dataset.state = "";
  },

  wait(milliseconds) {
    clearTimeout(this.timer);
    if (this.page && document.visibilityState === "visible") this.timer = setTimeout(() => this.now(), milliseconds);
  },

  /** Looks at once, or waits for the look that is under way. */
  now() {
    this.running ??= this.look().finally(() => { this.running = null; });
    return this.running;
  },

  async look() {
    const { page } = this;
    if (!page) return;
    clearTimeout(this.timer);
    try {
      await this.lookAtSession();
      if (page === this.page) await page.tick();
      this.delay = (page.seconds ?? 3) * 1_000;
      this.say(true);
    } catch (failure) {
      if (failure instanceof SignedOut) {
        ended();
        return;
      }
      // Whoever is asked too often, or cannot answer, is asked less often.
      this.delay = failure.retryAfterSeconds ? failure.retryAfterSeconds * 1_000 : Math.min(this.delay * 2, 60_000);
      this.say(false, failure);
    } finally {
      // Also where another page has taken its place meanwhile.
      if (this.page) this.wait(this.delay);
    }
  },

  /** Plan, status and role are somebody else's to change. */
  async lookAtSession() {
    const me = await get("/api/v1/me");
    if (!session.me || JSON.stringify(me) === JSON.stringify(session.me)) return;
    const isAnother = me.userId !== session.me.userId || me.kind !== session.me.kind || me.organizationId !== session.me.organizationId;
    session.me = me;
    showSession();
    if (isAnother) {
      await enter();
      return;
    }
    this.page?.showHead?.();
    this.page?.update?.();
  },

  say(isFresh, failure) {
    this.element.dataset.state = isFresh ? "fresh" : "late";
    this.element.textContent = isFresh ? `Live, ${clock.format(new Date())}` : `Not up to date. ${advice(failure)}`;
  },
};

byId("skip").addEventListener("click", () => byId("main").focus());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") live.now();
});
addEventListener("hashchange", () => {
  const token = tokenOfAddress();
  if (token) guarded(() => followLink(token));
  else if (session.me) guarded(() => route({ isMove: true }));
});

const linked = tokenOfAddress();
try {
  await (linked ? followLink(linked) : enter());
} catch (failure) {
  if (failure instanceof SignedOut) signInPage("");
  else {
    byId("main").replaceChildren(h("div", { class: "notice bad", role: "alert" },
      h("div", {}, h("strong", {}, "The page could not be loaded"), advice(failure)),
      h("button", { type: "button", click: () => location.reload() }, "Try again")));
    if (!(failure instanceof Failure)) throw failure;
  }
}
