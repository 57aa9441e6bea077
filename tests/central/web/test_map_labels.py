"""Names on the city's map: the most wanted first, none over another, none beyond the edge."""

from central.web.map_labels import Point, labels, short


def test_a_name_stands_beside_its_point_and_on_the_left_at_the_edge() -> None:
    found = labels([Point(100, 50, "École primaire Pasteur"), Point(550, 90, "Louise-Michel")], 560)
    assert [(one.anchor, one.text) for one in found] == [("start", "Pasteur"), ("end", "Louise-Michel")]
    assert found[1].x < 550


def test_no_name_covers_another_name_or_point() -> None:
    crowd = [Point(280 + n, 100 + n, f"École maternelle Numéro {n}") for n in range(40)]
    found = labels(crowd, 560)
    assert [one.text for one in found][:1] == ["Numéro 0"]
    assert len(found) <= 4
    apart = [Point(100, 20 * n, f"Numéro {n}") for n in range(40)]
    assert len(labels(apart, 560)) == 14


def test_a_long_name_is_cut_and_a_name_that_is_only_its_kind_stays() -> None:
    assert short("École primaire Notre-Dame-du-Bon-Secours et de la Résistance") == "Notre-Dame-du-Bon-Secou…"
    assert [short("École des Tilleuls"), short("École primaire de l’Étang"), short("Desnos")] == [
        "Tilleuls",
        "Étang",
        "Desnos",
    ]
    assert short("École élémentaire ") == "École élémentaire "
