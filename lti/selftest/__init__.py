"""The self-test: a simulated platform launches the tool and checks each answer."""
