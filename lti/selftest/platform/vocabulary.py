"""The vocabulary of a platform: names that 1EdTech gives to claims, scopes, roles and media types.

Written out here, and not imported from the tool, so that a wrong one in the tool is noticed.
"""

from enum import StrEnum
from typing import Final

LTI: Final = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINKING: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS_CLAIM: Final = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS_CLAIM: Final = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"

MEMBERSHIP: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
INSTITUTION: Final = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
TEST_USER: Final = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
COURSE_TYPE: Final = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

LINE_ITEM_TYPE: Final = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE: Final = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE: Final = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE: Final = "application/vnd.ims.lis.v2.resultcontainer+json"
MEMBERS_TYPE: Final = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


class Message(StrEnum):
    """The messages that a platform can launch."""

    RESOURCE_LINK = "LtiResourceLinkRequest"
    DEEP_LINKING = "LtiDeepLinkingRequest"
    SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"
    DATA_PRIVACY = "LtiDataPrivacyLaunchRequest"


class Scope(StrEnum):
    """The services that an access token can be for."""

    LINE_ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
    LINE_ITEM_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
    RESULT_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
    SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
    MEMBERS_READ = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"


class Role(StrEnum):
    """Roles in a course; the values are the short names of LIS."""

    INSTRUCTOR = "Instructor"
    LEARNER = "Learner"
    CONTENT_DEVELOPER = "ContentDeveloper"
    TEACHING_ASSISTANT = "Instructor#TeachingAssistant"
    MENTOR = "Mentor"

    @property
    def uri(self) -> str:
        """Return the role as its full URI; a sub-role has a path of its own (LIS 2, Appendix A)."""
        core, _, sub = self.value.partition("#")
        if not sub:
            return MEMBERSHIP + core
        return MEMBERSHIP.replace("membership#", f"membership/{core}#") + sub
