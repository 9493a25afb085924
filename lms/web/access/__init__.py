"""Access panel: shows why someone can or can't watch."""
