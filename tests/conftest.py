"""Properties are judged by what they find, not by how busy the machine is."""

import gc

from hypothesis import HealthCheck, Phase, settings

from tests.keys import keep_the_key

keep_the_key()

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", settings.get_profile("patient"), max_examples=1000)
settings.register_profile(
    "mutants",  # the same examples for every mutant, and none made smaller
    settings.get_profile("patient"),
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile("patient")


def pytest_collection_finish() -> None:
    """Leave what was collected out of the garbage collector's rounds: they took a seventh of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)
