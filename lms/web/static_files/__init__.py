"""Static files: bundles of styles and scripts, named by their content, and compression."""
