import pytest

from appliance.errors import Conflict, Invalid, NotFound
from appliance.services.favourites import MOST, Favourites
from appliance.store.models import Document, Favourite
from tests.support.classroom import School


@pytest.fixture
def favourites(school: School) -> Favourites:
    return Favourites(school.clock)


def test_a_link_is_kept_for_its_teacher_only(school: School, favourites: Favourites) -> None:
    kept = favourites.add(school.durand, "link", "fr.vikidia.org", "Vikidia")
    assert kept["value"] == "https://fr.vikidia.org"
    assert favourites.of(school.durand) == [kept]
    assert favourites.of(school.petit) == []


def test_the_same_value_again_is_the_favourite_that_is_there(school: School, favourites: Favourites) -> None:
    first = favourites.add(school.durand, "app", "org.kde.gcompris", "GCompris")
    assert favourites.add(school.durand, "app", "org.kde.gcompris", "Jeux") == first
    assert favourites.add(school.petit, "app", "org.kde.gcompris", "Jeux")["id"] != first["id"]


def test_without_a_label_the_value_is_its_own(school: School, favourites: Favourites) -> None:
    long = "https://example.fr/" + "x" * 300
    assert favourites.add(school.durand, "link", long, "")["label"] == long[:80]


def test_a_document_has_to_be_there(school: School, favourites: Favourites) -> None:
    with pytest.raises(NotFound):
        favourites.add(school.durand, "document", "a" * 64, "Fractions")
    Document.create(
        sha256="a" * 64, name="f.pdf", mime="application/pdf", size=1, uploaded_at=school.clock.now(), force_insert=True
    )
    assert favourites.add(school.durand, "document", "a" * 64, "Fractions")["value"] == "a" * 64


@pytest.mark.parametrize(
    ("kind", "value"),
    [("link", "javascript:alert(1)"), ("app", "a b"), ("song", "x"), (None, None), ("link", None), ("app", 7)],
)
def test_what_could_not_be_used_later_is_not_kept(
    school: School, favourites: Favourites, kind: object, value: object
) -> None:
    with pytest.raises(Invalid):
        favourites.add(school.durand, kind, value, "Label")
    assert Favourite.select().count() == 0


def test_a_label_is_harmless_data(school: School, favourites: Favourites) -> None:
    kept = favourites.add(school.durand, "link", "a.fr", "<script>'; DROP TABLE favourite; --")
    assert favourites.of(school.durand)[0]["label"] == kept["label"]
    with pytest.raises(Invalid):
        favourites.add(school.durand, "link", "b.fr", "\u202eevil")


def test_there_is_an_end_to_keeping(school: School, favourites: Favourites) -> None:
    for number in range(MOST):
        favourites.add(school.durand, "link", f"https://example.fr/{number}", "")
    with pytest.raises(Conflict) as caught:
        favourites.add(school.durand, "link", "https://example.fr/more", "")
    assert caught.value.params == {"most": MOST}
    favourites.add(school.durand, "link", "https://example.fr/0", "")


def test_nobody_removes_anothers_favourite(school: School, favourites: Favourites) -> None:
    kept = favourites.add(school.durand, "link", "a.fr", "A")
    with pytest.raises(NotFound):
        favourites.remove(school.petit, int(str(kept["id"])))
    favourites.remove(school.durand, int(str(kept["id"])))
    with pytest.raises(NotFound):
        favourites.remove(school.durand, int(str(kept["id"])))
