"""What stands before every route: who may ask, from where, how much and how slowly."""
