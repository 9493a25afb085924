"""The CSV reader, for the LTI tool."""

from lms.core.csv_reader import NamedRow as NamedRow
from lms.core.csv_reader import Record as Record
from lms.core.csv_reader import divide as divide
from lms.core.csv_reader import heading as heading
from lms.core.csv_reader import open_sheet as open_sheet
from lms.core.csv_reader import read_named as read_named
from lms.core.text_decoding import refusal as refusal
