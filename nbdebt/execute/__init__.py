"""Running notebooks with recording, without anybody who looks on: ``nbdebt run``, nbclient, papermill.

What a session would save with ``%nbdebt save`` is put into the notebook that comes out.
"""
