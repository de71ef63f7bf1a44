"""One profile for every property test: the same examples on every machine, and no clock."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
	"unit",
	derandomize=True,
	deadline=None,
	max_examples=40,
	suppress_health_check=[HealthCheck.too_slow],  # a slow machine is no failure
)
settings.load_profile("unit")
