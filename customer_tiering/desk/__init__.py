"""What the desk shows beside the reports: boot, the panel of a customer, and the workspace."""
