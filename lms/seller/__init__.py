"""The seller: its legal facts and terms, policies in versions, and vendor documents."""
