"""What `tpo doctor` checks, and with what."""
