"""How long an invoice of 40 lines takes to draw as a PDF.

Run: python benchmarks/document_pdfs.py [--rounds 20]
"""

import argparse
import json
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script

from lms.documents.stored_pdfs import render_pdf
from tests.documents.sample_snapshots import FORTY_LINES

AT = datetime(2026, 10, 6, 15, 30, tzinfo=UTC)


def main() -> None:
    """Measure, and print a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    took_s = [seconds_of_one() for _ in range(options.rounds + 1)][
        1:
    ]  # the first one loads the fonts
    told = {"metric": "seconds to draw 40 lines", "median": statistics.median(took_s)}
    print(json.dumps(told | {"slowest": max(took_s)}))


def seconds_of_one() -> float:
    """Draw the document and return the seconds it took."""
    began = time.perf_counter()
    render_pdf(FORTY_LINES, logo=None, logo_type=None, at=AT)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
