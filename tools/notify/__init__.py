"""Notices by URL: Slack, Telegram, mail and the rest, through Apprise."""
