"""The session oracle: is the live verdict right? Sessions are played, and then the notebook is restarted.

It shares no code with ``nbdebt``, but much with the saved-notebook oracle (``benchmarks/oracle``). The README
beside this file says how to use it.
"""
