"""Laws are checked without a deadline (the first example pays for imports) on 25 examples each."""

from hypothesis import settings

settings.register_profile("laws", deadline=None, max_examples=25)
settings.load_profile("laws")
