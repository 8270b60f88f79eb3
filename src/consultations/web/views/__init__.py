"""View models: every text on a page, ready to be shown. No rules, no queries."""
