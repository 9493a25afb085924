"""The protocol: claims, messages, roles, refusals, and URLs of LTI 1.3."""
