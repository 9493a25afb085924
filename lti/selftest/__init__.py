"""The self-test: the tool is launched by a platform of its own, and each answer is a line of proof."""
