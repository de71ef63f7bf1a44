"""The ladder: from a score to the tier held.

``thresholds`` say which tier a score reaches, ``step`` moves customers up and down in their time, on the days
that ``reviews`` name, from the ``state`` that they had before; ``climbing`` is the part of it that is a text.
``held`` reads what a store hands over, and lays overrides on top.
"""

from customer_tiering.engine.ladder.climbing import climbing_texts, read_climbing
from customer_tiering.engine.ladder.held import OVERRIDE_MODES, Held, overridden, positions
from customer_tiering.engine.ladder.reviews import NO_DAY, ONE_DAY, Days, next_review, rises_on
from customer_tiering.engine.ladder.state import OPENING, STATE, Base, Rungs, base_of
from customer_tiering.engine.ladder.step import Climb, Move, Reached, Step
from customer_tiering.engine.ladder.thresholds import Thresholds, tier_cut_count, tier_cuts

__all__ = [
	"NO_DAY",
	"ONE_DAY",
	"OPENING",
	"OVERRIDE_MODES",
	"STATE",
	"Base",
	"Climb",
	"Days",
	"Held",
	"Move",
	"Reached",
	"Rungs",
	"Step",
	"Thresholds",
	"base_of",
	"climbing_texts",
	"next_review",
	"overridden",
	"positions",
	"read_climbing",
	"rises_on",
	"tier_cut_count",
	"tier_cuts",
]
