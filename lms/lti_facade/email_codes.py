"""Email codes: short codes sent by email, for the LTI tool to create and check."""

from lms.mail.link_tokens_and_codes import CODE_TRIES as CODE_TRIES
from lms.mail.link_tokens_and_codes import hash_code as hash_code
from lms.mail.link_tokens_and_codes import random_code as random_code
