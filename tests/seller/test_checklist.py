"""The settings that are missing before anyone can be invoiced."""

from dataclasses import replace

import pytest

from lms.core.database import Database
from lms.models.seller import PolicyKind
from lms.seller.checklist import Checklist, Step, read_checklist
from lms.seller.policies import publish_policy, save_draft
from lms.seller.settings import SellerSettings, edit_seller
from tests.clock import NOW
from tests.seller.seller_settings import COMPLETE


def missing(checklist: Checklist) -> set[Step]:
    return {step for step, is_done in checklist.steps if not is_done}


def test_everything_is_missing_on_a_new_installation(database: Database) -> None:
    with database.read_session() as session:
        checklist = read_checklist(session)
    assert missing(checklist) == set(Step)
    assert (checklist.done, checklist.is_complete) == (0, False)


def test_nothing_is_missing_once_all_is_entered_and_published(database: Database) -> None:
    with database.transaction() as session:
        edit_seller(session, COMPLETE, actor=None, now=NOW)
        for kind in (PolicyKind.TERMS, PolicyKind.REFUND):
            save_draft(session, kind, "Text.", actor=None, now=NOW)
            assert not read_checklist(session).is_complete
            publish_policy(session, kind, actor=None, now=NOW)
        checklist = read_checklist(session)
    assert missing(checklist) == set()
    assert (checklist.done, checklist.is_complete) == (6, True)


@pytest.mark.parametrize(
    ("settings", "step"),
    [
        (replace(COMPLETE, legal_name=""), Step.LEGAL),
        (replace(COMPLETE, legal_address=None), Step.LEGAL),
        (replace(COMPLETE, ein=""), Step.EIN),
        (replace(COMPLETE, ar_email=""), Step.CONTACT),
        (replace(COMPLETE, remit_name="", takes_transfer=False), Step.PAYMENT),
    ],
)
def test_each_missing_setting_is_a_step(
    database: Database, settings: SellerSettings, step: Step
) -> None:
    with database.transaction() as session:
        edit_seller(session, settings, actor=None, now=NOW)
        assert missing(read_checklist(session)) == {step, Step.TERMS, Step.REFUND}


def test_checks_or_transfers_are_enough(database: Database) -> None:
    no_bank = replace(COMPLETE, bank_name="", routing_number="", account_number="")
    with database.transaction() as session:
        for settings in (no_bank, replace(COMPLETE, remit_address=None)):
            edit_seller(session, settings, actor=None, now=NOW)
            assert Step.PAYMENT not in missing(read_checklist(session))
