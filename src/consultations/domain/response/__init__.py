"""KS' own response to a consultation: what people do with it, and what follows from that."""
