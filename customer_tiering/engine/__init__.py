"""Facts in, grades out. Imports no frappe, reads no clock, touches no database."""

from customer_tiering.engine.evaluate import Evaluation, evaluate
from customer_tiering.engine.facts import Facts, FactsError
from customer_tiering.engine.policy import Policy, PolicyError

__all__ = ["Evaluation", "Facts", "FactsError", "Policy", "PolicyError", "evaluate"]
