"""Read a CSV file line by line; one clear sentence for a file that is none."""

import csv
from collections.abc import Iterator
from pathlib import Path

from oncourse.imports.batch import BadImportError


def lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield each line's number and cells, the header as line 1; raise BadImportError where the file is no CSV."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            empty = True
            for cells in reader:
                if any("\x00" in cell for cell in cells):
                    raise BadImportError([f"{path.name} line {reader.line_num}: it holds a NUL byte; export it again"])
                if cells:
                    yield (1 if empty else reader.line_num), cells
                    empty = False
            if empty:
                raise BadImportError([f"{path.name} is empty; it needs a header line"])
    except UnicodeDecodeError as error:
        raise BadImportError([_astray(path)]) from error
    except csv.Error as error:
        raise BadImportError([f"{path.name} line {reader.line_num}: {error}; check quotes and commas"]) from error
    except OSError as error:
        raise BadImportError([f"{path} cannot be read: {error.strerror}"]) from error


def _astray(path: Path) -> str:
    """Return where a file stops being UTF-8: the reader knows only how far into its own buffer that is."""
    content = path.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return f"{path.name} line {line} is not UTF-8 (byte 0x{content[error.start]:02x}); save the file as UTF-8"
    return f"{path.name} changed while it was read; import it again"
