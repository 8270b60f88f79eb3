"""One folder per source: fetch, cut into records, read records. Knows only the domain."""
