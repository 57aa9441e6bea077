"""A short word for each of two boxes with one identity, so that people tell them apart over the telephone.

Words that a French ear takes for nothing else, without accents; two boxes never get the same word.
"""

import hashlib
from collections.abc import Collection

WORDS = (
    "merle", "pinson", "moineau", "hibou", "lapin", "renard", "castor", "loutre", "tulipe", "muguet", "cerise",
    "citron", "melon", "noisette", "colibri", "pivoine", "mimosa", "lavande", "safran", "cannelle", "girafe", "panda",
    "koala", "dauphin", "tortue", "canari", "cigale", "fourmi", "papillon", "coquelicot", "jasmin", "violette",
    "olive", "banane", "mangue", "ananas", "figue", "abricot", "radis", "carotte", "tomate", "potiron", "navet",
    "chamois", "marmotte", "mouette", "corbeau", "faisan", "perdrix", "alouette", "grillon", "saumon", "baleine",
    "bouleau", "sapin", "fougere", "trombone", "guitare", "tambour", "domino", "ballon", "cabane", "marron", "valise",
)  # fmt: skip
_LEAST, _NUMBERS = 10, 90  # two figures


def mark_of(seed: str, taken: Collection[str] = ()) -> str:
    """« merle-24 »; the same seed gives the same, unless its word is one of `taken`'s."""
    words = {one.partition("-")[0] for one in taken}
    for turn in range(len(WORDS) * 4):
        digest = hashlib.sha256(f"{turn}\n{seed}".encode()).digest()
        word = WORDS[int.from_bytes(digest[:4], "big") % len(WORDS)]
        if word not in words:
            break
    return f"{word}-{_LEAST + digest[4] % _NUMBERS}"
