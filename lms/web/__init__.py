"""The pages: guards, forms and views over the domain."""
