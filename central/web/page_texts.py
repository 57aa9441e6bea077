"""Sentences for the errors of the pages about schools, devices, alerts and orders. See `texts`."""

from central.web.marks import N_

PAGE_TEXTS: dict[str, str] = {
    "file_too_large": N_("Cette liste est trop longue : 4 Mo et 20 000 lignes au plus. Coupez-la en plusieurs."),
    "too_many_chosen": N_(
        "La sélection est trop grande : mille au plus à la fois. Rien n’a été demandé ; "
        "choisissez une école entière, ou faites-le en plusieurs fois."
    ),
}
PAGE_REASONS: dict[str, str] = {
    "too_many": N_("C’est trop à la fois."),
}
