"""Tables for spreadsheet programs, out and in."""

from lms.csv_export import CONTENT_TYPE as CONTENT_TYPE
from lms.csv_export import csv_pieces as csv_pieces
from lms.sheet import NamedRow as NamedRow
from lms.sheet import read_named as read_named
from lms.sheet_text import refusal as refusal
