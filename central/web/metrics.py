"""`/metrics` for Prometheus, for whoever has the token of `admin metrics-token`; without one there is no such page."""

import hmac
from collections.abc import Iterable
from pathlib import Path

from flask import Blueprint, Response, abort, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from central.bootstrap import Services
from central.services.measures import Measure, Measures
from central.web.access import Door, allows


def token_path(secrets_path: Path) -> Path:
    return secrets_path / "metrics-token"


def make_metrics(services: Services) -> Blueprint:
    pages = Blueprint("metrics", __name__)
    measures, path = Measures(services.config.data_path), token_path(services.config.secrets_path)

    @pages.get("/metrics")
    @allows(Door.PUBLIC)
    def metrics() -> Response:
        if not _is_known(path, request.headers.get("Authorization", "")):
            abort(404)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Found(measures.read(services.clock.now())))
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    return pages


class _Found(Collector):
    def __init__(self, measures: Iterable[Measure]) -> None:
        self._measures = measures

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        for measure in self._measures:
            labels = sorted({name for sample in measure.samples for name in sample.labels})
            family = GaugeMetricFamily(measure.name, measure.help, labels=labels)
            for sample in measure.samples:
                family.add_metric([sample.labels[name] for name in labels], sample.value)
            yield family


def _is_known(path: Path, shown: str) -> bool:
    try:
        token = path.read_text(encoding="utf-8").strip()
    except OSError:
        return False
    return len(token) >= 32 and hmac.compare_digest(shown.encode(), f"Bearer {token}".encode())
