"""Tables for spreadsheet programs, out and in."""

from lms.csv_export import CONTENT_TYPE as CONTENT_TYPE
from lms.csv_export import csv_pieces as csv_pieces
from lms.sheet import NamedRow as NamedRow
from lms.sheet import Record as Record
from lms.sheet import divide as divide
from lms.sheet import heading as heading
from lms.sheet import open_sheet as open_sheet
from lms.sheet import read_named as read_named
from lms.sheet_text import refusal as refusal
