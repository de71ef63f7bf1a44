"""Charts as SVG inside the page, drawn by pygal: text stays text, and nothing is asked of any network.

Two colours that colour-blind readers tell apart (Okabe and Ito), the second one hatched for grey paper, and a
figure at every bar: so no reader depends on colour.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from html import escape
from typing import Any

import pygal
from pygal.style import Style
from rich.cells import cell_len

from customer_tiering.review.section import Bars, Curves
from customer_tiering.review.tables import shown

#: Blue and orange of Okabe and Ito.
COLORS = ("#0072B2", "#E69F00")
_WIDTH, _ROW, _FRAME = 430, 22, 40
_TEXT = 14
_STYLE = Style(
	background="transparent",
	plot_background="transparent",
	foreground="#333",
	foreground_strong="#222",
	foreground_subtle="#ccc",
	guide_stroke_color="#ddd",
	major_guide_stroke_color="#ddd",
	guide_stroke_dasharray="none",
	major_guide_stroke_dasharray="none",
	colors=COLORS,
	opacity="1",
	font_family="inherit",
	label_font_size=_TEXT,
	major_label_font_size=_TEXT,
	value_font_size=_TEXT,
	legend_font_size=_TEXT,
	title_font_size=_TEXT,
	no_data_font_size=_TEXT,
)
#: A value stands behind the end of its bar, and the second series is hatched.
_CSS = (
	"inline:@ .text-overlay text.value{text-anchor:start}"
	"@ rect.color-1,@ .color-1 rect{fill:url(#hatch)}"
	"@ .serie-0 .line{stroke-width:3}@ .serie-1 .line{stroke-dasharray:6 5;stroke-width:2}"
)
#: What the second series is filled with; it stands once on a page.
HATCH = (
	'<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs><pattern id="hatch" '
	'width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
	f'<rect width="6" height="6" fill="{COLORS[1]}"/><line x1="0" y1="0" x2="0" y2="6" stroke="#7a5400" '
	'stroke-width="2"/></pattern></defs></svg>'
)


def draw(name: str, chart: Bars | Curves) -> str:
	"""A chart as an SVG element; ``name`` is its place on the page."""
	return _bars(name, chart) if isinstance(chart, Bars) else _curves(name, chart)


def _bars(name: str, chart: Bars) -> str:
	groups = len(chart.labels)
	drawn = pygal.HorizontalBar(
		height=_FRAME + groups * (len(chart.series) * _ROW + 10),
		print_values=True,
		print_values_position="top",
		show_x_guides=False,
		show_y_guides=False,
		show_x_labels=False,
		margin_left=_room(chart.labels),
		**_common(name, chart.series, lambda value: shown(value, chart.kind)),
	)
	most = max((max(values) for values in chart.series.values()), default=0)
	drawn.range = (min(0, *(min(values) for values in chart.series.values())), (most or 1) * 1.18)
	drawn.x_labels = list(reversed(chart.labels))
	for series, values in chart.series.items():
		drawn.add(series, list(reversed(values)))
	return _svg(name, drawn, chart.says)


def _room(labels: Sequence[str]) -> int:
	"""Pixels to the left of labels: pygal takes every letter for a narrow one, and Chinese ones are wide."""
	return 6 + max((cell_len(label) - len(label) for label in labels), default=0) * _TEXT // 2


def _curves(name: str, chart: Curves) -> str:
	drawn = pygal.Line(
		height=330,
		show_dots=False,
		show_x_guides=False,
		range=(0, 100),
		y_labels=[0, 20, 40, 60, 80, 100],
		x_title=chart.across,
		x_labels_major=[
			label for label in chart.labels if label in ("0%", "20%", "40%", "60%", "80%", "100%")
		],
		show_minor_x_labels=False,
		**_common(name, chart.series, lambda value: f"{value:.0f}%"),
	)
	drawn.x_labels = list(chart.labels)
	for series, values in chart.series.items():
		drawn.add(series, list(values))
	return _svg(name, drawn, chart.says)


def _common(name: str, series: Collection[str], written: Callable[[float], str]) -> dict[str, Any]:
	return {
		"style": _STYLE,
		"width": _WIDTH,
		"margin": 4,
		"js": (),
		"css": ("file://style.css", "file://graph.css", _CSS.replace("@", f"#chart-{name}")),
		"disable_xml_declaration": True,
		"legend_at_bottom": True,
		"show_legend": len(series) > 1,
		"truncate_legend": -1,
		"truncate_label": -1,
		"value_formatter": written,
	}


def _svg(name: str, drawn: Any, says: str) -> str:
	"""The element; ``says`` is what it shows, for whoever cannot see it."""
	drawn.uuid = name  # else every run of the same figures gave another page
	drawn.add_xml_filter(_bare)
	svg: str = drawn.render(is_unicode=True)
	return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(says)}" ', 1)


def _bare(root: Any) -> Any:
	"""Without scripts, and without what only they would read."""
	for parent in list(root.iter()):
		for child in list(parent):
			if child.tag in ("script", "desc", "title"):
				parent.remove(child)
	return root
