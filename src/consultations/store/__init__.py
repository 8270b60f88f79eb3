"""SQLAlchemy: tables, queries, migrations, outbox, delivery ledger."""
