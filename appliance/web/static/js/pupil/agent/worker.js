// The agent in a worker of its own: the page may be busy with a document, the connection is not.
import { Agent } from "./agent.js";

const agent = new Agent({ emit: (message) => postMessage(message), location, browser: navigator });

addEventListener("message", (event) => agent.hear(event.data));
postMessage({ type: "ready" });
