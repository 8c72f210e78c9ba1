"""How every test runs."""

from hypothesis import settings

# A busy machine is no fault of the code's; how long things take is the benches' business.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
