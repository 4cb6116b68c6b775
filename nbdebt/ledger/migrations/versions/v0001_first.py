"""The first version of the index."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "dataset",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("ns", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
    )
    op.create_index("dataset_by_name", "dataset", ["name"])
    op.create_table(
        "run",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("job", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("git_commit", sa.String(64), nullable=False),
        sa.Column("started", sa.String(24), nullable=False),
        sa.Column("python", sa.String(32), nullable=False),
        sa.Column("nbdebt", sa.String(32), nullable=False),
    )
    op.create_index("run_by_job", "run", ["job", "started"])
    op.create_index("run_by_start", "run", ["started"])
    op.create_table(
        "ending",
        sa.Column("run_id", sa.String(36), sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("at", sa.String(24), nullable=False),
    )
    op.create_table(
        "execution",
        sa.Column("run_id", sa.String(36), sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("cell", sa.Text, nullable=False),
        sa.Column("count", sa.Integer),
        sa.Column("at", sa.String(24), nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("error", sa.Text, nullable=False),
    )
    op.create_table(
        "access",
        sa.Column("run_id", sa.String(36), sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("dataset_id", sa.BigInteger, sa.ForeignKey("dataset.id"), nullable=False),
        sa.Column("op", sa.String(8), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.String(24), nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("bytes", sa.BigInteger),
        sa.Column("version_kind", sa.Text, nullable=False),
        sa.Column("version_id", sa.Text, nullable=False),
        sa.Column("detector", sa.Text, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
    )
    op.create_index("access_by_dataset", "access", ["dataset_id", "op", "at"])
    op.create_index("access_by_time", "access", ["at"])
    op.create_table(
        "resolved",
        sa.Column("weak", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
    )
    op.create_table(
        "declaration",
        sa.Column("run_id", sa.String(36), sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("dataset_id", sa.BigInteger, sa.ForeignKey("dataset.id"), primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("contact", sa.Text, nullable=False),
        sa.Column("expires", sa.Text, nullable=False),
    )
    op.create_table(
        "source",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("taken", sa.String(24), nullable=False),
    )


def downgrade() -> None:
    """Remove the tables: the index can be made anew from the files."""
    for name in ("source", "declaration", "resolved", "access", "execution", "ending", "run", "dataset"):
        op.drop_table(name)
