"""Pages of seats: claiming, own seats, and everything for managers."""

from typing import Final

from flask import Blueprint

from lms.web.seats import (
    bulk_action_progress,
    claim,
    manager_allotments,
    manager_bulk_release_and_resend,
    manager_claim_policy,
    manager_import_rows,
    manager_invite_people,
    manager_moves_between_pools,
    manager_open_invitations_and_waitlist,
    manager_overview,
    manager_pool_purpose,
    manager_removal_list,
    manager_seat,
    manager_seat_import,
    manager_seat_table,
    manager_seat_transfer,
    own,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    claim.blueprint,
    manager_allotments.blueprint,
    manager_claim_policy.blueprint,
    manager_seat_import.blueprint,
    manager_import_rows.blueprint,
    manager_removal_list.blueprint,
    manager_open_invitations_and_waitlist.blueprint,
    manager_invite_people.blueprint,
    bulk_action_progress.blueprint,
    manager_moves_between_pools.blueprint,
    manager_seat_transfer.blueprint,
    manager_overview.blueprint,
    manager_pool_purpose.blueprint,
    manager_seat_table.blueprint,
    own.blueprint,
    manager_bulk_release_and_resend.blueprint,
    manager_seat.blueprint,
)
