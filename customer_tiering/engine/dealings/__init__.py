"""What is known of customers besides what they bought: what they owe, and what else happened with them."""

from customer_tiering.engine.dealings.happened import Happened
from customer_tiering.engine.dealings.payments import Payments

__all__ = ["Happened", "Payments"]
