# Everything is in ./dev, since a bare Debian has no make; these names are for those who expect them.
.PHONY: run test check lint ci

run test check lint ci:
	@./dev $@ $(ARGS)
