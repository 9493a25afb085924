"""An email is in its recipient's language, no matter who sends it or from which page."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.accounts.accounts import page_language
from lms.audience.audience import Person, Reason, Told
from lms.audience.events import TOLD
from lms.audience.sentences import sentence
from lms.core import languages
from lms.core.dates_and_time_zones import say_long_date
from lms.core.errors import N_
from lms.core.languages import Language, say_again, speaking
from lms.mail.examples import EXAMPLES, team_emails
from lms.mail.lanes import ENGLISH_ONLY
from lms.mail.outbox import post
from lms.mail.rendering import BULK_FOOTER, bulk_footer
from lms.models.accounts import Login
from lms.models.mail import Mail
from tests.clock import NOW
from tests.factories import make_login

ENDS = NOW + timedelta(days=30)


@pytest.fixture
def session(database):
    with database.transaction() as opened:
        yield opened


def person(session: Session, chosen: Language | None) -> Login:
    login = make_login(session)
    session.execute(update(Login).where(Login.id == login.id).values(language=chosen))
    return login


def posted(session: Session, login: Login | None, *, kind: str = "pass_expiring") -> Mail:
    day = say_long_date(ENDS, ZoneInfo("America/New_York"))
    values = {
        "name": "Pat",
        "covers": N_("all webinars"),
        "day": day,
        "price": "",
        "is_over": False,
        "is_held": False,
        "pays_at_once": False,
        "action_url": "https://example.org/renew",
    }
    mail = post(
        session,
        kind=kind,
        to="pat@example.org",
        login_id=login.id if login else None,
        subject=N_("Your pass ends on %(day)s") % {"day": day},
        values=values if kind == "pass_expiring" else {},
        now=NOW,
    )
    return session.scalars(select(Mail).where(Mail.id == mail.id)).one()


def test_subject_body_dates_and_language_tag_are_spanish(session) -> None:
    mail = posted(session, person(session, Language.SPANISH))
    assert mail.subject.startswith("Su pase termina el ")
    assert " de 20" in mail.subject
    assert "Su pase para todos los seminarios web termina el" in mail.text
    assert '<html lang="es-US">' in mail.html


def test_email_uses_the_recipients_language_not_that_of_the_page(session) -> None:
    with speaking(Language.SPANISH):
        assert posted(session, person(session, None)).subject.startswith("Your pass ends on")
        mail = posted(session, person(session, Language.ENGLISH))
    assert "Your pass for all webinars ends on" in mail.text
    assert '<html lang="en-US">' in mail.html


def test_merged_account_gets_the_language_of_the_kept_account(session) -> None:
    kept, merged = person(session, Language.SPANISH), person(session, Language.ENGLISH)
    merged.merged_into = kept.id
    session.flush()
    assert posted(session, merged).subject.startswith("Su pase termina el ")


def test_visitor_without_an_account_gets_the_language_of_the_page(session) -> None:
    with speaking(Language.SPANISH):
        assert posted(session, None).subject.startswith("Su pase termina el")
    assert posted(session, None).subject.startswith("Your pass ends on")


def test_person_without_an_account_gets_the_settings_language_outside_pages(
    session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(languages._Default, "language", Language.SPANISH)
    assert posted(session, None).subject.startswith("Su pase termina el")
    with speaking(Language.ENGLISH):  # what the reader of the page chose
        assert posted(session, None).subject.startswith("Your pass ends on")
        assert page_language() == {"language": Language.ENGLISH}
    assert page_language() == {}


def test_emails_to_our_team_are_in_english(session) -> None:
    with speaking(Language.SPANISH):
        mail = posted(session, None, kind="delivery_test")
    assert '<html lang="en-US">' in mail.html
    assert set(team_emails.EXAMPLES) <= ENGLISH_ONLY


def test_purchasing_office_gets_english_even_for_a_spanish_reader(session) -> None:
    kind = "quote_for_purchasing"
    with speaking(Language.SPANISH):
        mail = post(
            session,
            kind=kind,
            to="purchasing@example.org",
            login_id=None,
            subject=N_("%(name)s asked you to buy a webinar") % {"name": "Alice"},
            values=EXAMPLES[kind].values,
            now=NOW,
        )
    assert mail.subject == "Alice asked you to buy a webinar"


def test_footer_of_a_bulk_email_is_in_the_language_of_the_email(session) -> None:
    mail = posted(session, person(session, Language.SPANISH))
    text, html = bulk_footer(
        mail.html, "1 Main Street", "https://example.org/u", is_subscribed_to=False
    )
    assert "Cancelar la suscripción a invitaciones y recordatorios:" in text
    assert "Cancelar la suscripción" in html
    assert BULK_FOOTER in mail.html


def test_sentences_for_each_role_are_in_the_recipients_language() -> None:
    pat = Person(None, "pat@example.org", "Pat", None, 0, None, False, False, ())
    english = []
    for event, told in TOLD.items():
        for role in told:
            one = Told(replace(pat, reasons=(Reason(role, NOW, 1, "Elm", None),)), role)
            text = sentence(event, one, unused=2, others=3)
            with speaking(Language.SPANISH):
                said = say_again(text)
            if said == text or "%(" in said:
                english.append(said)
    assert english == []
