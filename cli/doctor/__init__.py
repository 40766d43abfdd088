"""What `tpo doctor` checks, with which texts, and how it judges the results."""
