"""How `mode="adaptive"` divides a round, by what the rewards of the run have shown so far."""
