// What the benchmark puts into a page, beside the page's own scripts: when a thing is on the glass, and the reference,
// which is the shortest way from the broker to the glass. A browser's clock is the machine's, as Python's is.

globalThis.bench = {
  /** Moment (ms since 1970) of the paint after which `selector` is shown, or gone. A promise, so that waiting costs nothing. */
  watch(selector, wanted) {
    this.seen = new Promise((resolve) => {
      const is = () => Boolean(document.querySelector(selector)?.checkVisibility({opacityProperty: true}));
      const observer = new MutationObserver(look);
      function look() {
        if (is() !== wanted) return;
        observer.disconnect();
        afterPaint((moment) => setTimeout(() => resolve(moment), 150)); // told once the others have painted, too
      }
      observer.observe(document, {subtree: true, childList: true, attributes: true});
      look();
    });
  },

  /**
   * A connection of its own, as short as can be; a desired state shows or hides one element that fills the page.
   * `shown`: answers with the moment at which it is painted that the connection stands.
   */
  async bare({library, address, login}, shown = false) {
    const cover = document.createElement("div");
    cover.id = "bench-cover";
    cover.hidden = true;
    cover.textContent = "Les yeux vers moi";
    cover.style.cssText = "position:fixed;inset:0;z-index:99999;background:#123;color:#fff;font-size:3rem";
    document.body.append(cover);
    const {default: mqtt} = await import(library);
    const client = mqtt.connect(address, {clientId: login.id, username: login.id, password: login.password, protocolVersion: 5});
    client.on("message", (topic, payload) => {
      cover.hidden = new TextDecoder().decode(payload).includes('"lock":null');
    });
    await new Promise((resolve, reject) => {
      client.once("error", reject);
      client.once("connect", () => client.subscribe(`devices/${login.id}/desired`, {qos: 1}, (error) => (error ? reject(error) : resolve())));
    });
    if (!shown) return null;
    cover.hidden = false;
    return new Promise(afterPaint);
  },

  /** How many frames a second the page may draw. */
  frames(milliseconds) {
    return new Promise((resolve) => {
      const started = performance.now();
      let count = 0;
      const next = () => {
        count += 1;
        const passed = performance.now() - started;
        if (passed < milliseconds) requestAnimationFrame(next);
        else resolve((count / passed) * 1000);
      };
      requestAnimationFrame(next);
    });
  },
};

function afterPaint(then) {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then(performance.timeOrigin + performance.now());
    channel.port2.postMessage(null);
  });
}
