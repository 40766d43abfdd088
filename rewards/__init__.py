"""What ranks candidates: the contract (`base`), one adapter per file, and the resolver."""
