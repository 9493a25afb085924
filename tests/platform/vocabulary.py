"""The names that the 1EdTech specifications give to claims, scopes, roles and media types."""

from enum import StrEnum
from typing import Final

LTI: Final = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINKING: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS_CLAIM: Final = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS_CLAIM: Final = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
PLATFORM_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-tool-configuration"

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
    """What a platform may launch."""

    RESOURCE_LINK = "LtiResourceLinkRequest"
    DEEP_LINKING = "LtiDeepLinkingRequest"
    SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"
    DATA_PRIVACY = "LtiDataPrivacyLaunchRequest"


class Scope(StrEnum):
    """What an access token may be for."""

    LINE_ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
    LINE_ITEM_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
    RESULT_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
    SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
    MEMBERS_READ = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"


class Role(StrEnum):
    """What somebody is in a course; the values are the short names of LIS."""

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
