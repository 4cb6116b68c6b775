"""Migrations of the index: one file a version, made for Alembic and run by :mod:`nbdebt.ledger.store`."""
