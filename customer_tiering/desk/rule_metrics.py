"""What the form of a rule has to know of metrics: those of the engine, then those of other apps."""

from __future__ import annotations

from typing import Any

from customer_tiering.engine.metrics import metric
from customer_tiering.site.reading import metrics_of_apps
from customer_tiering.wording.labels import metric_label

#: What is told of each: its unit, whether a window is chosen for it, and its natural direction.
_TOLD = ("unit", "windowed", "better")


def offered() -> list[dict[str, Any]]:
	"""``name`` and ``label`` of every metric that a rule can name, and what is told of it."""
	return [
		{"name": name, "label": metric_label(name), **{key: getattr(metric(name), key) for key in _TOLD}}
		for name in metrics_of_apps.all_names()
	]
