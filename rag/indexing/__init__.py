"""Documents -> the next generations of the index, at a cost that goes by what changed.

Documents are keyed by id: a new one is added, a changed one replaced, an unchanged one passed over,
and those not named again stay. Memory goes by a turn of about a thousand passages, not by the run.
"""

from rag.indexing.indexer import Indexer, all_missing, nothing
from rag.indexing.report import Progress, Report
from rag.indexing.sources import Source, read
from rag.indexing.watching import Watch

__all__ = ["Indexer", "Progress", "Report", "Source", "Watch", "all_missing", "nothing", "read"]
