"""The site itself (站点): how often signing in may fail; dated, with their source or whose choice they are."""
