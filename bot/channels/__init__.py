"""Doors to the bot: each a thin shell around `Bot` and `Session`."""
