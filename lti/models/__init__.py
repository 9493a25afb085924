"""Tables of the LTI tool."""
