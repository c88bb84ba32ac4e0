"""Import what other systems know: documented flat CSVs, and mappings of real exports."""

from oncourse.imports.batch import BadImportError, ImportBatch
from oncourse.imports.flat import read_flat
from oncourse.imports.loading import load

__all__ = ["BadImportError", "ImportBatch", "load", "read_flat"]
