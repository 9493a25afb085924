"""Lanes of email: which kind is sent in which lane, so that a bulk send delays no other email."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from lms.models.mail import MailLane

# A kind is a template in templates/mail/messages; each is in exactly one lane.
KINDS: Final[Mapping[MailLane, frozenset[str]]] = MappingProxyType(
    {
        # a person is waiting for it now, or an account may be in danger
        MailLane.URGENT: frozenset(
            {
                "account_exists",
                "change_email",
                "confirm_order",
                "confirm_sign_up",
                "confirm_subscription",
                "embed_code",
                "health_faults",
                "how_to_sign_in",
                "lanes_stalled",
                "link_login",
                "no_account",
                "password_changed",
                "password_removed",
                "recovery_address",
                "recovery_changed",
                "quote_requested",
                "reset_password",
                "restore_email",
                "seat_claimed",
                "second_step_changed",
                "set_password",
                "sign_in_code",
            }
        ),
        # follows one person's action, or is useless an hour later
        MailLane.NORMAL: frozenset(
            {
                "allotment_returned",
                "certificate_revoked",
                "contract_renewed",
                "delivery_test",
                "payment_unused",
                "payment_unused_staff",
                "refund_elsewhere",
                "refund_failed",
                "grace_extended",
                "group_showing_slides",
                "showing_host",
                "showing_host_replaced",
                "live_registered",
                "lms_decided",
                "lms_deployment",
                "lms_registered",
                "live_soon",
                "live_unregistered",
                "member_invitation",
                "order_confirmation",
                "order_confirmation_organization",
                "pool_usage_alert",
                "quote_for_purchasing",
                "request_answered",
                "request_assigned",
                "request_new_for_staff",
                "request_received",
                "balances_differ",
                "document",
                "embed_link_revoked",
                "payment_page_used",
                "order_disputed",
                "order_on_hold",
                "order_open",
                "order_takeover",
                "order_to_review",
                "role_ended",
                "tax_state_without_rule",
                "team_joined",
                "team_left",
                "order_returned",
                "payment_bounced",
                "seat_question",
                "seat_requested",
                "seats_to_release",
            }
        ),
        # goes to everyone on a list, in an audience, or whose date has come
        MailLane.BULK: frozenset(
            {
                "allotment_term",
                "cancellation_offer",
                "cancellation_offer_ended",
                "confirm_order_reminder",
                "postponement_offer",
                "certificate",
                "contract_expired",
                "contract_expiring",
                "contract_grace_ended",
                "contract_shortage",
                "invitation",
                "invitation_reminder",
                "live_available",
                "live_canceled",
                "live_reinstated",
                "live_removed",
                "live_rescheduled",
                "live_tomorrow",
                "mailing",
                "new_webinar",
                "pass_expiring",
                "past_purchases_added",
                "recording_ready",
                "invoice_past_due_staff",
                "payment_reminder",
                "seat_moved",
                "seat_offer",
                "seat_released",
                "seats_unassigned",
                "training_assigned",
                "training_due",
                "training_overdue",
                "training_overdue_supervisor",
            }
        ),
    }
)
# A person can unsubscribe from these; the other bulk emails are about what the person already has.
OPTIONAL: Final = frozenset(
    {
        "confirm_order_reminder",
        "invitation",
        "invitation_reminder",
        "live_tomorrow",
        "mailing",
        "pass_expiring",
        "past_purchases_added",
        "recording_ready",
        "seats_unassigned",
        "training_assigned",
        "training_due",
        "training_overdue",
        "training_overdue_supervisor",
    }
)
# These go to subscribers, who unsubscribe by ending their subscriptions.
SUBSCRIBED: Final = frozenset({"new_webinar"})
# These go to our team, managers or purchasing offices, come with a document, or are written by staff:
# all in English.
ENGLISH_ONLY: Final = frozenset(
    {
        "allotment_returned",
        "allotment_term",
        "balances_differ",
        "contract_expired",
        "contract_expiring",
        "contract_grace_ended",
        "contract_renewed",
        "contract_shortage",
        "delivery_test",
        "document",
        "embed_link_revoked",
        "grace_extended",
        "health_faults",
        "invoice_past_due_staff",
        "lanes_stalled",
        "lms_decided",
        "lms_deployment",
        "lms_registered",
        "mailing",
        "member_invitation",
        "new_webinar",
        "order_disputed",
        "order_takeover",
        "order_to_review",
        "payment_page_used",
        "payment_reminder",
        "payment_unused_staff",
        "pool_usage_alert",
        "quote_for_purchasing",
        "refund_elsewhere",
        "refund_failed",
        "request_assigned",
        "request_new_for_staff",
        "role_ended",
        "seat_question",
        "seat_requested",
        "seats_to_release",
        "seats_unassigned",
        "tax_state_without_rule",
        "team_joined",
        "team_left",
        "training_overdue_supervisor",
    }
)
LANES: Final = {kind: lane for lane, kinds in KINDS.items() for kind in kinds}
