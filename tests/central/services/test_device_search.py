"""Finding devices by words and page by page, on both engines; lists that people bring; sums that protect the few."""

from datetime import UTC, datetime

import pytest

from central.domain.equipment_files import Equipment, EquipmentKind
from central.domain.plain_text import search_text
from central.domain.roles import CONSOLE, Role, Viewer
from central.errors import Conflict, NotFound
from central.services.device_search import SORTS, DeviceSearch, Wanted
from central.services.inventory import Inventory
from central.services.statistics import Help, Statistics
from central.services.statistics import Wanted as Sums
from central.store.models import Device, Usage
from tests.support.seeded_city import CitySize, seed_city, uai_of

_NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def city(city_db: str) -> DeviceSearch:
    seed_city(_NOW, CitySize(schools=12, devices=20, days=8, hours=2))
    return DeviceSearch()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("R0003X0004", 1),
        ("r0003x", 20),
        ("jean jaures", 20),  # the second school's name, without its accents
        ("JAURÈS lenovo 07", 1),
        ("script alert", 1),  # a hostile name is text
        ("100 %", 0),
        ("_", 0),  # no word at all
        ("zzzz", 0),
    ],
)
def test_words_in_any_order_find_their_devices(city: DeviceSearch, text: str, count: int) -> None:
    assert city.found(Wanted(text), CONSOLE).total == count


def rename(device: str, name: str) -> None:
    row = Device.get_by_id(device)
    found_by = search_text(row.serial, name, row.number, row.model, row.school_id)
    Device.update(name=name, search=found_by).where(Device.id == device).execute()


def test_a_device_is_found_by_the_name_that_its_page_shows(city: DeviceSearch) -> None:
    rename("d-00000-002", "Tablette 01 bis")  # the first of all, were it not for its name
    rename("d-00003-004", "Écran 01")
    found = city.found(Wanted("tablette 01"), CONSOLE)
    assert [one.name for one in found.lines] == ["Tablette 01"] * 12 + ["Tablette 01 bis"]
    assert [one.name for one in city.found(Wanted("Écran 01"), CONSOLE).lines] == ["Écran 01"]
    assert {one.number for one in city.found(Wanted("7"), CONSOLE).lines} == {7}


@pytest.mark.parametrize("sort", SORTS)
def test_what_has_just_this_name_comes_first_and_each_device_once(city: DeviceSearch, sort: str) -> None:
    for place in range(12):
        rename(f"d-{place:05d}-015", "tablette R")
    found, after = [], ""
    while True:
        page = city.found(Wanted("Tablette r", sort=sort, after=after, limit=7), CONSOLE)
        found += [(one.id, one.name) for one in page.lines]
        if page.next is None:
            break
        after = page.next
    assert [name for _, name in found[:12]] == ["tablette R"] * 12
    assert len(found) == len(set(found)) == 239, "all but the one with another name"


@pytest.mark.parametrize("sort", SORTS)
def test_pages_by_key_show_each_device_once(city: DeviceSearch, sort: str) -> None:
    Device.update(battery=None, seen_at=None).where(Device.number == 5).execute()
    seen: list[str] = []
    after = ""
    while True:
        found = city.found(Wanted(sort=sort, after=after, limit=37), CONSOLE)
        seen += [line.id for line in found.lines]
        if found.next is None:
            break
        after = found.next
    assert len(seen) == len(set(seen)) == 240


def test_a_page_asked_for_by_nonsense_starts_at_the_beginning(city: DeviceSearch) -> None:
    first = city.found(Wanted(), CONSOLE).lines
    for token in ("x", "W10=", "WzEsMl0=", "é", "eyJhIjoxfQ==", "WzEsICJ4IiwgMl0=", "WyIwXHUwMDAwIiwgMSwgImQiXQ=="):
        assert city.found(Wanted(after=token), CONSOLE).lines == first


def test_who_sees_sums_only_finds_no_device(city: DeviceSearch) -> None:
    assert city.found(Wanted(), Viewer(1, "e", "E", Role.ERUN)).total == 0
    assert city.found(Wanted(school=uai_of(1)), Viewer(1, "d", "D", Role.DIRECTOR, uai_of(2))).total == 0


def test_a_list_is_taken_once_by_who_has_seen_it(city: DeviceSearch) -> None:
    inventory, other = Inventory(), Viewer(9, "other", "O", Role.TECHNICIAN)
    raw = f"uai,serial,type,nom\n{uai_of(1)},S1,écran,A\n{uai_of(1)},S2,pc,B\n{uai_of(9999)},S3,pc,C\n".encode()
    preview = inventory.preview("l.csv", raw, CONSOLE, _NOW)
    assert (preview.fresh, preview.fault_count) == (2, 1)
    with pytest.raises(NotFound):
        inventory.take(preview.id, other, _NOW)
    assert inventory.take(preview.id, CONSOLE, _NOW) == 2
    with pytest.raises(NotFound):
        inventory.take(preview.id, CONSOLE, _NOW)
    again = inventory.preview("l.csv", raw.replace(b"A\n", b"Z\n"), CONSOLE, _NOW)
    assert (again.fresh, again.changed, again.same) == (0, 1, 1)


def test_what_a_box_tells_of_is_not_changed_by_hand(city: DeviceSearch) -> None:
    inventory = Inventory()
    with pytest.raises(Conflict):
        inventory.retire("d-00001-001", CONSOLE, _NOW)
    with pytest.raises(Conflict):
        inventory.add(Equipment(uai_of(1), "R0001X0001", EquipmentKind.TABLET), CONSOLE, _NOW)


def test_a_director_s_small_cells_are_merged_and_the_city_s_are_not(city: DeviceSearch) -> None:
    Usage.delete().where(Usage.school == uai_of(1)).execute()
    cells = (("lalilo", 7), ("geogebra", 30), ("scratch", 6))
    for number, (app, days) in enumerate(cells):
        Usage.create(school=uai_of(1), period="2026-11-20", level="CP", app=app, epoch="e", seq=number,
                     device_days=days, seconds=60, force_insert=True)  # fmt: skip
    director = Viewer(1, "d", "D", Role.DIRECTOR, uai_of(1))
    shown = {one.name: one.device_days for one in Statistics().picture(Sums(), director, _NOW).apps}
    assert shown == {"geogebra": 30, "": 13}
    assert "lalilo" in {one.name for one in Statistics().picture(Sums(), CONSOLE, _NOW).apps}


def test_schools_that_need_help_come_first(city: DeviceSearch) -> None:
    schools = Statistics().picture(Sums(), Viewer(1, "e", "E", Role.ERUN), _NOW).schools
    assert Help.ENROLLMENTS_FAIL in schools[0].reasons and schools[0].uai == uai_of(8)
