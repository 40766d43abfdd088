"""The ground floor: what every other floor speaks of. Imports nothing of ours."""
