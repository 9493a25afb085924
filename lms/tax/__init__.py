"""Tax: which rule applies where, and the tax of each line, to the cent."""
