"""The checks in front of every route: who may ask, from where, how much and how slowly."""
