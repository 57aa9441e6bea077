// What is to be checked while a tablet is set up, asked again every two seconds while the page is looked at.
const EVERY = 2000;

/** @param {HTMLElement} list @param {{name: string, state: string, text: string}[]} checks */
function draw(list, checks) {
  for (const check of checks) {
    const row = /** @type {HTMLElement|null} */ (list.querySelector(`[data-check="${check.name}"]`));
    const text = row?.querySelector("[data-check-text]");
    if (!row || !text) continue;
    row.dataset.state = check.state;
    if (text.textContent !== check.text) text.textContent = check.text;
  }
}

/** @param {HTMLElement} list */
async function look(list) {
  try {
    const headers = { Accept: "application/json" };
    const answer = await fetch(list.dataset.checks ?? "", { headers, cache: "no-store", signal: AbortSignal.timeout(8000) });
    if (answer.ok) draw(list, (await answer.json()).checks);
  } catch {
    // The appliance is away for a moment: what was seen last stays, and it is asked again.
  }
}

document.querySelectorAll("[data-checks]").forEach((element) => {
  const list = /** @type {HTMLElement} */ (element);
  setInterval(() => { if (!document.hidden) look(list); }, EVERY);
});
