"""The map of notebooks and data sets as text, Mermaid, DOT, JSON, and a page to explore."""

from nbdebt.report.datamap.page import html as html
from nbdebt.report.datamap.plain import as_json as as_json
from nbdebt.report.datamap.plain import dot as dot
from nbdebt.report.datamap.plain import mermaid as mermaid
from nbdebt.report.datamap.plain import text as text
