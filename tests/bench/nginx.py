"""Debian's nginx serving one folder, with Debian's own settings for files, in a temporary folder."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.appliance import wait_for
from tests.support.ports import free_port

# worker_processes, sendfile and tcp_nopush as in Debian's nginx.conf.
_CONFIGURATION = """
worker_processes auto;
pid {folder}/pid;
error_log {folder}/error.log;
daemon off;
{user}
events {{ worker_connections 768; }}
http {{
    sendfile on;
    tcp_nopush on;
    access_log off;
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


@contextmanager
def running_nginx(root: Path) -> Iterator[int]:
    """The port on which it serves `root`. Runs as whoever starts it: the files are private."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    assert found is not None, "nginx is missing: apt-get install nginx-light"
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="preau-nginx-") as name:
        folder = Path(name)
        user = "user root;" if Path("/").owner() == folder.owner() else ""
        text = _CONFIGURATION.format(folder=folder, port=port, root=root, user=user)
        (folder / "nginx.conf").write_text(text)
        process = subprocess.Popen([found, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")])
        try:
            wait_for(lambda: _answers(port), 10, "nginx answers")
            yield port
        finally:
            process.terminate()
            process.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
