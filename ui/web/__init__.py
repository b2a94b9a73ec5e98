"""The face in a browser: sign-in, pages, JSON API and the mounted conversation, one process."""
