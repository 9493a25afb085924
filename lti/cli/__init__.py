"""Commands of the LTI tool: carrel lti and carrel embed."""
