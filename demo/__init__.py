"""The demo's set of recorded answers, and the script that makes it."""
