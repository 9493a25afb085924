"""The spec vocabulary: 1EdTech names of claims, scopes, roles, and message types."""

from typing import Final

VERSION: Final = "1.3.0"
_LTI: Final = "https://purl.imsglobal.org/spec/lti/claim/"
MESSAGE_TYPE: Final = _LTI + "message_type"
VERSION_CLAIM: Final = _LTI + "version"
DEPLOYMENT_ID: Final = _LTI + "deployment_id"
TARGET_LINK_URI: Final = _LTI + "target_link_uri"
RESOURCE_LINK: Final = _LTI + "resource_link"
CONTEXT: Final = _LTI + "context"
ROLES: Final = _LTI + "roles"
CUSTOM: Final = _LTI + "custom"
PRESENTATION: Final = _LTI + "launch_presentation"
PLATFORM: Final = _LTI + "tool_platform"
LIS: Final = _LTI + "lis"
FOR_USER: Final = _LTI + "for_user"
ENDPOINT: Final = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
MEMBERSHIPS: Final = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
_DL: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/"
SETTINGS: Final = _DL + "deep_linking_settings"
CONTENT_ITEMS: Final = _DL + "content_items"
DATA: Final = _DL + "data"

_AGS: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LINE_ITEM_SCOPE: Final = _AGS + "lineitem"
LINE_ITEM_READ_SCOPE: Final = _AGS + "lineitem.readonly"
RESULT_READ_SCOPE: Final = _AGS + "result.readonly"
SCORE_SCOPE: Final = _AGS + "score"
MEMBERS_SCOPE: Final = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"

RESOURCE_LINK_TYPE: Final = "ltiResourceLink"
LINK_TYPE: Final = "link"
HTML_TYPE: Final = "html"
# The item types that the picker can create; the first that a platform accepts is used.
MAKEABLE_TYPES: Final = (RESOURCE_LINK_TYPE, LINK_TYPE, HTML_TYPE)
TEST_USER: Final = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
CONTEXT_ROLE: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership"
# Custom parameters that we register, filled in from $Context.id.history and $ResourceLink.id.history.
CONTEXT_HISTORY: Final = "context_history"
LINK_HISTORY: Final = "link_history"
