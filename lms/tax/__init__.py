"""Tax: which rule applies to what is delivered where, and the tax of each line, to the cent."""
