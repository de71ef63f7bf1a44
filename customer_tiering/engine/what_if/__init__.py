"""What an order more would do, to ``one`` customer or ``many`` at once: orders among their ``documents``."""

from customer_tiering.engine.what_if.documents import Order
from customer_tiering.engine.what_if.many import Customers, least_of, lifted
from customer_tiering.engine.what_if.one import Customer, Reach, least_to_stay, reachable

__all__ = ["Customer", "Customers", "Order", "Reach", "least_of", "least_to_stay", "lifted", "reachable"]
