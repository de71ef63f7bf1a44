"""Customers as the host keeps them: who is there, who became one of several, what their forms show."""
