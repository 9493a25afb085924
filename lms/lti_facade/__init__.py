"""The LTI facade: everything that the LTI tool can ask of the other packages."""
