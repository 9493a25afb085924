"""The seller: its legal facts and terms, policies in versions, vendor documents, and sales texts."""
