"""Wiring only: which step follows which. Text, models and rules live on the floors below."""
