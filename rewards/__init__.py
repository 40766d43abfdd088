"""What ranks candidates: the contract (`base`), one adapter per file, and the resolver.

The folders hold what several adapters, or one large one, are made of.
"""
