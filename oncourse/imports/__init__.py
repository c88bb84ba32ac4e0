"""Import what other systems know: documented flat CSVs, and mappings of real exports."""

from oncourse.imports.batch import BadImportError, ImportBatch
from oncourse.imports.flat import read_flat
from oncourse.imports.loading import load
from oncourse.imports.ravenstack import Candidates, candidates, read_ravenstack

__all__ = ["BadImportError", "Candidates", "ImportBatch", "candidates", "load", "read_flat", "read_ravenstack"]
