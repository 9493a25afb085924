"""Tables from spreadsheet programs, read row by row."""

from lms.sheet import NamedRow as NamedRow
from lms.sheet import Record as Record
from lms.sheet import divide as divide
from lms.sheet import heading as heading
from lms.sheet import open_sheet as open_sheet
from lms.sheet import read_named as read_named
from lms.sheet_text import refusal as refusal
