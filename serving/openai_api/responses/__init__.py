"""`/v1/responses`: each response is a turn of a saved thread, and the next may go on with it."""
