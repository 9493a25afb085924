"""What all pages of the tool share: framed pages, the browser cookie, refusals."""
