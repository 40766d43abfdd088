"""What costs money, and how it is kept: every request and score, saved when it is finished."""
