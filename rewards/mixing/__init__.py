"""Several rewards as one: the weighted sum (`mix`), the scale of a part (`z_score`), vetoes."""
