"""A safe evaluator for the part of Python that depends on nothing but the code.

:class:`nbdebt.flow.evaluate.machine.Machine` follows cells without running them; one idea a module. This
package imports none of them by itself: most notebooks' text depends on data, and then no machine is needed.
"""

MODULES = frozenset(
    [
        "abc",
        "collections",
        "copy",
        "dataclasses",
        "datetime",
        "decimal",
        "fractions",
        "functools",
        "itertools",
        "json",
        "math",
        "operator",
        "random",
        "re",
        "statistics",
        "string",
        "textwrap",
    ]
)
"""Modules of the standard library whose pure functions the machine follows."""
