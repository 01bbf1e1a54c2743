"""Rows of orders and rules as the clocks of the engine, and back."""
