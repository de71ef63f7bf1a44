"""The facts that a policy needs, from the tables of ERPNext."""
