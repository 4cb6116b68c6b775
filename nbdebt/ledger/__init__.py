"""The ledger: who wrote and who read which data set, across notebooks and people.

Kernels append to it (:mod:`writer`): one NDJSON file a session, whose lines :mod:`entries` describes. The
command puts the files together in a database (:mod:`store`) and asks it (:mod:`queries`). :mod:`local` is the
quick question that a kernel may ask, with neither SQLAlchemy nor waiting. :mod:`openlineage` tells others.

What is written is described in ``docs/reference/ledger.md``; it carries a version (:data:`entries.VERSION`).
"""
