"""What carries events to the handlers."""
