"""The command line: one module for each group of commands, and what they share."""

from typing import Final

COMMANDS: Final = {
    "badge-keys": "lms.cli.badge_keys:badge_keys",
    "db": "lms.cli.database:db",
    "demo": "lms.cli.demo:demo",
    "document": "lms.cli.documents:document",
    "grant": "lms.cli.access:grant",
    "handout": "lms.cli.recordings_and_handouts:handout",
    "history": "lms.cli.past_sales:history",
    "job": "lms.cli.jobs:job",
    "login": "lms.cli.logins_and_organizations:login",
    "mail": "lms.cli.mail:mail",
    "media": "lms.cli.media:media",
    "order": "lms.cli.orders:order",
    "organization": "lms.cli.logins_and_organizations:organization",
    "pass": "lms.cli.passes_and_grant_revocation:pass_group",
    "payment": "lms.cli.payments:payment",
    "payments": "lms.cli.payments:payments_group",
    "pool": "lms.cli.pools:pool",
    "quote": "lms.cli.documents:quote",
    "recording": "lms.cli.recordings_and_handouts:recording",
    "revoke": "lms.cli.passes_and_grant_revocation:revoke",
    "seats": "lms.cli.seats:seats",
    "serve": "lms.cli.serve:serve",
    "settings": "lms.cli.settings_check:settings",
    "vendor-document": "lms.cli.vendor_documents:vendor_document",
    "webinar": "lms.cli.webinars:webinar",
    "why": "lms.cli.access:why",
    "worker": "lms.cli.worker:worker",
}
