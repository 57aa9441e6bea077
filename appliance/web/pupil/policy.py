"""What the pupil's pages may load: a little more than a teacher's, and no other page gets it."""

from flask import Blueprint, Flask, Response, request

from appliance.config import Config
from appliance.web.hosts import own_host
from appliance.web.static_addresses import plain_path

WORKER_PATH = "/static/js/pupil/agent/worker.js"
"""The agent's worker. A worker's policy is its own script's, not that of the page which starts it."""


def add_policy(app: Flask, pages: Blueprint, config: Config) -> None:
    @app.after_request
    def let_the_worker_connect(response: Response) -> Response:
        """It carries a policy that follows the settings, so a browser asks for it each time: one file of eighty."""
        if plain_path(request.path) == WORKER_PATH:
            response.headers["Cache-Control"] = "no-cache"
            response.headers.setdefault("Content-Security-Policy", pupil_policy(own_host(request), config))
        return response

    @pages.after_request
    def narrow(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", pupil_policy(own_host(request), config))
        return response


def pupil_policy(host: str, config: Config) -> str:
    """The broker's WebSocket, documents as blobs, and the sites that a teacher opens in a frame.

    Frames are of other sites only: our own pages refuse every frame by themselves.
    """
    frames = "https:" if config.tls else "http: https:"
    return (
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; font-src 'self'; "
        "img-src 'self' data: blob:; media-src 'self' blob:; manifest-src 'self'; "
        f"connect-src 'self' {_broker(host, config)}; frame-src {frames}; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


def _broker(host: str, config: Config) -> str:
    """An IPv6 address cannot be named in a policy: any host then, on that port only."""
    name = "*" if ":" in host else host
    return f"{'wss' if config.tls else 'ws'}://{name}:{config.websocket_port}"
