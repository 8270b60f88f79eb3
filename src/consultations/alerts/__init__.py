"""What to tell whom, the channels that carry it, and the relay that delivers."""
