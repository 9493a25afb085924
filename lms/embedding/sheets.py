"""Tables for spreadsheet programs."""

from lms.csv_export import CONTENT_TYPE as CONTENT_TYPE
from lms.csv_export import csv_pieces as csv_pieces
