"""Additional setup guides (Blackboard, Schoology, Sakai, Open edX, Niche Academy) and all guides."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from lms.core.errors import N_
from lti.registrations.setup_guides import (
    BRIGHTSPACE,
    BY_HAND,
    CANVAS,
    CUSTOM,
    DOMAIN,
    EMBED,
    IN_A_COURSE,
    JWKS,
    LAUNCH,
    LOGIN,
    MOODLE,
    NAME,
    QUICK,
    REGISTRATION,
    Guide,
    Part,
)

BLACKBOARD: Final = Guide(
    slug="blackboard",
    product="Blackboard",
    parts=(
        Part(
            N_("Register the tool once, for all customers"),
            N_("developer.blackboard.com, My Apps, +"),
            (
                ("Application Name", NAME),
                ("Domain(s)", DOMAIN),
                ("My Integration supports LTI 1.3", "Yes"),
                ("Login Initiation URL", LOGIN),
                ("Tool Redirect URL(s)", LAUNCH),
                ("Tool JWKS URL", JWKS),
                ("Signing Algorithm", "RS256"),
                ("Custom Parameters", CUSTOM),
            ),
            N_(
                "We do this once. The Application ID is the client ID for every customer. If the form "
                "below already has it, start with the next step."
            ),
        ),
        Part(
            N_("Your Blackboard Learn"),
            N_(
                "Administrator Panel, Integrations, LTI Tool Providers, Register LTI 1.3/Advantage Tool"
            ),
            (
                ("Tool Status", "Approved"),
                ("User Fields to Send", "Role in Course, Name, Email Address"),
                ("Allow grade service access", "Yes"),
                ("Allow Membership Service Access", "Yes"),
            ),
            N_("Enter the client ID first; the next page shows the Deployment ID. Copy it."),
        ),
        Part(
            N_("The placement"),
            N_("LTI Tool Providers, Manage Placements of the tool, Create Placement"),
            (
                ("Label", NAME),
                ("Type", "Deep Linking content tool"),
                ("Target Link URI", LAUNCH),
            ),
        ),
        Part(IN_A_COURSE, N_("+, Content Market, this tool")),
    ),
    gives=MappingProxyType(
        {"client_id": "Application ID (Client ID)", "deployment_id": "Deployment ID"}
    ),
    presets=MappingProxyType(
        {
            "issuer": "https://blackboard.com",
            "auth_url": "https://developer.blackboard.com/api/v1/gateway/oidcauth",
            "token_url": "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",
            "jwks_url": (
                "https://developer.blackboard.com/api/v1/management/applications/"
                "APPLICATION-ID/jwks.json"
            ),
        }
    ),
    note=N_("In the keyset URL, replace APPLICATION-ID with the application ID."),
)
SCHOOLOGY: Final = Guide(
    slug="schoology",
    product="Schoology",
    parts=(
        Part(
            BY_HAND,
            N_("App Center, Organization Apps (or My Developer Apps), Add App"),
            (
                ("Name", NAME),
                ("Available for", "Only people in my school"),
                ("Type of App", "LTI 1.3 App"),
                ("Configuration Type", "Manual"),
                ("Course Material Selection", "Yes"),
                ("Deep Linking", "Yes"),
                ("Assignment and Grade Services", "Yes"),
                ("Names and Roles Services", "Yes"),
                ("Privacy", N_("Name and email, if your policy allows")),
                ("JWKS URL", JWKS),
                ("Domain/URL", LAUNCH),
                ("OIDC Login Init URL", LOGIN),
                ("Redirect URLs", LAUNCH),
                ("Custom Parameters", CUSTOM),
            ),
            N_(
                "Submit. The Client ID is under Options, API Info. Then choose Install LTI 1.3 App, Add "
                "to Organization, and Configure to see the Deployment ID."
            ),
        ),
        Part(IN_A_COURSE, N_("Materials, Add Materials, this tool")),
    ),
    gives=MappingProxyType({"client_id": "Client ID", "deployment_id": "Deployment ID"}),
    presets=MappingProxyType(
        {
            "issuer": "https://schoology.schoology.com",
            "auth_url": "https://lti-service.svc.schoology.com/lti-service/authorize-redirect",
            "token_url": "https://lti-service.svc.schoology.com/lti-service/access-token",
            "jwks_url": "https://lti-service.svc.schoology.com/lti-service/.well-known/jwks",
        }
    ),
)
SAKAI: Final = Guide(
    slug="sakai",
    product="Sakai",
    parts=(
        Part(
            QUICK,
            N_("Administration Workspace, External Tools, LTI Advantage Auto Provision"),
            (("LTI Advantage Auto Configuration URL", REGISTRATION), ("Tool Title", NAME)),
        ),
        Part(
            BY_HAND,
            N_("Administration Workspace, External Tools, Install LTI 1.x Tool"),
            (
                ("Tool Title", NAME),
                ("Launch URL", LAUNCH),
                ("Allow the tool to be one of the lesson tools", "Yes"),
                ("LTI 1.3", "Tool supports LTI 1.3"),
                ("LTI 1.3 Tool Keyset URL", JWKS),
                ("LTI 1.3 Tool OpenID Connect/Initialization Endpoint", LOGIN),
                ("LTI 1.3 Tool Redirect Endpoint(s)", LAUNCH),
                ("Send User Names to External Tool", N_("Select, if your policy allows")),
                ("Send Email Addresses to External Tool", N_("Select, if your policy allows")),
                ("Allow External Tool to return grades", N_("Select")),
                ("Allow External Tool to create grade columns", N_("Select")),
                ("Provide Roster to External Tool", N_("Select")),
                ("Custom Parameters", CUSTOM),
            ),
            N_(
                "Allow Deep Linking launches, including from Lessons. After you save, the tool's page "
                "shows the values we need."
            ),
        ),
        Part(IN_A_COURSE, N_("Lessons, Add Content, Add Learning App, this tool")),
    ),
    gives=MappingProxyType(
        {
            "issuer": "LTI 1.3 Platform Issuer",
            "client_id": "LTI 1.3 Client ID",
            "deployment_id": "LTI 1.3 Deployment ID",
            "jwks_url": "LTI 1.3 Platform OAuth2 Well-Known/KeySet URL",
            "token_url": "LTI 1.3 Platform OAuth2 Bearer Token Retrieval URL",
            "auth_url": "LTI 1.3 Platform OIDC Authentication URL",
        }
    ),
)
OPEN_EDX: Final = Guide(
    slug="open-edx",
    product="Open edX",
    checked=N_("Tested on Open edX with LTI consumer 11."),
    parts=(
        Part(
            N_("The course"),
            N_("Studio, Settings, Advanced Settings"),
            (("Advanced Module List", '"lti_consumer"'),),
        ),
        Part(
            BY_HAND,
            N_("In a unit: Advanced, LTI Consumer, Edit"),
            (
                ("LTI Version", "LTI 1.3"),
                ("Tool Launch URL", LAUNCH),
                ("Registered Redirect URIs", LAUNCH),
                ("Tool Initiate Login URL", LOGIN),
                ("Tool Public Key Mode", "Keyset URL"),
                ("Tool Keyset URL", JWKS),
                ("Enable LTI NRPS", "True"),
                ("Deep linking", "True"),
                ("Deep Linking Launch URL", LAUNCH),
                (
                    "LTI Assignment and Grades Service",
                    "Allow tools to manage and submit grade (programmatic)",
                ),
                ("LTI Launch Target", "Inline"),
                ("Scored", "True"),
            ),
            N_("Save. Studio then shows this component's values below it."),
        ),
    ),
    gives=MappingProxyType(
        {
            "client_id": "Client ID",
            "deployment_id": "Deployment ID",
            "jwks_url": "Keyset URL",
            "token_url": "Access Token URL",
            "auth_url": "Login URL",
            "issuer": N_("Issuer: the address of your LMS, such as https://courses.example.edu"),
        }
    ),
    note=N_(
        "Each Open edX component has its own client ID, keyset URL, and token URL, so enter each "
        "component here. After the first one, we fill in the issuer, login URL, and deployment ID. "
        "We approve the first component. Others on the same Open edX work immediately."
    ),
    presets=MappingProxyType({"deployment_id": "1"}),
)
NICHE_ACADEMY: Final = Guide(
    slug="niche-academy",
    product="Niche Academy",
    parts=(
        Part(
            N_("If your academy supports LTI 1.3 tools"),
            N_("Contact Niche Academy support and give them these values:"),
            (
                ("OIDC login URL", LOGIN),
                ("Launch URL and redirect URI", LAUNCH),
                ("JWKS URL", JWKS),
                ("Deep linking URL", LAUNCH),
                ("Domain", DOMAIN),
            ),
        ),
        Part(
            N_("If it doesn't: use an embed link"),
            N_("Embed the recording in a tutorial."),
            (("", EMBED),),
            N_(
                "Create an embed link, allow your academy's address, and paste the code into the "
                "tutorial. You can download completions as a CSV from the same page."
            ),
        ),
    ),
    gives=MappingProxyType(
        {
            "issuer": N_("Issuer"),
            "client_id": N_("Client ID"),
            "deployment_id": N_("Deployment ID"),
            "auth_url": N_("Authentication URL"),
            "token_url": N_("Token URL"),
            "jwks_url": N_("Keyset URL"),
        }
    ),
    note=N_("Niche Academy doesn't document LTI support, so this guide covers both options."),
)
GUIDES: Final[Mapping[str, Guide]] = MappingProxyType(
    {
        each.slug: each
        for each in (
            MOODLE,
            CANVAS,
            BRIGHTSPACE,
            BLACKBOARD,
            SCHOOLOGY,
            SAKAI,
            OPEN_EDX,
            NICHE_ACADEMY,
        )
    }
)
