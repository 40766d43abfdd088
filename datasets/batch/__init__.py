"""Running many rows: one limit, one budget, one folder that goes on after a stop."""
