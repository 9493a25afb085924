"""The library people use: catalogue, holdings, the access decision, pages and jobs."""
