// What a browser tells of itself and of the machine below it. Whatever it does not tell stays empty: nothing is guessed.

export const AGENT = "preau-page/1.0";
const LONGEST = 128;

/** @type {[RegExp, string][]} the first that is found; Chrome's word is in almost everybody's */
const BROWSERS = [
  [/Edg(?:A|iOS)?\/(\d+)/, "Edge"], [/SamsungBrowser\/(\d+)/, "Samsung Internet"], [/OPR\/(\d+)/, "Opera"],
  [/(?:Firefox|FxiOS)\/(\d+)/, "Firefox"], [/(?:Chrome|CriOS)\/(\d+)/, "Chrome"], [/Version\/(\d+).*Safari/, "Safari"],
];
/** @type {[RegExp, string][]} */
const SYSTEMS = [
  [/Android ([\d.]+)/, "Android"], [/CrOS \S+ ([\d.]+)/, "ChromeOS"], [/(?:iPhone )?OS ([\d_]+) like Mac/, "iOS"],
  [/Windows NT ([\d.]+)/, "Windows"], [/Mac OS X ([\d_]+)/, "macOS"], [/Linux()/, "Linux"],
];

/** @param {[RegExp, string][]} table @param {string} agent */
function found(table, agent) {
  for (const [pattern, name] of table) {
    const match = pattern.exec(agent);
    if (match) return `${name} ${match[1].replaceAll("_", ".")}`.trim().slice(0, LONGEST);
  }
  return "";
}

/**
 * The model and the system's version as the browser tells them when it is asked, over https only.
 * @param {Navigator} browser @returns {Promise<{manufacturer: string, model: string, os: string, agent: string}>}
 */
export async function aboutThis(browser) {
  const about = describe(browser.userAgent);
  const told = await /** @type {any} */ (browser).userAgentData?.getHighEntropyValues?.(["model", "platformVersion"]).catch(() => null);
  if (!told) return about;
  const os = [told.platform, told.platformVersion].filter(Boolean).join(" ");
  return { ...about, model: (told.model || about.model).slice(0, LONGEST), os: (os || about.os).slice(0, LONGEST) };
}

/** @param {string} agent the browser's User-Agent @returns {{manufacturer: string, model: string, os: string, agent: string}} */
export function describe(agent) {
  // "K" is what Chrome says for every Android device; a WebView and other browsers still name theirs.
  const named = /Android [\d.]+; (?!K\))([^;)]+?)(?: Build\/[^;)]*)?[;)]/.exec(agent)?.[1].trim() ?? "";
  const model = /^(Mobile|Tablet|rv:.*|wv)$/.test(named) ? "" : named;
  return { manufacturer: "", model: (model || found(BROWSERS, agent)).slice(0, LONGEST), os: found(SYSTEMS, agent), agent: AGENT };
}
