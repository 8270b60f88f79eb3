"""What calendars and news readers subscribe to, and what is read from a calendar file."""
