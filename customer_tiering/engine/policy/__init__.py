"""A policy as data: tiers, rules and parameters, checked as a whole before anything is evaluated.

``parts`` has what a policy is made of, ``values`` and ``reader`` read it from plain data, ``checks`` and
``tiers`` hold the parts against each other.
"""

from customer_tiering.engine.policy.parts import (
	BAND_KEYS,
	COLORS,
	CONDITIONS,
	DIRECTIONS,
	METHODS,
	RETURN_DATES,
	REVIEWS,
	RULE_TYPES,
	WINDOWS,
	PolicyError,
	Problem,
	Rule,
	Tier,
)
from customer_tiering.engine.policy.policy import Policy

__all__ = [
	"BAND_KEYS",
	"COLORS",
	"CONDITIONS",
	"DIRECTIONS",
	"METHODS",
	"RETURN_DATES",
	"REVIEWS",
	"RULE_TYPES",
	"WINDOWS",
	"Policy",
	"PolicyError",
	"Problem",
	"Rule",
	"Tier",
]
