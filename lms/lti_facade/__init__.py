"""The LTI facade: everything that the LTI tool may ask of the library."""
