"""Email codes: short codes sent by email, for the LTI tool to create and check."""

from lms.mail.email_tokens import CODE_TRIES as CODE_TRIES
from lms.mail.email_tokens import hash_code as hash_code
from lms.mail.email_tokens import random_code as random_code
