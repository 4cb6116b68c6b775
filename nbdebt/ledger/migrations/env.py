"""What Alembic runs: the migrations, over the connection that the store holds and in its transaction."""

from alembic import context

from nbdebt.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="nbdebt_version",
    transactional_ddl=True,
)
context.run_migrations()
