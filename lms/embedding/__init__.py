"""The one door by which the tool (lti/) reaches the library; each module here is one errand."""
