"""What every test shares: how patient Hypothesis is on a small or busy machine."""

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
