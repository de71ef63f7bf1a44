"""How good an order, a flag or a probability was: areas, shares, intervals, and the plain orders to beat."""
