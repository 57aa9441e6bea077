"""`/metrics`: what Prometheus' own parser reads, for whoever has the token, and for nobody else."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.support.appliance import ROOT, Appliance, running_appliance


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    with running_appliance(tmp_path_factory.mktemp("box")) as box:
        yield box


def admin(box: Appliance, *words: str) -> str:
    command = [sys.executable, "-m", "appliance", "admin", *words, "--data", str(box.data_path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def ask(box: Appliance, token: str) -> requests.Response:
    return requests.get(f"{box.url}/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=10)


def test_there_is_no_such_page_until_somebody_asks_for_a_token(box: Appliance) -> None:
    assert ask(box, "").status_code == 404
    first = admin(box, "metrics-token")
    assert ask(box, first).status_code == 200
    second = admin(box, "metrics-token")
    assert ask(box, second).status_code == 200
    assert ask(box, first).status_code == 404
    assert ask(box, "é").status_code == 404


def test_prometheus_reads_what_the_box_did(box: Appliance) -> None:
    answer = ask(box, admin(box, "metrics-token"))
    found = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert {sample.labels["code"] for sample in found["preau_finding"].samples} >= {"broker_answers", "store_sound"}
    assert found["preau_disk_free_bytes"].samples[0].value > 0
    assert found["preau_city_joined"].samples[0].value == 0


def test_the_doctor_says_in_sentences_that_all_is_well_and_what_is_not(box: Appliance, tmp_path: Path) -> None:
    told = admin(box, "doctor")
    assert "✓ Les tablettes peuvent se connecter" in told
    assert "Aucune sauvegarde" in told, "a box that has none is told so, with what to do"
