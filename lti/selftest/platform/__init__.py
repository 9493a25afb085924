"""The simulated LMS of the self-test, strict in everything the tool sends."""
